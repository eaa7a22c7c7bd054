package planner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/parse"
)

// Error is a statement error: what is wrong with the SQL, where, and what to do
// about it. Compile returns an [Errors] of them.
type Error = diag.Diagnostic

// Errors are all statement errors of a text, ordered by place. Render shows
// them with the lines they are about.
type Errors = diag.List

// App is a compiled application: statements, their sources and sinks.
type App struct {
	Statements []*Statement
	Warnings   Errors
	// Unchecked names sources whose columns are not known (Validate only).
	Unchecked []string

	o       Options
	sources []*source
	sinks   []*sinkDef
	printed int // sinks that print rows
	name    string
	built   []built // the operators of the run, for WhyEmpty
	// explained is what EXPLAIN is about.
	explained *App
	logging   sync.Mutex
	again     func(context.Context, Options) (*App, error) // compiles the text anew; nil: part of another is run
}

// compiler is the state of one Compile.
type compiler struct {
	ctx        context.Context
	o          Options
	errs       diag.List
	app        *App
	aggs       map[string]*agg.Func
	declared   map[string]*declaration
	streams    map[string]*Statement // made by CREATE … AS, by lower-case name
	all        []*ast.Statement
	unparsed   bool                 // a statement could not be read
	failed     []*ast.Statement     // those that are wrong
	at         int                  // statement being compiled
	job        string               // what that is called; "": nothing yet
	quoted     bool                 // the source being opened is a path or URI
	creating   ast.Relation         // what the CREATE … AS being compiled makes
	created    *ast.Create          // that statement; nil: it is another
	routed     map[*ast.Option]bool // options behind a URI that mean something else
	warned     map[string]bool      // YAML files with sections that mean nothing
	defaults   []yamlProp           // keys of --config
	taken      map[string]bool      // keys of --set that found their place
	told       map[string]bool      // keys of -X that a source or sink knows
	yamlFormat map[yamlKey]bool     // the same for keys of YAML files
	setFormat  map[string]bool      // keys of formats of --set, with whether one has the format
	read       map[string]bool      // names of --from that a statement reads
	usage      error
}

// declaration is a CREATE STREAM|TABLE without a query.
type declaration struct {
	create *ast.Create
	keys   *keyset
	used   bool
}

// Compile reads a text of one or more statements. The error is an [Errors] when
// the SQL is at fault, and an error of class [ingest.ErrUsage] when a source
// cannot be found; nothing was read then but the first records of sources whose
// columns had to be inferred. The caller closes the App.
func Compile(ctx context.Context, text string, o Options) (*App, error) {
	app, err := read(ctx, text, o).done()
	if err == nil {
		app.again = func(ctx context.Context, o Options) (*App, error) { return Compile(ctx, text, o) }
	}
	return app, err
}

// read makes a compiler of a text.
func read(ctx context.Context, text string, o Options) *compiler {
	if o.Source == "" {
		o.Source = "query"
	}
	stmts, errs := parse.Statements(o.Source, text, parse.Options{Variables: parse.Variables{Vars: o.Vars, Env: o.LookupEnv}})
	list := make([]*ast.Statement, len(stmts))
	for i := range stmts {
		list[i] = &stmts[i]
	}
	return newCompiler(ctx, list, errs, o)
}

// newCompiler makes a compiler of statements that were read; errs are those of
// reading them.
func newCompiler(ctx context.Context, list []*ast.Statement, errs diag.List, o Options) *compiler {
	c := &compiler{ctx: ctx, o: o, all: list, errs: errs, unparsed: errs.HasErrors(), app: &App{o: o}, declared: map[string]*declaration{}, streams: map[string]*Statement{}, aggs: map[string]*agg.Func{}, routed: map[*ast.Option]bool{}, warned: map[string]bool{}, taken: map[string]bool{}, told: map[string]bool{}, setFormat: map[string]bool{}, yamlFormat: map[yamlKey]bool{}, read: map[string]bool{}}
	for _, f := range o.Aggs {
		c.aggs[f.Name] = f
		for _, a := range f.Aliases {
			c.aggs[a] = f
		}
	}
	c.app.name = c.appName()
	return c
}

// compile compiles all statements.
func (c *compiler) compile() {
	if c.o.ConfigFile != "" {
		c.loadConfig(c.o.ConfigFile)
	}
	c.oneQuery()
	for i, s := range c.all {
		c.at, c.job = i, ""
		before := len(c.errs.Errors())
		if c.statement(s, s.Body); len(c.errs.Errors()) > before {
			c.failed = append(c.failed, s)
		}
	}
	if c.o.Mode == Query && !c.errs.HasErrors() && c.usage == nil && len(c.app.Statements) == 0 {
		c.errs.Add(diag.Errorf(diag.Syntax, c.o.Source, diag.Pos{Line: 1, Col: 1}, "there is no query to run"))
	}
	c.unplaced()
	c.unread()
	c.advise()
	c.wire()
	c.app.Warnings = c.errs.Warnings().Sorted()
}

