package parse

import (
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// Statements reads all statements of a file; name is the file as errors should
// call it, "query" for SQL from the command line. Each statement has at most one
// syntax error; it is returned all the same, with an *ast.Bad for a body. The
// list holds errors and warnings in the order of their places.
//
// Nothing is to be run when the list has errors; binding what was parsed finds
// the other errors of the file.
func Statements(name, text string, opts Options) ([]ast.Statement, diag.List) {
	src, diags := Expand(name, text, opts.Variables)
	z := newScanner(name, src)
	z.run()
	notes := annotations{scanner: z}
	limits := opts.Limits.withDefaults()
	var out []ast.Statement
	for i := 0; i < len(z.toks); {
		j := i
		for z.toks[j].kind != tEnd && !z.toks[j].op(";") {
			j++
		}
		if i == j { // an empty statement
			i = j + 1
			continue
		}
		toks := z.toks[i:j]
		st := ast.Statement{
			Place:  ast.At(toks[0].pos),
			Source: name,
			End:    toks[len(toks)-1].past,
		}
		st.Text = text[st.Position.Offset:st.End.Offset]
		notes.before(&st, toks[0].start, toks[len(toks)-1].end)
		var list diag.List
		st.Body, list = parseOne(name, toks, limits)
		if src.badWithin(st.Position.Offset, st.End.Offset) {
			// The variables were reported; what follows from them is not.
			st.Body = bad(toks)
		} else {
			diags.Add(list...)
		}
		out = append(out, st)
		i = j + 1
	}
	notes.finish(out)
	diags.Add(notes.diags...)
	return out, diags.Sorted()
}

// parseOne reads the tokens of one statement.
func parseOne(name string, toks []token, limits Limits) (ast.Body, diag.List) {
	first, last := toks[0], toks[len(toks)-1]
	p := newParser(name, toks, limits)
	if n := last.end - first.start; n > limits.Bytes {
		p.failf(diag.Limit, first.pos, "read large data from a file or a topic", "statement of %d bytes is longer than %d", n, limits.Bytes)
		return bad(toks), p.diags
	}
	body := p.statement()
	if p.failed {
		return bad(toks), p.diags
	}
	return body, p.diags
}

func newParser(name string, toks []token, limits Limits) *parser {
	own := append(toks[:len(toks):len(toks)], token{kind: tEnd})
	if len(toks) > 0 {
		last := toks[len(toks)-1]
		own[len(toks)] = token{kind: tEnd, start: last.end, end: last.end, pos: last.past, past: last.past}
	} else {
		own[0].pos = diag.Pos{Line: 1, Col: 1}
	}
	return &parser{name: name, toks: own, limits: limits}
}

// bad makes the body of a statement that could not be read, with the name it
// would have made.
func bad(toks []token) *ast.Bad {
	b := &ast.Bad{Place: ast.At(toks[0].pos)}
	p := newParser("", toks, Limits{}.withDefaults())
	switch {
	case p.accept("CREATE"):
		p.acceptSeq("OR", "REPLACE")
		if !p.accept("STREAM") && !p.accept("TABLE") {
			return b
		}
		p.acceptSeq("IF", "NOT", "EXISTS")
		p.acceptSeq("OR", "REPLACE")
	case p.acceptSeq("INSERT", "INTO"):
	default:
		return b
	}
	if p.isIdent(p.cur()) {
		id := p.identOf(p.cur())
		b.Creates = &id
	}
	return b
}

func (e *Expanded) badWithin(from, to int) bool {
	for _, off := range e.bad {
		if off >= from && off < to {
			return true
		}
	}
	return false
}

// partParser is a parser for a part of SQL that stands in a string.
func partParser(name, text string) *parser {
	z := newScanner(name, &Expanded{Text: text, original: text})
	z.run()
	end := z.toks[len(z.toks)-1]
	p := newParser(name, z.toks[:len(z.toks)-1], Limits{}.withDefaults())
	if len(p.toks) == 1 {
		p.toks[0].pos = end.pos
	}
	return p
}

// finish reports what is left over and returns the diagnostics.
func (p *parser) finish() diag.List {
	if !p.failed && !p.atEnd() {
		p.trailing()
	}
	return p.diags.Sorted()
}

// Expr reads one expression, such as the value of @metric_condition. Places
// count from the start of text.
func Expr(name, text string) (ast.Expr, diag.List) {
	p := partParser(name, text)
	e := p.expr(precLowest)
	return e, p.finish()
}

// Columns reads a column list as in 'columns'='a INT, b STRING NOT NULL', with
// PRIMARY KEY marks and a composite PRIMARY KEY (a, b). Every column has a type.
func Columns(name, text string) (cols []*ast.ColumnDef, key []ast.Ident, list diag.List) {
	p := partParser(name, text)
	cols, key = p.columnDefs(false)
	return cols, key, p.finish()
}
