package ast

import "strings"

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// Inspect calls f for the node and, when f returns true, for its children in
// the order of the text. It goes into subqueries; f stops that by returning
// false for *Query. Nil children are skipped.
func Inspect(n Node, f func(Node) bool) {
	if isNil(n) || !f(n) {
		return
	}
	for _, c := range Children(n) {
		Inspect(c, f)
	}
}

// Start is the place of the first token of an expression, which for operators
// is not the place of the node.
func Start(e Expr) Pos {
	for {
		var left Expr
		switch x := e.(type) {
		case *Binary:
			left = x.Left
		case *Is:
			left = x.X
		case *IsDistinct:
			left = x.Left
		case *Between:
			left = x.X
		case *Like:
			left = x.X
		case *In:
			left = x.X
		case *Quantified:
			left = x.Left
		case *AtTimeZone:
			left = x.X
		case *Index:
			left = x.X
		case *Field:
			left = x.X
		case *Cast:
			if s := Start(x.X); s.Before(x.Position) {
				return s
			}
			return x.Position
		default:
			return e.Pos()
		}
		e = left
	}
}
