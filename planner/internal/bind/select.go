package bind

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// selecting is the binding of one SELECT block.
type selecting struct {
	b         *Binder
	s         *ast.Select
	q         *ast.Query
	outermost bool
	record    bool // AS _key and AS _event_time are those of the rows
	keepNull  bool // items without a type stay as they are
	rel       *Relation
	node      logical.Node
	in        *scope
	x         *exprs // over the input
	g         *grouping
	agg       *logical.Aggregate
	items     []selected
	bound     *Bound
	failed    func() bool               // an error was reported in this block
	timeCol   int                       // _event_time in the input, -1: none
	subs      *subqueries               // above the aggregate
	patch     func(expr.Expr) expr.Expr // final column numbers above the aggregate
	overs     overs
}

// selected is one output column.
type selected struct {
	name       string
	e          expr.Expr
	ast        ast.Expr
	primaryKey bool
	role       string // "", "_key", "_event_time"
	// qualifier is the source of a column of a join that has no alias.
	qualifier string
	aliased   bool // the name is written
}

func (b *Binder) selectQuery(s *ast.Select, q *ast.Query, outermost, member, related bool, roles []string) *Bound {
	before := len(b.Errs.Errors())
	failed := func() bool { return len(b.Errs.Errors()) > before }
	rel := b.from(s.From)
	if rel == nil {
		b.checkAlone(s, q)
		return nil
	}
	z := &selecting{b: b, s: s, q: q, outermost: outermost, record: outermost || related, keepNull: b.Settings.KeepNull && outermost || member && !s.Distinct, rel: rel, node: rel.Node, timeCol: -1}
	z.failed = failed
	z.overs = overs{base: overBase, bounded: rel.Bounded, inOrder: z.timeOrder}
	z.bound = &Bound{Key: -1, Headers: -1, Time: -1, Bounded: rel.Bounded, stream: rel.Stream, timeSpec: rel.Time, Restamped: rel.Restamped, Below: rel.behind()}
	z.withTime()
	z.in = &scope{fields: z.node.Fields(), source: rel.Name, unknown: rel.Unknown}
	z.x = &exprs{b: b, in: z.in, clause: "SELECT", subs: z.newSubqueries(belowBase)}
	z.where()
	if !z.group() {
		return nil
	}
	if z.g != nil {
		z.overs.below, z.overs.input, z.overs.group = &overs{base: rowsBase, bounded: rel.Bounded, inOrder: z.timeOrder}, z.x, z.g
		z.overs.inOrder = z.emittedOrder
	}
	z.adviseState()
	z.selectList()
	z.roles(roles)
	having := z.having()
	keys, ok := z.orderKeys()
	if failed() || !ok {
		return nil
	}
	z.below()
	z.finishAggregate(having)
	z.finishOver()
	z.project(keys)
	if z.bound.Node == nil { // an item was reported, if only by the parser
		return nil
	}
	if s.Distinct {
		if failed() {
			return nil
		}
		z.bound.Node = &logical.Distinct{Input: z.bound.Node, Keys: seq(z.bound.Visible)}
	}
	sortKeys := make([]logical.SortKey, len(keys))
	for i, k := range keys {
		sortKeys[i] = k.key
	}
	if failed() {
		return nil
	}
	z.bound.System = z.system()
	b.orderLimit(z.bound, q, sortKeys)
	if failed() {
		return nil
	}
	return z.bound
}

func (z *selecting) qualifier() string {
	for _, f := range z.node.Fields() {
		if f.Qualifier != "" {
			return f.Qualifier
		}
	}
	return ""
}

func (z *selecting) where() {
	if z.s.Where != nil {
		z.x.clause = "WHERE"
		if names := z.b.aggregateNames([]ast.Expr{z.s.Where}); len(names) > 0 && len(z.b.outer) == 0 {
			z.b.errorHint(diag.Aggregate, z.aggregatePlace(z.s.Where), "use HAVING", "aggregate functions %s are not allowed in WHERE", strings.Join(names, ", "))
		} else if p := z.x.condition(z.s.Where); p != nil {
			z.adviseNever(z.s.Where, "WHERE", p)
			var number func(expr.Expr) expr.Expr
			z.node, number = z.x.subs.place(z.node, nil)
			z.filter(number(p))
			z.x.subs = z.newSubqueries(belowBase)
		}
		z.x.clause = "SELECT"
	}
	if t := z.clock(); t != nil && t.Column >= 0 {
		z.node = &logical.Require{Input: z.node, Time: z.timeCol, Field: t.Column, Format: t.Format}
	}
}

