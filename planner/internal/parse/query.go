package parse

import (
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// queryRole is where a query stands, which decides what may follow it.
type queryRole uint8

const (
	roleStatement queryRole = iota
	roleSink                // of CREATE … AS and INSERT, which name the sink
	roleInner
)

// subquery reads a query inside of another; the parentheses are the caller's.
func (p *parser) subquery() *ast.Query { return p.query(roleInner) }

func (p *parser) query(role queryRole) *ast.Query {
	q := &ast.Query{Place: ast.At(p.cur().pos)}
	if !p.enter() {
		return q
	}
	exprs, row, inCase, ops := p.exprs, p.allowRow, p.inCase, p.ops
	p.exprs, p.allowRow, p.inCase = 0, false, 0
	defer func() {
		p.exprs, p.allowRow, p.inCase, p.ops = exprs, row, inCase, ops
		p.depth--
	}()
	if p.is("WITH") && !p.peek(1).op("(") {
		p.ctes(q)
	}
	sets := 0
	q.Body = p.setExpr(0, role, &sets)
	p.tail(q, role)
	if t := p.cur(); !p.failed && isSetWord(t) {
		p.failf(diag.Syntax, t.pos, "put it after the last SELECT, or the SELECT it belongs to in parentheses",
			"%s after ORDER BY, LIMIT, EMIT, INTO or WITH, which belong to the whole", t.upper)
	}
	return q
}

func isSetWord(t *token) bool { return t.is("UNION") || t.is("INTERSECT") || t.is("EXCEPT") }

func (p *parser) ctes(q *ast.Query) {
	p.i++
	if p.is("RECURSIVE") && !p.peek(1).is("AS") && !p.peek(1).op("(") {
		p.refuse(p.cur().pos, "WITH RECURSIVE", "")
		return
	}
	seen := map[string]bool{}
	p.list(func() {
		c := &ast.CTE{Place: ast.At(p.cur().pos), Name: p.ident("a name after WITH")}
		if p.op("(") {
			c.Columns = p.identList("a column's name")
		}
		p.expect("AS", " after the name")
		if p.accept("NOT") && !p.is("MATERIALIZED") {
			p.unexpected("MATERIALIZED")
		}
		p.accept("MATERIALIZED") // how often the query runs changes no row
		p.expectOp("(", " after AS")
		c.Query = p.subquery()
		p.expectOp(")", " after the query of "+c.Name.Name)
		if seen[c.Name.Name] && !p.failed {
			p.failf(diag.Duplicate, c.Position, "", "WITH names %q twice", c.Name.Name)
		}
		seen[c.Name.Name] = true
		q.CTEs = append(q.CTEs, c)
	})
}

// setExpr reads members joined by set operations; INTERSECT binds tighter.
func (p *parser) setExpr(min int, role queryRole, sets *int) ast.QueryBody {
	left := p.setMember()
	for !p.failed {
		t := p.cur()
		prec := 1
		kind := ast.Union
		switch {
		case t.is("UNION"):
		case t.is("EXCEPT"):
			kind = ast.Except
		case t.is("INTERSECT"):
			kind, prec = ast.Intersect, 2
		default:
			return left
		}
		if prec <= min {
			return left
		}
		if *sets++; *sets > p.limits.Operators {
			p.failf(diag.Limit, t.pos, "", "more than %d set operations in one query", p.limits.Operators)
			return left
		}
		p.i++
		op := &ast.SetOp{Place: ast.At(t.pos), Kind: kind, Left: left}
		if p.accept("ALL") {
			op.All = true
		} else {
			p.accept("DISTINCT")
		}
		op.Right = p.setExpr(prec, role, sets)
		left = op
	}
	return left
}

func (p *parser) setMember() ast.QueryBody {
	t := p.cur()
	switch {
	case t.is("SELECT"):
		return p.selectBlock()
	case t.is("VALUES"):
		return p.values()
	case t.op("("):
		p.i++
		q := p.subquery()
		p.expectOp(")", "")
		if len(q.CTEs) == 0 && len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil && q.Body != nil {
			return q.Body
		}
		return q
	case t.is("FROM"):
		p.failf(diag.Syntax, t.pos, "write SELECT * FROM …", `expected SELECT, found "%s"`, t.text)
	default:
		p.unexpected("SELECT or VALUES")
	}
	return &ast.Select{Place: ast.At(t.pos)}
}

func (p *parser) values() *ast.Values {
	v := &ast.Values{Place: ast.At(p.next().pos)}
	p.list(func() {
		at := p.expectOp("(", " before the row of VALUES")
		var row []ast.Expr
		p.list(func() {
			if t := p.cur(); t.is("DEFAULT") && (p.peek(1).op(",") || p.peek(1).op(")")) {
				p.refuse(t.pos, "DEFAULT in VALUES", "write NULL")
			}
			row = append(row, p.expr(precLowest))
		})
		p.expectOp(")", " after the row of VALUES")
		if len(v.Rows) > 0 && len(row) != len(v.Rows[0]) && !p.failed {
			p.failf(diag.Arity, at, "", "rows of VALUES differ in length: %d and %d", len(v.Rows[0]), len(row))
		}
		v.Rows = append(v.Rows, row)
	})
	return v
}

func (p *parser) selectBlock() *ast.Select {
	s := &ast.Select{Place: ast.At(p.next().pos)}
	switch {
	case p.accept("DISTINCT"):
		s.Distinct = true
		if p.isSeq("ON") {
			p.refuse(p.toks[p.i-1].pos, "DISTINCT ON", "write FIRST(x) … GROUP BY")
			return s
		}
	case p.is("ALL") && !p.peek(1).op(",") && !p.peek(1).is("FROM") && !p.peek(1).op(".") && p.peek(1).kind != tEnd:
		p.i++
	}
	p.list(func() { s.Items = append(s.Items, p.selectItem()) })
	if p.accept("FROM") {
		s.From = p.from()
	}
	p.windowHere(s)
	if p.accept("WHERE") {
		s.Where = p.expr(precLowest)
	}
	p.windowHere(s)
	if p.is("GROUP") {
		p.i++
		p.expect("BY", " after GROUP")
		p.groupBy(s)
	}
	p.windowHere(s)
	if p.accept("HAVING") {
		s.Having = p.expr(precLowest)
	}
	p.windowHere(s)
	return s
}

func (p *parser) windowHere(s *ast.Select) {
	if p.is("WINDOW") {
		p.windowClause(s)
	}
}

func (p *parser) groupBy(s *ast.Select) {
	s.HasGroupBy = true
	t := p.cur()
	next := p.peek(1)
	switch {
	case t.is("ALL") && !next.op(",") && !next.op("."):
		p.refuse(t.pos, "GROUP BY ALL", "list the columns")
		return
	case t.is("ROLLUP") && next.op("("), t.is("CUBE") && next.op("("):
		p.refuse(t.pos, "GROUP BY "+t.upper, "write a UNION ALL of the groupings")
		return
	case p.isSeq("GROUPING", "SETS"):
		p.refuse(t.pos, "GROUPING SETS", "write a UNION ALL of the groupings")
		return
	}
	p.list(func() {
		t := p.cur()
		if t.kind == tWord && windowKinds[t.upper].word && p.peek(1).op("(") {
			w := p.window()
			w.InGroupBy = true
			p.setWindow(s, w, t.pos)
			return
		}
		if (t.is("ROLLUP") || t.is("CUBE")) && p.peek(1).op("(") || p.isSeq("GROUPING", "SETS") {
			p.refuse(t.pos, "GROUP BY "+t.upper, "write a UNION ALL of the groupings")
			return
		}
		if t.op("(") && p.peek(1).op(")") { // the group of all rows: no key
			p.i += 2
			return
		}
		p.allowRow = true
		e := p.expr(precLowest)
		if row, ok := e.(*ast.RowExpr); ok { // GROUP BY (a, b) is GROUP BY a, b
			s.GroupBy = append(s.GroupBy, row.Items...)
			return
		}
		s.GroupBy = append(s.GroupBy, e)
	})
}

func (p *parser) selectItem() *ast.SelectItem {
	t := p.cur()
	item := &ast.SelectItem{Place: ast.At(t.pos)}
	if n, ok := p.starAhead(); ok {
		item.Star = &ast.Star{Place: ast.At(t.pos)}
		for range n {
			item.Star.Qualifier = append(item.Star.Qualifier, p.anyIdent("a source"))
			p.i++ // .
		}
		p.i++ // *
		if p.is("EXCEPT") && p.peek(1).op("(") && !p.peek(2).is("SELECT") && !p.peek(2).is("VALUES") && !p.peek(2).op("(") {
			p.i++
			item.Star.Except = p.identList("a column")
		}
		return item
	}
	item.Expr = p.expr(precLowest)
	item.PrimaryKey = p.acceptSeq("PRIMARY", "KEY")
	item.Alias = p.alias()
	if p.acceptSeq("PRIMARY", "KEY") {
		if item.PrimaryKey {
			p.failf(diag.Syntax, p.toks[p.i-1].pos, "", "PRIMARY KEY is said twice")
		}
		item.PrimaryKey = true
	}
	return item
}

// starAhead reports whether `*` or `a.b.*` stands next, and how many names are
// before the star.
func (p *parser) starAhead() (int, bool) {
	for n := 0; ; n++ {
		t := p.peek(2 * n)
		if t.op("*") {
			return n, true
		}
		if !(p.isIdent(t) || n > 0 && t.kind == tWord) || !p.peek(2*n+1).op(".") {
			return 0, false
		}
	}
}

func (p *parser) orderItems() []*ast.OrderItem {
	var out []*ast.OrderItem
	p.list(func() {
		o := &ast.OrderItem{Place: ast.At(p.cur().pos), Expr: p.expr(precLowest)}
		if p.accept("DESC") {
			o.Desc = true
		} else {
			p.accept("ASC")
		}
		if p.accept("NULLS") {
			switch {
			case p.accept("FIRST"):
				o.Nulls = ast.NullsFirst
			case p.accept("LAST"):
				o.Nulls = ast.NullsLast
			default:
				p.unexpected("FIRST or LAST after NULLS")
			}
		}
		out = append(out, o)
	})
	return out
}

// tail reads what belongs to the whole query.
func (p *parser) tail(q *ast.Query, role queryRole) {
	if p.is("ORDER") {
		p.i++
		p.expect("BY", " after ORDER")
		q.OrderBy = p.orderItems()
	}
	p.limit(q)
	if t := p.cur(); role == roleInner {
		what := ""
		switch {
		case t.is("EMIT"), t.is("INTO"):
			what = t.upper
		case p.isSeq("LATE", "ROWS"):
			what = "LATE ROWS"
		case t.is("WITH") && p.peek(1).op("("):
			what = "WITH"
		default:
			return
		}
		p.failf(diag.Syntax, t.pos, "put it at the end of the whole statement", "%s stands only at the outermost query", what)
		return
	}
	if p.is("EMIT") {
		q.Emit = p.emit()
	}
	if p.isSeq("LATE", "ROWS") {
		p.i += 2
		p.expect("INTO", " after LATE ROWS")
		id := p.ident("a sink after LATE ROWS INTO")
		q.LateRows = &id
	}
	if at := p.cur().pos; p.accept("INTO") {
		if role == roleSink {
			p.failf(diag.Syntax, at, "leave it out", "INTO in a statement that names its sink already")
			return
		}
		id := p.ident("a sink after INTO")
		q.Into = &id
	}
	if p.is("WITH") && p.peek(1).op("(") {
		q.With = p.options()
	}
}

func (p *parser) limit(q *ast.Query) {
	limit, offset := false, false
	for !p.failed {
		switch {
		case p.is("LIMIT") && !limit:
			p.i++
			limit = true
			if p.accept("ALL") {
				continue
			}
			if p.op("(") || p.cur().kind == tWord {
				p.failf(diag.Value, p.cur().pos, "write a number, or ${NAME}", "LIMIT takes a non-negative integer")
				return
			}
			q.Limit = p.intLit("LIMIT")
		case p.is("OFFSET") && !offset:
			p.i++
			offset = true
			if p.op("(") || p.cur().kind == tWord {
				p.failf(diag.Value, p.cur().pos, "write a number, or ${NAME}", "OFFSET takes a non-negative integer")
				return
			}
			q.Offset = p.intLit("OFFSET")
			if !p.accept("ROWS") {
				p.accept("ROW")
			}
		case p.is("FETCH"):
			p.refusedHere()
		default:
			return
		}
	}
}

func (p *parser) emit() *ast.Emit {
	e := &ast.Emit{Place: ast.At(p.next().pos)}
	switch {
	case p.accept("CHANGES"):
		if p.accept("EVERY") {
			e.Every = p.positive("interval of EMIT CHANGES EVERY")
		}
	case p.accept("FINAL"):
		e.Mode = ast.EmitFinal
		if p.is("EVERY") {
			p.failf(diag.Syntax, p.cur().pos, "write EMIT CHANGES EVERY …", "EVERY goes with CHANGES only")
		}
	default:
		p.unexpected("CHANGES or FINAL after EMIT")
	}
	return e
}
