package planner

import (
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// lateRows gives a statement the sink of its LATE ROWS INTO: the payload columns
// of the rows that the window reads, how late they are, and the bounds of the last
// window that would have held them.
func (c *compiler) lateRows(st *Statement, q *ast.Query, keys *keyset) bool {
	at := q.LateRows.Pos()
	a := windowed(st.bound.Node)
	if a == nil {
		c.fail(diag.Window, at, "LATE ROWS INTO needs a WINDOW: without one no row is late")
		return false
	}
	if s := a.Late.Strategy; s != "" && s != "drop" {
		c.fail(diag.Value, at, "LATE ROWS INTO goes with late.data.strategy drop, not %s", s)
		return false
	}
	out := ingest.Output{Key: -1, Headers: -1, Time: -1, Deleted: -1}
	for i, f := range a.Input.Fields() {
		if !f.System && !f.Hidden {
			a.LateColumns = append(a.LateColumns, i)
			out.Fields = append(out.Fields, arrow.Field{Name: f.Name, Type: f.Type, Nullable: true})
		}
	}
	for _, name := range []string{"_late_by_ms", "_window_start", "_window_end"} {
		out.Fields = append(out.Fields, arrow.Field{Name: name, Type: vec.TypeInt64, Nullable: true})
	}
	out.Time = len(out.Fields)
	own := *q
	own.Into = q.LateRows
	st.late = c.sinkFor(st, q.LateRows.Name, keys, &own, true)
	if st.late != nil && st.late.record { // a late row is still the record that it was read from
		next := out.Time + 1
		carry := func(name string, at *int) {
			for i, f := range a.Input.Fields() {
				if f.System && strings.EqualFold(f.Name, name) {
					a.LateColumns = append(a.LateColumns, i)
					*at, next = next, next+1
					return
				}
			}
		}
		carry("_key", &out.Key)
		if h, _ := keys.props.Get("headers"); !strings.EqualFold(h, "none") {
			carry("_headers", &out.Headers)
		}
	}
	st.lateOutput = out
	return st.late != nil || c.o.Mode == Validate
}

// windowed finds the windowed aggregate nearest to the top of a plan.
func windowed(n logical.Node) *logical.Aggregate {
	for {
		if a, ok := n.(*logical.Aggregate); ok && a.Window != nil {
			return a
		}
		in := n.Inputs()
		if len(in) != 1 {
			return nil
		}
		n = in[0]
	}
}

// lateOp takes the late rows that the window beside it finds and gives them to
// their sink; of the input it needs nothing.
type lateOp struct {
	arrowexec.Stateless
	node    *arrowexec.Node
	columns []int // payload
	record  []int // event time, and then key and headers where the sink takes them
}

// Process needs no more rows.
func (l *lateOp) Process(*arrowexec.Batch, arrowexec.Emit) error { return arrowexec.ErrDone }

// take gives late rows to the sink: the window has put three columns behind those
// of its input.
func (l *lateOp) take(b *arrowexec.Batch) error {
	var cols []*vec.Vec
	for _, c := range l.columns {
		cols = append(cols, b.Cols[c])
	}
	cols = append(cols, b.Cols[len(b.Cols)-3:]...)
	for _, c := range l.record {
		cols = append(cols, b.Cols[c])
	}
	return l.node.Emit(b.With(cols, b.Sel))
}

// lateNode hangs the sink of LATE ROWS INTO beside the window of a statement.
func (x *assembly) lateNode(st *Statement, a *logical.Aggregate, at attach) arrowexec.Emit {
	if st.late == nil || len(a.LateColumns) == 0 {
		return nil
	}
	payload := len(st.lateOutput.Fields) - 3
	op := &lateOp{columns: a.LateColumns[:payload], record: append([]int{a.Time}, a.LateColumns[payload:]...)}
	op.node = arrowexec.NewNode("LateRows", op)
	at(op.node)
	x.sinkOf(st, st.late, st.lateOutput, &arrowexec.Ledger{}, func(n *arrowexec.Node) { op.node.Next = append(op.node.Next, n) })
	return op.take
}
