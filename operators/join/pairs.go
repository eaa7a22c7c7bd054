package join

import (
	"errors"
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// ErrSecondRow is the error of a scalar subquery that gave two rows.
var ErrSecondRow = errors.New("gave more than one row; add LIMIT 1, an aggregate or a condition that leaves one")

func (j *Join) secondRow() error {
	name := j.o.Subquery
	if name == "" {
		name = "a subquery"
	}
	return fmt.Errorf("%s %w", name, ErrSecondRow)
}

// What is known of a left row.
const (
	matched = 1 << iota
	broken  // a condition on one of its pairs could not be computed
	unknown // Mark: a comparison was NULL
)

// pairs are the candidates at hand, and the rows on their way out.
type pairs struct {
	ctx    expr.Ctx
	reads  []bool // columns that conditions read
	cl, cr []int32
	l, r   []int32 // output: left row, and right row or -1
	absent bool
	hit    []byte // by left row
	first  []int32
	next   int   // alive rows before it are settled
	prev   int32 // the left row put out last
	alive  vec.Sel
}

func (p *pairs) begin(b *arrowexec.Batch, alive vec.Sel) {
	p.hit = b.Scope.Zeroed(b.N)
	p.cl, p.cr, p.l, p.r = p.cl[:0], p.cr[:0], p.l[:0], p.r[:0]
	p.absent, p.next, p.prev, p.alive = false, 0, -1, alive
}

// many joins by pairs.
func (j *Join) many(b *arrowexec.Batch, alive vec.Sel, ids []int32, emit arrowexec.Emit) error {
	p := &j.pairs
	p.begin(b, alive)
	half := j.o.Kind == Semi || j.o.Kind == Anti
	n := alive.Count(b.N)
	for k := range n {
		i := at(alive, k)
		id := ids[i]
		if id < 0 {
			continue
		}
		for rows := j.list[j.start[id]:j.start[id+1]]; len(rows) > 0; {
			m := min(len(rows), chunk-len(p.cl))
			for _, r := range rows[:m] {
				p.cl = append(p.cl, i)
				p.cr = append(p.cr, r)
			}
			rows = rows[m:]
			if len(p.cl) == chunk {
				if err := j.drain(b, emit); err != nil {
					return err
				}
				if half && p.hit[i]&matched != 0 {
					break
				}
			}
		}
	}
	if err := j.drain(b, emit); err != nil {
		return err
	}
	if err := j.settle(b, n, emit); err != nil {
		return err
	}
	return j.flush(b, emit, true)
}

func at(sel vec.Sel, k int) int32 {
	if sel == nil {
		return int32(k)
	}
	return sel[k]
}

// drain looks at the candidates and appends those that match to the output.
func (j *Join) drain(b *arrowexec.Batch, emit arrowexec.Emit) error {
	p := &j.pairs
	if len(p.cl) == 0 {
		return nil
	}
	pass, sc, err := j.narrowPairs(b)
	if sc != nil {
		defer sc.Close()
	}
	if err != nil {
		return err
	}
	for q := range pass.Count(len(p.cl)) {
		k := at(pass, q)
		i, r := p.cl[k], p.cr[k]
		before := p.hit[i] & matched
		switch j.o.Kind {
		case Anti:
			p.hit[i] |= matched
			continue
		case Semi:
			if before != 0 {
				continue
			}
		case Single:
			if before != 0 {
				return j.secondRow()
			}
		}
		p.hit[i] |= matched
		if err := j.settleBefore(b, i, emit); err != nil {
			return err
		}
		if err := j.put(b, i, r, emit); err != nil {
			return err
		}
	}
	p.cl, p.cr = p.cl[:0], p.cr[:0]
	return nil
}

// narrowPairs gives the candidates for which the residual condition is TRUE. The
// scope, if any, is the caller's to close.
func (j *Join) narrowPairs(b *arrowexec.Batch) (vec.Sel, *vec.Scope, error) {
	if j.o.Residual == nil {
		return nil, nil, nil
	}
	p := &j.pairs
	pb := j.pairBatch(b)
	p.ctx.Reset(pb)
	pass, err := j.residual()
	return pass, pb.Scope, err
}

func (j *Join) residual() (vec.Sel, error) {
	return j.failPairs(expr.Filter(&j.pairs.ctx, j.o.Residual, nil))
}

// failPairs reports pairs whose condition could not be computed. Their rows have
// failed unless they match otherwise.
func (j *Join) failPairs(pass vec.Sel) (vec.Sel, error) {
	p := &j.pairs
	for _, f := range p.ctx.Failed() {
		p.hit[p.cl[f.Row]] |= broken
		if j.failed == nil {
			j.failed = make([]bool, len(j.seen))
		}
		j.failed[p.cr[f.Row]] = true
	}
	return p.ctx.Survivors(pass, j.o.Failures)
}

// pairBatch has the columns that conditions read for all candidates. Its rows
// weigh nothing.
func (j *Join) pairBatch(b *arrowexec.Batch) *arrowexec.Batch {
	p := &j.pairs
	sc := b.Scope.Pool().Open()
	n := len(p.cl)
	pb := &arrowexec.Batch{Scope: sc, N: n, Seq: b.Seq, Now: b.Now, Watermark: b.Watermark, Weights: vec.Slice[int64](sc, n)}
	clear(pb.Weights)
	pb.Origin = b.OriginOf(p.cl)
	nl := len(j.o.LeftTypes)
	for c, reads := range p.reads {
		switch {
		case !reads && c < nl:
			pb.Cols = append(pb.Cols, sc.NullConst(j.o.LeftTypes[c], n))
		case !reads:
			pb.Cols = append(pb.Cols, sc.NullConst(j.o.RightTypes[c-nl], n))
		case c < nl:
			pb.Cols = append(pb.Cols, sc.Take(b.Cols[c], p.cl, false))
		default:
			pb.Cols = append(pb.Cols, sc.Take(j.cols[c-nl], p.cr, false))
		}
	}
	return pb
}

// settleBefore settles the left rows before row i.
func (j *Join) settleBefore(b *arrowexec.Batch, i int32, emit arrowexec.Emit) error {
	p := &j.pairs
	to := p.next
	for to < p.alive.Count(b.N) && at(p.alive, to) < i {
		to++
	}
	return j.settle(b, to, emit)
}

// settle gives the left rows up to the one in place to their fate, all of whose
// pairs have been seen.
func (j *Join) settle(b *arrowexec.Batch, to int, emit arrowexec.Emit) error {
	p := &j.pairs
	for ; p.next < to; p.next++ {
		i := at(p.alive, p.next)
		hit := p.hit[i]
		switch {
		case hit&matched != 0:
			if j.o.Kind == Anti {
				j.o.Ledger.Filtered += b.WeightOf(int(i))
			}
		case hit&broken != 0:
			j.o.Ledger.Failed += b.WeightOf(int(i))
		case j.o.Kind == Inner || j.o.Kind == Right || j.o.Kind == Semi:
			j.o.Ledger.Filtered += b.WeightOf(int(i))
		default:
			p.absent = true
			if err := j.put(b, i, -1, emit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *Join) put(b *arrowexec.Batch, i, r int32, emit arrowexec.Emit) error {
	p := &j.pairs
	p.l = append(p.l, i)
	p.r = append(p.r, r)
	if len(p.l) < chunk {
		return nil
	}
	return j.flush(b, emit, false)
}

// flush emits the output rows. The last batch has the watermark of the input's,
// and goes out without rows too.
func (j *Join) flush(b *arrowexec.Batch, emit arrowexec.Emit, last bool) error {
	p := &j.pairs
	n := len(p.l)
	if n == 0 {
		return emit(j.bare(b))
	}
	sc := b.Scope.Pool().Open()
	defer sc.Close()
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: b.Seq, Now: b.Now, Watermark: b.Watermark,
		Ord: vec.Slice[int64](sc, n), Weights: vec.Slice[int64](sc, n)}
	out.Origin = b.OriginOf(p.l)
	for k, i := range p.l {
		out.Ord[k] = b.OrdOf(int(i))
		out.Weights[k] = 0
		if i != p.prev { // a row that matches often counts once
			out.Weights[k] = b.WeightOf(int(i))
			p.prev = i
		}
		if r := p.r[k]; r >= 0 && j.o.Kind != Anti && !j.seen[r] {
			out.Weights[k] += j.see(r)
		}
	}
	if b.Marks != nil {
		out.Marks = vec.Slice[int64](sc, n)
		for k, i := range p.l {
			out.Marks[k] = b.Marks[i]
		}
		if !last {
			out.Watermark = out.Marks[n-1]
		}
	}
	for c, v := range b.Cols {
		if j.used(c) {
			out.Cols = append(out.Cols, sc.Take(v, p.l, false))
		} else {
			out.Cols = append(out.Cols, sc.NullConst(v.Type, n))
		}
	}
	if j.pairsOut() {
		for c, v := range j.cols {
			if j.used(len(j.o.LeftTypes) + c) {
				out.Cols = append(out.Cols, sc.Take(v, p.r, p.absent))
			} else {
				out.Cols = append(out.Cols, sc.NullConst(v.Type, n))
			}
		}
	}
	j.stamp(out)
	err := emit(out)
	p.l, p.r, p.absent = p.l[:0], p.r[:0], false
	return err
}
