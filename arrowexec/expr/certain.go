package expr

// Certain lists the operands that are computed for every row for which the
// expression is computed. The others have guards: the branches of CASE, the
// right sides of AND and OR, the later arguments of COALESCE.
func Certain(e Expr) []Expr {
	switch x := e.(type) {
	case *logic:
		return x.args[:1]
	case *caseExpr:
		return x.whens[:1]
	case *coalesce:
		return x.args[:1]
	case *between:
		return []Expr{x.e}
	case *in:
		return []Expr{x.e}
	case *quantified:
		return nil
	}
	return e.Children()
}

// Widens tells whether an expression only brings another to a wider type,
// without being written.
func Widens(e Expr) bool {
	c, ok := e.(*cast)
	return ok && c.implicit
}
