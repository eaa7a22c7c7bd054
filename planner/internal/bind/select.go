package bind

import (
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
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
	patch     func(expr.Expr) expr.Expr // final column numbers above the aggregate
}

// selected is one output column.
type selected struct {
	name       string
	e          expr.Expr
	ast        ast.Expr
	primaryKey bool
	role       string // "", "_key", "_event_time"
}

func (b *Binder) selectQuery(s *ast.Select, q *ast.Query, outermost bool) *Bound {
	before := len(b.Errs.Errors())
	failed := func() bool { return len(b.Errs.Errors()) > before }
	rel := b.from(s.From)
	if rel == nil {
		return nil
	}
	z := &selecting{b: b, s: s, q: q, outermost: outermost, rel: rel, node: rel.Node, timeCol: -1}
	z.failed = failed
	z.bound = &Bound{Key: -1, Headers: -1, Time: -1, Bounded: rel.Bounded, timeSpec: rel.Time}
	z.withTime()
	z.in = &scope{fields: z.node.Fields(), source: rel.Name, unknown: rel.Unknown}
	z.x = &exprs{b: b, in: z.in, clause: "SELECT"}
	z.where()
	if !z.group() {
		return nil
	}
	z.selectList()
	having := z.having()
	keys, ok := z.orderKeys()
	if failed() || !ok {
		return nil
	}
	z.finishAggregate(having)
	z.project(keys)
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
	b.orderLimit(z.bound, q, sortKeys)
	if failed() {
		return nil
	}
	return z.bound
}

// withTime puts the event-time step above the source when the query needs it.
func (z *selecting) withTime() {
	b, spec, fields := z.b, z.rel.Time, z.node.Fields()
	w := z.s.Window
	find := func(name string) int {
		i, n := (&scope{fields: fields}).find("", name, false)
		if n == 0 {
			return -1
		}
		return i
	}
	stamp := find("_timestamp")
	existing := find("_event_time")
	if existing >= 0 && (w == nil || w.Column == nil) {
		z.timeCol = existing
		return
	}
	if stamp < 0 && (w == nil || w.Column == nil) {
		return
	}
	t := &logical.Time{Input: z.node, Column: -1, Stamp: stamp, Part: find("_partition"), Format: spec.Format, Delay: spec.Delay, Idle: spec.Idle, Source: z.rel.Name, Marks: w != nil}
	field := spec.Field
	if w != nil && w.Column != nil {
		x := &exprs{b: b, in: &scope{fields: fields, source: z.rel.Name}, clause: "WINDOW"}
		c := x.bindName(w.Column)
		col, ok := c.(*expr.Column)
		if c == nil {
			return
		}
		if !ok {
			b.refuse(w.Column.Pos(), "a struct field as the window's time column", "select it under a name in a derived table first")
			return
		}
		switch vec.KindOf(col.T) {
		case vec.Timestamp, vec.Date, vec.Int64, vec.Int32, vec.Int16, vec.Int8, vec.Null:
		case vec.String:
			if !strings.EqualFold(field, col.Name) {
				b.errorHint(diag.Type, w.Column.Pos(), "declare it TIMESTAMP, or set event.time.field and event.time.format", "window column %q is STRING, not a time or an integer of ms", col.Name)
				return
			}
		default:
			b.errorf(diag.Type, w.Column.Pos(), "window column %q is %s, not a time or an integer of ms", col.Name, expr.TypeName(col.T))
			return
		}
		if strings.EqualFold(col.Name, "_event_time") {
			if existing >= 0 {
				z.timeCol = existing
				return
			}
		} else {
			if !strings.EqualFold(field, col.Name) {
				t.Format = "epoch_millis"
			}
			t.Column = col.Index
			field = ""
		}
	}
	if t.Column < 0 && field != "" {
		x := &exprs{b: b, in: &scope{fields: fields, source: z.rel.Name}}
		i, n := x.in.find("", field, true)
		if n != 1 {
			at := z.s.From.Pos()
			b.errorHint(diag.UnknownColumn, at, diag.SuggestHint(field, x.in.names(), true), "event.time.field names no column of source %q: %q", z.rel.Name, field)
			return
		}
		t.Column = i
	}
	if w == nil && t.Column < 0 && !b.mentioned("_event_time") && !b.mentioned("#twap") && !b.Settings.NeedTime {
		return
	}
	t.Out = append(append([]logical.Field(nil), fields...),
		logical.Field{Qualifier: z.qualifier(), Name: "_event_time", Type: vec.TypeTimestamp, System: true})
	z.timeCol = len(fields)
	z.node = t
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
		if names := z.b.aggregateNames([]ast.Expr{z.s.Where}); len(names) > 0 {
			z.b.errorHint(diag.Aggregate, z.aggregatePlace(z.s.Where), "use HAVING", "aggregate functions %s are not allowed in WHERE", strings.Join(names, ", "))
		} else if p := z.x.bind(z.s.Where); p != nil {
			if k := vec.KindOf(p.Type()); k != vec.Bool && k != vec.Null {
				z.b.errorf(diag.Type, ast.Start(z.s.Where), "WHERE takes BOOLEAN, not %s", expr.TypeName(p.Type()))
			} else {
				z.node = &logical.Filter{Input: z.node, Pred: expr.Fold(p)}
			}
		}
		z.x.clause = "SELECT"
	}
	if t, ok := z.timeNode(); ok && t.Column >= 0 {
		z.node = &logical.Require{Input: z.node, Time: z.timeCol, Field: t.Column, Format: t.Format}
	}
}

