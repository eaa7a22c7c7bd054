package hashagg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/group"
)

// Groups is the state of one GROUP BY, or of one window of it. It belongs to
// one goroutine.
type Groups struct {
	Table *group.Table

	spec   *Spec
	each   bool
	states []agg.State
	lead   []bool // by call: it keeps a state of its own
	star   int    // a call that counts all rows, -1: none
	leader int    // the call whose state star follows, -1: none
	// pending is, by group, the input rows in no emitted row yet. While all rows
	// weigh one and a call counts them, it is what was taken from that count.
	pending []int64
	counted bool
	dropped []bool      // by group: HAVING has refused a row of it
	shown   []bool      // by group, with Output.Deletes: the last row of it was emitted and not deleted since
	column  vec.Builder // of one call, while it emits
	stretch part
	// linesAsked tells that it is settled whether a state stands in the lines of the table.
	linesAsked bool
	given      Columns // of EmitCalls, and what reports its failures
	fail       agg.Fail
	chunk      *chunk // scratch
}

// NewGroups makes empty groups. With each, rows are added by UpdateEach only;
// else by Update only, and calls over one argument share their state.
func NewGroups(s *Spec, each bool) *Groups {
	g := newGroups(s, each)
	if !each && len(s.Keys) == 0 {
		for _, s := range g.states {
			agg.Alone(s)
		}
	}
	return g
}

func newGroups(s *Spec, each bool) *Groups {
	g := &Groups{Table: group.New(typesOf(s.Keys)), spec: s, each: each, star: -1}
	for i := range s.Calls {
		c := &s.Calls[i]
		g.states = append(g.states, c.New())
		g.lead = append(g.lead, true)
		if len(c.Args) == 0 && c.Filter == nil && g.star < 0 && c.Plain {
			g.star = i
		}
	}
	if !each {
		g.share()
	}
	g.follow()
	g.counted = !each && g.star >= 0
	return g
}

// newDealt makes empty groups of which rows come from several pipelines.
func newDealt(s *Spec) *Groups {
	g := NewGroups(s, false)
	g.Table = group.NewDealt(g.Table.Types())
	return g
}

// NewRetracting makes empty groups whose rows may be taken back: they are changed
// by [Groups.Change] only.
func NewRetracting(s *Spec) *Groups {
	g := &Groups{Table: group.New(typesOf(s.Keys)), spec: s, each: true, star: -1, leader: -1}
	for i := range s.Calls {
		c := &s.Calls[i]
		var st agg.Retractor
		if c.back != nil {
			st = c.back()
		} else {
			st = agg.Retracting(c.New, typesOf(c.Args))
		}
		g.states, g.lead = append(g.states, st), append(g.lead, true)
	}
	return g
}

// share makes calls over the same argument and FILTER views of one state.
func (g *Groups) share() {
	for i := range g.states {
		a := &g.spec.Calls[i]
		si, ok := g.states[i].(agg.Sharer)
		if !ok || !a.Plain || len(a.Args) != 1 {
			continue
		}
		for j := range i {
			b := &g.spec.Calls[j]
			if !g.lead[j] || !b.Plain || !sameRows(a, b) {
				continue
			}
			if si.Share(g.states[j]) {
				g.lead[i] = false
				break
			}
			if sj, ok := g.states[j].(agg.Sharer); ok && sj.Share(g.states[i]) {
				g.lead[j] = false
			}
		}
	}
}

func sameRows(a, b *Call) bool {
	if len(a.Args) != 1 || len(b.Args) != 1 || a.Args[0].String() != b.Args[0].String() {
		return false
	}
	if a.Filter == nil || b.Filter == nil {
		return a.Filter == nil && b.Filter == nil
	}
	return a.Filter.String() == b.Filter.String()
}

// Len is the number of groups.
func (g *Groups) Len() int { return g.Table.Len() }

// Assign gives the group of each selected row, by row, in the batch's scope,
// making new groups where needed.
func (g *Groups) Assign(r *Rows, sel vec.Sel) []int32 {
	ids := vec.Slice[int32](r.Batch.Scope, r.Batch.N)
	if g.Table.Assign(r.Batch, r.Keys, sel, ids) > 0 {
		g.grow()
	}
	return ids
}

// One makes the only group of an aggregate without keys, which exists even
// before the first row; stamp is its place in the order of arrival.
func (g *Groups) One(b *arrowexec.Batch) {
	if len(g.spec.Keys) == 0 && g.Len() == 0 {
		one := *b
		one.N, one.Sel, one.Ord = 1, nil, nil
		var id [1]int32
		g.Table.Assign(&one, nil, nil, id[:])
		g.grow()
	}
}

func (g *Groups) grow() {
	n := g.Table.Len()
	for i, s := range g.states {
		if g.lead[i] {
			s.Grow(n)
		}
	}
	g.owe(n)
}

// owe makes room for the pending rows of groups below n.
func (g *Groups) owe(n int) {
	old := len(g.pending)
	if n > cap(g.pending) {
		g.pending = append(make([]int64, 0, max(2*old, n, 8)), g.pending...)
	}
	if n > old {
		g.pending = g.pending[:n]
		clear(g.pending[old:])
	}
}

