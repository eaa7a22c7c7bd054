package parse

import (
	"slices"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// nullFunctions take IGNORE NULLS.
var nullFunctions = words("FIRST", "FIRST_VALUE", "LAST", "LAST_VALUE", "LAG", "LEAD", "NTH_VALUE")

// takesDurations reports whether arguments of the function may be durations.
func takesDurations(name string) bool {
	if name == "TIME_BUCKET" {
		return true
	}
	base, ok := strings.CutSuffix(name, "_START")
	if !ok {
		base, ok = strings.CutSuffix(name, "_END")
	}
	return ok && (windowKinds[base].word || base == "WINDOW")
}

// call reads a function call; the name is the current token, `(` the next.
func (p *parser) call() ast.Expr {
	t := p.next()
	open := p.next().pos
	c := &ast.Call{Place: ast.At(t.pos), Name: t.upper}
	switch t.upper {
	case "CAST", "TRY_CAST":
		return p.cast(t)
	case "EXTRACT":
		return p.extract(t)
	case "STRUCT":
		return p.structExpr(t)
	case "ARRAY", "MAP":
		if p.startsQuery() {
			p.refuse(t.pos, t.upper+"(SELECT …)", "write (SELECT ARRAY_AGG(x) FROM …)")
			return c
		}
		return p.constructor(t, ")")
	case "OVERLAY":
		p.refuse(t.pos, "OVERLAY", "write SUBSTRING and ||")
		return c
	case "UNNEST":
		p.refuse(t.pos, "UNNEST outside FROM", "write FROM source CROSS JOIN UNNEST(array) AS item")
		return c
	case "SUBSTRING", "SUBSTR":
		p.substring(c)
	case "POSITION":
		p.position(c)
	case "TRIM":
		p.trim(c)
	default:
		p.arguments(c)
	}
	p.expectOp(")", " after the arguments of "+t.upper)
	p.callTail(c)
	if !p.failed {
		p.checkCall(c, open)
	}
	return c
}

// arguments reads [DISTINCT|ALL] args [IGNORE NULLS] [ORDER BY …].
func (p *parser) arguments(c *ast.Call) {
	if p.op("*") {
		at := p.next().pos
		if c.Name != "COUNT" {
			p.failf(diag.Syntax, at, "", "only COUNT takes *")
		}
		c.Star = true
		return
	}
	if p.op(")") {
		return
	}
	// DISTINCT is reserved; ALL is a column if nothing that could be one follows.
	if p.accept("DISTINCT") {
		c.Distinct = true
	} else if p.is("ALL") && !p.peek(1).op(")") && !p.peek(1).op(",") {
		p.i++
	}
	durations := takesDurations(c.Name)
	p.list(func() {
		if durations && p.isDuration() && !p.isInterval() {
			if d := p.duration("the argument"); d != nil {
				c.Args = append(c.Args, &ast.DurationLit{Duration: *d})
			}
			return
		}
		c.Args = append(c.Args, p.expr(precLowest))
	})
	p.nullTreatment(c)
	if p.acceptSeq("ORDER", "BY") {
		c.OrderBy = p.orderItems()
	}
	p.nullTreatment(c)
}

func (p *parser) nullTreatment(c *ast.Call) {
	t := p.cur()
	ignore := p.isSeq("IGNORE", "NULLS")
	if !ignore && !p.isSeq("RESPECT", "NULLS") {
		return
	}
	if c.Nulls != ast.NullsUnset {
		p.failf(diag.Syntax, t.pos, "", "NULLS is said twice")
		return
	}
	if !nullFunctions[c.Name] {
		p.refuse(t.pos, t.upper+" NULLS of "+c.Name, "FIRST, LAST, LAG, LEAD and NTH_VALUE take it")
		return
	}
	p.i += 2
	c.Nulls = ast.RespectNulls
	if ignore {
		c.Nulls = ast.IgnoreNulls
	}
}

// callTail reads WITHIN GROUP, FILTER, IGNORE NULLS and OVER.
func (p *parser) callTail(c *ast.Call) {
	if p.isSeq("WITHIN", "GROUP") {
		p.i += 2
		p.expectOp("(", " after WITHIN GROUP")
		p.expect("ORDER", " BY in WITHIN GROUP")
		p.expect("BY", "")
		c.WithinGroup = p.orderItems()
		p.expectOp(")", "")
	}
	p.nullTreatment(c)
	if p.is("FILTER") && p.peek(1).op("(") {
		p.i += 2
		p.expect("WHERE", " in FILTER")
		c.Filter = p.expr(precLowest)
		p.expectOp(")", " after FILTER (WHERE …")
	}
	p.nullTreatment(c)
	switch {
	case p.is("OVER") && p.peek(1).op("("):
		c.Over = p.over()
	case p.is("OVER") && p.peek(1).kind == tWord && !p.isClause(1):
		p.refuse(p.peek(1).pos, "named windows", "write the window out: OVER (…)")
	}
}

func (p *parser) checkCall(c *ast.Call, open diag.Pos) {
	switch {
	case c.Name == "COUNT" && !c.Star && len(c.Args) == 0:
		p.refuse(c.Position, "COUNT()", "write COUNT(*)")
	case c.Name == "COUNT" && len(c.Args) > 1:
		p.refuse(c.Position, "COUNT(a, b)", "write COUNT(*) FILTER (WHERE …), or COUNT of one expression")
	case c.Distinct && c.Over != nil:
		p.refuse(c.Position, c.Name+"(DISTINCT …) OVER", "compute it in a query around this one")
	case c.Distinct && len(c.Args) == 0:
		p.failf(diag.Syntax, open, "", "DISTINCT needs an argument")
	case len(c.OrderBy) > 0 && len(c.WithinGroup) > 0:
		p.failf(diag.Syntax, c.WithinGroup[0].Position, "", "ORDER BY is said twice, inside the parentheses and in WITHIN GROUP")
	}
}

func (p *parser) cast(t *token) ast.Expr {
	c := &ast.Cast{Place: ast.At(t.pos), Try: t.upper == "TRY_CAST", X: p.expr(precLowest)}
	p.expect("AS", " in "+t.upper)
	c.Type = p.typeName()
	p.expectOp(")", " after the type")
	return c
}

func (p *parser) extract(t *token) ast.Expr {
	u := p.cur()
	if u.kind != tWord && u.kind != tString && u.kind != tQuoted {
		p.unexpected("a unit such as YEAR in EXTRACT")
		return &ast.BadExpr{Place: ast.At(t.pos)}
	}
	p.i++
	e := &ast.Extract{Place: ast.At(t.pos), Unit: strings.ToUpper(u.text), UnitPos: u.pos}
	if p.op(",") {
		p.failf(diag.Syntax, p.cur().pos, "write EXTRACT("+e.Unit+" FROM time), or DATE_PART('"+strings.ToLower(e.Unit)+"', time)", "expected FROM in EXTRACT, found \",\"")
		return e
	}
	p.expect("FROM", " in EXTRACT")
	e.X = p.expr(precLowest)
	p.expectOp(")", "")
	return e
}

func (p *parser) structExpr(t *token) ast.Expr {
	s := &ast.StructExpr{Place: ast.At(t.pos)}
	p.list(func() {
		item := ast.StructItem{Expr: p.expr(precLowest)}
		if p.accept("AS") {
			id := p.anyIdent("a field's name after AS")
			item.Alias = &id
		}
		s.Fields = append(s.Fields, item)
	})
	p.expectOp(")", " after the fields of STRUCT")
	return s
}

// substring reads SUBSTRING(s, 2, 3) and SUBSTRING(s FROM 2 FOR 3).
func (p *parser) substring(c *ast.Call) {
	if p.op(")") {
		return
	}
	c.Args = append(c.Args, p.expr(precLowest))
	if p.acceptOp(",") {
		p.list(func() { c.Args = append(c.Args, p.expr(precLowest)) })
		return
	}
	if at := p.cur().pos; p.is("FROM") || p.is("FOR") {
		var from, length ast.Expr
		for p.is("FROM") && from == nil || p.is("FOR") && length == nil {
			if p.next().upper == "FROM" {
				from = p.expr(precLowest)
			} else {
				length = p.expr(precLowest)
			}
		}
		if from == nil {
			from = &ast.IntLit{Place: ast.At(at), Text: "1", Value: 1}
		}
		c.Args = append(c.Args, from)
		if length != nil {
			c.Args = append(c.Args, length)
		}
	}
}

// position reads POSITION(a IN s) and POSITION(a, s).
func (p *parser) position(c *ast.Call) {
	if p.op(")") {
		return
	}
	c.Args = append(c.Args, p.expr(precCompare+1))
	if p.accept("IN") {
		c.Args = append(c.Args, p.expr(precCompare+1))
		return
	}
	if p.acceptOp(",") {
		p.list(func() { c.Args = append(c.Args, p.expr(precLowest)) })
	}
}

// trim reads TRIM(s), TRIM(s, c), TRIM([BOTH|LEADING|TRAILING] [c] FROM s).
func (p *parser) trim(c *ast.Call) {
	if p.op(")") {
		return
	}
	side := p.cur()
	sides := map[string]string{"BOTH": "TRIM", "LEADING": "LTRIM", "TRAILING": "RTRIM"}
	name, ok := sides[side.upper]
	if n := p.peek(1); ok && side.kind == tWord && !n.op(")") && !n.op(",") && !n.op(".") {
		p.i++
		c.Name = name
	}
	if p.accept("FROM") { // TRIM(FROM s) and TRIM(LEADING FROM s)
		c.Args = append(c.Args, p.expr(precLowest))
		return
	}
	c.Args = append(c.Args, p.expr(precLowest))
	if p.accept("FROM") {
		c.Args = slices.Insert(c.Args, 0, p.expr(precLowest))
		return
	}
	if p.acceptOp(",") {
		p.list(func() { c.Args = append(c.Args, p.expr(precLowest)) })
	}
}
