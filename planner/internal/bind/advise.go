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

// Advise warns about what is legal in a statement and likely not meant. It looks
// at the text; adviseState and its like look at what was bound.
func (b *Binder) Advise(q *ast.Query) {
	if !b.Settings.Advise {
		return
	}
	read := map[string]bool{}
	ast.Inspect(q, func(n ast.Node) bool {
		if s, ok := n.(*ast.NamedSource); ok && len(s.Name) == 1 {
			read[strings.ToLower(s.Name[0].Name)] = true
		}
		return true
	})
	ast.Inspect(q, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Binary:
			b.adviseBinary(n)
		case *ast.Between:
			low, ok1 := n.Low.(*ast.IntLit)
			high, ok2 := n.High.(*ast.IntLit)
			if ok1 && ok2 && low.Value > high.Value && !n.Symmetric {
				b.suspect(n.Pos(), "exchange the bounds, or write BETWEEN SYMMETRIC", "BETWEEN %d AND %d is never TRUE", low.Value, high.Value)
			}
		case *ast.In:
			for _, e := range n.List {
				if _, null := e.(*ast.NullLit); null && n.Not {
					b.suspect(e.Pos(), "leave NULL out, or add IS NOT NULL", "NOT IN a list with NULL is never TRUE")
				} else if null {
					b.suspect(e.Pos(), "write … OR x IS NULL", "NULL in a list matches nothing")
				}
			}
		case *ast.Query:
			for _, c := range n.CTEs {
				if !read[strings.ToLower(c.Name.Name)] {
					b.suspect(c.Name.Pos(), "leave it out", "nothing reads %q", c.Name.Name)
				}
			}
			for _, o := range n.OrderBy {
				b.adviseConstant(o.Expr, "ORDER BY")
			}
		case *ast.Select:
			for _, g := range n.GroupBy {
				b.adviseConstant(g, "GROUP BY")
			}
		}
		return true
	})
}

func (b *Binder) suspect(at ast.Pos, hint, format string, args ...any) {
	d := diag.Warnf(diag.Suspicious, b.Source, at, format, args...)
	d.Hint = hint
	b.Errs.Add(d)
}

func (b *Binder) adviseBinary(n *ast.Binary) {
	_, leftNull := n.Left.(*ast.NullLit)
	_, rightNull := n.Right.(*ast.NullLit)
	switch {
	case n.Op.IsComparison() && (leftNull || rightNull):
		hint := "write IS NULL"
		if n.Op != ast.Eq {
			hint = "write IS NOT NULL"
		}
		b.suspect(n.Pos(), hint, "a comparison with NULL is never TRUE")
	case n.Op.IsComparison():
		left, ok := n.Left.(*ast.Name)
		right, ok2 := n.Right.(*ast.Name)
		if ok && ok2 && strings.EqualFold(ast.Format(left), ast.Format(right)) {
			b.suspect(n.Pos(), "", "%s is compared with itself", ast.Format(left))
		}
	case n.Op == ast.Div || n.Op == ast.IntDiv || n.Op == ast.Mod:
		if zero, ok := n.Right.(*ast.IntLit); ok && zero.Value == 0 {
			b.suspect(n.Pos(), "", "a division by 0 is NULL")
		}
	}
}

// adviseConstant warns about an item that is the same for all rows; an integer
// is a position.
func (b *Binder) adviseConstant(e ast.Expr, clause string) {
	if _, position := e.(*ast.IntLit); !position && isLiteral(e) {
		b.suspect(e.Pos(), "write a column, or its name in double quotes", "%s a constant changes nothing", clause)
	}
}

// adviseNever warns about a condition that no row meets.
func (z *selecting) adviseNever(at ast.Expr, clause string, p expr.Expr) {
	if !z.b.Settings.Advise || z.in.unknown { // a column of no known type is a NULL
		return
	}
	if c, ok := expr.Simplify(p).(*expr.Const); ok && (c.IsNull() || vec.KindOf(c.Type()) == vec.Bool && !c.One.BoolAt(0)) {
		z.b.suspect(ast.Start(at), "", "%s is never TRUE: no row passes", clause)
	}
}

// adviseJoin warns about a join that compares every pair of rows, and about keys
// of different types.
func (b *Binder) adviseJoin(s *ast.Join, n *logical.Join, unknown bool) {
	if !b.Settings.Advise || s.On == nil || unknown {
		return
	}
	if _, literal := s.On.(*ast.BoolLit); literal {
		return
	}
	if len(n.Keys) == 0 {
		b.suspect(ast.Start(s.On), "add an equality of a column of each side", "ON has no equality of both sides: every row meets every row")
		return
	}
	for _, k := range n.Keys {
		l, lt := written(k.Left)
		r, rt := written(k.Right)
		if l == "" || r == "" || vec.KindOf(lt) == vec.KindOf(rt) {
			continue
		}
		b.suspect(ast.Start(s.On), "declare or CAST one of them", "join keys of different types: %s is %s and %s is %s, compared as %s",
			l, expr.TypeName(lt), r, expr.TypeName(rt), expr.TypeName(k.Left.Type()))
	}
}

// collecting are aggregates that keep every value of a group.
var collecting = map[string]bool{
	"ARRAY_AGG": true, "LISTAGG": true, "MEDIAN": true, "MODE": true, "PERCENTILE_CONT": true, "PERCENTILE_DISC": true, "COUNT_DISTINCT": true,
}

// adviseState warns about state that grows as long as the query runs.
func (z *selecting) adviseState() {
	b := z.b
	if !b.Settings.Advise || z.agg == nil || z.agg.Window != nil || z.bound.Bounded {
		return
	}
	if z.q.Emit == nil && len(z.s.GroupBy) > 0 {
		b.suspect(ast.Start(z.s.GroupBy[0]), "add WINDOW TUMBLING(…), or write EMIT CHANGES to say that it is meant", "every group is kept as long as the query runs: its input does not end")
	}
	ast.Inspect(z.s, func(n ast.Node) bool {
		if _, sub := n.(*ast.Query); sub {
			return false
		}
		if c, ok := n.(*ast.Call); ok && b.isAggregate(c) && (collecting[b.Aggs[c.Name].Name] || c.Distinct) {
			name := c.Name
			if c.Distinct {
				name += "(DISTINCT …)"
			}
			b.suspect(c.Pos(), "add WINDOW TUMBLING(…)", "%s keeps every value as long as the query runs: its input does not end", name)
		}
		return true
	})
}

// written is a key as it stands in the text, without an implicit widening.
func written(e expr.Expr) (string, arrow.DataType) {
	if expr.Widens(e) {
		e = e.Children()[0]
	}
	c, ok := e.(*expr.Column)
	if !ok {
		return "", e.Type()
	}
	return c.Name, c.T
}
