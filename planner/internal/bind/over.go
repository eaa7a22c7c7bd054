package bind

import (
	"strconv"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/over"
	"github.com/velostream/velo/operators/sort"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// overs are the OVER calls of one SELECT block that run over the same rows. A
// call is bound to a column with a placeholder number from base on; finish gives
// the final ones.
type overs struct {
	base    int
	windows []over.Window
	texts   []string  // of the windows, for sharing them
	calls   []overRef // by placeholder
	bounded bool
	inside  bool // an argument of OVER is being bound
	// below, in a grouped query, are the calls over input rows, and input binds
	// what they read.
	below *overs
	input *exprs
	group *grouping
	// inOrder tells whether rows of an input that does not end can be had in an order.
	inOrder func(order []sort.Key) arrival
	// inTime is the order in which they are wanted.
	inTime []sort.Key
	// after are the subqueries that depend on values of OVER.
	after *subqueries
	// timed are the places of EXPIRE AFTER, which needs event time.
	timed []ast.Pos
}

type overRef struct {
	window, call int
	text         string
}

// positional are the functions that OVER has beside the aggregates. FIRST_VALUE
// and LAST_VALUE are both; with FILTER they are aggregates.
var positional = map[string]struct {
	kind     over.Kind
	min, max int // arguments
}{
	"ROW_NUMBER": {over.RowNumber, 0, 0}, "RANK": {over.Rank, 0, 0}, "DENSE_RANK": {over.DenseRank, 0, 0},
	"PERCENT_RANK": {over.PercentRank, 0, 0}, "CUME_DIST": {over.CumeDist, 0, 0}, "NTILE": {over.Ntile, 1, 1},
	"LAG": {over.Lag, 1, 3}, "LEAD": {over.Lead, 1, 3}, "FIRST_VALUE": {over.FirstValue, 1, 1},
	"LAST_VALUE": {over.LastValue, 1, 1}, "NTH_VALUE": {over.NthValue, 2, 2},
}

// over binds fn(…) OVER (…).
func (x *exprs) over(c *ast.Call) expr.Expr {
	b := x.b
	switch {
	case x.overs == nil:
		b.errorHint(diag.Aggregate, c.Pos(), "compute it in a derived table and use its column", "OVER is not allowed in %s", x.clause)
		return nil
	case x.overs.inside:
		b.errorf(diag.Aggregate, c.Pos(), "%s OVER is inside another OVER", c.Name)
		return nil
	}
	x.overs.inside = true
	defer func() { x.overs.inside = false }()
	if o := x.overs; o.below != nil && !x.silently(c) {
		y := *o.input
		y.aliases, y.clause, y.overs = x.aliases, x.clause, o.below
		if y.silently(c) {
			w, call, ok := y.overCall(c)
			if !ok {
				return nil
			}
			b.warnf(diag.Aggregate, c.Pos(), "%s OVER reads rows of the input, and a group has the value of its last row; put OVER over groups in a query around this one", c.Name)
			if x.in.typeless() && vec.KindOf(call.Type) == vec.Null {
				return null()
			}
			return o.group.lastValue(o.below.add(w, call))
		}
	}
	w, call, ok := x.overCall(c)
	if !ok {
		return nil
	}
	if x.in.typeless() && vec.KindOf(call.Type) == vec.Null {
		return null()
	}
	return x.overs.add(w, call)
}

// silently tells whether a call can be bound, without a word and without an
// effect; columns of a group's last row do not count.
func (x *exprs) silently(c *ast.Call) bool {
	quiet := diag.List{}
	b := *x.b
	b.Errs = &quiet
	y := *x
	y.b, y.untyped = &b, nil
	freeze := func(e *exprs) {
		if e.subs != nil {
			s := *e.subs
			s.frozen = true
			e.subs = &s
		}
	}
	freeze(&y)
	if g := x.overs.group; g != nil && x.hook != nil {
		in := *g.in
		in.b = &b
		freeze(&in)
		copied := *g
		copied.b, copied.in, copied.strict = &b, &in, true
		y.hook, y.column = copied.hook, copied.column
	}
	_, _, ok := y.overCall(c)
	return ok && !quiet.HasErrors()
}

// overCall binds a call and its window.
func (x *exprs) overCall(c *ast.Call) (w over.Window, call over.Call, ok bool) {
	b, o := x.b, c.Over
	ok = true
	for _, e := range o.PartitionBy {
		p := x.bind(e)
		ok = ok && p != nil
		w.Partition = append(w.Partition, p)
	}
	for _, k := range o.OrderBy {
		e := x.bind(k.Expr)
		if e != nil && vec.KindOf(e.Type()) == vec.Map {
			b.errorf(diag.Type, ast.Start(k.Expr), "ORDER BY does not take MAP")
			e = nil
		}
		ok = ok && e != nil
		w.Order = append(w.Order, sort.Key{Expr: e, Desc: k.Desc, NullsFirst: k.NullsAreFirst()})
	}
	call, bound := x.overFunction(c)
	if !ok || !bound {
		return w, call, false
	}
	if call.Frame, ok = x.frame(o, w.Order); !ok {
		return w, call, false
	}
	w.Buffer = o.Buffer
	if o.ExpireAfter != nil {
		w.Expire = o.ExpireAfter.Value.Milliseconds()
		x.overs.timed = append(x.overs.timed, o.ExpireAfter.Pos())
	}
	return w, call, x.overs.bounded || w.Buffer > 0 || x.stream(c, &w, &call)
}

// add gives the call its place, or finds the same one.
func (o *overs) add(w over.Window, call over.Call) expr.Expr {
	text := windowText(w)
	at := -1
	for i, t := range o.texts {
		if t == text {
			at = i
		}
	}
	if at < 0 {
		at = len(o.windows)
		o.windows, o.texts = append(o.windows, w), append(o.texts, text)
	}
	full := call.Name + frameText(call.Frame) + text
	for i, r := range o.calls {
		if r.text == full {
			return &expr.Column{Index: o.base + i, Name: full, T: call.Type}
		}
	}
	o.windows[at].Calls = append(o.windows[at].Calls, call)
	o.calls = append(o.calls, overRef{at, len(o.windows[at].Calls) - 1, full})
	return &expr.Column{Index: o.base + len(o.calls) - 1, Name: full, T: call.Type}
}

func windowText(w over.Window) string {
	var sb strings.Builder
	if w.Buffer > 0 || w.Expire > 0 {
		sb.WriteString(strconv.FormatInt(w.Buffer, 10) + "/" + strconv.FormatInt(w.Expire, 10))
	}
	for _, e := range w.Partition {
		sb.WriteString("|" + e.String())
	}
	for _, k := range w.Order {
		sb.WriteString("^" + k.Expr.String())
		if k.Desc {
			sb.WriteString(" DESC")
		}
		if k.NullsFirst {
			sb.WriteString(" NULLS FIRST")
		}
	}
	return sb.String()
}

func frameText(f over.Frame) string {
	text := func(b over.Bound) string {
		s := "/" + strconv.Itoa(int(b.Kind)) + ":" + strconv.Itoa(int(b.Rows))
		if b.At != nil {
			s += b.At.String()
		}
		return s
	}
	mode := " ROWS"
	if f.Range {
		mode = " RANGE"
	}
	return mode + text(f.Start) + text(f.End)
}

// overFunction binds the function and its arguments.
func (x *exprs) overFunction(c *ast.Call) (over.Call, bool) {
	b := x.b
	f, isAggregate := b.Aggs[c.Name]
	name := c.Name
	if isAggregate {
		name = f.Name
	}
	p, known := positional[name]
	if known && (!isAggregate || c.Filter == nil) {
		if c.Filter != nil {
			b.errorf(diag.Aggregate, c.Filter.Pos(), "FILTER is for aggregates, not for %s", name)
			return over.Call{}, false
		}
		if len(c.OrderBy) > 0 || len(c.WithinGroup) > 0 {
			at := append(append([]*ast.OrderItem{}, c.OrderBy...), c.WithinGroup...)[0]
			b.errorHint(diag.Refused, at.Pos(), "write ORDER BY in OVER", "ORDER BY inside the arguments does not go with %s OVER", name)
			return over.Call{}, false
		}
		if c.Star || len(c.Args) < p.min || len(c.Args) > p.max {
			b.errorf(diag.Arity, c.Pos(), "%s takes %s, not %d", name, arguments(p.min, p.max), len(c.Args))
			return over.Call{}, false
		}
		return x.positional(c, name, p.kind)
	}
	if !isAggregate {
		if g, ok := b.Funcs.Lookup(c.Name); ok {
			b.errorf(diag.Aggregate, c.Over.Pos(), "%s is no window function: OVER has no meaning in it", g.Name)
		} else {
			x.unknownFunction(c)
		}
		return over.Call{}, false
	}
	order, ok := sortedArguments(b, f, c, x)
	if !ok {
		return over.Call{}, false
	}
	var args []expr.Expr
	if len(c.WithinGroup) > 0 && !f.Ordered {
		if args = within(b, f, c, x); args == nil {
			return over.Call{}, false
		}
	} else if c.Star {
		if !f.Star {
			b.errorf(diag.Arity, c.Pos(), "%s(*) is not allowed; only COUNT takes *", c.Name)
			return over.Call{}, false
		}
	} else if args = x.list(c.Args); args == nil && len(c.Args) > 0 {
		return over.Call{}, false
	}
	if f.Name == "TWAP" && len(args) == 1 {
		i, made := x.in.eventTime()
		if !made {
			b.errorf(diag.Aggregate, c.Pos(), "TWAP needs event time: the input has none")
			return over.Call{}, false
		}
		args = append(args, &expr.Column{Index: i, Name: "_event_time", T: vec.TypeTimestamp})
	}
	var filter expr.Expr
	if c.Filter != nil {
		f := *x
		f.clause = "FILTER"
		if filter = f.condition(c.Filter); filter == nil {
			return over.Call{}, false
		}
	}
	if c.Nulls == ast.IgnoreNulls {
		if name != "FIRST_VALUE" && name != "LAST_VALUE" {
			b.errorf(diag.Refused, c.Pos(), "IGNORE NULLS is for FIRST, LAST, LAG, LEAD and NTH_VALUE; %s has no use for it", c.Name)
			return over.Call{}, false
		}
		if filter == nil {
			filter = expr.NewIsNull(args[0], true)
		} else if filter = x.placed(c.Pos(), func() (expr.Expr, error) { return expr.NewAnd(filter, expr.NewIsNull(args[0], true)) }); filter == nil {
			return over.Call{}, false
		}
	}
	call, err := resolveAggregate(f, args, c.Star)
	if err != nil {
		b.failed(c.Pos(), diag.Type, err)
		return over.Call{}, false
	}
	out := over.Call{Kind: over.Aggregate, Name: aggText(f.Name, c, call.Args, order, filter), Type: call.Type, Args: call.Args, Filter: filter, Overload: call.Overload, Func: f.Name}
	for _, k := range order {
		out.Args = append(out.Args, k.Expr)
		out.Sort = append(out.Sort, agg.Direction{Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	return out, true
}

func arguments(least, most int) string {
	switch {
	case most == 0:
		return "no arguments"
	case least == most && most == 1:
		return "1 argument"
	case least == most:
		return strconv.Itoa(most) + " arguments"
	}
	return strconv.Itoa(least) + " to " + strconv.Itoa(most) + " arguments"
}

func (x *exprs) positional(c *ast.Call, name string, kind over.Kind) (over.Call, bool) {
	b := x.b
	args := x.list(c.Args)
	if args == nil && len(c.Args) > 0 {
		return over.Call{}, false
	}
	out := over.Call{Kind: kind, Type: vec.TypeInt64, IgnoreNulls: c.Nulls == ast.IgnoreNulls}
	number := func(k int) bool {
		switch vec.KindOf(args[k].Type()) {
		case vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Null:
			args[k] = b.castTo(c.Args[k].Pos(), args[k], vec.TypeInt64)
			return args[k] != nil
		}
		b.errorf(diag.Type, ast.Start(c.Args[k]), "%s takes an integer here, not %s", name, expr.TypeName(args[k].Type()))
		return false
	}
	switch kind {
	case over.PercentRank, over.CumeDist:
		out.Type = vec.TypeFloat64
	case over.Ntile:
		if !number(0) {
			return out, false
		}
	case over.NthValue:
		if !number(1) {
			return out, false
		}
		out.Type = args[0].Type()
	case over.FirstValue, over.LastValue:
		out.Type = args[0].Type()
	case over.Lag, over.Lead:
		if len(args) > 1 && !number(1) {
			return out, false
		}
		out.Type = args[0].Type()
		if len(args) > 2 {
			same, err := expr.NewCoalesce([]expr.Expr{args[0], args[2]}) // finds the type that both take
			if err != nil {
				b.errorf(diag.Type, ast.Start(c.Args[2]), "%s of %s cannot have a default of %s", name, expr.TypeName(args[0].Type()), expr.TypeName(args[2].Type()))
				return out, false
			}
			t := same.Type()
			if kids := same.Children(); len(kids) == 2 {
				args[0], args[2] = kids[0], kids[1]
			}
			args[0], args[2] = b.castTo(c.Args[0].Pos(), args[0], t), b.castTo(c.Args[2].Pos(), args[2], t)
			if args[0] == nil || args[2] == nil {
				return out, false
			}
			out.Type = t
		}
	}
	if vec.KindOf(out.Type) == vec.Null && !x.in.typeless() { // an untyped NULL is a STRING
		if args[0] = b.castTo(c.Args[0].Pos(), args[0], vec.TypeString); args[0] == nil {
			return out, false
		}
		out.Type = vec.TypeString
	}
	var texts []string
	for _, a := range args {
		texts = append(texts, a.String())
	}
	out.Args, out.Name = args, name+"("+strings.Join(texts, ", ")+")"
	if out.IgnoreNulls {
		out.Name += " IGNORE NULLS"
	}
	return out, true
}
