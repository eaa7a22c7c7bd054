package planner

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// listing is what SHOW, DESCRIBE and EXPLAIN answer: rows of texts, integers
// and NULLs (nil).
type listing struct {
	cols []logical.Field
	rows [][]any
	like func(string) bool // of the first column
}

func newListing(like *ast.StringLit, columns ...string) *listing {
	l := &listing{like: func(string) bool { return true }}
	if like != nil {
		l.like = likePattern(like.Value)
	}
	for _, c := range columns {
		name, integer := strings.CutSuffix(c, "#")
		var t arrow.DataType = vec.TypeString
		if integer {
			t = vec.TypeInt64
		}
		l.cols = append(l.cols, logical.Field{Name: name, Type: t})
	}
	return l
}

func (l *listing) add(values ...any) {
	if s, ok := values[0].(string); !ok || l.like(s) {
		l.rows = append(l.rows, values)
	}
}

func (l *listing) sort() {
	sort.SliceStable(l.rows, func(i, j int) bool { return l.rows[i][0].(string) < l.rows[j][0].(string) })
}

// values are the rows as a plan.
func (l *listing) values() *logical.Values {
	v := &logical.Values{Out: l.cols}
	for _, r := range l.rows {
		var list []expr.Expr
		for i, x := range r {
			switch x := x.(type) {
			case string:
				list = append(list, expr.StringConst(x))
			case int64:
				list = append(list, expr.IntConst(x))
			default:
				list = append(list, expr.NullConst(l.cols[i].Type))
			}
		}
		v.Rows = append(v.Rows, list)
	}
	return v
}

// answer makes a statement whose rows are a plan's.
func (c *compiler) answer(s *ast.Statement, v *logical.Values) {
	st := &Statement{Name: c.statementName(), text: s.Text, policy: arrowexec.LogAndContinue}
	st.bound = &bind.Bound{Node: v, Visible: len(v.Out), Key: -1, Headers: -1, Time: -1, Bounded: true}
	st.sink = c.addSink(&sinkDef{name: st.Name, typ: "rows", keys: newKeyset()})
	st.finish("")
	c.app.Statements = append(c.app.Statements, st)
}

// show compiles EXPLAIN, DESCRIBE and SHOW.
func (c *compiler) show(s *ast.Statement, body ast.Body) {
	switch b := body.(type) {
	case *ast.Explain:
		c.explain(s, b)
	case *ast.Describe:
		if l := c.describe(b); l != nil {
			c.answer(s, l.values())
		}
	case *ast.Show:
		if l := c.listed(b); l != nil {
			c.answer(s, l.values())
		}
	}
}

// listed makes the rows of SHOW; nil when it was refused.
func (c *compiler) listed(b *ast.Show) *listing {
	switch b.Kind {
	case ast.ShowStreams, ast.ShowTables:
		return c.showRelations(b)
	case ast.ShowFunctions:
		return c.showFunctions(b)
	case ast.ShowTopics:
		return c.showTopics(b)
	case ast.ShowSchema, ast.ShowPartitions, ast.ShowProperties:
		return c.showSource(b)
	}
	c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, b.Pos(), "SHOW %s is not supported yet: it needs the job server", b.Kind).WithHint("SHOW STREAMS, TABLES, TOPICS, FUNCTIONS, SCHEMA, PARTITIONS and PROPERTIES work without one"))
	return nil
}

// showRelations lists what the statements before make, and what --from gives.
func (c *compiler) showRelations(b *ast.Show) *listing {
	l := newListing(b.Like, "name", "origin")
	want := ast.Stream
	if b.Kind == ast.ShowTables {
		want = ast.Table
	}
	seen := map[string]bool{}
	path := func(name string) string {
		for _, f := range c.o.From {
			if strings.EqualFold(f.Name, name) {
				return f.Path
			}
		}
		return ""
	}
	for key, d := range c.declared {
		seen[key] = true
		origin := path(d.create.Name.Name)
		if origin == "" {
			origin = "declared"
		}
		if d.create.Relation == want {
			l.add(d.create.Name.Name, origin)
		}
	}
	for key, st := range c.streams {
		seen[key] = true
		if st.relation() == want && !st.broken {
			l.add(st.Name, "query")
		}
	}
	if want == ast.Stream {
		for _, f := range c.o.From {
			if !seen[strings.ToLower(f.Name)] {
				l.add(f.Name, f.Path)
			}
		}
	}
	l.sort()
	return l
}

