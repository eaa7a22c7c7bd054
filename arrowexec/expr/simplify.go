package expr

import "github.com/velostream/velo/arrowexec/vec"

// Simplify folds constants and leaves out what constants decide: TRUE AND x is
// x, a branch of CASE whose condition is FALSE goes. What may fail is left out
// only where it would not have been computed: the rows that fail stay the same.
func Simplify(e Expr) Expr {
	return Rewrite(Fold(e), func(e Expr) Expr {
		switch x := e.(type) {
		case *logic:
			return x.simple()
		case *caseExpr:
			return x.simple()
		case *coalesce:
			return x.simple()
		}
		return e
	})
}

// truthOf is the value of a BOOLEAN constant.
func truthOf(e Expr) (value, null, constant bool) {
	c, ok := e.(*Const)
	if !ok || c.One.Kind != vec.Bool && c.One.Kind != vec.Null {
		return false, false, false
	}
	if c.IsNull() {
		return false, true, true
	}
	return c.One.BoolAt(0), false, true
}

// simple drops the operands that change nothing, and those behind the one that
// decides.
func (e *logic) simple() Expr {
	var args []Expr
	for _, a := range e.args {
		v, null, constant := truthOf(a)
		if constant && !null && v != e.or {
			continue
		}
		args = append(args, a)
		if constant && !null {
			break
		}
	}
	if len(args) == len(e.args) {
		if !e.decided(args) {
			return e
		}
	}
	switch {
	case len(args) == 0:
		return BoolConst(!e.or)
	case e.decided(args):
		return BoolConst(e.or)
	case len(args) == 1:
		return args[0]
	}
	return &logic{or: e.or, args: args}
}

// decided tells that the last operand decides and those before it cannot fail.
func (e *logic) decided(args []Expr) bool {
	n := len(args)
	if n == 0 {
		return false
	}
	v, null, constant := truthOf(args[n-1])
	if !constant || null || v != e.or {
		return false
	}
	for _, a := range args[:n-1] {
		if !Safe(a) {
			return false
		}
	}
	return true
}

// simple drops branches that no row takes, and those behind one that all rows
// take that come so far.
func (e *caseExpr) simple() Expr {
	var whens, thens []Expr
	els := e.els
branches:
	for i, w := range e.whens {
		v, null, constant := truthOf(w)
		switch {
		case !constant:
			whens, thens = append(whens, w), append(thens, e.thens[i])
			continue
		case null || !v:
			continue
		}
		els = e.thens[i]
		break branches
	}
	if len(whens) == 0 {
		return els
	}
	if len(whens) == len(e.whens) {
		return e
	}
	return &caseExpr{whens: whens, thens: thens, els: els, t: e.t, name: e.name}
}

// simple drops arguments that are always NULL, and those behind one that never is.
func (e *coalesce) simple() Expr {
	var args []Expr
	for _, a := range e.args {
		c, constant := a.(*Const)
		if constant && c.IsNull() {
			continue
		}
		args = append(args, a)
		if constant {
			break
		}
	}
	switch len(args) {
	case len(e.args):
		return e
	case 0:
		return NullConst(e.t)
	case 1:
		return args[0]
	}
	return &coalesce{args: args, t: e.t}
}
