package planner

import (
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
	sent  int64
	// types are those of the columns: a batch that only moves the watermark has its
	// columns too, operators look into them.
	types []arrow.DataType
}

type memberPort struct {
	arrowexec.Stateless
	m     *members
	index int32
}

// Process keeps the rows of one member, with the watermark before each.
func (p *memberPort) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	p.m.marks[p.index] = b.Watermark
	n := b.Rows()
	if n == 0 {
		return nil
	}
	mark := b.Scope.New(vec.TypeInt64, b.N)
	values := vec.Values[int64](mark)
	set := func(i int) {
		values[i] = b.Watermark
		if b.Marks != nil && i < len(b.Marks) {
			values[i] = b.Marks[i]
		}
	}
	if b.Sel == nil {
		for i := range b.N {
			set(i)
		}
	} else {
		for _, i := range b.Sel {
			set(int(i))
		}
	}
	p.m.rows.Append(b, append(b.Cols[:len(b.Cols):len(b.Cols)], mark), b.Sel)
	for range n {
		p.m.by = append(p.m.by, p.index)
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

// release gives the rows of one input batch in order.
func (m *members) release(b *arrowexec.Batch, emit arrowexec.Emit) error {
	least := m.marks[0]
	for _, w := range m.marks {
		least = min(least, w)
	}
	n := m.rows.Len()
	if n == 0 {
		if least == m.sent || least == arrowexec.EndOfTime {
			return nil
		}
		m.sent = least
		out := &arrowexec.Batch{Scope: b.Scope, Seq: b.Seq, Watermark: least, Now: b.Now}
		for _, t := range m.types {
			out.Cols = append(out.Cols, vec.NewBuilder(b.Scope, t, 0).Finish())
		}
		return emit(out)
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
	out := &arrowexec.Batch{Scope: b.Scope, N: n, Seq: b.Seq, Watermark: least, Now: b.Now}
	for _, c := range m.rows.Columns() {
		g := vec.NewBuilder(b.Scope, c.Type, n)
		for _, i := range order {
			g.AppendRow(c, int(i))
		}
		out.Cols = append(out.Cols, g.Finish())
	}
	k := len(out.Cols) - 1
	out.Marks = vec.Values[int64](out.Cols[k])
	out.Cols = out.Cols[:k]
	out.Ord, out.Weights = vec.Slice[int64](b.Scope, n), vec.Slice[int64](b.Scope, n)
	for j, i := range order {
		out.Ord[j], out.Weights[j] = ord[i], m.rows.Weights[i]
	}
	m.rows.Close()
	m.by = m.by[:0]
	m.sent = least
	return emit(out)
}
