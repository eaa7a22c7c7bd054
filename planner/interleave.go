package planner

import (
	"context"
	"sort"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/kept"
)

// interleave brings the rows that several statements write to one sink in the
// order of the input rows that caused them, and for one input row in the order
// of the statements. It holds the rows of one input batch.
type interleave struct {
	rows  kept.Rows
	by    []int32 // statement of each row
	sinks []arrowexec.Sink
	ports []*mergePort
}

// mergePort takes the rows of one statement.
type mergePort struct {
	arrowexec.Stateless
	m     *interleave
	index int32
	out   ingest.Output
	l     *arrowexec.Ledger
}

func (m *interleave) port(out ingest.Output, l *arrowexec.Ledger, s arrowexec.Sink) *mergePort {
	p := &mergePort{m: m, index: int32(len(m.ports)), out: out, l: l}
	m.ports = append(m.ports, p)
	m.sinks = append(m.sinks, s)
	return p
}

// Process keeps the rows: payload, key, headers, time and deletion.
func (p *mergePort) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	n := b.Rows()
	if n == 0 {
		return nil
	}
	cols := append([]*vec.Vec(nil), b.Cols[:len(p.out.Fields)]...)
	add := func(i int, null *vec.Vec) {
		if i >= 0 {
			null = b.Cols[i]
		}
		cols = append(cols, null)
	}
	add(p.out.Key, b.Scope.NullConst(vec.TypeString, b.N))
	add(p.out.Headers, b.Scope.NullConst(vec.TypeHeaders, b.N))
	add(p.out.Time, b.Scope.NullConst(vec.TypeTimestamp, b.N))
	add(p.out.Deleted, b.Scope.NullConst(vec.TypeBool, b.N))
	p.m.rows.Append(b, cols, b.Sel)
	for range n {
		p.m.by = append(p.m.by, p.index)
	}
	p.l.Out += int64(n)
	p.l.Used += b.Weight(b.Sel)
	return nil
}

// Close frees the rows of a run that ended early.
func (p *mergePort) Close() { p.m.rows.Close() }

// flush writes what one input batch has caused.
func (m *interleave) flush(ctx context.Context, b *arrowexec.Batch) error {
	n := m.rows.Len()
	if n == 0 {
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
	cols := m.rows.Columns()
	out := &arrowexec.Batch{Scope: b.Scope, N: n, Seq: b.Seq, Watermark: b.Watermark, Now: b.Now}
	for _, c := range cols {
		g := vec.NewBuilder(b.Scope, c.Type, n)
		for _, i := range order {
			g.AppendRow(c, int(i))
		}
		out.Cols = append(out.Cols, g.Finish())
	}
	err := m.sinks[0].Write(ctx, out)
	m.rows.Close()
	m.by = m.by[:0]
	return err
}