// Update adds the selected rows and gives their groups by row. A selection is
// r.Sel or a part of it.
func (g *Groups) Update(r *Rows, sel vec.Sel) []int32 {
	if g.far(r) {
		return g.updateFar(r, sel)
	}
	ids := g.Assign(r, sel)
	g.Add(r, ids, sel)
	return ids
}

// Add is Update of rows whose groups are known.
func (g *Groups) Add(r *Rows, ids []int32, sel vec.Sel) {
	b := r.Batch
	if g.leader >= 0 && r.args[g.leader][0].HasNulls() {
		g.part()
	}
	if g.counted && b.Weights != nil {
		g.eager()
	}
	if !g.counted {
		p := g.pending
		switch {
		case b.Weights != nil:
			each(b.N, sel, func(i int) { p[ids[i]] += b.Weights[i] })
		case len(p) == 1: // where each row would wait for the one before
			p[0] += int64(sel.Count(b.N))
		case sel == nil:
			for _, id := range ids[:b.N] {
				p[id]++
			}
		default:
			for _, i := range sel {
				p[ids[i]]++
			}
		}
	}
	for i, s := range g.states {
		if g.lead[i] {
			s.Update(b, ids, r.args[i], r.filtered(g.spec, i, sel))
		}
	}
}

// eager starts to count pending rows apart from COUNT(*).
func (g *Groups) eager() {
	for id := range g.pending {
		g.pending[id] = g.Pending(int32(id))
	}
	g.counted = false
}

// Pending is the number of input rows of a group that no emitted row stands for yet.
func (g *Groups) Pending(id int32) int64 {
	if g.counted {
		n, _ := agg.Count(g.states[g.star], id)
		return n - g.pending[id]
	}
	return g.pending[id]
}

// settle takes pending rows of a group.
func (g *Groups) settle(id int32) int64 {
	n := g.Pending(id)
	if g.counted {
		g.pending[id] += n
	} else {
		g.pending[id] = 0
	}
	return n
}

// eachPending gives Pending of all groups, some at a time.
func (g *Groups) eachPending(f func(from int, n []int64)) {
	if !g.counted {
		f(0, g.pending)
		return
	}
	g.each128(len(g.pending), func(from int, ids []int32) {
		n := g.chunk.n[:len(ids)]
		agg.Counts(g.states[g.star], ids, n)
		for k, taken := range g.pending[from : from+len(ids)] {
			n[k] -= taken
		}
		f(from, n)
	})
}

// chunk is the numbers of groups that are looked at together, and what is told of them.
type chunk struct {
	ids [128]int32
	n   [128]int64
}

// each128 gives the groups below n, some at a time, in memory that is used again.
func (g *Groups) each128(n int, f func(from int, ids []int32)) {
	if g.chunk == nil {
		g.chunk = &chunk{}
	}
	for from := 0; from < n; from += len(g.chunk.ids) {
		ids := g.chunk.ids[:min(len(g.chunk.ids), n-from)]
		for k := range ids {
			ids[k] = int32(from + k)
		}
		f(from, ids)
	}
}

// settleAll is settle of groups, written to weights.
func (g *Groups) settleAll(ids []int32, weights []int64) {
	p := g.pending
	if !g.counted {
		for k, id := range ids {
			weights[k], p[id] = p[id], 0
		}
		return
	}
	agg.Counts(g.states[g.star], ids, weights)
	for k, id := range ids {
		n := weights[k]
		weights[k], p[id] = n-p[id], n
	}
}

// Columns are emitted rows: keys, then calls; a row that could not be given has
// an entry in Failed.
type Columns struct {
	Cols   []*vec.Vec
	N      int
	Failed []Failed
	call   *Call // the one at hand
}

// Failed is an emitted row without a value.
type Failed struct {
	Row int32
	Err error
}

// UpdateEach adds the selected rows one after the other and gives, for each,
// its group and the row of that group after it. Their weights are the caller's
// to give to [Output.Send].
func (g *Groups) UpdateEach(r *Rows, sel vec.Sel) (ids []int32, c *Columns) {
	b := r.Batch
	byRow := g.Assign(r, sel)
	n := sel.Count(b.N)
	ids = byRow[:n:n]
	if sel != nil {
		ids = vec.Slice[int32](b.Scope, n)
		for k, i := range sel {
			ids[k] = byRow[i]
		}
	}
	c = &Columns{N: n}
	c.Cols = g.keys(b.Scope, ids)
	fail := c.fail()
	for i, s := range g.states {
		out := vec.NewBuilder(b.Scope, g.spec.Calls[i].Type, n)
		c.call = &g.spec.Calls[i]
		if g.spec.Calls[i].Filter != nil {
			g.eachFiltered(r, i, byRow, sel, out, fail)
		} else {
			s.UpdateEach(b, byRow, r.args[i], sel, out, fail)
		}
		c.Cols = append(c.Cols, out.Finish())
	}
	return ids, c
}

