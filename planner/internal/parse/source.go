package parse

import (
	"slices"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// from reads the sources of FROM, joined by commas and JOINs.
func (p *parser) from() ast.Source {
	joins := 0
	left := p.joined(&joins)
	for !p.failed && p.op(",") {
		at := p.next().pos
		p.join(&joins)
		left = beside(&ast.Join{Place: ast.At(at), Kind: ast.CrossJoin, Comma: true, Left: left}, p.joined(&joins))
	}
	return left
}

// beside puts what stands after a comma beside what stands before it. An UNNEST that
// is joined there may refer to both, so it is joined to both: which gives the same rows.
func beside(comma *ast.Join, right ast.Source) ast.Source {
	if j, ok := right.(*ast.Join); ok && (j.Kind == ast.CrossJoin || j.Kind == ast.InnerJoin || j.Kind == ast.LeftJoin) {
		if _, ok := j.Right.(*ast.Unnest); ok {
			j.Left = beside(comma, j.Left)
			return j
		}
	}
	comma.Right = right
	return comma
}

func (p *parser) join(n *int) {
	if *n++; *n > p.limits.Operators {
		p.failf(diag.Limit, p.cur().pos, "", "more than %d joins in one query", p.limits.Operators)
	}
}

// joined reads one source and the JOINs after it.
func (p *parser) joined(joins *int) ast.Source {
	left := p.source()
	for !p.failed {
		j := p.joinWords()
		if j == nil {
			return left
		}
		p.join(joins)
		j.Left = left
		j.Right = p.source()
		p.joinCondition(j)
		left = j
	}
	return left
}

// joinWords reads [ASOF] [INNER|LEFT|RIGHT|FULL [OUTER]|CROSS] JOIN, nil when
// no join stands here.
func (p *parser) joinWords() *ast.Join {
	t := p.cur()
	j := &ast.Join{}
	if t.is("NATURAL") {
		p.refusedHere()
		return nil
	}
	if p.refusesHalfJoin() {
		return nil
	}
	j.AsOf = p.accept("ASOF")
	k := p.cur()
	kinds := map[string]ast.JoinKind{"INNER": ast.InnerJoin, "LEFT": ast.LeftJoin, "RIGHT": ast.RightJoin,
		"FULL": ast.FullJoin, "CROSS": ast.CrossJoin}
	kind, ok := kinds[k.upper]
	if ok && k.kind == tWord {
		p.i++
		j.Kind = kind
		if p.refusesHalfJoin() {
			return nil
		}
		if kind != ast.InnerJoin && kind != ast.CrossJoin {
			p.accept("OUTER")
		}
	} else if !j.AsOf && !k.is("JOIN") {
		return nil
	}
	if j.AsOf && j.Kind != ast.InnerJoin && j.Kind != ast.LeftJoin {
		p.refuse(k.pos, "ASOF "+k.upper+" JOIN", "ASOF takes JOIN and LEFT JOIN")
		return nil
	}
	j.Place = ast.At(p.expect("JOIN", ""))
	return j
}

// refusesHalfJoin refuses SEMI JOIN and ANTI JOIN, whose first words would be aliases.
func (p *parser) refusesHalfJoin() bool {
	t := p.cur()
	if t.kind != tWord || !t.is("SEMI") && !t.is("ANTI") || !p.peek(1).is("JOIN") {
		return false
	}
	hint := "write WHERE EXISTS (SELECT 1 FROM … WHERE …)"
	if t.is("ANTI") {
		hint = "write WHERE NOT EXISTS (SELECT 1 FROM … WHERE …)"
	}
	p.refuse(t.pos, t.upper+" JOIN", hint)
	return true
}

func (p *parser) joinCondition(j *ast.Join) {
	if p.failed {
		return
	}
	at := p.cur().pos
	switch {
	case j.Kind == ast.CrossJoin:
		if p.is("ON") || p.is("USING") {
			p.failf(diag.Syntax, at, "write JOIN … ON", "CROSS JOIN takes no condition")
			return
		}
	case p.accept("ON"):
		j.On = p.expr(precLowest)
	case p.is("USING"):
		p.i++
		j.Using = p.identList("a column of both sides")
		for i, id := range j.Using {
			if slices.ContainsFunc(j.Using[:i], func(o ast.Ident) bool { return strings.EqualFold(o.Name, id.Name) }) && !p.failed {
				p.failf(diag.Duplicate, id.Position, "", "column %q is listed twice", id.Name)
			}
		}
	default:
		p.unexpected("ON or USING after the source of JOIN")
		return
	}
	if at := p.cur().pos; p.accept("WITHIN") {
		if j.Kind == ast.CrossJoin {
			p.failf(diag.Syntax, at, "write JOIN … ON … WITHIN …", "CROSS JOIN takes no WITHIN")
			return
		}
		j.Within = p.duration("bound of WITHIN")
	}
}

// source reads one source with its alias and WITH.
func (p *parser) source() ast.Source {
	t := p.cur()
	place := ast.At(t.pos)
	if t.is("LATERAL") && (p.peek(1).is("UNNEST") || p.peek(1).op("(") || p.peek(2).op("(")) {
		if !p.peek(1).is("UNNEST") {
			p.refuse(t.pos, "LATERAL", "only UNNEST may refer to sources on its left")
			return &ast.NamedSource{Place: place}
		}
		p.i++
		t = p.cur()
	}
	switch {
	case t.kind == tString:
		p.i++
		s := &ast.URISource{Place: place, URI: t.text, Alias: p.sourceAlias()}
		s.With = p.sourceOptions()
		return s
	case t.op("("):
		return p.parenthesisedSource()
	case t.is("UNNEST") && p.peek(1).op("("):
		return p.unnest(t)
	case p.isIdent(t):
		s := &ast.NamedSource{Place: place, Name: p.path("a source")}
		if p.op(":") && p.peek(1).op("//") {
			p.failf(diag.Syntax, p.cur().pos, "write FROM '"+t.text+"://…'", "a URI stands in quotes")
			return s
		}
		if p.op("(") {
			p.refuse(t.pos, "the table function "+t.text, "only UNNEST stands in FROM; windows stand in WINDOW")
			return s
		}
		s.Alias = p.sourceAlias()
		s.With = p.sourceOptions()
		return s
	case t.kind == tWord:
		p.badIdent("a source")
	default:
		p.unexpected("a source")
	}
	return &ast.NamedSource{Place: place}
}

func (p *parser) sourceAlias() *ast.Alias {
	id := p.alias()
	if id == nil {
		return nil
	}
	a := &ast.Alias{Name: *id}
	if p.op("(") {
		a.Columns = p.identList("a column's name")
	}
	return a
}

func (p *parser) sourceOptions() *ast.Options {
	if p.is("WITH") && p.peek(1).op("(") {
		return p.options()
	}
	return nil
}

// parenthesisedSource reads (query) [AS] alias, or (a JOIN b ON …).
func (p *parser) parenthesisedSource() ast.Source {
	at := p.cur().pos
	if !p.enter() {
		return &ast.NamedSource{Place: ast.At(at)}
	}
	defer p.leave()
	if p.startsQuery() && !(p.peek(1).op("(") && p.innerIsSource()) {
		p.i++
		d := &ast.DerivedTable{Place: ast.At(at), Query: p.subquery()}
		p.expectOp(")", " after the query")
		d.Alias = p.sourceAlias()
		return d
	}
	p.i++
	s := p.from()
	p.expectOp(")", "")
	if p.failed {
		return s
	}
	if _, join := s.(*ast.Join); !join {
		if a := p.sourceAlias(); a != nil {
			p.failf(diag.Syntax, a.Name.Position, "put the alias inside the parentheses", "unexpected alias after a source in parentheses")
		}
		return s
	}
	a := p.sourceAlias()
	if a == nil {
		return s
	}
	all := &ast.SelectItem{Place: ast.At(at), Star: &ast.Star{Place: ast.At(at)}}
	body := &ast.Select{Place: ast.At(at), Items: []*ast.SelectItem{all}, From: s}
	return &ast.DerivedTable{Place: ast.At(at), Query: &ast.Query{Place: ast.At(at), Body: body}, Alias: a}
}

// innerIsSource looks past the parenthesis inside the current one: an alias, a
// comma or a JOIN after it makes the whole a join.
func (p *parser) innerIsSource() bool {
	t := p.behind(1)
	return t.kind != tEnd && !t.op(")") && !continuesQuery(t)
}

func (p *parser) unnest(t *token) ast.Source {
	u := &ast.Unnest{Place: ast.At(t.pos)}
	p.i += 2
	p.list(func() { u.Args = append(u.Args, p.expr(precLowest)) })
	p.expectOp(")", " after the arguments of UNNEST")
	if p.isSeq("WITH", "ORDINALITY") {
		p.refuse(p.cur().pos, "WITH ORDINALITY", "")
		return u
	}
	u.Alias = p.sourceAlias()
	return u
}

// options reads WITH ('key'='value', …).
func (p *parser) options() *ast.Options {
	o := &ast.Options{Place: ast.At(p.next().pos)}
	p.expectOp("(", " after WITH")
	if p.op(")") {
		p.failf(diag.Syntax, p.cur().pos, "leave WITH out", "WITH () is empty")
		return o
	}
	p.list(func() {
		t := p.cur()
		if t.kind != tString && (t.kind != tQuoted || t.quote != '"') {
			if t.kind == tWord {
				p.failf(diag.Syntax, t.pos, "write 'key'='value'", "expected a key in quotes, found %s", describe(t))
			} else {
				p.unexpected("a key in quotes")
			}
			return
		}
		p.i++
		it := &ast.Option{Place: ast.At(t.pos), Key: t.text}
		p.expectOp("=", " after the key '"+t.text+"'")
		p.optionValue(it)
		if p.failed {
			return
		}
		if old, ok := o.Get(it.Key); ok {
			p.failf(diag.Duplicate, t.pos, "", "key '%s' is given twice, first at %s", it.Key, old.Position)
			return
		}
		o.Items = append(o.Items, it)
	})
	p.expectOp(")", " after the list of WITH")
	return o
}

func (p *parser) optionValue(it *ast.Option) {
	t := p.cur()
	it.ValuePos = t.pos
	switch {
	case t.kind == tString, t.kind == tQuoted && t.quote == '"':
		p.i++
		it.Value = t.text
	case t.isNumber(), t.kind == tGlued, t.is("TRUE"), t.is("FALSE"):
		p.i++
		it.Bare = true
		it.Value = t.text + t.unit
		if t.kind == tWord {
			it.Value = map[bool]string{true: "true", false: "false"}[t.is("TRUE")]
		}
	case t.op("-") && p.peek(1).isNumber():
		it.Bare = true
		it.Value = "-" + p.peek(1).text
		p.i += 2
	default:
		p.unexpected("a value in quotes")
	}
}
