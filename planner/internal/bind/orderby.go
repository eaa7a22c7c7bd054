package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// ordered is one bound item of ORDER BY: an output column, or an expression of
// its own that becomes a hidden column.
type ordered struct {
	key  logical.SortKey
	item int // output column, -1: hidden
	e    expr.Expr
}

// orderKeys binds ORDER BY: a name alone is an output column first, and in an
// expression an alias; else they are of what the items are made of.
func (z *selecting) orderKeys() ([]ordered, bool) {
	var out []ordered
	ok := true
	x := z.above("ORDER BY")
	x.aliasFirst = true
	x.overs = &z.overs
	for _, it := range z.items {
		if it.aliased {
			x.aliases = append(x.aliases, item{it.name, it.ast})
		} else {
			x.unaliased = append(x.unaliased, item{it.name, it.ast})
		}
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
		} else if at := z.itemNamed(o.Expr); at >= 0 {
			if k.e = z.items[at].e; k.e == nil {
				ok = false
				continue
			}
			if k.item = at; z.items[at].role != "" { // it is no column
				k.item = -1
			}
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

// itemNamed is the output column that ORDER BY names alone, -1 for none.
func (z *selecting) itemNamed(e ast.Expr) int {
	n, ok := e.(*ast.Name)
	if !ok || len(n.Parts) != 1 {
		return -1
	}
	return itemOf(n.Parts[0].Name, len(z.items), func(i int) string { return z.items[i].name })
}