// eachFiltered emits after every row but updates only by those that FILTER lets pass.
func (g *Groups) eachFiltered(r *Rows, call int, ids []int32, sel vec.Sel, out *vec.Builder, fail agg.Fail) {
	pass := r.filtered(g.spec, call, sel)
	args := make([]*vec.Vec, len(r.args[call])) // constants spelt out once, not once a row
	for k, a := range r.args[call] {
		args[k] = r.Batch.Scope.Flat(a)
	}
	one := vec.Slice[int32](r.Batch.Scope, 1)
	k, at := 0, 0
	each(r.Batch.N, sel, func(i int) {
		if pass == nil || at < len(pass) && int(pass[at]) == i {
			at++
			one[0] = int32(i)
			g.states[call].Update(r.Batch, ids, args, vec.Sel(one))
		}
		g.states[call].Emit(ids[i:i+1], out, func(_ int, err error) { fail(k, err) })
		k++
	})
}

// fail notes the rows without a value of the call at hand.
func (c *Columns) fail() agg.Fail {
	return func(k int, err error) { c.Failed = append(c.Failed, Failed{Row: int32(k), Err: wrap(c.call, err)}) }
}

func (g *Groups) keys(sc *vec.Scope, ids []int32) []*vec.Vec {
	out := make([]*vec.Builder, len(g.spec.Keys))
	for i, k := range g.spec.Keys {
		out[i] = vec.NewBuilder(sc, k.Type(), len(ids))
	}
	g.Table.Keys(ids, out)
	cols := make([]*vec.Vec, len(out), len(out)+len(g.states))
	for i, b := range out {
		cols[i] = b.Finish()
	}
	return cols
}

// Emit gives the rows of groups as columns of the scope.
func (g *Groups) Emit(sc *vec.Scope, ids []int32) *Columns {
	c := &Columns{N: len(ids), Cols: g.keys(sc, ids)}
	fail := c.fail()
	for i, s := range g.states {
		out := vec.NewBuilder(sc, g.spec.Calls[i].Type, len(ids))
		c.call = &g.spec.Calls[i]
		s.Emit(ids, out, fail)
		c.Cols = append(c.Cols, out.Finish())
	}
	return c
}

// Merge adds the groups of another state of the same spec, which is void
// afterwards; into[k] is where its group k went.
func (g *Groups) Merge(o *Groups) (into []int32) {
	return g.take(o, g.Table.Merge)
}

// MergeSome is Merge of the groups listed; into is -1 for others. All calls are [agg.AnyOrder].
func (g *Groups) MergeSome(o *Groups, groups []int32) (into []int32) {
	return g.take(o, func(t *group.Table) []int32 { return g.Table.MergeSome(t, groups) })
}

func (g *Groups) take(o *Groups, merge func(*group.Table) []int32) (into []int32) {
	g.alike(o)
	into = merge(o.Table)
	g.grow()
	if g.counted != o.counted {
		g.countedOff()
		o.countedOff()
	}
	for k, id := range into {
		if id < 0 {
			continue
		}
		g.pending[id] += o.pending[k]
		if k < len(o.dropped) && o.dropped[k] {
			g.drop(id)
		}
	}
	for i, s := range g.states {
		if g.lead[i] {
			s.Merge(o.states[i], into)
		}
	}
	return into
}

func (g *Groups) countedOff() {
	if g.counted {
		g.eager()
	}
}

func (g *Groups) drop(id int32) {
	for len(g.dropped) < g.Len() {
		g.dropped = append(g.dropped, false)
	}
	g.dropped[id] = true
}

// Fate sums what no emitted row stands for: rows of groups that HAVING refused,
// and rows that are only in state.
func (g *Groups) Fate() (filtered, held int64) {
	g.eachPending(func(from int, n []int64) {
		for k, n := range n {
			if id := from + k; id < len(g.dropped) && g.dropped[id] {
				filtered += n
			} else {
				held += n
			}
		}
	})
	return filtered, held
}

// Forget sums nothing and empties the states of groups, whose numbers may then
// be used again by who numbers groups without the table.
func (g *Groups) Forget(ids []int32) {
	for i, s := range g.states {
		if g.lead[i] {
			s.Reset(ids)
		}
	}
	for _, id := range ids {
		g.pending[id] = 0
		if int(id) < len(g.dropped) {
			g.dropped[id] = false
		}
		if int(id) < len(g.shown) {
			g.shown[id] = false
		}
	}
}

// Reset forgets all groups and keeps the memory, for the next window.
func (g *Groups) Reset() {
	g.each128(g.Len(), func(_ int, ids []int32) { g.Forget(ids) })
	g.Table.Reset()
	g.pending, g.dropped, g.shown = g.pending[:0], g.dropped[:0], g.shown[:0]
	g.counted = !g.each && g.star >= 0
}

// Bytes is the memory that the groups take.
func (g *Groups) Bytes() int64 {
	n := g.Table.Bytes() + int64(cap(g.pending))*8 + int64(cap(g.dropped)) + int64(cap(g.shown))
	if g.chunk != nil {
		n += 1536
	}
	for i, s := range g.states {
		if g.lead[i] {
			n += s.Bytes()
		}
	}
	return n
}
