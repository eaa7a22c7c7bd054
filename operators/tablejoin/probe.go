package tablejoin

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// probing are the candidates of a batch of the stream, and the rows on their way
// out.
type probing struct {
	ci, cr  []int32 // candidates: row of the stream and of the table; -1 ends the row's
	pi, pr  []int32 // those that are pairs
	i, r    []int32 // output: row of the stream, and of the table or -1
	absent  bool
	prev    int32 // row of the stream put out last
	matched bool  // the row at hand is
	failed  bool  // a condition on one of its pairs
}

var errTakenBack = errors.New("bug: rows of a stream are taken back; its join must be one of two tables")

// stream joins a batch of the stream with the table as it is.
func (j *Join) stream(b *arrowexec.Batch, emit arrowexec.Emit) error {
	s, _ := j.sides()
	if b.Rows() == 0 {
		return emit(j.bare(b))
	}
	if b.Retracts != nil {
		return errTakenBack
	}
	alive, can, keys, err := j.judge(s, b)
	if err != nil {
		return err
	}
	ids := none(b)
	j.keys.Lookup(b.Scope, keys, b.N, can, ids)
	return j.meet(b, alive, ids, nil, emit)
}

// meet joins rows of the stream whose keys are numbered; changes of the table are
// applied where they stand between them.
func (j *Join) meet(b *arrowexec.Batch, alive vec.Sel, ids []int32, changes []change, emit arrowexec.Emit) error {
	_, t := j.sides()
	if j.o.Residual == nil && len(changes) == 0 {
		if rows := t.single(b, alive, ids); rows != nil {
			return j.one(b, alive, rows, emit)
		}
	}
	p := &j.probe
	p.ci, p.cr, p.i, p.r = p.ci[:0], p.cr[:0], p.i[:0], p.r[:0]
	p.absent, p.prev, p.matched, p.failed = false, -1, false, false
	k := 0
	for q := range alive.Count(b.N) {
		i := at(alive, q)
		for k < len(changes) && changes[k].ord <= b.OrdOf(int(i)) {
			t.apply(changes[k])
			k++
		}
		for row := t.list(ids[i]); row >= 0; row = t.next[row] {
			p.ci, p.cr = append(p.ci, i), append(p.cr, row)
			if len(p.ci) >= chunk {
				if err := j.drain(b, emit); err != nil {
					return err
				}
			}
		}
		p.ci, p.cr = append(p.ci, i), append(p.cr, -1)
	}
	for ; k < len(changes); k++ {
		t.apply(changes[k])
	}
	if err := j.drain(b, emit); err != nil {
		return err
	}
	return j.flush(b, emit, true)
}

// single gives each row the one row of the table that it meets, -1 for none; nil
// when a row meets several.
func (s *side) single(b *arrowexec.Batch, alive vec.Sel, ids []int32) []int32 {
	rows := vec.Slice[int32](b.Scope, b.N)
	for q := range alive.Count(b.N) {
		i := at(alive, q)
		row := s.list(ids[i])
		if row >= 0 && s.next[row] >= 0 {
			return nil
		}
		rows[i] = row
	}
	return rows
}

// apply makes a change of a table beside a stream.
func (s *side) apply(c change) {
	switch {
	case c.row < 0:
	case c.back:
		s.unlink(c.row)
	default:
		s.link(c.row)
	}
}

// applyAll makes the changes that have come.
func (j *Join) applyAll() {
	_, t := j.sides()
	for _, c := range t.changes {
		t.apply(c)
	}
}

// one joins rows of the stream with one row of the table each at most: they stay
// where they are.
func (j *Join) one(b *arrowexec.Batch, alive vec.Sel, rows []int32, emit arrowexec.Emit) error {
	s, t := j.sides()
	n := alive.Count(b.N)
	sel := vec.Slice[int32](b.Scope, n)[:0]
	idx := vec.Slice[int32](b.Scope, b.N)
	clear(idx)
	hits := 0
	for q := range n {
		i := at(alive, q)
		r := rows[i]
		if r >= 0 {
			hits++
		} else if !s.outer {
			j.o.Ledger.Filtered += b.WeightOf(int(i))
			continue
		}
		idx[i] = r
		sel = append(sel, i)
	}
	absent := hits < len(sel)
	if len(sel)*4 < b.N {
		p := &j.probe
		p.i, p.r, p.absent, p.prev = append(p.i[:0], sel...), p.r[:0], absent, -1
		for _, i := range sel {
			p.r = append(p.r, idx[i])
		}
		return j.flush(b, emit, true)
	}
	out := b.With(make([]*vec.Vec, 0, len(s.types)+len(t.types)), vec.Sel(sel))
	if len(sel) == b.N {
		out.Sel = b.Sel
	}
	out.Causes = nil
	out.Weights = vec.Slice[int64](b.Scope, b.N)
	for _, i := range sel {
		w := b.WeightOf(int(i))
		if r := idx[i]; r >= 0 {
			w += t.see(r)
		}
		out.Weights[i] = w
	}
	for _, x := range []*side{&j.l, &j.r} {
		for c, typ := range x.types {
			switch {
			case x == t:
				out.Cols = append(out.Cols, taken(b.Scope, j.used(x.first+c) && hits > 0, t.wide(), c, typ, idx, absent))
			case j.used(x.first + c):
				out.Cols = append(out.Cols, b.Cols[c])
			default:
				out.Cols = append(out.Cols, b.Scope.NullConst(typ, b.N))
			}
		}
	}
	return emit(out)
}