func (z *selecting) timeNode() (*logical.Time, bool) {
	n := z.node
	if f, ok := n.(*logical.Filter); ok {
		n = f.Input
	}
	t, ok := n.(*logical.Time)
	return t, ok
}

func (z *selecting) aggregatePlace(e ast.Expr) ast.Pos {
	at := e.Pos()
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.Call); ok && !found && z.b.isAggregate(c) {
			at, found = c.Pos(), true
		}
		return !found
	})
	return at
}

// group decides whether the query aggregates, and binds its keys.
func (z *selecting) group() bool {
	b, s := z.b, z.s
	var list []ast.Expr
	for _, it := range s.Items {
		if it.Expr != nil {
			list = append(list, it.Expr)
		}
	}
	list = append(list, s.Having)
	for _, o := range z.q.OrderBy {
		list = append(list, o.Expr)
	}
	names := b.aggregateNames(list)
	windowed := s.Window != nil
	if len(names) == 0 && !s.HasGroupBy && !windowed && s.Having == nil {
		return z.plainEmit()
	}
	if !s.HasGroupBy && !windowed && !z.rel.Bounded {
		at := z.aggregatePlace(firstAggregate(b, list))
		if len(names) > 0 {
			b.errorHint(diag.Aggregate, at, "add GROUP BY, or WINDOW TUMBLING(1m)", "aggregate functions %s need GROUP BY or WINDOW", strings.Join(names, ", "))
		} else {
			b.errorf(diag.Aggregate, s.Having.Pos(), "HAVING needs GROUP BY or WINDOW")
		}
		return false
	}
	z.g = &grouping{b: b, in: z.x, windowed: windowed, grouped: len(s.GroupBy) > 0, time: z.timeCol}
	z.agg = &logical.Aggregate{Time: z.timeCol, Global: !s.HasGroupBy && !windowed}
	z.bound.Grouped, z.bound.Windowed = true, windowed
	z.keys()
	if windowed {
		z.window()
	}
	z.mode()
	return true
}

func firstAggregate(b *Binder, list []ast.Expr) ast.Expr {
	for _, e := range list {
		if e != nil && len(b.aggregateNames([]ast.Expr{e})) > 0 {
			return e
		}
	}
	for _, e := range list {
		if e != nil {
			return e
		}
	}
	return nil
}

// plainEmit checks EMIT of a query that does not aggregate: it has no effect on
// the rows, each is emitted.
func (z *selecting) plainEmit() bool {
	if e := z.q.Emit; e != nil && e.Every != nil {
		z.b.errorf(diag.NoEffect, e.Pos(), "EMIT CHANGES EVERY needs GROUP BY or WINDOW")
		return false
	}
	return true
}

// keys binds GROUP BY: input columns first, then aliases, then ordinals.
func (z *selecting) keys() {
	b := z.b
	list := append([]ast.Expr(nil), z.s.GroupBy...)
	if z.s.Window != nil {
		list = append(list, z.s.Window.Keys...)
	}
	x := *z.x
	x.clause = "GROUP BY"
	for _, it := range z.s.Items {
		if it.Alias != nil && it.Expr != nil {
			x.aliases = append(x.aliases, item{it.Alias.Name, it.Expr})
		}
	}
	for _, k := range list {
		e := k
		if lit, ok := k.(*ast.IntLit); ok {
			if lit.Value < 1 || lit.Value > int64(len(z.s.Items)) || z.s.Items[lit.Value-1].Expr == nil {
				b.errorf(diag.UnknownColumn, lit.Pos(), "GROUP BY position %d is not in the select list", lit.Value)
				continue
			}
			e = z.s.Items[lit.Value-1].Expr
		}
		if names := b.aggregateNames([]ast.Expr{z.resolveAlias(&x, e)}); len(names) > 0 {
			b.errorf(diag.Aggregate, k.Pos(), "aggregate functions %s are not allowed in GROUP BY", strings.Join(names, ", "))
			continue
		}
		v := x.bind(e)
		if v == nil {
			z.g.broken = true
			continue
		}
		z.g.texts = append(z.g.texts, v.String())
		if vec.KindOf(v.Type()) == vec.Null {
			v = b.castTo(k.Pos(), v, vec.TypeString)
		}
		z.g.keys = append(z.g.keys, expr.Fold(v))
		z.g.names = append(z.g.names, itemName(e))
	}
}

