package planner

import (
	"context"
	"sort"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// printer brings the rows of several bare SELECTs, which all go to stdout, in
// the order of the input rows that caused them, and for one input row in the
// order of the statements. Their columns differ, so each has a sink of its own.
type printer struct {
	ports []*printPort
}

// printPort holds the rows that one statement made of an input batch.
type printPort struct {
	arrowexec.Stateless
	sink *sinkDef
	l    *arrowexec.Ledger
	rows kept.Rows
}

func (p *printer) port(s *sinkDef, l *arrowexec.Ledger) *printPort {
	port := &printPort{sink: s, l: l}
	p.ports = append(p.ports, port)
	return port
}

// Process keeps the rows.
func (p *printPort) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	if n := b.Rows(); n > 0 {
		p.rows.Append(b, b.Cols, b.Sel)
		p.l.Out += int64(n)
		p.l.Used += b.Weight(b.Sel)
	}
	return nil
}

// Close frees the rows of a run that ended early.
func (p *printPort) Close() { p.rows.Close() }

// flush writes what one input batch has caused, in runs of one statement.
func (p *printer) flush(ctx context.Context, b *arrowexec.Batch) error {
	type place struct {
		ord  int64
		port int
		row  int32
	}
	var order []place
	for i, port := range p.ports {
		for row, ord := range port.rows.Ord {
			order = append(order, place{ord, i, int32(row)})
		}
	}
	if len(order) == 0 {
		return nil
	}
	sort.SliceStable(order, func(i, j int) bool {
		if order[i].ord != order[j].ord {
			return order[i].ord < order[j].ord
		}
		return order[i].port < order[j].port
	})
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && order[to].port == order[from].port {
			to++
		}
		port := p.ports[order[from].port]
		cols := port.rows.Columns()
		out := &arrowexec.Batch{Scope: b.Scope, N: to - from, Seq: b.Seq, Watermark: b.Watermark, Now: b.Now}
		for _, c := range cols {
			g := vec.NewBuilder(b.Scope, c.Type, to-from)
			for _, x := range order[from:to] {
				g.AppendRow(c, int(x.row))
			}
			out.Cols = append(out.Cols, g.Finish())
		}
		sink := port.sink.open
		if err := sink.Write(ctx, out); err != nil {
			return err
		}
		if err := sink.Flush(ctx); err != nil { // before another statement prints
			return err
		}
		from = to
	}
	for _, port := range p.ports {
		port.rows.Close()
	}
	return nil
}
