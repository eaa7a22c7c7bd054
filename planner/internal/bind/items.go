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