// resolveAlias gives the item that a name in GROUP BY means when no column has it.
func (z *selecting) resolveAlias(x *exprs, e ast.Expr) ast.Expr {
	n, ok := e.(*ast.Name)
	if !ok || len(n.Parts) > 1 {
		return e
	}
	if _, c := x.in.find("", n.Parts[0].Name, false); c > 0 {
		return e
	}
	for _, a := range x.aliases {
		if strings.EqualFold(a.name, n.Parts[0].Name) {
			return a.e
		}
	}
	return e
}

func (z *selecting) window() {
	b, w, spec := z.b, z.s.Window, z.rel.Time
	if z.timeCol < 0 && !z.failed() {
		b.errorf(diag.Window, w.Pos(), "WINDOW needs event time: the input has none")
		return
	}
	lw := &logical.Window{Kind: w.Kind.String(), Lateness: spec.Lateness}
	if w.Size != nil {
		lw.Size = w.Size.Value
	}
	if w.Advance != nil {
		lw.Advance = w.Advance.Value
	}
	if w.Step != nil {
		lw.Step = w.Step.Value
	}
	if w.Gap != nil {
		lw.Gap = w.Gap.Value
	}
	if b.Settings.Lateness != nil {
		lw.Lateness = *b.Settings.Lateness
	}
	z.agg.Late = logical.Late{Strategy: spec.LateStrategy, Retention: spec.LateRetention}
	if b.Settings.LateStrategy != "" {
		z.agg.Late.Strategy = b.Settings.LateStrategy
	}
	if b.Settings.LateRetention != nil {
		z.agg.Late.Retention = *b.Settings.LateRetention
	}
	z.agg.Window = lw
}

// mode decides when the aggregate emits.
func (z *selecting) mode() {
	b, e := z.b, z.q.Emit
	final := z.s.Window != nil || b.Settings.GroupFinal || !z.outermost
	if e == nil && !final && (len(z.q.OrderBy) > 0 || z.q.Limit != nil || z.q.Offset != nil) && z.rel.Bounded {
		final = true
	}
	if e == nil && z.agg.Global {
		final = true
	}
	if e != nil {
		final = e.Mode == ast.EmitFinal
		if e.Every != nil {
			z.agg.Every = e.Every.Value
		}
	}
	switch {
	case final:
		z.agg.Mode = logical.Final
		if !z.rel.Bounded && z.s.Window == nil {
			at := z.s.Pos()
			if e != nil {
				at = e.Pos()
			}
			if z.outermost {
				b.errorHint(diag.Unbounded, at, "add WINDOW TUMBLING(1m), or write EMIT CHANGES", "EMIT FINAL without a window needs an input that ends")
			} else {
				b.errorHint(diag.Unbounded, at, "add WINDOW TUMBLING(1m)", "GROUP BY over an unbounded input inside a derived table needs a window")
			}
		}
	case b.Settings.BatchChanges && z.agg.Every == 0:
		z.agg.Mode = logical.Batch
	default:
		z.agg.Mode = logical.Changes
	}
	z.bound.Mode = z.agg.Mode
}

// above is the expression binder of everything above the aggregate, or over the
// input when there is none.
func (z *selecting) above(clause string) *exprs {
	x := *z.x
	x.clause = clause
	if z.g != nil {
		x.hook, x.column = z.g.hook, z.g.column
	}
	return &x
}

// selectList binds the items, spelling stars out.
func (z *selecting) selectList() {
	x := z.above("the SELECT list")
	x.headers = z.outermost && z.g == nil
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
		sel := selected{name: name, e: e, ast: it.Expr, primaryKey: it.PrimaryKey}
		if it.Alias != nil && z.outermost {
			switch l := strings.ToLower(it.Alias.Name); l {
			case "_key", "_event_time":
				sel.role = l
			}
		}
		z.items = append(z.items, sel)
	}
	if x.edits {
		z.b.mentions["#edits"] = true
	}
}

