package bind

import (
	"strconv"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
)

// itemName is what a SELECT item without alias is called.
func itemName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Name:
		return e.Parts[len(e.Parts)-1].Name
	case *ast.Field:
		return e.Name.Name
	case *ast.Cast:
		return itemName(e.X)
	case *ast.Index:
		return itemName(e.X)
	case *ast.Subquery:
		return queryName(e.Query)
	case *ast.Exists:
		return "exists"
	case *ast.Call:
		return strings.ToLower(e.Name)
	case *ast.Extract:
		return "extract"
	case *ast.Case:
		return "case"
	case *ast.ArrayExpr:
		return "array"
	case *ast.MapExpr:
		return "map"
	case *ast.StructExpr:
		return "struct"
	}
	return "expr"
}

// queryName is the first column of a query: a scalar subquery is called by it.
func queryName(q ast.QueryBody) string {
	switch q := q.(type) {
	case *ast.Query:
		return queryName(q.Body)
	case *ast.SetOp:
		return queryName(q.Left)
	case *ast.Values:
		return "column1"
	case *ast.Select:
		if len(q.Items) == 0 || q.Items[0].Expr == nil {
			return "expr"
		}
		if a := q.Items[0].Alias; a != nil {
			return a.Name
		}
		return itemName(q.Items[0].Expr)
	}
	return "expr"
}

// fieldNames are those of STRUCT(…), as those of SELECT items.
func fieldNames(e *ast.StructExpr) []string {
	names := newNamer()
	var out []string
	for _, f := range e.Fields {
		n := itemName(f.Expr)
		if f.Alias != nil {
			n = f.Alias.Name
		}
		out = append(out, names.unique(n))
	}
	return out
}

// namer makes names unique with _2, _3.
type namer struct{ seen map[string]bool }

func newNamer() *namer { return &namer{seen: map[string]bool{}} }

func (n *namer) unique(name string) string {
	out := name
	for i := 2; n.seen[out]; i++ {
		out = name + "_" + strconv.Itoa(i)
	}
	n.seen[out] = true
	return out
}
