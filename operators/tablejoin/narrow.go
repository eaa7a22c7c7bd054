package tablejoin

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// What the residual condition says of a pair.
const (
	no uint8 = iota
	yes
	fails
)

// narrowing evaluates the residual condition for pairs.
type narrowing struct {
	ctx  expr.Ctx
	said []uint8 // by pair
}

// pairs are candidates: rows of the left and the right columns, each with the
// sequence number of its cause. known tells of a pair that failed before.
type pairs struct {
	l, r        []int32
	left, right []*vec.Vec // nil for columns that are not kept
	ord         func(k int) int64
	known       func(k int) bool                // nil: none
	origin      func(from int) arrowexec.Origin // nil: it is not known
	like        *arrowexec.Batch
}

// ask tells for each pair what the residual condition says.
func (j *Join) ask(p *pairs) ([]uint8, error) {
	n := len(p.l)
	x := &j.narrow
	if cap(x.said) < n {
		x.said = make([]uint8, n+n/2)
	}
	x.said = x.said[:n]
	for from := 0; from < n; from += chunk {
		if err := j.askPart(p, from, min(from+chunk, n)); err != nil {
			return nil, err
		}
	}
	return x.said, nil
}

func (j *Join) askPart(p *pairs, from, to int) error {
	x := &j.narrow
	said := x.said[from:to]
	clear(said)
	sc := p.like.Scope.Pool().Open()
	defer sc.Close()
	n := to - from
	// A pair that fails is no row of the input: its rows are counted when they are settled.
	pb := &arrowexec.Batch{Scope: sc, N: n, Seq: p.like.Seq, Now: p.like.Now, Watermark: p.like.Watermark, Weights: vec.Slice[int64](sc, n), Ord: vec.Slice[int64](sc, n)}
	for k := range n {
		pb.Weights[k], pb.Ord[k] = 0, p.ord(from+k)
	}
	if p.origin != nil {
		pb.Origin = p.origin(from)
	}
	pb.Cols = make([]*vec.Vec, 0, len(j.reads))
	for c, t := range j.o.LeftTypes {
		pb.Cols = append(pb.Cols, taken(sc, j.reads[c], p.left, c, t, p.l[from:to], false))
	}
	for c, t := range j.o.RightTypes {
		pb.Cols = append(pb.Cols, taken(sc, j.reads[j.r.first+c], p.right, c, t, p.r[from:to], false))
	}
	x.ctx.Reset(pb)
	pass := expr.Filter(&x.ctx, j.o.Residual, nil)
	for q := range pass.Count(n) {
		said[at(pass, q)] = yes
	}
	for _, f := range x.ctx.Failed() {
		said[f.Row] = fails
		if p.known != nil && p.known(from+int(f.Row)) {
			continue
		}
		if err := j.o.Failures.Row(pb, int(f.Row), f.Class, "", f.Err); err != nil {
			return err
		}
	}
	return nil
}
