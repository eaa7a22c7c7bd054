package planner

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
)

// sharesScan tells whether two of several inputs read the same source, themselves or
// through streams of earlier statements: one batch then reaches both, and their rows
// must be brought in order.
func (a *App) sharesScan(inputs []logical.Node) bool {
	seen := map[string]bool{}
	shared := false
	for _, m := range inputs {
		mine := map[string]bool{}
		a.scansOf(m, mine)
		for s := range mine {
			shared = shared || seen[s]
			seen[s] = true
		}
	}
	return shared
}

// scansOf notes the sources that a plan reads, and those of the streams in it.
func (a *App) scansOf(n logical.Node, found map[string]bool) {
	walk(n, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Scan:
			found[n.Source] = true
		case *logical.Edge:
			for _, st := range a.Statements {
				if st.Name == n.Stream {
					a.scansOf(st.plan, found)
				}
			}
		}
	})
}

// interleaved builds a UNION ALL whose members share a source: rows in the order
// of the input rows that caused them, and for one input row in the order of the
// members.
func (x *assembly) interleaved(st *Statement, n *logical.Union, env build.Env) (attach, error) {
	m := &members{marks: make([]int64, len(n.All)), sent: arrowexec.NoWatermark, types: columnTypes(n)}
	for i := range m.marks {
		m.marks[i] = arrowexec.NoWatermark
	}
	out := arrowexec.NewNode("UnionAll", m)
	for i, q := range n.All {
		at, err := x.node(st, q, env)
		if err != nil {
			return nil, err
		}
		at(arrowexec.NewNode("UnionPort", &memberPort{m: m, index: int32(i)}, out))
	}
	x.g.AfterBatch = append(x.g.AfterBatch, func(b *arrowexec.Batch) error { return m.release(b, out.Emit) })
	return func(c *arrowexec.Node) { out.Next = append(out.Next, c) }, nil
}

// columnTypes are the types of a node's columns.
func columnTypes(n logical.Node) []arrow.DataType {
	var out []arrow.DataType
	for _, f := range n.Fields() {
		out = append(out, f.Type)
	}
	return out
}

// members holds what the members of a UNION ALL made of one input batch.
type members struct {
	arrowexec.Stateless
	rows  kept.Rows
	by    []int32 // member of each row
	marks []int64 // watermark of each member
	began []int64 // what they were before the batch; nil: none has come
	moves []move  // of the watermarks since
	sent  int64
	// types are those of the columns: a batch that only moves the watermark has its
	// columns too, operators look into them.
	types []arrow.DataType
}

// move is a watermark that goes up behind an input row.
type move struct {
	ord, mark int64
	member    int32
}

type memberPort struct {
	arrowexec.Stateless
	m     *members
	index int32
}

// Process keeps the rows of one member, and notes where its watermark moves: behind
// rows that it has left out, too.
func (p *memberPort) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	m := p.m
	if m.began == nil {
		m.began = append([]int64(nil), m.marks...)
	}
	note := func(ord, mark int64) {
		if mark > m.marks[p.index] && mark != arrowexec.EndOfTime {
			m.marks[p.index] = mark
			m.moves = append(m.moves, move{ord, mark, p.index})
		}
	}
	k := min(len(b.Marks), b.N)
	if k > 0 {
		note(b.OrdOf(0)-1, b.Marks[0])
	}
	for i := 1; i < k; i++ {
		note(b.OrdOf(i-1), b.Marks[i])
	}
	if k > 0 {
		note(b.OrdOf(k-1), b.Watermark)
	} else {
		note(math.MaxInt64, b.Watermark) // somewhere in the input batch
	}
	m.marks[p.index] = max(m.marks[p.index], b.Watermark)
	n := b.Rows()
	if n == 0 {
		return nil
	}
	m.rows.Append(b, b.Cols, b.Sel)
	for range n {
		m.by = append(m.by, p.index)
	}
	return nil
}

