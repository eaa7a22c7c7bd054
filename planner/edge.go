package planner

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/logical"
)

// edgeOp hands the rows of one statement to another that reads its stream: the
// payload, then the system columns of edgeColumns. Every row counts as one input
// row of the reading query.
type edgeOp struct {
	arrowexec.Stateless
	out    ingest.Output
	stream string
	ledger *arrowexec.Ledger
	rows   int64
	table  bool // deletions are marked in a column behind the others
}

// Process makes the columns; unknown ones are NULL.
func (e *edgeOp) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	sc, n := b.Scope, b.N
	cols := append([]*vec.Vec(nil), b.Cols[:len(e.out.Fields)]...)
	pick := func(i int, null *vec.Vec) *vec.Vec {
		if i < 0 {
			return null
		}
		return b.Cols[i]
	}
	when := pick(e.out.Time, nil)
	stamp := sc.NullConst(vec.TypeInt64, n)
	if when != nil {
		stamp = sc.Header(when)
		stamp.Type, stamp.Kind = vec.TypeInt64, vec.Int64
	} else {
		when = sc.NullConst(vec.TypeTimestamp, n)
	}
	offset := sc.New(vec.TypeInt64, n)
	values := vec.Values[int64](offset)
	rows := b.Rows()
	number := func(i int) { values[i] = e.rows; e.rows++ }
	if b.Sel == nil {
		for i := range n {
			number(i)
		}
	} else {
		for _, i := range b.Sel {
			number(int(i))
		}
	}
	part := sc.New(vec.TypeInt32, 1)
	vec.Values[int32](part)[0] = 0
	name := vec.NewBuilder(sc, vec.TypeString, 1)
	name.String(e.stream)
	cols = append(cols, pick(e.out.Key, sc.NullConst(vec.TypeString, n)), pick(e.out.Headers, sc.NullConst(vec.TypeHeaders, n)),
		when, stamp, offset, sc.Repeat(part, n), sc.Repeat(name.Finish(), n))
	if e.table {
		cols = append(cols, deleted(b))
	}
	next := b.With(cols, b.Sel)
	next.Weights, next.Origin, next.Began, next.Ended, next.Retracts, next.Causes = nil, nil, nil, nil, nil, nil
	e.ledger.In += int64(rows)
	return emit(next)
}

// edge makes a relation of a stream that an earlier statement makes.
func (c *compiler) edge(st *Statement, name string) *bind.Relation {
	fields := st.bound.Node.Fields()
	typeless := false
	e := &logical.Edge{Stream: st.Name, Bounded: st.bound.Bounded, Corrected: logical.Corrected(st.bound.Node)}
	for i := range st.bound.Visible {
		e.Out = append(e.Out, logical.Field{Name: fields[i].Name, Type: fields[i].Type})
		typeless = typeless || i < len(st.bound.Typeless) && st.bound.Typeless[i]
		e.Timed = append(e.Timed, logical.EventTime(st.bound.Node, i))
	}
	for _, n := range edgeColumns {
		t, ok := ingest.SystemType(n)
		if !ok {
			t = vec.TypeTimestamp
		}
		e.Out = append(e.Out, logical.Field{Name: n, Type: t, System: true})
		timed := logical.NotTimed
		if n == "_event_time" {
			timed = logical.RowTimed
		}
		e.Timed = append(e.Timed, timed)
	}
	r := &bind.Relation{Node: e, Name: name, Bounded: st.bound.Bounded, Stream: !st.table, Restamped: !st.table && st.bound.Restamped, Below: st.bound.Below}
	if st.keyed {
		e.Out = append(e.Out, logical.Field{Name: ingest.ColDeleted, Type: vec.TypeBool, System: true, Hidden: true})
		e.Timed = append(e.Timed, logical.NotTimed)
		r.Node = &logical.Table{Input: e, Name: name, Keys: []int{st.bound.Visible}, Deleted: len(e.Out) - 1, NullKeys: true, Bounded: r.Bounded, Stamp: st.bound.Visible + 3, Time: -1}
	}
	if typeless {
		bind.Untype(r, st.bound.Typeless)
	}
	return r
}

// edgeColumns are the system columns of a stream in memory, after its payload.
var edgeColumns = []string{"_key", "_headers", "_event_time", "_timestamp", "_offset", "_partition", "_topic"}
