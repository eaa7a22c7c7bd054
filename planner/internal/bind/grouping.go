package bind

import (
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

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
	names := append(z.own(list), z.lent(list)...)
	windowed := s.Window != nil
	if len(names) == 0 && !s.HasGroupBy && !windowed && s.Having == nil {
		return z.plainEmit()
	}
	missing := !s.HasGroupBy && !windowed && !z.rel.Bounded
	if missing && len(b.outer) == 0 { // of a subquery it is said that its input must end
		at := z.aggregatePlace(firstAggregate(b, list))
		if len(names) > 0 {
			b.errorHint(diag.Aggregate, at, "add GROUP BY, or WINDOW TUMBLING(1m)", "aggregate functions %s need GROUP BY or WINDOW", strings.Join(names, ", "))
		} else {
			b.errorf(diag.Aggregate, s.Having.Pos(), "HAVING needs GROUP BY or WINDOW")
		}
	}
	field := z.rel.Time.Field
	if field == "" {
		field = "_timestamp"
	}
	z.g = &grouping{b: b, in: z.x, windowed: windowed, window: s.Window, node: z.node, field: field, grouped: len(s.GroupBy) > 0, time: z.timeCol}
	z.agg = &logical.Aggregate{Time: z.timeCol, Global: len(s.GroupBy) == 0 && !windowed}
	z.bound.Grouped, z.bound.Windowed = true, windowed
	if missing { // columns are not judged: how they shall be grouped is not known
		z.g.broken = true
		return true
	}
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
				z.g.broken = true
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
			z.g.typeless = append(z.g.typeless, len(z.g.keys))
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
	if at := itemOf(n.Parts[0].Name, len(x.aliases), func(i int) string { return x.aliases[i].name }); at >= 0 {
		return x.aliases[at].e
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
	z.agg.Late = logical.Late{Strategy: spec.LateStrategy, Retention: time.Hour}
	if spec.LateRetention != nil {
		z.agg.Late.Retention = *spec.LateRetention
	}
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
	final := z.s.Window != nil || !z.s.HasGroupBy || b.Settings.GroupFinal || !z.outermost
	if e == nil && !final && (len(z.q.OrderBy) > 0 || z.q.Limit != nil || z.q.Offset != nil) && z.rel.Bounded {
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

// having binds HAVING.
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
	h := x.condition(z.s.Having)
	if h != nil {
		z.adviseNever(z.s.Having, "HAVING", h)
	}
	return h
}
