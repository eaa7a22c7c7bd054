package expr

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Conjuncts are the operands of AND in their order, or the expression itself.
func Conjuncts(e Expr) []Expr {
	if l, ok := e.(*logic); ok && !l.or {
		return l.args
	}
	return []Expr{e}
}

// Alternatives are the operands of OR, or the expression itself.
func Alternatives(e Expr) []Expr {
	if l, ok := e.(*logic); ok && l.or {
		return l.args
	}
	return []Expr{e}
}

// Factors are the operands of AND, where an OR gives away what all of its
// alternatives have in common: (a AND b) OR (a AND c) is a AND (b OR c). What may
// fail stays where it is.
func Factors(e Expr) []Expr {
	var out []Expr
	for _, c := range Conjuncts(e) {
		out = append(out, factors(c)...)
	}
	return out
}

func factors(e Expr) []Expr {
	l, ok := e.(*logic)
	if !ok || !l.or {
		return []Expr{e}
	}
	count := map[string]int{}
	for _, alt := range l.args {
		seen := map[string]bool{}
		for _, c := range Conjuncts(alt) {
			if s := c.String(); !seen[s] && Safe(c) && !Volatile(c) {
				seen[s] = true
				count[s]++
			}
		}
	}
	var out, alts []Expr
	for _, c := range Conjuncts(l.args[0]) {
		if s := c.String(); count[s] == len(l.args) {
			out = append(out, c)
			count[s]++ // once
		}
	}
	if len(out) == 0 {
		return []Expr{e}
	}
	for _, alt := range l.args {
		var rest []Expr
		for _, c := range Conjuncts(alt) {
			if count[c.String()] <= len(l.args) {
				rest = append(rest, c)
			}
		}
		if len(rest) == 0 { // it is what all have in common
			return out
		}
		a, err := NewAnd(rest...)
		if err != nil {
			return []Expr{e}
		}
		alts = append(alts, a)
	}
	or, err := NewOr(alts...)
	if err != nil {
		return []Expr{e}
	}
	return append(out, or)
}

// Comparison takes a comparison with <, <=, > or >= of two operands of one type
// apart.
func Comparison(e Expr) (a Expr, op string, b Expr, ok bool) {
	c, is := e.(*compare)
	if !is || c.op == opEq || c.op == opNe || vec.KindOf(c.a.Type()) != vec.KindOf(c.b.Type()) {
		return nil, "", nil, false
	}
	return c.a, compareNames[c.op], c.b, true
}

// Negated is the operand of NOT.
func Negated(e Expr) (Expr, bool) {
	n, ok := e.(*not)
	if !ok {
		return nil, false
	}
	return n.Children()[0], true
}

// Equality takes a = b and a IS NOT DISTINCT FROM b apart. The operands have one
// type; ok is false for any other expression, and for decimals that have no
// common scale.
func Equality(e Expr) (a, b Expr, nullSafe, ok bool) {
	switch x := e.(type) {
	case *compare:
		if x.op != opEq {
			return nil, nil, false, false
		}
		a, b = x.a, x.b
	case *distinct:
		if !x.not {
			return nil, nil, false, false
		}
		a, b, nullSafe = x.a, x.b, true
	default:
		return nil, nil, false, false
	}
	if vec.KindOf(a.Type()) == vec.Decimal && !arrow.TypeEqual(a.Type(), b.Type()) {
		p1, s1 := decimalOf(a.Type())
		p2, s2 := decimalOf(b.Type())
		s := max(s1, s2)
		p := max(p1-s1, p2-s2) + s
		if p > 38 && s1 != s2 {
			return nil, nil, false, false
		}
		t := vec.DecimalType(min(p, 38), s)
		var err error
		if a, err = convert(a, t); err != nil {
			return nil, nil, false, false
		}
		if b, err = convert(b, t); err != nil {
			return nil, nil, false, false
		}
	}
	return a, b, nullSafe, arrow.TypeEqual(a.Type(), b.Type())
}

// Safe tells that an expression gives a value for every row: nothing in it can
// make a row fail, so that it may be computed for rows that others would have
// kept from it.
func Safe(e Expr) bool {
	switch x := e.(type) {
	case *Column, *Const, *Outer, *logic, *not, *isTest, *compare, *distinct, *between:
	case *cast:
		if !x.implicit || !widens(x.Children()[0].Type(), x.Type()) {
			return false
		}
	case *in:
	case *like:
		if p, ok := x.pattern.(*Const); !ok || x.fixed == nil && !p.IsNull() { // one that ends in its escape fails
			return false
		}
	case *caseExpr, *coalesce, *field, *index, *listConcat:
	case *call:
		if !x.total() {
			return false
		}
	default:
		return false
	}
	for _, c := range e.Children() {
		if !Safe(c) {
			return false
		}
	}
	return true
}

// widens tells that every value of a type has one in another.
func widens(from, to arrow.DataType) bool {
	a, b := vec.KindOf(from), vec.KindOf(to)
	switch {
	case a == vec.Null || arrow.TypeEqual(from, to):
		return true
	case isInt(a) && (isInt(b) || isFloat(b)):
		return !isInt(b) || b >= a
	case isInt(a) && b == vec.Decimal:
		p, s := decimalOf(to)
		return p-s >= 19
	case a == vec.Decimal && isFloat(b), a == vec.Float32 && b == vec.Float64:
		return true
	case a == vec.Decimal && b == vec.Decimal:
		p1, s1 := decimalOf(from)
		p2, s2 := decimalOf(to)
		return s2 >= s1 && p2-s2 >= p1-s1
	}
	return false
}
