package parse

import (
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// Binding powers of the operators, loosest first.
const (
	precLowest  = 0
	precOr      = 10
	precAnd     = 20
	precNot     = 30
	precCompare = 40
	precConcat  = 50
	precAdd     = 60
	precMul     = 70
	precAt      = 75 // AT TIME ZONE, where PostgreSQL has it
	precUnary   = 80
	precCast    = 90
)

var infix = map[string]struct {
	op   ast.BinaryOp
	prec int
}{
	"OR": {ast.Or, precOr}, "AND": {ast.And, precAnd},
	"=": {ast.Eq, precCompare}, "<>": {ast.Ne, precCompare}, "<": {ast.Lt, precCompare},
	"<=": {ast.Le, precCompare}, ">": {ast.Gt, precCompare}, ">=": {ast.Ge, precCompare},
	"||": {ast.Concat, precConcat}, "+": {ast.Add, precAdd}, "-": {ast.Sub, precAdd},
	"*": {ast.Mul, precMul}, "/": {ast.Div, precMul}, "//": {ast.IntDiv, precMul}, "%": {ast.Mod, precMul},
}

// chain is what the comparison level has read so far: comparisons do not chain,
// and IN, BETWEEN and LIKE bind as in PostgreSQL or need parentheses.
type chain uint8

const (
	chainNone chain = iota
	chainPredicate
	chainCompare
	chainIs
)

// expr reads an expression of operators that bind at least as tightly as min.
// It never returns nil.
func (p *parser) expr(min int) ast.Expr {
	bad := &ast.BadExpr{Place: ast.At(p.cur().pos)}
	if !p.enter() {
		return bad
	}
	if p.exprs == 0 {
		p.ops = 0
	}
	p.exprs++
	defer func() { p.exprs--; p.depth-- }()
	allowRow := p.allowRow
	p.allowRow = false
	left := p.prefix(min)
	var done chain
	for !p.failed {
		next, ok := p.infix(left, min, &done)
		if !ok {
			break
		}
		p.operator()
		left = next
	}
	if row, ok := left.(*ast.RowExpr); ok && !allowRow {
		p.failf(diag.Syntax, row.Position, "", "a row value (a, b) stands only in comparisons and in IN")
	}
	if p.failed {
		return bad
	}
	return left
}

// prefix reads an operand with the operators before it.
func (p *parser) prefix(min int) ast.Expr {
	t := p.cur()
	switch {
	case t.is("NOT"):
		if p.peek(1).is("SIMILAR") {
			p.unexpected("an expression")
			break
		}
		if min > precNot {
			p.failf(diag.Syntax, t.pos, "put NOT and what it negates in parentheses", "NOT binds looser than the operator before it")
			break
		}
		p.i++
		return &ast.Unary{Place: ast.At(t.pos), Op: ast.Not, X: p.expr(precNot)}
	case t.op("-"):
		p.i++
		if n := p.cur(); n.isNumber() {
			p.i++
			return p.postfix(p.numberLit(n, t.pos, true))
		}
		return &ast.Unary{Place: ast.At(t.pos), Op: ast.Neg, X: p.expr(precUnary)}
	case t.op("+"):
		p.i++
		return &ast.Unary{Place: ast.At(t.pos), Op: ast.Plus, X: p.expr(precUnary)}
	}
	return p.postfix(p.primary())
}

// postfix reads [i], .name and ::type after an operand.
func (p *parser) postfix(x ast.Expr) ast.Expr {
	for !p.failed {
		t := p.cur()
		switch {
		case t.op("["):
			p.i++
			if p.op(":") {
				p.refuse(p.cur().pos, "a slice [a:b]", "")
				return x
			}
			i := p.expr(precLowest)
			if p.op(":") {
				p.refuse(p.cur().pos, "a slice [a:b]", "")
				return x
			}
			p.expectOp("]", "")
			x = &ast.Index{Place: ast.At(t.pos), X: x, Index: i}
		case t.op("."):
			p.i++
			if p.op("*") {
				p.failf(diag.Syntax, p.cur().pos, "name the fields one by one", "a star stands only after the name of a source")
				return x
			}
			name := p.anyIdent("a field's name after the dot")
			x = &ast.Field{Place: ast.At(name.Position), X: x, Name: name}
		case t.op("::"):
			p.i++
			x = &ast.Cast{Place: ast.At(t.pos), X: x, Type: p.typeName()}
			if p.op("[") || p.op(".") {
				p.failf(diag.Syntax, p.cur().pos, "put the cast in parentheses", "unexpected %s after a type", describe(p.cur()))
			}
		default:
			return x
		}
		p.operator()
	}
	return x
}

// infix reads one operator after left, if one stands there that binds at least
// as tightly as min.
func (p *parser) infix(left ast.Expr, min int, done *chain) (ast.Expr, bool) {
	t := p.cur()
	if t.kind != tWord && t.kind != tOp {
		return nil, false
	}
	key := t.text
	if t.kind == tWord {
		key = t.upper
	}
	if t.kind == tOp {
		if t.text == ">" && p.peek(1).op(">") && p.peek(1).start == t.end {
			p.refuse(t.pos, "bit operator >>", "")
			return nil, false
		}
		if _, ok := refusedOperators[t.text]; ok {
			p.refusedHere()
			return nil, false
		}
	}
	op, ok := infix[key]
	switch {
	case ok && op.prec == precCompare:
		if min > precCompare || !p.chainable(*done, chainCompare) {
			return nil, false
		}
		*done = chainCompare
		return p.comparison(left, op.op), !p.failed
	case ok:
		if min > op.prec {
			return nil, false
		}
		p.i++
		*done = chainNone
		return &ast.Binary{Place: ast.At(t.pos), Op: op.op, Left: left, Right: p.expr(op.prec + 1)}, true
	case key == "AT" && p.isSeq("AT", "TIME", "ZONE") && min <= precAt:
		p.i += 3
		return &ast.AtTimeZone{Place: ast.At(t.pos), X: left, Zone: p.expr(precAt + 1)}, true
	case key == "COLLATE" || key == "SIMILAR" && p.peek(1).is("TO"):
		p.refusedHere()
		return nil, false
	case min > precCompare || t.kind != tWord:
		return nil, false
	}
	return p.predicate(left, done)
}

// chainable reports whether an operator of the comparison level may follow what
// was read; it says how to write it when not.
func (p *parser) chainable(done, next chain) bool {
	if done == chainNone || next == chainIs || next == chainCompare && done == chainPredicate {
		return true
	}
	hint := "put one of them in parentheses"
	if done == chainCompare && next == chainCompare {
		hint = "write a < b AND b < c, or use parentheses"
	}
	p.failf(diag.Syntax, p.cur().pos, hint, "comparisons do not chain: unexpected %s", describe(p.cur()))
	return false
}

// comparison reads `op right` or `op ANY|ALL (…)`.
func (p *parser) comparison(left ast.Expr, op ast.BinaryOp) ast.Expr {
	at := p.next().pos
	if p.quantifies() {
		return p.quantified(left, op, at)
	}
	return &ast.Binary{Place: ast.At(at), Op: op, Left: left, Right: p.compared(left, at)}
}

// quantifies tells whether ANY, SOME or ALL with a list or a query stands here.
func (p *parser) quantifies() bool {
	t := p.cur()
	return (t.is("ANY") || t.is("SOME") || t.is("ALL")) && p.peek(1).op("(")
}

// compared reads what left is compared with: of a row value another one.
func (p *parser) compared(left ast.Expr, at diag.Pos) ast.Expr {
	row, isRow := left.(*ast.RowExpr)
	p.allowRow = isRow
	right := p.expr(precCompare + 1)
	if isRow && !p.failed {
		p.sameArity(row, right, at)
	}
	return right
}

// sameArity checks what a row value is compared with.
func (p *parser) sameArity(row *ast.RowExpr, other ast.Expr, at diag.Pos) {
	switch o := other.(type) {
	case *ast.Subquery, *ast.BadExpr:
	case *ast.RowExpr:
		if len(o.Items) != len(row.Items) {
			p.failf(diag.Arity, at, "", "row values of %d and %d parts", len(row.Items), len(o.Items))
		}
	default:
		p.failf(diag.Type, ast.Start(other), "", "a row value is compared with a row value (a, b) or a subquery")
	}
}

func (p *parser) quantified(left ast.Expr, op ast.BinaryOp, at diag.Pos) ast.Expr {
	q := &ast.Quantified{Place: ast.At(at), Left: left, Op: op, All: p.next().is("ALL")}
	_, isRow := left.(*ast.RowExpr)
	p.i++ // (
	switch {
	case p.startsQuery():
		q.Query = p.subquery()
	case isRow:
		p.unexpected("a subquery to compare the row value with")
		return q
	default:
		q.Array = p.expr(precLowest)
	}
	p.expectOp(")", "")
	return q
}

// predicate reads IS, ISNULL, [NOT] BETWEEN, [NOT] IN, [NOT] LIKE after left.
func (p *parser) predicate(left ast.Expr, done *chain) (ast.Expr, bool) {
	if p.is("IS") {
		if !p.chainable(*done, chainIs) {
			return nil, false
		}
		*done = chainIs
		return p.isTest(left), true
	}
	if p.is("ISNULL") || p.is("NOTNULL") { // PostgreSQL's IS NULL and IS NOT NULL
		if !p.chainable(*done, chainIs) {
			return nil, false
		}
		*done = chainIs
		t := p.next()
		return &ast.Is{Place: ast.At(t.pos), X: left, Not: t.is("NOTNULL"), Kind: ast.IsNull}, true
	}
	not := p.is("NOT")
	n := 0
	if not {
		n = 1
	}
	t := p.peek(n)
	if t.kind != tWord {
		return nil, false
	}
	switch t.upper {
	case "BETWEEN", "IN", "LIKE", "ILIKE":
	case "SIMILAR":
		if not {
			p.refusedHere()
		}
		return nil, false
	default:
		return nil, false
	}
	if !p.chainable(*done, chainPredicate) {
		return nil, false
	}
	*done = chainPredicate
	p.i += n + 1
	switch t.upper {
	case "IN":
		return p.in(left, not, t.pos), true
	case "BETWEEN":
		b := &ast.Between{Place: ast.At(t.pos), X: left, Not: not, Symmetric: p.accept("SYMMETRIC")}
		if !b.Symmetric {
			p.accept("ASYMMETRIC") // what it is anyway
		}
		b.Low = p.expr(precCompare + 1)
		p.expect("AND", " of BETWEEN")
		b.High = p.expr(precCompare + 1)
		return b, true
	}
	if p.quantifies() {
		op := ast.BinaryOp(t.upper)
		if not {
			op = "NOT " + op
		}
		return p.quantified(left, op, t.pos), true
	}
	l := &ast.Like{Place: ast.At(t.pos), X: left, Not: not, Fold: t.upper == "ILIKE", Pattern: p.expr(precCompare + 1)}
	if p.accept("ESCAPE") {
		l.Escape = p.expr(precCompare + 1)
	}
	return l, true
}

func (p *parser) isTest(left ast.Expr) ast.Expr {
	at := p.next().pos
	not := p.accept("NOT")
	t := p.cur()
	switch {
	case t.is("NULL"), t.is("TRUE"), t.is("FALSE"), t.is("UNKNOWN"):
		p.i++
		return &ast.Is{Place: ast.At(at), X: left, Not: not, Kind: ast.IsKind(t.upper)}
	case p.acceptSeq("DISTINCT", "FROM"):
		return &ast.IsDistinct{Place: ast.At(at), Left: left, Not: not, Right: p.compared(left, at)}
	}
	p.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS")
	return left
}

func (p *parser) in(left ast.Expr, not bool, at diag.Pos) ast.Expr {
	in := &ast.In{Place: ast.At(at), X: left, Not: not}
	p.expectOp("(", " after IN")
	if p.op(")") {
		p.failf(diag.Syntax, p.cur().pos, "a list needs at least one value", "IN () is empty")
		return in
	}
	if p.startsQuery() && !p.firstOfList() {
		in.Query = p.subquery()
		p.expectOp(")", "")
		return in
	}
	row, isRow := left.(*ast.RowExpr)
	p.list(func() {
		p.allowRow = isRow
		e := p.expr(precLowest)
		if isRow && !p.failed {
			p.sameArity(row, e, ast.Start(e))
		}
		in.List = append(in.List, e)
	})
	p.expectOp(")", " after the list of IN")
	return in
}

// firstOfList reports whether the parentheses that open here hold the first
// value of a list, IN ((SELECT 1), 2), and not the query that gives the list.
func (p *parser) firstOfList() bool {
	if !p.op("(") {
		return false
	}
	t := p.behind(0)
	return t.kind != tEnd && !t.op(")") && !continuesQuery(t)
}

// behind is the token after the parentheses that open n tokens ahead.
func (p *parser) behind(n int) *token {
	for depth := 0; ; n++ {
		t := p.peek(n)
		switch {
		case t.kind == tEnd:
			return t
		case t.op("("):
			depth++
		case t.op(")"):
			if depth--; depth == 0 {
				return p.peek(n + 1)
			}
		}
	}
}

// continuesQuery reports whether a word makes a query in parentheses part of a
// larger one.
func continuesQuery(t *token) bool {
	return isSetWord(t) || t.is("ORDER") || t.is("LIMIT") || t.is("OFFSET")
}

// startsQuery reports whether a query stands next, perhaps in parentheses.
func (p *parser) startsQuery() bool {
	n := 0
	for p.peek(n).op("(") {
		n++
	}
	t := p.peek(n)
	if n > 0 && t.is("VALUES") {
		return p.peek(n + 1).op("(") // a column may be called values
	}
	return t.is("SELECT") || t.is("VALUES") && p.peek(1).op("(") ||
		t.is("WITH") && (n == 0 || p.peek(n+2).is("AS") || p.peek(n+2).op("(") || p.peek(n+1).is("RECURSIVE"))
}
