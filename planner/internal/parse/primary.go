package parse

import (
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// primary reads an operand without its subscripts.
func (p *parser) primary() ast.Expr {
	t := p.cur()
	place := ast.At(t.pos)
	switch t.kind {
	case tInt, tDecimal, tDouble:
		p.i++
		return p.numberLit(t, t.pos, false)
	case tGlued:
		p.gluedNumber(t)
	case tString:
		p.i++
		return &ast.StringLit{Place: place, Value: t.text}
	case tBytes:
		p.i++
		return &ast.BytesLit{Place: place, Value: []byte(t.text)}
	case tQuoted:
		return p.nameExpr()
	case tWord:
		return p.wordExpr(t)
	case tOp:
		if t.text == "(" {
			return p.parenthesis()
		}
		p.unexpected("an expression")
	default:
		p.unexpected("an expression")
	}
	return &ast.BadExpr{Place: place}
}

// gluedNumber reports 5s where no duration is expected.
func (p *parser) gluedNumber(t *token) {
	if u, ok := unit(t.unit); ok {
		word := "MILLISECOND"
		for _, w := range []string{"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"} {
			if size, _ := unit(w); size == u {
				word = w
			}
		}
		p.failf(diag.Syntax, t.pos, "write INTERVAL '"+t.text+"' "+word, "a duration %s%s stands only where a duration is expected", t.text, t.unit)
		return
	}
	p.failf(diag.Syntax, t.pos, "put a blank between them, or a name in quotes; a duration here is INTERVAL '5' SECOND",
		"malformed number %s%s", t.text, t.unit)
}

// wordExpr reads what starts with an unquoted word.
func (p *parser) wordExpr(t *token) ast.Expr {
	place := ast.At(t.pos)
	next := p.peek(1)
	switch t.upper {
	case "NULL":
		p.i++
		return &ast.NullLit{Place: place}
	case "TRUE", "FALSE":
		p.i++
		return &ast.BoolLit{Place: place, Value: t.upper == "TRUE"}
	case "CASE":
		return p.caseExpr()
	case "EXISTS":
		if next.op("(") {
			p.i += 2
			q := p.subquery()
			p.expectOp(")", "")
			return &ast.Exists{Place: place, Query: q}
		}
	case "INTERVAL":
		if p.isInterval() {
			iv := p.intervalLit("second") // PostgreSQL's; a window's length has a unit
			return &ast.IntervalLit{Place: place, Months: iv.months, Days: iv.days, Micros: iv.micros}
		}
	case "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP":
		if !next.op("(") && !next.op(".") {
			p.i++
			return &ast.Call{Place: place, Name: t.upper}
		}
	case "ARRAY", "MAP":
		if next.op("[") {
			p.i += 2
			return p.constructor(t, "]")
		}
	case "ROW":
		if next.op("(") {
			p.i++
			return p.row(t.pos)
		}
	case "JOIN": // the only reserved word that is a function too
		if next.op("(") {
			return p.call()
		}
	}
	if lit := p.typedLit(t); lit != nil {
		return lit
	}
	if p.reservedHere(t) {
		p.unexpected("an expression")
		return &ast.BadExpr{Place: place}
	}
	if next.op("(") {
		return p.call()
	}
	return p.nameExpr()
}

// typedLit reads a type and a string, as in DATE '2024-02-29' and DECIMAL(10, 2)
// '1.5'; nil if there is none.
func (p *parser) typedLit(t *token) ast.Expr {
	kind, ok := typeKinds[t.upper]
	switch kind {
	case ast.TypeInterval, ast.TypeBytes, ast.TypeArray, ast.TypeMap, ast.TypeStruct:
		return nil
	}
	words, name := 1, t.upper
	if name == "DOUBLE" && p.peek(1).is("PRECISION") {
		words, name = 2, "DOUBLE PRECISION"
	}
	text := p.peek(words)
	args := ok && text.op("(")
	if args { // DECIMAL(10, 2) '1.5'
		text = p.behind(words)
	}
	if !ok || text.kind != tString {
		return nil
	}
	p.i += words
	tn := &ast.TypeName{Place: ast.At(t.pos), Name: name, Kind: kind}
	p.typeArguments(tn) // or those it has without parentheses
	p.i++
	return &ast.TypedLit{Place: ast.At(t.pos), Type: tn, Args: args, Text: text.text, TextPos: text.pos}
}

// reservedHere reports whether the word cannot start an operand: a reserved
// one, GROUP BY, ORDER BY, or the END of a CASE.
func (p *parser) reservedHere(t *token) bool {
	switch t.upper {
	case "GROUP", "ORDER", "PARTITION":
		return p.peek(1).is("BY")
	case "END":
		return p.inCase > 0
	}
	return reserved[t.upper]
}

func (p *parser) nameExpr() ast.Expr {
	at := p.cur().pos
	parts := []ast.Ident{p.ident("an expression")}
	for p.op(".") && !p.peek(1).op("*") && !p.failed {
		p.i++
		parts = append(parts, p.anyIdent("a name after the dot"))
		p.operator()
	}
	if p.op("(") && !p.failed {
		p.failf(diag.Syntax, p.cur().pos, "functions are called by their plain name", "unexpected %q after a column", "(")
	}
	return &ast.Name{Place: ast.At(at), Parts: parts}
}

// parenthesis reads (expr), (a, b) or (query).
func (p *parser) parenthesis() ast.Expr {
	at := p.cur().pos
	if p.startsQuery() {
		return p.parenthesisedQuery(at)
	}
	p.i++
	if p.op(")") {
		p.unexpected("an expression")
		return &ast.BadExpr{Place: ast.At(at)}
	}
	var items []ast.Expr
	p.list(func() { items = append(items, p.expr(precLowest)) })
	p.expectOp(")", "")
	if len(items) == 1 {
		return items[0]
	}
	return &ast.RowExpr{Place: ast.At(at), Items: items}
}

// row reads the parentheses of ROW(a, …).
func (p *parser) row(at diag.Pos) ast.Expr {
	p.i++
	r := &ast.RowExpr{Place: ast.At(at)}
	if p.op(")") {
		p.unexpected("an expression")
		return r
	}
	p.list(func() { r.Items = append(r.Items, p.expr(precLowest)) })
	p.expectOp(")", " after the values of ROW")
	return r
}

// parenthesisedQuery reads a scalar subquery, or an expression that starts with
// one: ((SELECT 1) + 1).
func (p *parser) parenthesisedQuery(at diag.Pos) ast.Expr {
	if !p.peek(1).op("(") {
		p.i++
		q := p.subquery()
		p.expectOp(")", "")
		return &ast.Subquery{Place: ast.At(at), Query: q}
	}
	if !p.enter() {
		return &ast.BadExpr{Place: ast.At(at)}
	}
	defer p.leave()
	if p.innerIsOperand() {
		p.i++
		e := p.expr(precLowest)
		if p.op(",") {
			items := []ast.Expr{e}
			p.i++
			p.list(func() { items = append(items, p.expr(precLowest)) })
			p.expectOp(")", "")
			return &ast.RowExpr{Place: ast.At(at), Items: items}
		}
		p.expectOp(")", "")
		return e
	}
	p.i++
	q := p.subquery()
	p.expectOp(")", "")
	return &ast.Subquery{Place: ast.At(at), Query: q}
}

// innerIsOperand looks past the parenthesis inside the current one: a set
// operation, ORDER BY or the like makes the whole a query, anything else an
// expression. ((SELECT 1)) may be either and is taken as an expression.
func (p *parser) innerIsOperand() bool { return !continuesQuery(p.behind(1)) }

func (p *parser) caseExpr() ast.Expr {
	c := &ast.Case{Place: ast.At(p.next().pos)}
	p.inCase++
	defer func() { p.inCase-- }()
	if !p.is("WHEN") {
		c.Operand = p.expr(precLowest)
	}
	for p.is("WHEN") {
		w := ast.When{Place: ast.At(p.next().pos)}
		w.Cond = p.expr(precLowest)
		p.expect("THEN", " after the condition of WHEN")
		w.Result = p.expr(precLowest)
		p.operator()
		c.Whens = append(c.Whens, w)
	}
	if len(c.Whens) == 0 {
		p.unexpected("WHEN")
		return c
	}
	if p.accept("ELSE") {
		c.Else = p.expr(precLowest)
	}
	p.expect("END", " of CASE")
	return c
}

// element reads an item of ARRAY[…] or MAP[…]; brackets in an array are an array, as
// in ARRAY[[1, 2], [3]].
func (p *parser) element(t *token) ast.Expr {
	if t.upper != "ARRAY" || !p.op("[") {
		return p.expr(precLowest)
	}
	if !p.enter() {
		return &ast.BadExpr{Place: ast.At(p.cur().pos)}
	}
	defer p.leave()
	a := &ast.ArrayExpr{Place: ast.At(p.next().pos)}
	if !p.op("]") {
		p.list(func() { a.Items = append(a.Items, p.element(t)) })
	}
	p.expectOp("]", " after the items of an array")
	return a
}

// constructor reads what stands between the brackets of ARRAY[…] and MAP[…], or the
// parentheses of ARRAY(…) and MAP(…), and the one that closes them.
func (p *parser) constructor(t *token, end string) ast.Expr {
	var items []ast.Expr
	if !p.op(end) {
		p.list(func() {
			if end == "]" {
				items = append(items, p.element(t))
			} else {
				items = append(items, p.expr(precLowest))
			}
		})
	}
	if p.op(":") {
		p.failf(diag.Syntax, p.cur().pos, "write MAP['k', 1]", "unexpected %q in a constructor", ":")
	}
	p.expectOp(end, " after the items of "+t.upper)
	if t.upper == "ARRAY" {
		return &ast.ArrayExpr{Place: ast.At(t.pos), Items: items}
	}
	m := &ast.MapExpr{Place: ast.At(t.pos)}
	if len(items)%2 != 0 && !p.failed {
		p.failf(diag.Arity, t.pos, "write MAP[key, value, …]", "MAP[…] has a key without a value")
		return m
	}
	for i := 0; i+1 < len(items); i += 2 {
		m.Entries = append(m.Entries, ast.MapEntry{Key: items[i], Value: items[i+1]})
	}
	return m
}
