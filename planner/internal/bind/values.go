package bind

import (
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// values binds VALUES. String literals take the type of the other rows; with
// keepNull a column of nothing but NULL keeps having no type.
func (b *Binder) values(v *ast.Values, keepNull bool) *Bound {
	var rows [][]expr.Expr
	var subs []*subqueries
	ok := true
	for _, row := range v.Rows {
		x := &exprs{b: b, in: &scope{}, clause: "VALUES", subs: newSubqueries(belowBase)}
		list := x.list(row)
		ok = ok && list != nil
		rows, subs = append(rows, list), append(subs, x.subs)
	}
	if !ok || len(rows) == 0 {
		return nil
	}
	var out []logical.Field
	for c := range rows[0] {
		t := b.valuesType(v, rows, c)
		if t == nil {
			return nil
		}
		if vec.KindOf(t) == vec.Null && !keepNull {
			t = vec.TypeString
		}
		for i, row := range rows {
			e, err := expr.Convert(row[c], t)
			if err != nil {
				b.failed(ast.Start(v.Rows[i][c]), diag.Literal, err)
				return nil
			}
			row[c] = e
		}
		out = append(out, logical.Field{Name: "column" + strconv.Itoa(c+1), Type: t})
	}
	return &Bound{Node: valuesNode(rows, subs, out), Visible: len(out), Key: -1, Headers: -1, Time: -1, Bounded: true}
}

// valuesNode is VALUES, or, where rows have subqueries, the union of the rows.
func valuesNode(rows [][]expr.Expr, subs []*subqueries, out []logical.Field) logical.Node {
	var all []logical.Node
	found := false
	for i, row := range rows {
		found = found || subs[i].next > 0
		node, number := subs[i].place(&logical.Values{Rows: [][]expr.Expr{{}}}, nil)
		list := make([]expr.Expr, len(row))
		for k, e := range row {
			list[k] = number(e)
		}
		all = append(all, &logical.Project{Input: node, Exprs: list, Out: out, Headers: -1})
	}
	switch {
	case !found:
		return &logical.Values{Rows: rows, Out: out}
	case len(all) == 1:
		return all[0]
	}
	return &logical.Union{All: all, Out: out}
}

// valuesType is the type that a column's values share; nil when reported.
func (b *Binder) valuesType(v *ast.Values, rows [][]expr.Expr, c int) arrow.DataType {
	es := make([]expr.Expr, len(rows))
	literal := false
	for i, row := range rows {
		es[i] = row[c]
		literal = literal || expr.IsTextLiteral(row[c])
	}
	t, bad := expr.Meet(es)
	if bad >= 0 {
		b.errorf(diag.Type, v.Rows[bad][c].Pos(), "VALUES mixes %s and %s in column %d", expr.TypeName(t), expr.TypeName(es[bad].Type()), c+1)
		return nil
	}
	if literal && vec.KindOf(t) == vec.Null {
		return vec.TypeString
	}
	return t
}