func (c *compiler) showFunctions(b *ast.Show) *listing {
	l := newListing(b.Like, "name", "kind", "signature", "description")
	for _, f := range append(slices.Clone(c.o.Funcs.Funcs()), expr.Special()...) {
		if f.Family != "Operator" {
			l.add(f.Name, strings.ToLower(f.Family), f.Signature, f.Doc)
		}
	}
	for _, f := range c.o.Aggs {
		if !f.Internal {
			l.add(f.Name, "aggregate", f.Signature, f.Doc)
		}
	}
	for _, f := range agg.OverOnly() {
		l.add(f.Name, "over only", f.Signature, f.Doc)
	}
	l.sort()
	return l
}

// showTopics lists the topics of the broker, and those of captures that --from
// or a declaration names.
func (c *compiler) showTopics(b *ast.Show) *listing {
	l := newListing(b.Like, "name", "partitions#", "records#", "origin")
	if c.o.Mode == Validate {
		return l
	}
	asked := false
	group := func(parts []ingest.Part, origin string) {
		at := map[string]int{}
		for _, p := range parts {
			i, ok := at[p.Topic]
			if !ok {
				i = len(l.rows)
				l.add(p.Topic, int64(0), int64(0), origin)
				if len(l.rows) == i {
					continue // not LIKE it
				}
				at[p.Topic] = i
			}
			r := l.rows[i]
			r[1] = r[1].(int64) + 1
			r[2] = r[2].(int64) + p.Records
		}
	}
	brokers := map[string]bool{}
	ask := func(k *keyset, at ast.Pos) bool {
		for _, t := range c.o.Registry.Sources {
			if t.Topics == nil {
				continue
			}
			broker := k.props.String("localhost:9092", "bootstrap.servers")
			if brokers[broker] {
				continue
			}
			brokers[broker], asked = true, true
			parts, err := t.Topics(c.ctx, ingest.SourceSpec{Name: "topics", Props: k.props, Env: c.o.Env})
			if err != nil {
				c.openError("SHOW TOPICS", k, at, err)
				return false
			}
			group(parts, broker)
		}
		return true
	}
	connection := func(k *keyset) *keyset {
		out := newKeyset()
		for _, p := range k.props.All() {
			if p.Key == "bootstrap.servers" || strings.HasPrefix(p.Key, "sasl.") || strings.HasPrefix(p.Key, "ssl.") || p.Key == "security.protocol" {
				out.set(p.Key, p.Value, p.Where, k.at[p.Key])
			}
		}
		t, _ := c.o.Registry.Source("kafka_source")
		c.connectKafka(out, t.Keys)
		return out
	}
	if c.o.Broker != "" && !ask(connection(newKeyset()), b.Pos()) {
		return nil
	}
	for _, d := range c.declarations() {
		typ, _ := d.keys.props.Get("type")
		if strings.HasPrefix(typ, "kafka") && !c.bound(d.create.Name.Name) && !ask(connection(d.keys), b.Pos()) {
			return nil
		}
	}
	for _, f := range c.o.From {
		rel := (&relations{c: c, keys: map[string]*keyset{}, used: map[string]bool{}}).Named(&ast.NamedSource{Place: b.Place, Name: []ast.Ident{{Place: b.Place, Name: f.Name}}})
		if rel == nil {
			return nil
		}
		parts, ok := c.parts(rel, b.Pos())
		if !ok {
			return nil
		}
		asked = true
		parts = slices.DeleteFunc(parts, func(p ingest.Part) bool { return p.Records < 0 }) // plain files are no topics
		group(parts, f.Path)
	}
	if !asked {
		c.errs.Add(diag.Errorf(diag.MissingKey, c.o.Source, b.Pos(), "SHOW TOPICS does not know where to look").WithHint("give --broker HOST:PORT, or --from NAME=PATH of a capture"))
		return nil
	}
	l.sort()
	return l
}

// declarations are those there are, by name.
func (c *compiler) declarations() []*declaration {
	var keys []string
	for k := range c.declared {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var out []*declaration
	for _, k := range keys {
		out = append(out, c.declared[k])
	}
	return out
}

// likePattern compiles the pattern of SHOW … LIKE.
func likePattern(p string) func(string) bool {
	var sb strings.Builder
	sb.WriteString("(?is)^")
	escaped := false
	for _, r := range p {
		switch {
		case escaped:
			escaped = false
			sb.WriteString(regexp.QuoteMeta(string(r)))
		case r == '\\':
			escaped = true
		case r == '%':
			sb.WriteString(".*")
		case r == '_':
			sb.WriteString(".")
		default:
			sb.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	sb.WriteString("$")
	return regexp.MustCompile(sb.String()).MatchString
}