// done compiles and gives the application, or what is wrong.
func (c *compiler) done() (*App, error) {
	c.compile()
	if c.errs.HasErrors() {
		c.app.Close()
		return nil, c.errs.Sorted()
	}
	if c.usage != nil {
		c.app.Close()
		return nil, c.usage
	}
	return c.app, nil
}

// oneQuery reports what is too much for velo-sql query: it runs declarations,
// then one query.
func (c *compiler) oneQuery() {
	if c.o.Mode != Query {
		return
	}
	var first *ast.Statement
	for _, s := range c.all {
		switch b := s.Body.(type) {
		case *ast.Query, *ast.Show, *ast.Describe, *ast.Explain:
			if first != nil {
				c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, s.Pos(), "a query runs declarations and then one query; this is the second").WithHint("run them one by one, or as an application with velo-sql run or replay"))
				continue
			}
			first = s
		case *ast.Insert:
			c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, b.Pos(), "INSERT is no query").WithHint("use velo-sql run, or replay with --from"))
		default:
			if _, bad := s.Body.(*ast.Bad); first != nil && !bad {
				c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, s.Pos(), "nothing may follow the query").WithHint("put declarations before it"))
			}
		}
	}
}

// appName is @app, @name, or the file's name without its extension.
func (c *compiler) appName() string {
	for _, s := range c.all {
		for _, k := range []string{"app", "name"} {
			if v, ok := s.Annotation(k); ok && v != "" {
				return v
			}
		}
	}
	base := filepath.Base(c.o.Source)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// Close closes all sources that were opened for the compilation.
func (a *App) Close() error {
	var first error
	for _, s := range a.sources {
		if s.connector != nil {
			if err := s.connector.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	if a.explained != nil {
		first = errors.Join(first, a.explained.Close())
	}
	return first
}

// Name is the application's name.
func (a *App) Name() string { return a.name }

// statement compiles one statement.
func (c *compiler) statement(s *ast.Statement, body ast.Body) {
	switch b := body.(type) {
	case *ast.Bad: // what it would have made is known, so that its readers are not reported too
		if b.Creates != nil {
			c.streams[strings.ToLower(b.Creates.Name)] = &Statement{Name: b.Creates.Name, broken: true}
		}
	case *ast.Query:
		c.query(s, b, "", nil, nil)
	case *ast.Create:
		if b.Query == nil {
			c.declare(b)
			return
		}
		c.createAs(s, b)
	case *ast.Insert:
		c.insert(s, b)
	case *ast.Drop:
		c.drop(b)
	case *ast.Explain, *ast.Describe, *ast.Show:
		if c.o.Mode == Query || c.o.Mode == Validate {
			c.show(s, body)
			return
		}
		c.fail(diag.Refused, s.Pos(), "%s is a query of its own: use it in velo-sql query", strings.ToUpper(strings.Fields(s.Text + " ?")[0]))
	case *ast.StartJob, *ast.StopJob, *ast.PauseJob, *ast.ResumeJob, *ast.DeployJob, *ast.RollbackJob:
		c.fail(diag.Refused, s.Pos(), "%s JOB is not supported yet: it needs the job server", strings.ToUpper(strings.Fields(s.Text + " ?")[0]))
	}
}

func (c *compiler) fail(kind diag.Kind, at ast.Pos, format string, args ...any) {
	c.errs.Add(diag.Errorf(kind, c.o.Source, at, format, args...))
}

// declare notes a source declaration.
func (c *compiler) declare(b *ast.Create) {
	key := strings.ToLower(b.Name.Name)
	if !c.free(b) {
		return
	}
	if b.Relation == ast.Table {
		pk := len(b.PrimaryKey) > 0
		for _, col := range b.Columns {
			pk = pk || col.PrimaryKey
		}
		if t, ok := b.With.Get("topic"); ok && !pk && !c.bound(b.Name.Name) {
			c.errs.Add(diag.Errorf(diag.MissingKey, c.o.Source, t.Pos(), "table %q over a topic needs a PRIMARY KEY", b.Name.Name).WithHint("write PRIMARY KEY behind a column, or PRIMARY KEY (a, b) behind the columns"))
		}
	}
	d := &declaration{create: b, keys: newKeyset()}
	if b.With != nil {
		prefix := key + "."
		for _, it := range b.With.Items {
			k := strings.ToLower(it.Key)
			k = strings.TrimPrefix(k, prefix)
			c.config(d.keys, k, it, key)
			d.keys.set(k, it.Value, "", it.Pos())
		}
	}
	c.replace(key, b.Name.Pos())
	c.declared[key] = d
}

func (c *compiler) bound(name string) bool {
	return slices.ContainsFunc(c.o.From, func(b Binding) bool { return strings.EqualFold(b.Name, name) })
}

// createAs compiles CREATE STREAM|TABLE … AS SELECT.
func (c *compiler) createAs(s *ast.Statement, b *ast.Create) {
	key := strings.ToLower(b.Name.Name)
	if !c.free(b) {
		return
	}
	if !named(b.Query, key) { // else it reads the one that it replaces
		c.replace(key, b.Name.Pos())
	}
	c.creating, c.created = b.Relation, b
	st := c.query(s, b.Query, b.Name.Name, b.With, nil)
	c.creating, c.created = ast.Stream, nil
	c.replace(key, b.Name.Pos())
	if st == nil {
		c.streams[key] = &Statement{Name: b.Name.Name, broken: true}
		return
	}
	st.Creates, st.table, st.at = b.Name.Name, b.Relation == ast.Table, b.Name.Pos()
	if b.HasColumns {
		c.createColumns(st, b)
	}
	c.streams[key] = st
	if b.Relation == ast.Table && st.bound != nil && !st.bound.Grouped && !st.bound.Windowed && !st.deletes && !hasKey(b.Query) && len(keyColumns(b)) == 0 {
		c.errs.Add(diag.Warnf(diag.Suspicious, c.o.Source, b.Name.Pos(), "table %q has no key: nothing replaces its rows", b.Name.Name).WithHint("write PRIMARY KEY behind an item, or CREATE STREAM"))
	}
	if b.Relation == ast.Table && st.bound != nil && st.bound.Windowed {
		if !keyedByWindow(b) {
			c.errs.Add(diag.Warnf(diag.Window, c.o.Source, b.Name.Pos(), "table %q keeps one window per key: write _window_start PRIMARY KEY to keep them all", b.Name.Name))
		}
	}
}

// hasKey tells that an item of a query is a PRIMARY KEY.
func hasKey(q *ast.Query) bool {
	found := false
	ast.Inspect(q, func(n ast.Node) bool {
		it, ok := n.(*ast.SelectItem)
		found = found || ok && it.PrimaryKey
		return !found
	})
	return found
}

// createColumns checks the declared columns of CREATE … (cols) AS.
func (c *compiler) createColumns(st *Statement, b *ast.Create) {
	n := st.bound.Visible
	if len(b.Columns) != n {
		c.fail(diag.Arity, b.Name.Pos(), "%q declares %d columns and its query has %d", b.Name.Name, len(b.Columns), n)
		return
	}
	for i, col := range b.Columns {
		if col.Type != nil {
			t := bind.Type(col.Type)
			if !c.coerce(st, i, t, col.Pos()) {
				return
			}
		}
	}
	st.rename(b.Columns)
}

func (c *compiler) insert(s *ast.Statement, b *ast.Insert) {
	if c.o.Mode == Query {
		return // oneQuery has said so
	}
	d := c.declared[strings.ToLower(b.Target.Name)]
	known := d != nil || c.o.Mode == Replay || c.o.SinkFor[strings.ToLower(b.Target.Name)] != nil ||
		slices.ContainsFunc(c.o.To, func(x Binding) bool { return strings.EqualFold(x.Name, b.Target.Name) })
	if !known {
		known = mentions(b.Query, strings.ToLower(b.Target.Name)+".")
	}
	if st := c.streams[strings.ToLower(b.Target.Name)]; st != nil && st.broken {
		return // why was reported
	}
	if !known {
		var names []string
		for _, x := range c.declared {
			names = append(names, x.create.Name.Name)
		}
		slices.Sort(names)
		c.errs.Add(diag.Errorf(diag.UnknownSource, c.o.Source, b.Target.Pos(), "unknown sink %q", b.Target.Name).WithHint("%s", strings.TrimPrefix(diag.SuggestHint(b.Target.Name, names, true)+"; declare it with CREATE STREAM, or give --to "+b.Target.Name+"=PATH", "; ")))
		return
	}
	c.query(s, b.Query, b.Target.Name, nil, b)
}

// mentions tells whether a WITH list of a query has a key with a prefix.
func mentions(q *ast.Query, prefix string) bool {
	found := false
	look := func(o *ast.Options) {
		if o != nil {
			for _, it := range o.Items {
				found = found || strings.HasPrefix(strings.ToLower(it.Key), prefix)
			}
		}
	}
	look(q.With)
	ast.Inspect(q, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.NamedSource:
			look(x.With)
		case *ast.URISource:
			look(x.With)
		}
		return true
	})
	return found
}

// warn adds a free warning to the application.
func (a *App) warn(format string, args ...any) {
	if a.o.Warn != nil {
		a.o.Warn(fmt.Sprintf(format, args...))
	}
}
