package hashagg

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// Groups may also be numbered by who uses them instead of by the table: a
// session window numbers sessions. Such a user calls GrowTo, Add, AddEach,
// EmitCalls, Join and Forget, and keeps the keys itself.

// NewNumbered makes empty groups that the caller numbers and whose rows come from
// other groups, by MergeStates.
func NewNumbered(s *Spec) *Groups {
	g := newGroups(s, false)
	g.counted = false
	return g
}

// MergeStates adds the states of other groups of the same spec: group k, for k
// below len(into), becomes part of group into[k]. Pending rows stay where they are.
func (g *Groups) MergeStates(o *Groups, into []int32) {
	g.alike(o)
	for i, s := range g.states {
		if g.lead[i] {
			s.Merge(o.states[i], into)
		}
	}
}

// Fixed tells that all states take the same room however many rows they have
// seen, so that merging costs no more than a few additions.
func (g *Groups) Fixed() bool {
	for i, s := range g.states {
		if g.lead[i] && !agg.Fixed(s) {
			return false
		}
	}
	return true
}

// Owe adds pending rows to a group.
func (g *Groups) Owe(id int32, n int64) {
	if g.counted {
		n = -n
	}
	g.pending[id] += n
}

// GrowTo makes room for groups below n, numbered by the caller.
func (g *Groups) GrowTo(n int) {
	for i, s := range g.states {
		if g.lead[i] {
			s.Grow(n)
		}
	}
	g.owe(n)
}

// AddEach is UpdateEach of rows whose groups, by row, are known; it appends the
// columns of the calls to cols.
func (g *Groups) AddEach(r *Rows, byRow []int32, sel vec.Sel, cols []*vec.Vec) *Columns {
	b := r.Batch
	c := &Columns{N: sel.Count(b.N), Cols: cols}
	fail := c.fail()
	for i, s := range g.states {
		out := vec.NewBuilder(b.Scope, g.spec.Calls[i].Type, c.N)
		c.call = &g.spec.Calls[i]
		if g.spec.Calls[i].Filter != nil {
			g.eachFiltered(r, i, byRow, sel, out, fail)
		} else {
			s.UpdateEach(b, byRow, r.args[i], sel, out, fail)
		}
		c.Cols = append(c.Cols, out.Finish())
	}
	return c
}

// EmitCalls appends the columns of the calls of groups to cols. The result is valid until
// the next call.
func (g *Groups) EmitCalls(sc *vec.Scope, ids []int32, cols []*vec.Vec) *Columns {
	c := &g.given
	c.N, c.Cols, c.Failed = len(ids), cols, c.Failed[:0]
	if g.fail == nil {
		g.fail = c.fail()
	}
	fail := g.fail
	for i, s := range g.states {
		out := &g.column
		out.Init(sc, g.spec.Calls[i].Type, len(ids))
		c.call = &g.spec.Calls[i]
		s.Emit(ids, out, fail)
		c.Cols = append(c.Cols, out.Finish())
	}
	return c
}

// Join makes group from a part of group into; from is empty afterwards.
func (g *Groups) Join(sc *vec.Scope, from, into int32) {
	g.countedOff()
	g.pending[into] += g.pending[from]
	if int(from) < len(g.dropped) && g.dropped[from] {
		g.refuse(into)
	}
	if g.shows(from) {
		g.show(into, true)
	}
	one := []int32{from}
	for i, s := range g.states {
		if !g.lead[i] {
			continue
		}
		moved := g.spec.Calls[i].New()
		moved.Grow(1)
		moved.Restore(s.Snapshot(sc, one))
		s.Merge(moved, []int32{into})
	}
	g.Forget(one)
}

func (g *Groups) refuse(id int32) {
	for len(g.dropped) < len(g.pending) {
		g.dropped = append(g.dropped, false)
	}
	g.dropped[id] = true
}

// Take takes the pending rows of a group.
func (g *Groups) Take(id int32) int64 { return g.settle(id) }

