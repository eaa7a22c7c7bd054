package bind

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// grouping binds what stands above GROUP BY: aggregates and group keys become
// columns of the aggregate's rows.
type grouping struct {
	// aliases are those of the SELECT items before the one that is being bound.
	aliases []item
	b       *Binder
	in      *exprs // binds over the input
	keys    []expr.Expr
	texts   []string // of the keys as written, for matching
	names   []string // of the keys
	calls   []logical.AggCall
	last    []expr.Expr
	// refs are bound with placeholder indexes: keys first, then calls, then last
	// values; layout patches them when all are known.
	windowed bool
	window   *ast.Window
	node     logical.Node // the input, with its event time
	field    string       // event.time.field of the source, "_timestamp" without one
	grouped  bool         // GROUP BY was written
	time     int          // event time column of the input, -1: none
	warned   bool
	broken   bool  // a key could not be bound, or there is none, which was reported
	strict   bool  // the last row's values are not allowed
	typeless []int // keys that had no type
}

// Placeholder spaces for columns of an aggregate that is still growing.
const (
	callBase = 1 << 20
	lastBase = 1 << 21
	winBase  = 1 << 22
	overBase = 1 << 23
	rowsBase = 1 << 26 // OVER over input rows
)

// isAggregate reports whether a call is of an aggregate function.
func (b *Binder) isAggregate(c *ast.Call) bool {
	_, ok := b.Aggs[c.Name]
	return ok && c.Over == nil
}

// aggregateNames lists the aggregates used in expressions, upper case,
// alphabetical, each once.
func (b *Binder) aggregateNames(list []ast.Expr) []string {
	seen := map[string]bool{}
	for _, e := range list {
		if e == nil {
			continue
		}
		ast.Inspect(e, func(n ast.Node) bool {
			if _, ok := n.(*ast.Query); ok {
				return false
			}
			if c, ok := n.(*ast.Call); ok && b.isAggregate(c) {
				seen[c.Name] = true
			}
			return true
		})
	}
	return sorted(seen)
}