// taken gives the rows listed of a column that is wanted, NULLs of others.
func taken(sc *vec.Scope, wanted bool, cols []*vec.Vec, c int, typ arrow.DataType, rows []int32, absent bool) *vec.Vec {
	if !wanted || c >= len(cols) || cols[c] == nil {
		return sc.NullConst(typ, len(rows))
	}
	return sc.Take(cols[c], rows, absent)
}

// drain looks at the candidates and puts out those that match.
func (j *Join) drain(b *arrowexec.Batch, emit arrowexec.Emit) error {
	s, t := j.sides()
	p := &j.probe
	said, err := j.askCandidates(b)
	if err != nil {
		return err
	}
	pair := 0
	for k, i := range p.ci {
		r := p.cr[k]
		if r >= 0 {
			answer := yes
			if said != nil {
				answer = said[pair]
				pair++
			}
			if answer == yes {
				p.matched = true
				if err := j.give(b, i, r, emit); err != nil {
					return err
				}
			} else if answer == fails {
				p.failed = true
				t.flags[r] |= broken
			}
			continue
		}
		switch { // all candidates of the row have been seen
		case p.matched:
		case p.failed:
			j.o.Ledger.Failed += b.WeightOf(int(i))
		case !s.outer:
			j.o.Ledger.Filtered += b.WeightOf(int(i))
		default:
			p.absent = true
			if err := j.give(b, i, -1, emit); err != nil {
				return err
			}
		}
		p.matched, p.failed = false, false
	}
	p.ci, p.cr = p.ci[:0], p.cr[:0]
	return nil
}

// askCandidates tells what the residual condition says of the candidates that are
// pairs; nil without one.
func (j *Join) askCandidates(b *arrowexec.Batch) ([]uint8, error) {
	if j.o.Residual == nil {
		return nil, nil
	}
	p := &j.probe
	p.pi, p.pr = p.pi[:0], p.pr[:0]
	for k, r := range p.cr {
		if r >= 0 {
			p.pi, p.pr = append(p.pi, p.ci[k]), append(p.pr, r)
		}
	}
	_, t := j.sides()
	x := pairs{l: p.pi, r: p.pr, left: b.Cols, right: t.wide(), like: b, ord: func(k int) int64 { return b.OrdOf(int(p.pi[k])) }}
	if !t.right {
		x.l, x.r, x.left, x.right = x.r, x.l, x.right, x.left
	}
	x.origin = func(from int) arrowexec.Origin { return b.OriginOf(p.pi[from:]) }
	return j.ask(&x)
}

func (j *Join) give(b *arrowexec.Batch, i, r int32, emit arrowexec.Emit) error {
	p := &j.probe
	p.i, p.r = append(p.i, i), append(p.r, r)
	if len(p.i) < chunk {
		return nil
	}
	return j.flush(b, emit, false)
}

// flush emits the output rows. The last batch has the watermark of the input's,
// and goes out without rows too.
func (j *Join) flush(b *arrowexec.Batch, emit arrowexec.Emit, last bool) error {
	p := &j.probe
	n := len(p.i)
	if n == 0 {
		if !last {
			return nil
		}
		return emit(j.bare(b))
	}
	_, t := j.sides()
	sc := b.Scope.Pool().Open()
	defer sc.Close()
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: b.Seq, Now: b.Now, Watermark: b.Watermark,
		Ord: vec.Slice[int64](sc, n), Weights: vec.Slice[int64](sc, n)}
	out.Origin = b.OriginOf(p.i)
	for k, i := range p.i {
		out.Ord[k] = b.OrdOf(int(i))
		out.Weights[k] = 0
		if i != p.prev { // a row that matches often counts once
			out.Weights[k] = b.WeightOf(int(i))
			p.prev = i
		}
		if r := p.r[k]; r >= 0 {
			out.Weights[k] += t.see(r)
		}
	}
	if b.Marks != nil {
		out.Marks = vec.Slice[int64](sc, n)
		for k, i := range p.i {
			out.Marks[k] = b.Marks[i]
		}
		if !last {
			out.Watermark = out.Marks[n-1]
		}
	}
	for _, x := range []*side{&j.l, &j.r} {
		for c, typ := range x.types {
			if x == t {
				out.Cols = append(out.Cols, taken(sc, j.used(x.first+c), t.wide(), c, typ, p.r, p.absent))
			} else {
				out.Cols = append(out.Cols, taken(sc, j.used(x.first+c), b.Cols, c, typ, p.i, false))
			}
		}
	}
	err := emit(out)
	p.i, p.r, p.absent = p.i[:0], p.r[:0], false
	return err
}

// bare is a batch without rows that passes a watermark on.
func (j *Join) bare(b *arrowexec.Batch) *arrowexec.Batch {
	return &arrowexec.Batch{Scope: b.Scope, Cols: j.none(), Sel: vec.Sel{}, Seq: b.Seq, Watermark: b.Watermark, Now: b.Now}
}

func (j *Join) none() []*vec.Vec {
	if j.empty == nil {
		for _, t := range j.o.LeftTypes {
			j.empty = append(j.empty, vec.Empty(t))
		}
		for _, t := range j.o.RightTypes {
			j.empty = append(j.empty, vec.Empty(t))
		}
	}
	return j.empty
}