// SendEach is [Output.Send] of a batch whose rows are of several Groups: row i
// is of group ids[i] of gs[i]. own is, by row, the weight of the input row that
// caused it, nil when it was added by [Groups.Update]; neighbouring rows with
// the same causes[i] were caused by one input row, whose weight counts once: in
// the first of them that is emitted, else it waits with the last.
func (o *Output) SendEach(b *arrowexec.Batch, failed []Failed, gs []*Groups, ids []int32, own []int64, causes []int32, emit arrowexec.Emit) error {
	b.Sel = nil
	b.Weights = vec.Slice[int64](b.Scope, b.N)
	b.Retracts = nil
	pass := o.judge(b, failed)
	if o.Deletes {
		o.delete(b, gs, ids, pass)
	}
	if own != nil {
		once(own, causes, pass)
	}
	out := vec.Slice[int32](b.Scope, b.N)[:0]
	var bad []int32
	for i, id := range ids[:b.N] {
		if own != nil && own[i] != 0 {
			gs[i].countedOff()
			gs[i].pending[id] += own[i]
		}
		switch pass[i] {
		case passed, deleted:
			b.Weights[i] = gs[i].settle(id)
			out = append(out, int32(i))
		case rejected:
			b.Weights[i] = 0
			gs[i].refuse(id)
		default:
			b.Weights[i] = gs[i].settle(id)
			bad = append(bad, int32(i))
		}
	}
	if err := o.report(b, failed, bad); err != nil {
		return err
	}
	if len(out) == 0 {
		return nil
	}
	if len(out) < b.N {
		b.Sel = vec.Sel(out)
	}
	return emit(b)
}

// once leaves the weight of a cause to one of the rows that it caused.
func once(own []int64, causes []int32, pass []byte) {
	for from := 0; from < len(own); {
		to, at := from, -1
		for ; to < len(own) && causes[to] == causes[from]; to++ {
			if at < 0 && (pass[to] == passed || pass[to] == deleted) {
				at = to
			}
		}
		if at < 0 {
			at = to - 1
		}
		w := own[at]
		clear(own[from:to])
		own[at] = w
		from = to
	}
}

// SnapshotNumbered writes groups numbered by the caller down as columns.
func (g *Groups) SnapshotNumbered(sc *vec.Scope, ids []int32) []*vec.Vec {
	g.part()
	pending, dropped := sc.New(vec.TypeInt64, len(ids)), sc.New(vec.TypeInt8, len(ids))
	p, d := vec.Values[int64](pending), vec.Values[int8](dropped)
	for k, id := range ids {
		p[k], d[k] = g.Pending(id), g.marks(id)
	}
	cols := []*vec.Vec{pending, dropped}
	for i, s := range g.states {
		if g.lead[i] {
			cols = append(cols, s.Snapshot(sc, ids)...)
		}
	}
	return cols
}

// RestoreNumbered fills empty groups from the columns of SnapshotNumbered: row
// k becomes group k.
func (g *Groups) RestoreNumbered(sc *vec.Scope, cols []*vec.Vec) error {
	if len(cols) < 2 {
		return fmt.Errorf("snapshot has %d columns of groups: it is of another query", len(cols))
	}
	g.part()
	g.GrowTo(cols[0].Len)
	g.counted = false
	copy(g.pending, vec.Values[int64](cols[0]))
	for id, x := range vec.Values[int8](cols[1]) {
		g.mark(int32(id), x)
	}
	at := 2
	for i, s := range g.states {
		if !g.lead[i] {
			continue
		}
		n := len(s.Snapshot(sc, nil))
		if at+n > len(cols) {
			break
		}
		s.Restore(cols[at : at+n])
		at += n
	}
	if at != len(cols) {
		return fmt.Errorf("snapshot has %d columns of groups, %d expected: it is of another query", len(cols), at)
	}
	return nil
}
