package parse

import (
	"fmt"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// parser reads the tokens of one statement. The first error sets failed and
// moves it to the end token for good.
type parser struct {
	name   string
	limits Limits
	toks   []token // the last one is tEnd
	i      int
	diags  diag.List
	failed bool

	depth    int  // nesting
	ops      int  // operators of the expression at hand
	exprs    int  // open expressions
	allowRow bool // the next expression may be a row value
	inCase   int  // open CASEs: END ends one
	deploy   bool // STRATEGY starts a clause
}

func (p *parser) cur() *token { return &p.toks[p.i] }

// peek is the token n places on; past the end it is the end.
func (p *parser) peek(n int) *token { return &p.toks[min(p.i+n, len(p.toks)-1)] }

func (p *parser) atEnd() bool { return p.cur().kind == tEnd }

// next returns the current token and moves past it.
func (p *parser) next() *token {
	t := p.cur()
	if t.kind != tEnd {
		p.i++
	}
	return t
}

func (p *parser) is(word string) bool { return p.cur().is(word) }
func (p *parser) op(op string) bool   { return p.cur().op(op) }

// isSeq reports whether these words stand next.
func (p *parser) isSeq(words ...string) bool {
	for n, w := range words {
		if !p.peek(n).is(w) {
			return false
		}
	}
	return true
}

func (p *parser) accept(word string) bool {
	if p.is(word) {
		p.i++
		return true
	}
	return false
}

func (p *parser) acceptSeq(words ...string) bool {
	if p.isSeq(words...) {
		p.i += len(words)
		return true
	}
	return false
}

func (p *parser) acceptOp(op string) bool {
	if p.op(op) {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(word, where string) diag.Pos {
	at := p.cur().pos
	if !p.accept(word) {
		p.unexpected(word + where)
	}
	return at
}

func (p *parser) expectOp(op, where string) diag.Pos {
	at := p.cur().pos
	if !p.acceptOp(op) {
		p.unexpected(`"` + op + `"` + where)
	}
	return at
}

// report adds an error without ending the statement.
func (p *parser) report(d diag.Diagnostic) {
	if !p.failed {
		p.diags.Add(d)
	}
}

// fail adds the error that ends the statement.
func (p *parser) fail(d diag.Diagnostic) {
	p.report(d)
	p.failed = true
	p.i = len(p.toks) - 1
}

func (p *parser) failf(kind diag.Kind, at diag.Pos, hint, format string, args ...any) {
	d := diag.Errorf(kind, p.name, at, format, args...)
	d.Hint = hint
	p.fail(d)
}

// refuse ends the statement at a construct that is known and not supported.
func (p *parser) refuse(at diag.Pos, what, hint string) {
	verb := "is"
	if len(what) > 1 && what[len(what)-1] == 's' && what[len(what)-2] != 'S' {
		verb = "are"
	}
	p.failf(diag.Refused, at, hint, "%s %s not supported", what, verb)
}

// unexpected ends the statement at the current token, where what was expected.
func (p *parser) unexpected(what string) {
	t := p.cur()
	if t.kind == tBad {
		p.fail(t.bad)
		return
	}
	if p.refusedHere() {
		return
	}
	if what == "" {
		p.failf(diag.Syntax, t.pos, "", "unexpected %s", bare(t))
		return
	}
	p.failf(diag.Syntax, t.pos, "", "expected %s, found %s", what, describe(t))
}

// refusedHere ends the statement if the current token starts a construct that
// is refused by name wherever it stands.
func (p *parser) refusedHere() bool {
	t := p.cur()
	if t.kind == tOp {
		if r, ok := refusedOperators[t.text]; ok {
			p.refuse(t.pos, r.what, r.hint)
			return true
		}
		return false
	}
	switch {
	case t.is("COLLATE"):
		p.refuse(t.pos, "COLLATE", "text sorts by its UTF-8 bytes")
	case p.isSeq("SIMILAR", "TO"), p.isSeq("NOT", "SIMILAR"):
		p.refuse(t.pos, "SIMILAR TO", "write LIKE or REGEXP_LIKE(text, pattern)")
	case t.is("QUALIFY"):
		p.refuse(t.pos, "QUALIFY", "filter in a query around this one: SELECT * FROM (SELECT …) t WHERE …")
	case t.is("FETCH"):
		p.refuse(t.pos, "FETCH", "write LIMIT n")
	case t.is("NATURAL"):
		p.refuse(t.pos, "NATURAL JOIN", "name the columns: JOIN … USING (a, b)")
	default:
		return p.refusesHalfJoin()
	}
	return true
}

// describe names a token in a message.
func describe(t *token) string {
	switch t.kind {
	case tEnd:
		return "the end of the statement"
	case tWord, tQuoted, tOp:
		return fmt.Sprintf("%q", t.text)
	case tString:
		return "a string"
	case tBytes:
		return "a bytes literal"
	case tGlued:
		return t.text + t.unit
	}
	return t.text
}

// bare names a token behind an adjective: unexpected string.
func bare(t *token) string {
	if t.kind == tString {
		return "string"
	}
	if t.kind == tBytes {
		return "bytes literal"
	}
	return describe(t)
}

// enter counts a level of nesting; leave ends it.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > p.limits.Depth {
		p.failf(diag.Limit, p.cur().pos, "split the statement, or use WITH", "nested more than %d deep", p.limits.Depth)
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

// operator counts an operator of the expression or query at hand.
func (p *parser) operator() {
	p.ops++
	if p.ops > p.limits.Operators {
		p.failf(diag.Limit, p.cur().pos, "write a list of ORs as IN (…)", "more than %d operators in one expression", p.limits.Operators)
	}
}

// list reads items separated by commas, at least one.
func (p *parser) list(item func()) {
	for n := 1; ; n++ {
		if n > p.limits.List {
			p.failf(diag.Limit, p.cur().pos, "", "more than %d items in one list", p.limits.List)
			return
		}
		item()
		if !p.acceptOp(",") {
			return
		}
	}
}

func (p *parser) identOf(t *token) ast.Ident {
	return ast.Ident{Place: ast.At(t.pos), Name: t.text, Quoted: t.kind == tQuoted}
}

// isIdent reports whether the token can be a name without AS before it.
func (p *parser) isIdent(t *token) bool {
	return t.kind == tQuoted && t.text != "" || t.kind == tWord && !reserved[t.upper]
}

// ident reads a name; what says which, for the error.
func (p *parser) ident(what string) ast.Ident {
	t := p.cur()
	if !p.isIdent(t) {
		p.badIdent(what)
		return ast.Ident{Place: ast.At(t.pos)}
	}
	p.i++
	return p.identOf(t)
}

// anyIdent is ident where reserved words will do: after AS and after a dot.
func (p *parser) anyIdent(what string) ast.Ident {
	t := p.cur()
	if t.kind != tWord && (t.kind != tQuoted || t.text == "") {
		p.badIdent(what)
		return ast.Ident{Place: ast.At(t.pos)}
	}
	p.i++
	return p.identOf(t)
}

func (p *parser) badIdent(what string) {
	switch t := p.cur(); {
	case t.kind == tQuoted:
		p.failf(diag.Syntax, t.pos, "", "a quoted name must not be empty")
	case t.kind == tWord:
		p.failf(diag.Syntax, t.pos, `as a name it needs quotes: "`+t.text+`"`, "expected %s, found %s", what, describe(t))
	case t.kind == tString:
		p.failf(diag.Syntax, t.pos, `names stand in "…" or without quotes`, "expected %s, found a string", what)
	default:
		p.unexpected(what)
	}
}

// path reads a dotted name.
func (p *parser) path(what string) []ast.Ident {
	parts := []ast.Ident{p.ident(what)}
	for p.acceptOp(".") {
		parts = append(parts, p.anyIdent("a name after the dot"))
		p.operator()
	}
	return parts
}

// identList reads (a, b, …).
func (p *parser) identList(what string) []ast.Ident {
	p.expectOp("(", "")
	var out []ast.Ident
	p.list(func() { out = append(out, p.ident(what)) })
	p.expectOp(")", " after the list")
	return out
}

// isClause reports whether the token starts the next clause or operator, and so
// is no bare alias.
func (p *parser) isClause(n int) bool {
	t := p.peek(n)
	if reserved[t.upper] || clauseWords[t.upper] {
		return true
	}
	if second, ok := clausePairs[t.upper]; ok && p.peek(n+1).is(second) {
		return true
	}
	return t.upper == "END" && p.inCase > 0 || t.upper == "STRATEGY" && p.deploy
}

// alias reads [AS] name, nil when there is none.
func (p *parser) alias() *ast.Ident {
	if p.accept("AS") {
		id := p.anyIdent("an alias after AS")
		return &id
	}
	t := p.cur()
	if p.refusesHalfJoin() {
		return nil
	}
	if t.kind == tQuoted && t.text != "" || t.kind == tWord && !p.isClause(0) {
		p.i++
		id := p.identOf(t)
		return &id
	}
	return nil
}
