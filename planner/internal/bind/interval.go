package bind

import (
	"math"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// timeBound is what ON says of a time of each side: the right one minus the left
// one lies between lower and upper ms.
type timeBound struct {
	left, right  timeColumn
	lower, upper int64
	ranges       bool // by other than equality
	// said are the conditions that the bound says in full.
	said map[ast.Expr]bool
}

// timeColumn is a column of one side that a bound is over; -1 is _event_time.
type timeColumn struct {
	index int
	exact bool // a time of whole ms
	// window is the size in ms of the window whose start the column is; 0: it is none.
	window int64
	// rank is how sure it is that the column is the time of its side: 0 is the
	// source's own, 1 another TIMESTAMP, 2 an integer.
	rank int
}

// linear is l times the left time, r times the right one, and ms.
type linear struct {
	l, r   int64
	ms     int64
	lc, rc timeColumn
}

// intervalJoin tells whether a join is one of two streams within a time bound, and
// gives the bound. It reports what is wrong with one.
func (b *Binder) intervalJoin(s *ast.Join, left, right *Relation) (*timeBound, bool) {
	if s.Within != nil {
		d := s.Within.Value.Milliseconds()
		own := timeColumn{index: -1}
		return &timeBound{left: own, right: own, lower: -d, upper: d}, true
	}
	if !left.Stream || !right.Stream {
		return nil, false
	}
	if s.On != nil {
		bounds := &timeBounds{left: left, right: right}
		bounds.read(s.On)
		if tb := bounds.best(); tb != nil {
			return tb, true
		}
	}
	if left.Bounded && right.Bounded {
		return nil, false
	}
	b.errorHint(diag.Unbounded, s.Pos(), "add WITHIN 5m, or a condition like b._event_time BETWEEN a._event_time - INTERVAL '5' MINUTE AND a._event_time + INTERVAL '5' MINUTE, or read bounded inputs",
		"a join of two streams needs a time bound on both sides")
	return nil, true
}

// timeBounds are those that ON has, one for each pair of columns.
type timeBounds struct {
	left, right *Relation
	all         []*timeBound
}

// best is the bound, closed on both sides, over the columns that are most surely
// the times. Equal integers are no bound: they may be any number.
func (t *timeBounds) best() *timeBound {
	var best *timeBound
	for _, tb := range t.all {
		rank := tb.left.rank + tb.right.rank
		switch {
		case tb.lower == math.MinInt64 || tb.upper == math.MaxInt64:
		case !tb.ranges && max(tb.left.rank, tb.right.rank) > 1:
		case best == nil || rank < best.left.rank+best.right.rank:
			best = tb
		}
	}
	return best
}

func (t *timeBounds) of(l, r timeColumn) *timeBound {
	for _, tb := range t.all {
		if tb.left.index == l.index && tb.right.index == r.index {
			return tb
		}
	}
	tb := &timeBound{left: l, right: r, lower: math.MinInt64, upper: math.MaxInt64, said: map[ast.Expr]bool{}}
	t.all = append(t.all, tb)
	return tb
}

// read takes the time bounds out of a condition.
func (t *timeBounds) read(e ast.Expr) {
	switch x := e.(type) {
	case *ast.Binary:
		switch x.Op {
		case ast.And:
			t.read(x.Left)
			t.read(x.Right)
		case ast.Eq, ast.Lt, ast.Le, ast.Gt, ast.Ge:
			if t.apart(x) {
				return
			}
			l, ok1 := t.linear(x.Left)
			r, ok2 := t.linear(x.Right)
			if ok1 && ok2 {
				if tb := t.compare(x.Op, l, r); tb != nil {
					tb.said[e] = tb.left.exact && tb.right.exact
				}
			}
		}
	case *ast.Between:
		v, ok := t.linear(x.X)
		lo, ok1 := t.linear(x.Low)
		hi, ok2 := t.linear(x.High)
		if x.Not || x.Symmetric || !ok {
			return
		}
		var from, to *timeBound
		if ok1 {
			from = t.compare(ast.Ge, v, lo)
		}
		if ok2 {
			to = t.compare(ast.Le, v, hi)
		}
		if from != nil && from == to {
			to.said[e] = to.left.exact && to.right.exact
		}
	}
}

// apart reads ABS(…) <= d, in either order, which bounds both sides.
func (t *timeBounds) apart(x *ast.Binary) bool {
	op, inner, limit := x.Op, x.Left, x.Right
	c, ok := inner.(*ast.Call)
	if !ok {
		op, limit = mirrored[op], x.Left
		c, ok = x.Right.(*ast.Call)
	}
	if !ok || c.Name != "ABS" || len(c.Args) != 1 || op != ast.Le && op != ast.Lt {
		return false
	}
	v, ok1 := t.linear(c.Args[0])
	d, ok2 := t.linear(limit)
	if !ok1 || !ok2 || d.l != 0 || d.r != 0 {
		return false
	}
	to := t.compare(op, v, d)
	from := t.compare(mirrored[op], v, linear{ms: -d.ms})
	if from != nil && from == to {
		to.said[x] = to.left.exact && to.right.exact
	}
	return true
}

var mirrored = map[ast.BinaryOp]ast.BinaryOp{ast.Eq: ast.Eq, ast.Lt: ast.Gt, ast.Le: ast.Ge, ast.Gt: ast.Lt, ast.Ge: ast.Le}

// compare narrows the bound of two columns by l op r; nil when that says nothing of
// the times of both sides.
func (t *timeBounds) compare(op ast.BinaryOp, l, r linear) *timeBound {
	d := linear{l: l.l - r.l, r: l.r - r.r, ms: l.ms - r.ms, lc: l.lc, rc: l.rc}
	if r.l != 0 {
		d.lc = r.lc
	}
	if r.r != 0 {
		d.rc = r.rc
	}
	if l.l != 0 && r.l != 0 && l.lc != r.lc || l.r != 0 && r.r != 0 && l.rc != r.rc {
		return nil
	}
	if d.r == -1 && d.l == 1 {
		d.r, d.l, d.ms, op = 1, -1, -d.ms, mirrored[op]
	}
	if d.r != 1 || d.l != -1 {
		return nil
	}
	if d.lc.window != 0 || d.rc.window != 0 { // the same WINDOW on both: a row's time is its window's end − 1 ms
		if d.lc.window == 0 || d.rc.window == 0 || op != ast.Eq || d.ms != 0 {
			return nil
		}
		tb := t.of(timeColumn{index: -1}, timeColumn{index: -1})
		apart := d.rc.window - d.lc.window
		tb.lower, tb.upper = max(tb.lower, apart), min(tb.upper, apart)
		return nil // the starts are compared all the same
	}
	tb := t.of(d.lc, d.rc)
	strict := int64(0) // a ms further in, where times are whole ms
	if tb.left.exact && tb.right.exact {
		strict = 1
	}
	switch op {
	case ast.Eq:
		tb.lower, tb.upper = max(tb.lower, -d.ms), min(tb.upper, -d.ms)
	case ast.Ge:
		tb.lower = max(tb.lower, -d.ms)
	case ast.Gt:
		tb.lower = max(tb.lower, -d.ms+strict)
	case ast.Le:
		tb.upper = min(tb.upper, -d.ms)
	case ast.Lt:
		tb.upper = min(tb.upper, -d.ms-strict)
	}
	tb.ranges = tb.ranges || op != ast.Eq
	return tb
}

// linear reads an expression of times, integers of ms and intervals.
func (t *timeBounds) linear(e ast.Expr) (linear, bool) {
	switch x := e.(type) {
	case *ast.Name:
		if c, ok := timeColumnOf(x, t.left); ok {
			if _, both := timeColumnOf(x, t.right); both { // ambiguous
				return linear{}, false
			}
			return linear{l: 1, lc: c}, true
		}
		c, ok := timeColumnOf(x, t.right)
		return linear{r: 1, rc: c}, ok
	case *ast.IntLit:
		return linear{ms: x.Value}, x.Value > math.MinInt32*int64(1e6) && x.Value < math.MaxInt32*int64(1e6)
	case *ast.IntervalLit:
		return linear{ms: int64(x.Days)*86_400_000 + x.Micros/1000}, x.Months == 0 && x.Micros%1000 == 0
	case *ast.Unary:
		v, ok := t.linear(x.X)
		if x.Op == ast.Neg {
			v.l, v.r, v.ms = -v.l, -v.r, -v.ms
		}
		return v, ok && x.Op != ast.Not
	case *ast.Binary:
		if x.Op != ast.Add && x.Op != ast.Sub {
			return linear{}, false
		}
		v, ok1 := t.linear(x.Left)
		w, ok2 := t.linear(x.Right)
		if x.Op == ast.Sub {
			w.l, w.r, w.ms = -w.l, -w.r, -w.ms
		}
		if w.l != 0 {
			v.lc = w.lc
		}
		if w.r != 0 {
			v.rc = w.rc
		}
		v.l, v.r, v.ms = v.l+w.l, v.r+w.r, v.ms+w.ms
		return v, ok1 && ok2
	}
	return linear{}, false
}

// timeColumnOf finds a name among the columns of a side that can be its time.
func timeColumnOf(n *ast.Name, r *Relation) (timeColumn, bool) {
	q, name := "", n.Parts[0].Name
	if len(n.Parts) == 2 {
		q, name = name, n.Parts[1].Name
	} else if len(n.Parts) > 2 {
		return timeColumn{}, false
	}
	s := &scope{fields: r.Node.Fields()}
	if strings.EqualFold(name, "_event_time") {
		return timeColumn{index: -1, exact: true}, q == "" || s.hasQualifier(q)
	}
	i, k := s.find(q, name, false)
	if k != 1 {
		return timeColumn{}, false
	}
	if size, ok := windowStart(r.Node, i); ok {
		return timeColumn{index: -1, window: size}, true
	}
	if _, made := s.eventTime(); made { // its time is made already
		return timeColumn{}, false
	}
	f := s.fields[i]
	own := strings.EqualFold(f.Name, r.Time.Field)
	switch vec.KindOf(f.Type) {
	case vec.Timestamp:
		c := timeColumn{index: i, rank: 1, exact: !vec.Micros(f.Type)}
		if own {
			c.index, c.rank = -1, 0
		}
		return c, true
	case vec.Int64: // ms; an event.time.format says that it is something else
		c := timeColumn{index: i, rank: 2, exact: true}
		if own || strings.EqualFold(f.Name, "_timestamp") {
			c.rank = 0
		}
		return c, !own || r.Time.Format == "" || strings.EqualFold(r.Time.Format, "epoch_millis")
	}
	return timeColumn{}, false
}

// windowStart tells whether a column is the start of windows of one size, which
// have closed.
func windowStart(n logical.Node, i int) (size int64, ok bool) {
	switch n := n.(type) {
	case *logical.Project:
		if c, ok := n.Exprs[i].(*expr.Column); ok {
			return windowStart(n.Input, c.Index)
		}
	case *logical.Filter:
		return windowStart(n.Input, i)
	case *logical.Aggregate:
		w := n.Window
		if w != nil && n.WindowTime() && n.Out[i].System && n.Out[i].Name == "_window_start" && (w.Kind == "TUMBLING" || w.Kind == "SLIDING") {
			return w.Size.Milliseconds(), true
		}
	}
	return 0, false
}

// lateness is allowed.lateness of a join: the statement's, else the greater of
// its sides.
func (b *Binder) lateness(left, right *Relation) int64 {
	if b.Settings.Lateness != nil {
		return b.Settings.Lateness.Milliseconds()
	}
	return max(left.Time.Lateness, right.Time.Lateness).Milliseconds()
}

// lateStrategy is late.data.strategy of a join; only some go with it.
func (b *Binder) lateStrategy(s *ast.Join, left, right *Relation) (string, bool) {
	strategy := b.Settings.LateStrategy
	for _, r := range []*Relation{left, right} {
		if strategy == "" && r.Time.LateStrategy != "drop" {
			strategy = r.Time.LateStrategy
		}
	}
	switch strategy {
	case "", "drop", "dead_letter":
		return strategy, true
	}
	b.errorHint(diag.Refused, s.Pos(), "use drop or dead_letter", "late.data.strategy %s is for windows: it does not go with a join of streams", strategy)
	return "", false
}

// interval gives a join its time bound, whose sides have their event time.
func (b *Binder) interval(s *ast.Join, n *logical.Join, tb *timeBound, left, right *Relation) bool {
	strategy, ok := b.lateStrategy(s, left, right)
	if !ok {
		return false
	}
	if tb.lower > tb.upper {
		b.warnf(diag.Value, s.Pos(), "no two rows can be within the time bound of this join: %d ms is more than %d ms", tb.lower, tb.upper)
	}
	n.Interval = &logical.Interval{Lower: tb.lower, Upper: tb.upper, Lateness: b.lateness(left, right), DeadLetter: strategy == "dead_letter"}
	for _, side := range []struct {
		r  *Relation
		at *int
		p  ast.Pos
	}{{left, &n.Interval.LeftTime, s.Left.Pos()}, {right, &n.Interval.RightTime, s.Right.Pos()}} {
		i, made := (&scope{fields: side.r.Node.Fields()}).eventTime()
		if !made {
			b.errorHint(diag.Unbounded, side.p, "name one with AS _event_time, or join the sources themselves", "this side of a join within a time bound has no event time")
			return false
		}
		*side.at = i
	}
	return true
}

// conjunctsOf binds the conditions of ON one by one, but those that the time bound
// says.
func (x *exprs) conjunctsOf(e ast.Expr, said map[ast.Expr]bool) (out []expr.Expr, ok bool) {
	if a, is := e.(*ast.Binary); is && a.Op == ast.And {
		l, ok1 := x.conjunctsOf(a.Left, said)
		r, ok2 := x.conjunctsOf(a.Right, said)
		return append(l, r...), ok1 && ok2
	}
	p := x.condition(e)
	if p == nil {
		return nil, false
	}
	if said[e] {
		return nil, true
	}
	return expr.Conjuncts(expr.Fold(p)), true
}