func (z *selecting) star(s *ast.Star, x *exprs) {
	b := z.b
	q := ""
	if len(s.Qualifier) > 0 {
		q = s.Qualifier[len(s.Qualifier)-1].Name
		if !z.in.hasQualifier(q) {
			b.errorf(diag.UnknownSource, s.Qualifier[0].Pos(), "unknown source %q in %s.*", q, q)
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
	}
	added := 0
	for i, f := range z.in.fields {
		if f.System || f.Hidden || except[i] || q != "" && !strings.EqualFold(f.Qualifier, q) {
			continue
		}
		added++
		name := ast.Name{Place: s.Place, Parts: []ast.Ident{{Place: s.Place, Name: f.Name}}}
		var e expr.Expr = &expr.Column{Index: i, Name: f.Name, T: f.Type}
		if x.hook != nil {
			if h, ok := x.hook(&name); ok {
				e = h
			} else {
				e = x.column(&name, e)
			}
		}
		z.items = append(z.items, selected{name: f.Name, e: e, ast: &name})
	}
	if added == 0 && !z.in.unknown {
		if len(s.Except) > 0 {
			b.errorf(diag.Value, s.Pos(), "* EXCEPT leaves no column")
		} else if z.s.From == nil {
			b.errorf(diag.UnknownColumn, s.Pos(), "* needs FROM")
		}
	}
}

func (z *selecting) having() expr.Expr {
	if z.s.Having == nil {
		return nil
	}
	x := z.above("HAVING")
	for _, it := range z.s.Items {
		if it.Alias != nil && it.Expr != nil {
			x.aliases = append(x.aliases, item{it.Alias.Name, it.Expr})
		}
	}
	h := x.bind(z.s.Having)
	if h == nil {
		return nil
	}
	if k := vec.KindOf(h.Type()); k != vec.Bool && k != vec.Null {
		z.b.errorf(diag.Type, ast.Start(z.s.Having), "HAVING takes BOOLEAN, not %s", expr.TypeName(h.Type()))
		return nil
	}
	return h
}

// ordered is one bound item of ORDER BY: an output column, or an expression of
// its own that becomes a hidden column.
type ordered struct {
	key  logical.SortKey
	item int // output column, -1: hidden
	e    expr.Expr
}

// orderKeys binds ORDER BY: output columns first, then what the items are made of.
func (z *selecting) orderKeys() ([]ordered, bool) {
	var out []ordered
	ok := true
	x := z.above("ORDER BY")
	x.aliasFirst = true
	for _, it := range z.items {
		x.aliases = append(x.aliases, item{it.name, it.ast})
	}
	for _, o := range z.q.OrderBy {
		k := ordered{key: logical.SortKey{Desc: o.Desc, NullsFirst: o.NullsAreFirst()}, item: -1}
		if lit, isInt := o.Expr.(*ast.IntLit); isInt {
			if lit.Value < 1 || lit.Value > int64(len(z.items)) {
				z.b.errorf(diag.UnknownColumn, lit.Pos(), "ORDER BY position %d is not in the select list of %d columns", lit.Value, len(z.items))
				ok = false
				continue
			}
			k.item = int(lit.Value - 1)
			k.e = z.items[k.item].e
		} else {
			k.e = x.bind(o.Expr)
			if k.e == nil {
				ok = false
				continue
			}
			for i, it := range z.items {
				if it.e != nil && it.role == "" && it.e.String() == k.e.String() {
					k.item = i
					break
				}
			}
		}
		if k.e != nil && vec.KindOf(k.e.Type()) == vec.Map {
			z.b.errorf(diag.Type, ast.Start(o.Expr), "ORDER BY does not take MAP")
			ok = false
		}
		if k.item < 0 && z.s.Distinct {
			z.b.errorHint(diag.Refused, ast.Start(o.Expr), "add it to the SELECT list", "ORDER BY of something that SELECT DISTINCT does not select")
			ok = false
		}
		out = append(out, k)
	}
	return out, ok
}

// finishAggregate lays the aggregate's columns out and patches the references.
func (z *selecting) finishAggregate(having expr.Expr) {
	if z.g == nil {
		return
	}
	g, a := z.g, z.agg
	a.Input, a.Keys, a.Aggs = z.node, g.keys, g.calls
	if z.b.Settings.NeedHeaders && !z.b.Settings.KeepNoHeaders {
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
	for i := range z.items {
		z.items[i].e = patch(z.items[i].e)
	}
	a.Having = patch(having)
	z.g.calls, z.g.last = nil, nil
	z.patch = patch
	z.node = a
}

// project computes the output columns, then those of the record, then hidden
// sort keys.
func (z *selecting) project(keys []ordered) {
	b := z.b
	p := &logical.Project{Input: z.node, Headers: -1}
	names := newNamer()
	position := map[int]int{} // item → output column
	var key, when expr.Expr
	for i, it := range z.items {
		if it.e == nil {
			return
		}
		e := expr.Fold(it.e)
		switch it.role {
		case "_key":
			key = b.castTo(it.ast.Pos(), e, vec.TypeString)
			continue
		case "_event_time":
			when = z.asTime(it.ast.Pos(), e)
			continue
		}
		if vec.KindOf(e.Type()) == vec.Null {
			e = b.castTo(it.ast.Pos(), e, vec.TypeString)
			if e == nil {
				return
			}
		}
		position[i] = len(p.Exprs)
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: names.unique(it.name), Type: e.Type()})
	}
	z.bound.Visible = len(p.Exprs)
	if z.bound.Visible == 0 && !z.in.unknown {
		b.errorf(diag.Value, z.s.Pos(), "the query has no columns: _key and _event_time leave the payload")
		return
	}
	z.recordColumns(p, key, when)
	in := z.node.Fields()
	if z.bound.Windowed {
		for _, n := range []string{"_window_start", "_window_end"} {
			for i, f := range in {
				if f.Name == n && f.System {
					p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: n, T: vec.TypeInt64})
					p.Out = append(p.Out, logical.Field{Name: "#" + n[1:], Type: vec.TypeInt64, Hidden: true})
				}
			}
		}
	}
	for i := range keys {
		k := &keys[i]
		at, ok := position[k.item]
		if k.item < 0 || !ok {
			e := k.e
			if z.patch != nil {
				e = z.patch(e)
			}
			at = len(p.Exprs)
			p.Exprs = append(p.Exprs, expr.Fold(e))
			p.Out = append(p.Out, logical.Field{Name: "#order", Type: e.Type(), Hidden: true})
		}
		k.key.Expr = &expr.Column{Index: at, Name: p.Out[at].Name, T: p.Out[at].Type}
	}
	if b.mentions["#edits"] && z.outermost {
		p.HeaderEdits, p.Headers = true, z.bound.Headers
	}
	z.bound.Node = p
}