// Flush lets a member that has ended no longer hold the watermark.
func (p *memberPort) Flush(last *arrowexec.Batch, _ arrowexec.Emit) error {
	p.m.marks[p.index] = arrowexec.EndOfTime
	return nil
}

// Process is not called: the ports keep the rows.
func (m *members) Process(b *arrowexec.Batch, emit arrowexec.Emit) error { return emit(b) }

// Flush gives what the ends of the members have brought.
func (m *members) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	return m.release(last, emit)
}

// Close frees the rows of a run that ended early.
func (m *members) Close() { m.rows.Close() }

// release gives the rows of one input batch in order. Between them stand rows that are
// not selected, where the least of the watermarks moves behind a row of no member.
func (m *members) release(b *arrowexec.Batch, emit arrowexec.Emit) error {
	watermark := slices.Min(m.marks)
	n := m.rows.Len()
	defer func() { m.began, m.moves = nil, m.moves[:0] }()
	if n == 0 && (watermark == m.sent || watermark == arrowexec.EndOfTime) {
		return nil
	}
	order := vec.Slice[int32](b.Scope, n)
	for i := range order {
		order[i] = int32(i)
	}
	ord := m.rows.Ord
	sort.SliceStable(order, func(i, j int) bool {
		a, c := order[i], order[j]
		if ord[a] != ord[c] {
			return ord[a] < ord[c]
		}
		return m.by[a] < m.by[c]
	})
	last := b.Seq - 1
	if b.N > 0 {
		last = b.OrdOf(b.N - 1)
	}
	for k := range m.moves {
		if m.moves[k].ord == math.MaxInt64 {
			m.moves[k].ord = last
		}
	}
	slices.SortStableFunc(m.moves, func(a, b move) int { return cmp.Compare(a.ord, b.ord) })

	out := &arrowexec.Batch{Scope: b.Scope, Seq: b.Seq, Watermark: watermark, Now: b.Now, Sel: vec.Sel{}}
	from := make([]int32, 0, n+4) // places in rows, −1 for none
	put := func(row int32, ord, weight, mark int64) {
		if k := len(out.Ord); row < 0 && k > 0 && out.Ord[k-1] == ord {
			return
		} else if row >= 0 {
			out.Sel = append(out.Sel, int32(len(from)))
		}
		from = append(from, row)
		out.Ord, out.Weights, out.Marks = append(out.Ord, ord), append(out.Weights, weight), append(out.Marks, mark)
	}
	at, moves := m.began, m.moves
	if at == nil {
		at = m.marks
	}
	least := slices.Min(at)
	for _, i := range order {
		for len(moves) > 0 && moves[0].ord < ord[i] {
			moves = m.pass(at, &least, moves, put)
		}
		put(i, ord[i], m.rows.Weights[i], least)
	}
	for len(moves) > 0 {
		moves = m.pass(at, &least, moves, put)
	}
	out.N = len(from)
	if n > 0 {
		for _, c := range m.rows.Columns() {
			g := vec.NewBuilder(b.Scope, c.Type, out.N)
			for _, i := range from {
				if i < 0 {
					g.Null()
				} else {
					g.AppendRow(c, int(i))
				}
			}
			out.Cols = append(out.Cols, g.Finish())
		}
	} else {
		for _, t := range m.types { // operators look into the columns
			out.Cols = append(out.Cols, b.Scope.NullConst(t, out.N))
		}
	}
	m.rows.Close()
	m.by = m.by[:0]
	m.sent = watermark
	return emit(out)
}

// pass makes the moves behind one input row, and puts a row that is not selected for
// them unless one of the union was caused by it.
func (m *members) pass(at []int64, least *int64, moves []move, put func(row int32, ord, weight, mark int64)) []move {
	ord := moves[0].ord
	for len(moves) > 0 && moves[0].ord == ord {
		at[moves[0].member] = max(at[moves[0].member], moves[0].mark)
		moves = moves[1:]
	}
	if now := slices.Min(at); now > *least {
		put(-1, ord, 0, *least)
		*least = now
	}
	return moves
}