// filter puts the condition of WHERE above the input, or what cannot fail of it
// below the joins.
func (z *selecting) filter(p expr.Expr) {
	if _, subqueries := z.node.(*logical.Attach); !z.rel.Joined && !subqueries || z.b.Settings.KeepFilters {
		z.node = &logical.Filter{Input: z.node, Pred: p}
		return
	}
	var down, rest []expr.Expr
	for _, c := range expr.Factors(p) {
		if vec.KindOf(c.Type()) == vec.Bool && expr.Safe(c) {
			down = append(down, c)
		} else {
			rest = append(rest, c)
		}
	}
	z.node = logical.PushFilter(z.node, down)
	if len(rest) > 0 {
		z.node = &logical.Filter{Input: z.node, Pred: logical.And(rest)}
	}
}

// above is the expression binder of everything above the aggregate, or over the
// input when there is none.
func (z *selecting) above(clause string) *exprs {
	x := *z.x
	x.clause = clause
	if z.g != nil {
		x.hook = func(e ast.Expr) (expr.Expr, bool) {
			z.g.aliases = x.aliases
			return z.g.hook(e)
		}
		x.column = z.g.column
		if z.subs == nil {
			z.subs = z.newSubqueries(aboveBase)
		}
		x.subs = z.subs
	}
	return &x
}

// selectList binds the items, spelling stars out.
func (z *selecting) selectList() {
	x := z.above("the SELECT list")
	x.overs = &z.overs
	x.headers = z.outermost
	for _, it := range z.s.Items {
		if it.Star != nil {
			z.star(it.Star, x)
			continue
		}
		e := x.bind(it.Expr)
		name := itemName(it.Expr)
		if it.Alias != nil {
			name = it.Alias.Name
			x.aliases = append(x.aliases, item{name, it.Expr})
		} else if c, ok := e.(*expr.Column); ok && c.Name != "" {
			if n, isName := it.Expr.(*ast.Name); isName && strings.EqualFold(n.Parts[len(n.Parts)-1].Name, c.Name) {
				name = c.Name // the source's spelling
			}
		}
		sel := selected{name: name, e: e, ast: it.Expr, primaryKey: it.PrimaryKey, aliased: it.Alias != nil}
		if it.Alias != nil && z.record {
			switch l := strings.ToLower(it.Alias.Name); l {
			case "_key", "_event_time":
				sel.role = l
			}
		}
		if n, ok := it.Expr.(*ast.Name); ok && it.Alias == nil {
			sel.qualifier = z.sourceOf(n)
		}
		z.items = append(z.items, sel)
	}
	if z.rel.Joined {
		qualifyColliding(z.items)
	}
	if x.edits {
		z.b.mentions["#edits"] = true
	}
}

func (z *selecting) star(s *ast.Star, x *exprs) {
	b := z.b
	q := ""
	if len(s.Qualifier) > 0 {
		if q = s.Qualifier[len(s.Qualifier)-1].Name; len(s.Qualifier) > 1 {
			var parts []string
			for _, id := range s.Qualifier {
				parts = append(parts, id.Name)
			}
			path := strings.Join(parts, ".")
			b.errorHint(diag.UnknownSource, s.Qualifier[0].Pos(), "one name stands before .*, that of a source or its alias; fields of a STRUCT are named one by one", "unknown source %q in %s.*", path, path)
			return
		}
		if !z.in.hasQualifier(q) {
			b.errorHint(diag.UnknownSource, s.Qualifier[0].Pos(), diag.SuggestHint(q, z.in.qualifiers(), true), "unknown source %q in %s.*", q, q)
			return
		}
	}
	except := map[int]bool{}
	for _, id := range s.Except {
		i, n := z.in.find(q, id.Name, true)
		if n == 0 {
			x.unknown(id, q)
			continue
		}
		except[i] = true
		for k, f := range z.in.fields { // those of all sources of a join
			if n > 1 && !f.System && (q == "" || strings.EqualFold(f.Qualifier, q)) && strings.EqualFold(f.Name, id.Name) {
				except[k] = true
			}
		}
	}
	added := 0
	for i, f := range z.in.fields {
		if f.System || f.Hidden || f.Merged && q == "" || except[i] || q != "" && !strings.EqualFold(f.Qualifier, q) {
			continue
		}
		added++
		name := ast.Name{Place: s.Place, Parts: []ast.Ident{{Place: s.Place, Name: f.Name}}}
		var e expr.Expr = &expr.Column{Index: i, Name: f.Name, T: f.Type}
		if x.hook != nil {
			of := name
			if f.Qualifier != "" { // another source may have a column of that name
				of.Parts = append([]ast.Ident{{Place: s.Place, Name: f.Qualifier}}, of.Parts...)
			}
			if h, ok := x.hook(&of); ok {
				e = h
			} else {
				e = x.column(&name, e)
			}
		}
		z.items = append(z.items, selected{name: f.Name, e: e, ast: &name, qualifier: f.Qualifier})
	}
	if added == 0 && !z.in.unknown {
		if len(s.Except) > 0 {
			b.errorf(diag.Value, s.Pos(), "* EXCEPT leaves no column")
		} else if z.s.From == nil {
			b.errorf(diag.UnknownColumn, s.Pos(), "* needs FROM")
		}
	}
}