func (z *selecting) asTime(at ast.Pos, e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	switch vec.KindOf(e.Type()) {
	case vec.Timestamp, vec.Date, vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Null:
		return z.b.castTo(at, e, vec.TypeTimestamp)
	}
	z.b.errorf(diag.Type, at, "AS _event_time takes a TIMESTAMP or a BIGINT of ms, not %s", expr.TypeName(e.Type()))
	return nil
}

// recordColumns adds the key, headers and time of the output record.
func (z *selecting) recordColumns(p *logical.Project, key, when expr.Expr) {
	b := z.b
	find := func(name string) expr.Expr {
		i, n := (&scope{fields: z.node.Fields()}).find("", name, false)
		if n == 0 {
			return nil
		}
		f := z.node.Fields()[i]
		return &expr.Column{Index: i, Name: name, T: f.Type}
	}
	add := func(e expr.Expr, name string, t arrow.DataType) int {
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: name, Type: t, System: true})
		return len(p.Exprs) - 1
	}
	if key == nil && (b.Settings.NeedKey || !z.outermost) {
		key = z.outputKey(find)
	}
	if key != nil {
		z.bound.Key = add(expr.Fold(key), "_key", vec.TypeString)
	}
	var headers expr.Expr
	if (b.Settings.NeedHeaders || b.mentions["_headers"]) && !b.Settings.KeepNoHeaders {
		if z.agg != nil {
			for i, f := range z.agg.Out {
				if f.Hidden && arrow.TypeEqual(f.Type, vec.TypeHeaders) && strings.HasSuffix(f.Name, "_headers") {
					headers = &expr.Column{Index: i, Name: "_headers", T: vec.TypeHeaders}
				}
			}
		} else {
			headers = find("_headers")
		}
	}
	if headers != nil {
		z.bound.Headers = add(headers, "_headers", vec.TypeHeaders)
	}
	if when == nil && (z.timeCol >= 0 || z.agg != nil) {
		if when = find("_event_time"); when == nil {
			when = find("_timestamp")
		}
		if when != nil {
			when = z.asTime(z.s.Pos(), when)
		}
	}
	if when != nil {
		z.bound.Time = add(when, "_event_time", vec.TypeTimestamp)
	}
}