func sorted(set map[string]bool) []string {
	var out []string
	for n := range set {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// hook is the exprs.hook of everything above the aggregate.
func (g *grouping) hook(e ast.Expr) (expr.Expr, bool) {
	if c, ok := e.(*ast.Call); ok {
		if g.b.isAggregate(c) {
			return g.aggregate(c), true
		}
		if col, ok := windowBounds[c.Name]; ok && g.windowed {
			g.bound(c)
			off := 0
			if col == "_window_end" {
				off = 1
			}
			return &expr.Column{Index: winBase + off, Name: col, T: vec.TypeInt64}, true
		}
	}
	if n, ok := e.(*ast.Name); ok && g.windowed && len(n.Parts) == 1 {
		switch strings.ToLower(n.Parts[0].Name) {
		case "_window_start":
			return &expr.Column{Index: winBase, Name: "_window_start", T: vec.TypeInt64}, true
		case "_window_end":
			return &expr.Column{Index: winBase + 1, Name: "_window_end", T: vec.TypeInt64}, true
		}
	}
	if isLiteral(e) || len(g.keys) == 0 {
		return nil, false
	}
	if len(g.b.aggregateNames([]ast.Expr{e})) > 0 {
		return nil, false
	}
	// Grouping matches by the structure of the expression: bind it over the input
	// without a word about errors, and compare.
	quiet := diag.List{}
	qb := *g.b
	qb.Errs = &quiet
	in := *g.in
	in.b = &qb
	if in.subs != nil {
		frozen := *in.subs
		frozen.frozen = true
		in.subs = &frozen
	}
	if v := in.bind(e); v != nil && !quiet.HasErrors() {
		if i := slices.Index(g.texts, v.String()); i >= 0 {
			return g.key(i), true
		}
	}
	return nil, false
}

func isLiteral(e ast.Expr) bool {
	switch e.(type) {
	case *ast.NullLit, *ast.BoolLit, *ast.IntLit, *ast.DecimalLit, *ast.DoubleLit, *ast.StringLit, *ast.BytesLit, *ast.TypedLit, *ast.IntervalLit, *ast.DurationLit:
		return true
	}
	return false
}

// column is the exprs.column of everything above the aggregate: a column that
// is neither key nor argument is the last row's value in a windowed query
// without GROUP BY, and an error elsewhere.
func (g *grouping) column(at ast.Expr, c expr.Expr) expr.Expr {
	name := ast.Format(at)
	col, _ := c.(*expr.Column)
	if col != nil && strings.EqualFold(col.Name, "_headers") {
		return g.lastValue(c)
	}
	if g.windowed && !g.grouped && !g.strict {
		if !g.warned {
			g.warned = true
			g.b.warnf(diag.Aggregate, at.Pos(), "column %q has the value of the window's last row; add it to GROUP BY or write LAST(%s)", name, name)
		}
		return g.lastValue(c)
	}
	if g.broken { // it may be the key that could not be bound
		return nil
	}
	g.b.errorHint(diag.Aggregate, at.Pos(), fmt.Sprintf("add it to GROUP BY, or write LAST(%s) or another aggregate", name),
		"column %q is neither grouped nor aggregated", name)
	return nil
}

func (g *grouping) lastValue(c expr.Expr) expr.Expr {
	s := c.String()
	for i, l := range g.last {
		if l.String() == s {
			return &expr.Column{Index: lastBase + i, Name: s, T: l.Type()}
		}
	}
	g.last = append(g.last, c)
	return &expr.Column{Index: lastBase + len(g.last) - 1, Name: s, T: c.Type()}
}

// aggregate binds a call of an aggregate function.
func (g *grouping) aggregate(c *ast.Call) expr.Expr {
	b := g.b
	if e, ok := g.in.outerAggregate(c); ok {
		return e
	}
	f := b.Aggs[c.Name]
	if inner := b.aggregateNames(append(append([]ast.Expr{}, c.Args...), c.Filter)); len(inner) > 0 {
		b.errorf(diag.Aggregate, c.Pos(), "aggregate function %s is inside another one: %s", strings.Join(inner, ", "), c.Name)
		return nil
	}
	in := *g.in
	in.clause, in.aliases = "an aggregate", g.aliases
	var args []expr.Expr
	order, ok := sortedArguments(b, f, c, &in)
	if !ok {
		return nil
	}
	switch {
	case len(c.WithinGroup) > 0 && !f.Ordered:
		if args = within(b, f, c, &in); args == nil {
			return nil
		}
	case c.Star:
		if !f.Star {
			b.errorf(diag.Arity, c.Pos(), "%s(*) is not allowed; only COUNT takes *", c.Name)
			return nil
		}
		if c.Distinct {
			b.errorf(diag.Arity, c.Pos(), "COUNT(DISTINCT *) is not allowed; name the column")
			return nil
		}
	default:
		args = in.list(c.Args)
		if args == nil && len(c.Args) > 0 {
			return nil
		}
	}
	if f.Name == "TWAP" && len(args) == 1 {
		if g.time < 0 {
			b.errorf(diag.Aggregate, c.Pos(), "TWAP needs event time: the input has none")
			return nil
		}
		args = append(args, &expr.Column{Index: g.time, Name: "_event_time", T: vec.TypeTimestamp})
	}
	var filter expr.Expr
	if c.Filter != nil {
		in.clause = "FILTER"
		if filter = in.condition(c.Filter); filter == nil {
			return nil
		}
	}
	if c.Nulls == ast.IgnoreNulls {
		switch f.Name {
		case "FIRST_VALUE", "LAST_VALUE":
			notNull := expr.NewIsNull(args[0], true)
			if filter != nil {
				both, err := expr.NewAnd(filter, notNull)
				if err != nil {
					b.failed(c.Pos(), diag.Type, err)
					return nil
				}
				filter = both
			} else {
				filter = notNull
			}
		default:
			b.errorf(diag.Refused, c.Pos(), "IGNORE NULLS is for FIRST and LAST; %s ignores NULLs anyway or has no use for it", c.Name)
			return nil
		}
	}
	call, err := resolveAggregate(f, args, c.Star)
	if err != nil {
		b.wrongArgument(c.Pos(), err, func(i int) ast.Expr {
			if i < len(c.Args) && (f.Ordered || len(c.WithinGroup) == 0) {
				return c.Args[i]
			}
			return nil
		})
		return nil
	}
	call.Distinct, call.Filter, call.OrderBy = c.Distinct, filter, order
	call.Text, call.Written = aggText(f.Name, c, call.Args, order, filter), ast.Format(c)
	for i, o := range g.calls {
		if o.Text == call.Text {
			return &expr.Column{Index: callBase + i, Name: call.Text, T: o.Type}
		}
	}
	g.calls = append(g.calls, call)
	return &expr.Column{Index: callBase + len(g.calls) - 1, Name: call.Text, T: call.Type}
}

// sortedArguments binds ORDER BY inside the parentheses of an aggregate, and in
// WITHIN GROUP of one whose arguments are all before it.
func sortedArguments(b *Binder, f *agg.Func, c *ast.Call, in *exprs) ([]logical.SortKey, bool) {
	items := c.OrderBy
	if f.Ordered && len(c.WithinGroup) > 0 {
		items = c.WithinGroup
	}
	if len(items) == 0 {
		return nil, true
	}
	if !f.Ordered { // order means nothing to it, but what is written must be right
		for _, o := range items {
			if in.bind(o.Expr) == nil {
				return nil, false
			}
		}
		return nil, true
	}
	var out []logical.SortKey
	for _, o := range items {
		e := in.bind(o.Expr)
		if e == nil {
			return nil, false
		}
		if vec.KindOf(e.Type()) == vec.Map {
			b.errorf(diag.Type, ast.Start(o.Expr), "ORDER BY does not take MAP")
			return nil, false
		}
		out = append(out, logical.SortKey{Expr: e, Desc: o.Desc, NullsFirst: o.NullsAreFirst()})
	}
	return out, true
}

// within binds fn(p) WITHIN GROUP (ORDER BY x) as fn(x, p), MODE() as MODE(x).
func within(b *Binder, f *agg.Func, c *ast.Call, in *exprs) []expr.Expr {
	mode := f.Name == "MODE" && len(c.Args) == 0
	if !mode && (!strings.HasPrefix(f.Name, "PERCENTILE_") || len(c.Args) != 1) || len(c.WithinGroup) != 1 {
		b.errorf(diag.Aggregate, c.Pos(), "WITHIN GROUP is for LISTAGG and others that depend on the order, and for PERCENTILE_CONT(p), PERCENTILE_DISC(p) and MODE() with one ORDER BY item")
		return nil
	}
	o := c.WithinGroup[0]
	if mode {
		if v := in.bind(o.Expr); v != nil && !o.Desc {
			return []expr.Expr{v}
		} else if v != nil {
			b.refuse(o.Pos(), "MODE over a descending order", "MODE gives the least of a tie")
		}
		return nil
	}
	p, v := in.bind(c.Args[0]), in.bind(o.Expr)
	if p == nil || v == nil {
		return nil
	}
	if o.Desc {
		if f.Name == "PERCENTILE_DISC" {
			return []expr.Expr{v, expr.Fold(p), expr.BoolConst(true)}
		}
		if p = in.function(c.Pos(), "-", []expr.Expr{expr.FloatConst(1), p}); p == nil {
			return nil
		}
	}
	return []expr.Expr{v, expr.Fold(p)}
}

func aggText(name string, c *ast.Call, args []expr.Expr, order []logical.SortKey, filter expr.Expr) string {
	var sb strings.Builder
	sb.WriteString(name + "(")
	if c.Distinct {
		sb.WriteString("DISTINCT ")
	}
	if c.Star {
		sb.WriteString("*")
	}
	for i, a := range args {
		if i > 0 {
			sb.WriteString(", ")
		}
		sb.WriteString(a.String())
	}
	for i, k := range order {
		sb.WriteString(map[bool]string{true: " ORDER BY ", false: ", "}[i == 0] + k.Expr.String())
		if k.Desc {
			sb.WriteString(" DESC")
		}
		if k.NullsFirst {
			sb.WriteString(" NULLS FIRST")
		}
	}
	sb.WriteString(")")
	if filter != nil {
		sb.WriteString(" FILTER (" + filter.String() + ")")
	}
	return sb.String()
}