// below puts the subqueries that GROUP BY, the aggregates' arguments, or a
// SELECT list without them need above the source.
func (z *selecting) below() {
	node, number := z.x.subs.place(z.node, nil)
	defer z.overInput(number)
	if node == z.node {
		return
	}
	z.node = node
	if z.g == nil {
		for i := range z.items {
			z.items[i].e = number(z.items[i].e)
		}
		z.patch = number
		return
	}
	for i, k := range z.g.keys {
		z.g.keys[i] = number(k)
	}
	for i, l := range z.g.last {
		z.g.last[i] = number(l)
	}
	for i := range z.g.calls {
		c := &z.g.calls[i]
		for k := range c.Args {
			c.Args[k] = number(c.Args[k])
		}
		c.Filter = number(c.Filter)
		for k := range c.OrderBy {
			c.OrderBy[k].Expr = number(c.OrderBy[k].Expr)
		}
	}
}

// finishAggregate lays the aggregate's columns out and patches the references.
func (z *selecting) finishAggregate(having expr.Expr) {
	if z.g == nil {
		return
	}
	g, a := z.g, z.agg
	a.Input, a.Keys, a.Aggs = z.node, g.keys, g.calls
	if z.needsHeaders(z.b.Settings.NeedHeaders) {
		if i, n := z.in.find("", "_headers", false); n > 0 {
			g.lastValue(&expr.Column{Index: i, Name: "_headers", T: vec.TypeHeaders})
		}
	}
	a.Last = g.last
	for i, k := range g.keys {
		a.Out = append(a.Out, logical.Field{Name: g.names[i], Type: k.Type()})
	}
	calls := len(a.Out)
	for _, c := range g.calls {
		a.Out = append(a.Out, logical.Field{Name: c.Text, Type: c.Type})
	}
	last := len(a.Out)
	for _, l := range g.last {
		a.Out = append(a.Out, logical.Field{Name: l.String(), Type: l.Type(), Hidden: true})
	}
	when := logical.Field{Name: "_event_time", Type: vec.TypeTimestamp, System: true}
	if a.Time >= 0 && !a.WindowTime() {
		a.Out = append(a.Out, when)
	}
	win := len(a.Out)
	if a.Window != nil {
		a.Out = append(a.Out, logical.Field{Name: "_window_start", Type: vec.TypeInt64, System: true},
			logical.Field{Name: "_window_end", Type: vec.TypeInt64, System: true})
	}
	if a.WindowTime() {
		a.Out = append(a.Out, when)
	}
	patch := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok {
				return e
			}
			n := *c
			switch {
			case c.Index >= overBase: // numbered later: OVER and the answers of subqueries
			case c.Index >= winBase:
				n.Index = c.Index - winBase + win
			case c.Index >= lastBase:
				n.Index = c.Index - lastBase + last
			case c.Index >= callBase:
				n.Index = c.Index - callBase + calls
			}
			return &n
		})
	}
	having = patch(having)
	z.node, z.patch = a, patch
	if z.subs != nil && z.subs.next > 0 {
		own := patch
		node, number := z.subs.place(a, own)
		z.node, z.patch = node, func(e expr.Expr) expr.Expr { return number(own(e)) }
		if having != nil { // it may need the answers
			z.node = &logical.Filter{Input: z.node, Pred: number(having)}
			having = nil
		}
	}
	for i := range z.items {
		z.items[i].e = z.patch(z.items[i].e)
	}
	a.Having = having
	z.g.calls, z.g.last = nil, nil
}
