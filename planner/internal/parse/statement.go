package parse

import (
	"strconv"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// statementWords start a statement; they are offered for a misspelt one.
var statementWords = []string{"SELECT", "WITH", "VALUES", "CREATE", "INSERT", "DROP", "EXPLAIN", "DESCRIBE", "SHOW",
	"START", "STOP", "PAUSE", "RESUME", "DEPLOY", "ROLLBACK"}

// statement reads one statement up to the end.
func (p *parser) statement() ast.Body {
	b := p.body()
	if !p.failed && !p.atEnd() {
		p.trailing()
	}
	return b
}

// trailing reports what is left over after a whole statement.
func (p *parser) trailing() {
	t := p.cur()
	if t.kind == tBad || p.refusedHere() {
		p.unexpected("")
		return
	}
	hint := ""
	switch {
	case t.is("WHERE"), t.is("GROUP"), t.is("HAVING"), t.is("ORDER"), t.is("LIMIT"), t.is("EMIT"), t.is("WINDOW"),
		p.isSeq("LATE", "ROWS"), t.is("INTO"), t.is("WITH"), t.is("FROM"), t.is("OFFSET"):
		hint = "the order is FROM, WHERE, GROUP BY, WINDOW, HAVING, ORDER BY, LIMIT, EMIT, LATE ROWS INTO, INTO, WITH"
	case t.is("WITHIN"):
		hint = "WITHIN stands after the ON of a JOIN"
	case t.kind == tWord || t.kind == tQuoted:
		hint = "is a comma or a ; missing before it?"
	}
	p.failf(diag.Syntax, t.pos, hint, "unexpected %s", bare(t))
}

// body reads a statement, without looking for its end.
func (p *parser) body() ast.Body {
	t := p.cur()
	if !p.enter() {
		return &ast.Bad{Place: ast.At(t.pos)}
	}
	defer p.leave()
	switch {
	case t.is("SELECT"), t.is("VALUES"), t.op("("), t.is("WITH"):
		return p.query(roleStatement)
	case t.is("CREATE"):
		return p.create()
	case t.is("INSERT"):
		return p.insert()
	case t.is("DROP"):
		return p.drop()
	case t.is("EXPLAIN"):
		p.i++
		e := &ast.Explain{Place: ast.At(t.pos), Analyze: p.accept("ANALYZE")}
		e.Body = p.body()
		return e
	case t.is("DESCRIBE"):
		p.i++
		d := &ast.Describe{Place: ast.At(t.pos)}
		if p.cur().kind == tString {
			d.URI = p.stringLit("a path")
		} else {
			d.Name = p.ident("a name after DESCRIBE")
		}
		return d
	case t.is("SHOW"):
		return p.show()
	case t.is("START"), t.is("STOP"), t.is("PAUSE"), t.is("RESUME"), t.is("DEPLOY"), t.is("ROLLBACK"):
		return p.job()
	}
	if t.kind == tWord {
		p.failf(diag.Syntax, t.pos, diag.SuggestHint(t.text, statementWords, true), "expected a statement, found %s", describe(t))
	} else {
		p.unexpected("a statement")
	}
	return &ast.Bad{Place: ast.At(t.pos)}
}

// relation reads STREAM or TABLE.
func (p *parser) relation(after string) ast.Relation {
	switch {
	case p.accept("STREAM"):
	case p.accept("TABLE"):
		return ast.Table
	default:
		p.unexpected("STREAM or TABLE after " + after)
	}
	return ast.Stream
}

func (p *parser) create() ast.Body {
	c := &ast.Create{Place: ast.At(p.next().pos)}
	c.OrReplace = p.acceptSeq("OR", "REPLACE")
	c.Relation = p.relation("CREATE")
	at := p.cur().pos
	if p.acceptSeq("IF", "NOT", "EXISTS") {
		c.IfNotExists = true
	}
	if p.isSeq("OR", "REPLACE") {
		at = p.cur().pos
		p.i += 2
		c.OrReplace = true
	}
	if c.OrReplace && c.IfNotExists {
		p.failf(diag.Syntax, at, "write one of them", "IF NOT EXISTS and OR REPLACE exclude each other")
		return c
	}
	c.Name = p.ident("a name after CREATE " + c.Relation.String())
	if p.op("(") {
		p.i++
		c.HasColumns = true
		c.Columns, c.PrimaryKey = p.columnDefs(true)
		p.expectOp(")", " after the columns")
	}
	if p.is("WITH") && p.peek(1).op("(") {
		c.With = p.options()
	}
	if p.accept("AS") {
		c.Query = p.query(roleSink)
		return c
	}
	for _, col := range c.Columns {
		if col.Type == nil && !p.failed {
			p.failf(diag.Syntax, col.Name.Position, "write "+col.Name.Name+" STRING, or AS SELECT … after the list", "column %q has no type", col.Name.Name)
		}
	}
	return c
}

// columnDefs reads name TYPE [NOT NULL] [PRIMARY KEY], …, and PRIMARY KEY (a, b).
func (p *parser) columnDefs(untyped bool) ([]*ast.ColumnDef, []ast.Ident) {
	var cols []*ast.ColumnDef
	var key []ast.Ident
	seen := map[string]bool{}
	p.list(func() {
		if at := p.cur().pos; p.isSeq("PRIMARY", "KEY") && p.peek(2).op("(") {
			p.i += 2
			if key != nil {
				p.failf(diag.Syntax, at, "", "PRIMARY KEY is said twice")
			}
			key = p.identList("a column")
			return
		}
		c := p.columnDef(untyped)
		if seen[c.Name.Name] && !p.failed {
			p.failf(diag.Duplicate, c.Position, "", "column %q is declared twice", c.Name.Name)
		}
		seen[c.Name.Name] = true
		cols = append(cols, c)
	})
	for _, k := range key {
		if !seen[k.Name] && !p.failed {
			p.failf(diag.UnknownColumn, k.Position, "", "PRIMARY KEY names %q, which is not declared", k.Name)
		}
	}
	return cols, key
}

func (p *parser) columnDef(untyped bool) *ast.ColumnDef {
	c := &ast.ColumnDef{Place: ast.At(p.cur().pos), Name: p.ident("a column's name")}
	if !untyped || !p.op(",") && !p.op(")") && !p.isSeq("PRIMARY", "KEY") && !p.isSeq("NOT", "NULL") {
		c.Type = p.typeName()
	}
	for !p.failed {
		at := p.cur().pos
		switch {
		case p.acceptSeq("NOT", "NULL"):
			if c.NotNull {
				p.failf(diag.Syntax, at, "", "NOT NULL is said twice")
			}
			c.NotNull = true
		case p.acceptSeq("PRIMARY", "KEY"):
			if c.PrimaryKey {
				p.failf(diag.Syntax, at, "", "PRIMARY KEY is said twice")
			}
			c.PrimaryKey = true
		default:
			return c
		}
	}
	return c
}

func (p *parser) insert() ast.Body {
	in := &ast.Insert{Place: ast.At(p.next().pos)}
	p.expect("INTO", " after INSERT")
	in.Target = p.ident("a sink after INSERT INTO")
	if p.op("(") && !p.startsQuery() {
		in.HasColumns = true
		in.Columns = p.identList("a column")
		seen := map[string]bool{}
		for _, c := range in.Columns {
			if seen[c.Name] && !p.failed {
				p.failf(diag.Duplicate, c.Position, "", "column %q is listed twice", c.Name)
			}
			seen[c.Name] = true
		}
	}
	in.Query = p.query(roleSink)
	if v, ok := in.Query.Body.(*ast.Values); ok && in.HasColumns && len(v.Rows) > 0 && !p.failed && len(v.Rows[0]) != len(in.Columns) {
		p.failf(diag.Arity, v.Position, "", "INSERT lists %d columns and VALUES has %d", len(in.Columns), len(v.Rows[0]))
	}
	return in
}

func (p *parser) drop() ast.Body {
	d := &ast.Drop{Place: ast.At(p.next().pos), Relation: p.relation("DROP")}
	d.IfExists = p.acceptSeq("IF", "EXISTS")
	d.Name = p.ident("a name after DROP " + d.Relation.String())
	return d
}

// showKinds says which name each SHOW takes: 0 none, 1 maybe one, 2 one.
var showKinds = map[string]int{"STREAMS": 0, "TABLES": 0, "TOPICS": 0, "FUNCTIONS": 0, "JOBS": 0, "SCHEMA": 2,
	"STATUS": 1, "METRICS": 1, "PARTITIONS": 2, "PROPERTIES": 2, "VERSIONS": 2}

var showWords = []string{"STREAMS", "TABLES", "TOPICS", "FUNCTIONS", "JOBS", "SCHEMA", "STATUS", "METRICS",
	"PARTITIONS", "PROPERTIES", "VERSIONS"}

func (p *parser) show() ast.Body {
	s := &ast.Show{Place: ast.At(p.next().pos)}
	t := p.cur()
	names, ok := showKinds[t.upper]
	if !ok || t.kind != tWord {
		if t.kind == tWord {
			p.failf(diag.Syntax, t.pos, diag.SuggestHint(t.text, showWords, true), "unknown SHOW %s", t.text)
		} else {
			p.unexpected("what to show, such as STREAMS,")
		}
		return s
	}
	p.i++
	s.Kind = ast.ShowKind(t.upper)
	if names == 2 || names == 1 && !p.atEnd() && !p.is("LIKE") {
		id := p.ident("a name after SHOW " + t.upper)
		s.Name = &id
	}
	if p.accept("LIKE") {
		s.Like = p.stringLit("a pattern after LIKE")
	}
	return s
}

// job reads START, STOP, PAUSE, RESUME, DEPLOY and ROLLBACK JOB.
func (p *parser) job() ast.Body {
	t := p.next()
	place := ast.At(t.pos)
	p.expect("JOB", " after "+t.upper)
	name := p.ident("a job's name")
	switch t.upper {
	case "STOP":
		return &ast.StopJob{Place: place, Name: name, Force: p.accept("FORCE")}
	case "PAUSE":
		return &ast.PauseJob{Place: place, Name: name}
	case "RESUME":
		return &ast.ResumeJob{Place: place, Name: name}
	case "ROLLBACK":
		r := &ast.RollbackJob{Place: place, Name: name}
		if p.accept("VERSION") {
			r.Version = p.stringLit("a version in quotes")
		}
		return r
	case "START":
		p.expect("AS", " after the job's name")
		return &ast.StartJob{Place: place, Name: name, Body: p.jobBody()}
	}
	d := &ast.DeployJob{Place: place, Name: name}
	p.expect("VERSION", " after the job's name")
	d.Version = p.stringLit("a version in quotes")
	p.expect("AS", " after the version")
	p.deploy = true
	d.Body = p.jobBody()
	if p.accept("STRATEGY") {
		p.strategy(d)
	}
	return d
}

func (p *parser) jobBody() ast.Body {
	t := p.cur()
	if t.is("SELECT") || t.is("VALUES") || t.is("WITH") || t.is("INSERT") || t.is("CREATE") || t.op("(") {
		b := p.body()
		if c, ok := b.(*ast.Create); ok && c.Query == nil && !p.failed {
			p.failf(diag.Syntax, p.cur().pos, "", "a job needs a query: CREATE … AS SELECT …")
		}
		return b
	}
	p.unexpected("SELECT, INSERT or CREATE … AS for the job")
	return &ast.Bad{Place: ast.At(t.pos)}
}

func (p *parser) strategy(d *ast.DeployJob) {
	t := p.cur()
	d.Strategy = ast.Strategy(t.upper)
	switch {
	case p.accept("BLUE_GREEN"), p.accept("ROLLING"), p.accept("REPLACE"):
	case p.accept("CANARY"):
		p.expectOp("(", " after CANARY")
		n := p.cur()
		v, err := strconv.ParseFloat(n.text, 64)
		if n.kind != tInt && n.kind != tDecimal || err != nil {
			p.unexpected("a percentage")
			return
		}
		if v <= 0 || v > 100 {
			p.failf(diag.Value, n.pos, "", "percentage of CANARY is above 0 and at most 100, not %s", n.text)
			return
		}
		p.i++
		if p.op("%") {
			p.i++
		}
		d.Percent = v
		p.expectOp(")", " after the percentage")
	default:
		p.unexpected("BLUE_GREEN, CANARY(p), ROLLING or REPLACE after STRATEGY")
	}
}
