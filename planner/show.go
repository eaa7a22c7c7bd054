package planner

import (
	"regexp"
	"sort"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// show compiles EXPLAIN, DESCRIBE and SHOW to rows of text.
func (c *compiler) show(s *ast.Statement, body ast.Body) {
	var names []string
	var rows [][]string
	switch b := body.(type) {
	case *ast.Explain:
		if b.Analyze {
			c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, b.Pos(), "EXPLAIN ANALYZE in SQL is not supported yet").WithHint("use velo-sql explain --analyze"))
			return
		}
		before := len(c.app.Statements)
		c.statement(s, b.Body)
		if len(c.app.Statements) == before || c.errs.HasErrors() || c.usage != nil {
			return
		}
		st := c.app.Statements[before]
		c.app.Statements = c.app.Statements[:before]
		c.app.sinks = c.app.sinks[:len(c.app.sinks)-1]
		names = []string{"plan"}
		for _, l := range strings.Split(strings.TrimRight(logical.Tree(c.app.named(st.bound.Node)), "\n"), "\n") {
			rows = append(rows, []string{l})
		}
	case *ast.Describe:
		r := &relations{c: c, keys: map[string]*keyset{}, used: map[string]bool{}}
		var rel *bind.Relation
		if b.URI != nil {
			rel = r.URI(&ast.URISource{Place: b.Place, URI: b.URI.Value})
		} else {
			rel = r.Named(&ast.NamedSource{Place: b.Name.Place, Name: []ast.Ident{b.Name}})
		}
		if rel == nil {
			return
		}
		names = []string{"column", "type", "kind"}
		for _, f := range rel.Node.Fields() {
			kind := "payload"
			if f.System {
				kind = "system"
			}
			rows = append(rows, []string{f.Name, expr.TypeName(f.Type), kind})
		}
	case *ast.Show:
		like := func(string) bool { return true }
		if b.Like != nil {
			like = likePattern(b.Like.Value)
		}
		add := func(cols ...string) {
			if like(cols[0]) {
				rows = append(rows, cols)
			}
		}
		switch b.Kind {
		case ast.ShowStreams, ast.ShowTables:
			names = []string{"name", "origin"}
			want := ast.Stream
			if b.Kind == ast.ShowTables {
				want = ast.Table
			}
			var list []string
			for _, d := range c.declared {
				if d.create.Relation == want {
					list = append(list, d.create.Name.Name)
				}
			}
			sort.Strings(list)
			for _, n := range list {
				add(n, "declared")
			}
			if want == ast.Stream {
				for _, f := range c.o.From {
					add(f.Name, f.Path)
				}
			}
		case ast.ShowFunctions:
			names = []string{"name", "kind", "signature", "description"}
			for _, f := range c.o.Funcs.Funcs() {
				if f.Family != "Operator" {
					add(f.Name, strings.ToLower(f.Family), f.Signature, f.Doc)
				}
			}
			for _, f := range c.o.Aggs {
				add(f.Name, "aggregate", f.Signature, f.Doc)
			}
			sort.SliceStable(rows, func(i, j int) bool { return rows[i][0] < rows[j][0] })
		default:
			c.fail(diag.Refused, b.Pos(), "SHOW %s is not supported yet", b.Kind)
			return
		}
	}
	v := &logical.Values{}
	for _, n := range names {
		v.Out = append(v.Out, logical.Field{Name: n, Type: vec.TypeString})
	}
	for _, r := range rows {
		var list []expr.Expr
		for _, x := range r {
			list = append(list, expr.StringConst(x))
		}
		v.Rows = append(v.Rows, list)
	}
	st := &Statement{Name: c.statementName(), text: s.Text, policy: arrowexec.LogAndContinue}
	st.bound = &bind.Bound{Node: v, Visible: len(names), Key: -1, Headers: -1, Time: -1, Bounded: true}
	st.sink = c.addSink(&sinkDef{name: st.Name, typ: "rows", keys: newKeyset()})
	st.finish()
	c.app.Statements = append(c.app.Statements, st)
}

// likePattern compiles the pattern of SHOW … LIKE.
func likePattern(p string) func(string) bool {
	var sb strings.Builder
	sb.WriteString("(?is)^")
	for _, r := range p {
		switch r {
		case '%':
			sb.WriteString(".*")
		case '_':
			sb.WriteString(".")
		default:
			sb.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	sb.WriteString("$")
	re := regexp.MustCompile(sb.String())
	return re.MatchString
}
