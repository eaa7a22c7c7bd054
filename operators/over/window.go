package over

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/sort"
)

// Window is one PARTITION BY and ORDER BY, with the calls that share it.
type Window struct {
	Partition []expr.Expr
	Order     []sort.Key
	// Buffer is the number of rows of a partition, its last ones, that a call
	// looks at; 0: all.
	Buffer int64
	// Trim drops the rows that the RANGE frames of the window, which end with the
	// row's peers, have left behind. Rows come in order, and peers in one batch.
	Trim bool
	// Expire, if not 0, empties the buffer before a row that comes more than that
	// many ms of Time, a TIMESTAMP, after the partition's rows so far.
	Expire int64
	Time   expr.Expr
	// First, if not 0, says that only so many rows of a partition matter, the first in
	// the order of the window. Its calls are then ROW_NUMBER, RANK and DENSE_RANK, whose
	// values depend on no row behind.
	First int64
	Calls []Call
}

// Kind is what a call computes.
type Kind uint8

// The kinds.
const (
	RowNumber Kind = iota
	Rank
	DenseRank
	PercentRank
	CumeDist
	Ntile // Args[0]: number of buckets
	Lag   // Args: value, offset or nil, default or nil (of the value's type)
	Lead
	FirstValue
	LastValue
	NthValue // Args: value, n
	Aggregate
)

// Call is one window function.
type Call struct {
	Kind        Kind
	Name        string // the call as SQL, for errors and plans
	Type        arrow.DataType
	Args        []expr.Expr
	Filter      expr.Expr // FILTER (WHERE …) of an aggregate; nil: all rows
	IgnoreNulls bool
	Overload    *agg.Overload // of an aggregate
	Func        string        // its name
	// Sort are the directions of the keys of ORDER BY inside an aggregate's
	// arguments; the keys are the last of Args.
	Sort  []agg.Direction
	Frame Frame
}

// extreme tells whether the call is MIN or MAX.
func (c *Call) extreme() bool {
	return c.Kind == Aggregate && len(c.Args) == 1 && (c.Func == "MIN" || c.Func == "MAX")
}

// masked gives a call without FILTER: what does not pass is NULL to it. Only
// calls that skip rows with a NULL can be.
func (c Call) masked() (Call, error) {
	then := c.Filter
	if len(c.Args) > 0 {
		then = c.Args[0]
	}
	arg, err := expr.NewCase([]expr.Expr{c.Filter}, []expr.Expr{then}, nil)
	if err != nil {
		return c, err
	}
	rest := c.Args[min(1, len(c.Args)):]
	c.Args, c.Filter = append([]expr.Expr{arg}, rest...), nil
	return c, nil
}

// BoundKind is the kind of a frame's bound, in order from first to last.
type BoundKind uint8

// The kinds.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Frame is ROWS or RANGE BETWEEN Start AND End.
type Frame struct {
	Range      bool
	Start, End Bound
	// Key is the one ORDER BY item of a RANGE frame with offsets, in the type of
	// the bounds' At.
	Key  expr.Expr
	Desc bool // of the key
}

// Bound is one bound of a frame.
type Bound struct {
	Kind BoundKind
	Rows int64     // rows before or after, of a ROWS frame
	At   expr.Expr // value of the key at the bound, of a RANGE frame with an offset
}

// Default is the frame of a call that writes none: up to the last peer.
func Default() Frame {
	return Frame{Range: true, Start: Bound{Kind: UnboundedPreceding}, End: Bound{Kind: CurrentRow}}
}

// each calls f with the address of every expression of the window.
func (w *Window) each(f func(*expr.Expr)) {
	some := func(e *expr.Expr) {
		if *e != nil {
			f(e)
		}
	}
	for i := range w.Partition {
		some(&w.Partition[i])
	}
	for i := range w.Order {
		some(&w.Order[i].Expr)
	}
	some(&w.Time)
	for i := range w.Calls {
		c := &w.Calls[i]
		for k := range c.Args {
			some(&c.Args[k])
		}
		some(&c.Filter)
		some(&c.Frame.Key)
		some(&c.Frame.Start.At)
		some(&c.Frame.End.At)
	}
}

// Exprs lists the expressions that the window reads.
func (w Window) Exprs() []expr.Expr {
	var out []expr.Expr
	w.each(func(e *expr.Expr) { out = append(out, *e) })
	return out
}

// Rewrite makes a copy with other expressions of the same types.
func (w Window) Rewrite(f func(expr.Expr) expr.Expr) Window {
	w.Partition = append([]expr.Expr(nil), w.Partition...)
	w.Order = append([]sort.Key(nil), w.Order...)
	w.Calls = append([]Call(nil), w.Calls...)
	for i := range w.Calls {
		w.Calls[i].Args = append([]expr.Expr(nil), w.Calls[i].Args...)
	}
	w.each(func(e *expr.Expr) { *e = f(*e) })
	return w
}

func (c *Call) state() agg.State {
	types, consts := make([]arrow.DataType, len(c.Args)), make([]*vec.Vec, len(c.Args))
	for i, a := range c.Args {
		types[i] = a.Type()
		if k, ok := a.(*expr.Const); ok {
			consts[i] = k.One
		}
	}
	n := len(types) - len(c.Sort)
	if n == len(types) {
		return c.Overload.New(types, consts)
	}
	return agg.Ordered(func() agg.State { return c.Overload.New(types[:n], consts[:n]) }, types, n, c.Sort)
}

// prepared gives windows whose sliding aggregates have no FILTER of their own.
func prepared(list []Window) ([]Window, error) {
	out := make([]Window, len(list))
	for i, w := range list {
		out[i] = w.Rewrite(func(e expr.Expr) expr.Expr { return e })
		for k := range w.Calls {
			c := &out[i].Calls[k]
			if c.Kind != Aggregate || c.Filter == nil {
				continue
			}
			if _, slides := agg.Slides(c.state()); !slides && !c.extreme() {
				continue
			}
			m, err := c.masked()
			if err != nil {
				return nil, err
			}
			*c = m
		}
	}
	return out, nil
}
