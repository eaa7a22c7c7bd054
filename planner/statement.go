package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// Statement is one query of an application.
type Statement struct {
	// Name is the stream it creates, the sink it inserts into, or query-N.
	Name string
	// Creates is the stream that later statements may read; "" for none.
	Creates string

	text    string
	bound   *bind.Bound
	plan    logical.Node // bound.Node after the rules
	output  ingest.Output
	sink    *sinkDef
	readers int // later statements that read the stream
	broken  bool
	time    bind.TimeSpec

	policy    arrowexec.FailurePolicy
	maxPoison int64
	dlq       string // topic or path of dead letters, "" for the default
	dlqPath   bool
	retention time.Duration // distinct.retention

	ledger   *arrowexec.Ledger
	failures *arrowexec.Failures
	scans    []*source
	edges    []*Statement
}

// Columns are the columns of the statement's rows.
func (s *Statement) Columns() []arrow.Field { return s.output.Fields }

func (c *compiler) statementName() string { return fmt.Sprintf("query-%d", c.at+1) }

// query compiles SELECT, CREATE … AS and INSERT: target is the stream or sink,
// with the list before AS.
func (c *compiler) query(s *ast.Statement, q *ast.Query, target string, with *ast.Options, insert *ast.Insert) *Statement {
	before := len(c.errs.Errors())
	st := &Statement{Name: target, text: s.Text}
	if target == "" {
		st.Name = c.statementName()
		if n, ok := s.Annotation("name"); ok && n != "" && !inherited(s, "name") {
			st.Name = n
		}
	}
	st.Name = c.uniqueName(st.Name)
	sinkName := target
	if q.Into != nil {
		sinkName = q.Into.Name
	}
	keys := c.distribute(q, sinkName, with)
	own := keys["#query"]
	c.check(own, "statement", st.Name, queryKeys)
	rel := &relations{c: c, keys: keys, query: q, used: map[string]bool{}}
	b := &bind.Binder{Source: c.o.Source, Errs: &c.errs, Funcs: c.o.Funcs, Aggs: c.aggs, Relations: rel}
	b.Statement(q)
	b.Settings = c.settings(own)
	st.sink = c.sinkFor(st, sinkName, keys["#sink"], q, insert != nil)
	c.needs(st, &b.Settings)
	bound := b.Query(q, true)
	if bound == nil || len(c.errs.Errors()) > before || c.usage != nil {
		return nil
	}
	st.bound = bound
	if c.o.Mode == Query && !bound.Bounded && q.Limit == nil && len(c.o.Connect) == 0 {
		c.errs.Add(diag.Errorf(diag.Unbounded, c.o.Source, q.Pos(), "the query reads a source that does not end").WithHint("add 'bounded'='true' or 'end' to its WITH, or LIMIT to the query; velo-sql run is for queries that go on"))
		return nil
	}
	if insert != nil && !c.insertColumns(st, insert) {
		return nil
	}
	if q.LateRows != nil {
		c.fail(diag.Refused, q.LateRows.Pos(), "LATE ROWS INTO is not supported yet")
		return nil
	}
	c.failurePolicy(st, own)
	st.retention = duration(c, own, "distinct.retention", time.Hour)
	c.setSizer(own)
	if g := enum(c, own, "delivery.guarantee", "at_least_once", "at_least_once", "exactly_once"); g == "exactly_once" {
		c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, own.at["delivery.guarantee"], "delivery.guarantee exactly_once is not supported yet").WithHint("at_least_once commits offsets after the output they led to"))
	}
	st.finish()
	c.app.Statements = append(c.app.Statements, st)
	return st
}

// uniqueName tells statements that write one sink apart in reports.
func (c *compiler) uniqueName(name string) string {
	out := name
	for i := 2; slices.ContainsFunc(c.app.Statements, func(s *Statement) bool { return s.Name == out }); i++ {
		out = fmt.Sprintf("%s_%d", name, i)
	}
	return out
}

func inherited(s *ast.Statement, key string) bool {
	for i := len(s.Annotations) - 1; i >= 0; i-- {
		if s.Annotations[i].Key == key {
			return s.Annotations[i].Inherited
		}
	}
	return false
}

// finish derives the output from the bound query.
func (st *Statement) finish() {
	f := st.bound.Node.Fields()
	st.output = ingest.Output{Key: st.bound.Key, Headers: st.bound.Headers, Time: st.bound.Time, Deleted: -1}
	st.output.Fields = nil
	for i := range st.bound.Visible {
		st.output.Fields = append(st.output.Fields, arrow.Field{Name: f[i].Name, Type: f[i].Type, Nullable: true})
	}
}

// distribute gives each WITH item to what it means: 'NAME.key' to the source or
// sink of that name, a key of the query to the query, and another bare key to
// the one source or sink that it can mean.
func (c *compiler) distribute(q *ast.Query, sink string, before *ast.Options) map[string]*keyset {
	out := map[string]*keyset{"#query": newKeyset(), "#sink": newKeyset()}
	var names []string // sources without a declaration of their own
	ctes := map[string]bool{}
	uris := 0
	type list struct {
		items *ast.Options
		owner string // the source that the list stands behind
	}
	var attached []list
	ast.Inspect(q, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CTE:
			ctes[strings.ToLower(x.Name.Name)] = true
		case *ast.URISource:
			uris++
			attached = append(attached, list{x.With, "#uri"})
		case *ast.NamedSource:
			var parts []string
			for _, p := range x.Name {
				parts = append(parts, p.Name)
			}
			key := strings.ToLower(strings.Join(parts, "."))
			attached = append(attached, list{x.With, key})
			if !ctes[key] && !slices.Contains(names, key) {
				names = append(names, key)
			}
		}
		return true
	})
	free := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return ctes[n] || c.declared[n] != nil || c.streams[n] != nil })
	for _, n := range names {
		out[n] = newKeyset()
	}
	add := func(list *ast.Options, isBefore bool, owner string) {
		if list == nil {
			return
		}
		for _, it := range list.Items {
			k := strings.ToLower(it.Key)
			placed := false
			for _, n := range names {
				if strings.HasPrefix(k, n+".") {
					c.config(out[n], k[len(n)+1:], it, n)
					out[n].set(k[len(n)+1:], it.Value, "", it.Pos())
					placed = true
				}
			}
			if sink != "" && strings.HasPrefix(k, strings.ToLower(sink)+".") {
				c.config(out["#sink"], k[len(sink)+1:], it, strings.ToLower(sink))
				out["#sink"].set(k[len(sink)+1:], it.Value, "", it.Pos())
				placed = true
			}
			if placed {
				c.routed[it] = true
				continue
			}
			if slices.Contains(queryKeys, k) && k != "config_file" && !(owner != "" && slices.Contains(timeKeys, k)) {
				out["#query"].set(k, it.Value, "", it.Pos())
				c.routed[it] = true
				continue
			}
			if owner == "#uri" {
				continue // the rest is the source's own
			}
			if owner != "" && (sink == "" || slices.Contains(free, owner) || slices.Contains(timeKeys, k)) {
				c.config(out[owner], k, it, owner)
				out[owner].set(k, it.Value, "", it.Pos())
				continue
			}
			isTime := slices.Contains(timeKeys, k)
			candidates := len(free) + uris
			switch {
			case isTime && len(names) == 1:
				out[names[0]].set(k, it.Value, "", it.Pos())
			case isBefore && sink != "":
				out["#sink"].set(k, it.Value, "", it.Pos())
			case candidates == 1 && (sink == "" || isTime) && len(free) == 1:
				out[free[0]].set(k, it.Value, "", it.Pos())
			case candidates == 1 && uris == 1 && (sink == "" || isTime):
				if out[""] == nil {
					out[""] = newKeyset()
				}
				out[""].set(k, it.Value, "", it.Pos())
			case candidates == 0 && sink != "":
				out["#sink"].set(k, it.Value, "", it.Pos())
			case len(names) == 1 && sink == "" && c.declared[names[0]] != nil:
				out[names[0]].set(k, it.Value, "", it.Pos())
			default:
				if _, ok := refusedKeys[k]; ok || !c.knownKey(k) {
					out["#query"].set(k, it.Value, "", it.Pos())
					continue
				}
				hint := "write 'NAME." + k + "'"
				c.errs.Add(diag.Errorf(diag.Ambiguous, c.o.Source, it.Pos(), "key %q does not say which source or sink it means", it.Key).WithHint("%s", hint))
			}
		}
	}
	add(before, true, "")
	for _, l := range attached {
		add(l.items, false, l.owner)
	}
	add(q.With, false, "")
	for k, v := range c.o.Set {
		if l := strings.ToLower(k); slices.Contains(queryKeys, l) {
			out["#query"].set(l, v, "--set", diag.Pos{})
		} else if sink != "" && strings.HasPrefix(l, strings.ToLower(sink)+".") {
			out["#sink"].set(l[len(sink)+1:], v, "--set", diag.Pos{})
		} else if len(names) == 1 && !strings.Contains(l, names[0]+".") && c.knownKey(l) {
			out[names[0]].set(l, v, "--set", diag.Pos{})
		}
	}
	return out
}

// knownKey tells whether any source, sink or format has a key.
func (c *compiler) knownKey(k string) bool {
	if slices.Contains(sourceGroup, k) || slices.Contains(sinkGroup, k) {
		return true
	}
	has := func(keys []ingest.Key) bool {
		return slices.ContainsFunc(keys, func(x ingest.Key) bool { return x.Name == k })
	}
	for _, t := range c.o.Registry.Sources {
		if has(t.Keys) {
			return true
		}
	}
	for _, t := range c.o.Registry.Sinks {
		if has(t.Keys) {
			return true
		}
	}
	for _, f := range c.o.Registry.Formats {
		if has(f.Keys) {
			return true
		}
	}
	return false
}

// settings reads the keys that change how a query is bound.
func (c *compiler) settings(k *keyset) bind.Settings {
	s := bind.Settings{GroupFinal: c.o.Mode == Query}
	s.BatchChanges = enum(c, k, "emit.changes", "row", "row", "batch") == "batch"
	s.KeepNoHeaders = enum(c, k, "headers", "all", "all", "none") == "none"
	if k.props.Has("allowed.lateness") {
		d := duration(c, k, "allowed.lateness", 0)
		s.Lateness = &d
	}
	s.LateStrategy = enum(c, k, "late.data.strategy", "", append([]string{""}, lateStrategies...)...)
	if k.props.Has("late.data.retention") {
		d := duration(c, k, "late.data.retention", time.Hour)
		s.LateRetention = &d
	}
	return s
}

// needs decides which record columns a statement must produce: those that its
// sink writes, or that a later statement may read.
func (c *compiler) needs(st *Statement, s *bind.Settings) {
	read := false
	for _, later := range c.all[min(c.at+1, len(c.all)):] {
		ast.Inspect(later.Body, func(n ast.Node) bool {
			if x, ok := n.(*ast.NamedSource); ok && len(x.Name) == 1 && st.Name != "" && strings.EqualFold(x.Name[0].Name, st.Name) {
				read = true
			}
			return !read
		})
	}
	if read || st.sink != nil && st.sink.record {
		s.NeedHeaders, s.NeedKey, s.NeedTime = true, true, true
	}
	if st.sink != nil {
		if f, ok := st.sink.keys.props.Get("key.format"); ok {
			switch strings.ToLower(f) {
			case "json":
				s.JSONKey = true
			case "string", "text":
			default:
				c.bad(st.sink.keys, "key.format", fmt.Errorf("key \"key.format\" of a sink must be string or json, not %q", f))
			}
		}
		if h, ok := st.sink.keys.props.Get("headers"); ok {
			s.KeepNoHeaders = strings.EqualFold(h, "none")
		}
	}
}

// insertColumns brings a query's columns into the order and types of INSERT's
// target: by position, missing ones NULL, BIGINT widens, other differences are
// errors.
func (c *compiler) insertColumns(st *Statement, in *ast.Insert) bool {
	d := c.declared[strings.ToLower(in.Target.Name)]
	var want []arrow.Field
	if d != nil {
		if schema := bind.Schema(d.create.Columns); schema != nil {
			want = schema.Fields()
		}
	}
	b := st.bound
	fields := b.Node.Fields()
	var order []int // want → query column, -1: NULL
	switch {
	case in.HasColumns && len(want) > 0:
		order = make([]int, len(want))
		for i := range order {
			order[i] = -1
		}
		if len(in.Columns) != b.Visible {
			c.fail(diag.Arity, in.Target.Pos(), "INSERT names %d columns and the query has %d", len(in.Columns), b.Visible)
			return false
		}
		for k, id := range in.Columns {
			at := slices.IndexFunc(want, func(f arrow.Field) bool { return strings.EqualFold(f.Name, id.Name) })
			if at < 0 {
				var names []string
				for _, f := range want {
					names = append(names, f.Name)
				}
				c.errs.Add(diag.Errorf(diag.UnknownColumn, c.o.Source, id.Pos(), "unknown column %q in %q", id.Name, in.Target.Name).WithHint("%s", diag.SuggestHint(id.Name, names, true)))
				return false
			}
			order[at] = k
		}
	case len(want) > 0:
		if b.Visible > len(want) {
			c.fail(diag.Arity, in.Target.Pos(), "INSERT has %d columns for the %d of %q", b.Visible, len(want), in.Target.Name)
			return false
		}
		for i := range want {
			if i < b.Visible {
				order = append(order, i)
			} else {
				order = append(order, -1)
			}
		}
	case in.HasColumns:
		if len(in.Columns) != b.Visible {
			c.fail(diag.Arity, in.Target.Pos(), "INSERT names %d columns and the query has %d", len(in.Columns), b.Visible)
			return false
		}
		for i, id := range in.Columns {
			order = append(order, i)
			want = append(want, arrow.Field{Name: id.Name, Type: fields[i].Type})
		}
	default:
		return true
	}
	p := &logical.Project{Input: b.Node, Headers: -1}
	for i, w := range want {
		var e expr.Expr = expr.NullConst(w.Type)
		if k := order[i]; k >= 0 {
			e = &expr.Column{Index: k, Name: fields[k].Name, T: fields[k].Type}
			if !arrow.TypeEqual(e.Type(), w.Type) {
				if !widens(e.Type(), w.Type) {
					c.errs.Add(diag.Errorf(diag.Type, c.o.Source, in.Query.Pos(), "column %q of %q is %s, and the query gives %s", w.Name, in.Target.Name, expr.TypeName(w.Type), expr.TypeName(e.Type())).WithHint("CAST it"))
					return false
				}
				cast, err := expr.NewCast(e, w.Type, false)
				if err != nil {
					c.fail(diag.Type, in.Query.Pos(), "%v", err)
					return false
				}
				e = cast
			}
		}
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: w.Name, Type: w.Type})
	}
	keep := func(idx *int) {
		if *idx >= 0 {
			f := fields[*idx]
			p.Exprs = append(p.Exprs, &expr.Column{Index: *idx, Name: f.Name, T: f.Type})
			p.Out = append(p.Out, f)
			*idx = len(p.Exprs) - 1
		}
	}
	b.Visible = len(want)
	keep(&b.Key)
	keep(&b.Headers)
	keep(&b.Time)
	b.Node = p
	return true
}

func widens(from, to arrow.DataType) bool {
	f, t := vec.KindOf(from), vec.KindOf(to)
	ints := []vec.Kind{vec.Int8, vec.Int16, vec.Int32, vec.Int64}
	switch {
	case f == vec.Null:
		return true
	case slices.Contains(ints, f):
		return t == vec.Decimal || t == vec.Float64 || slices.Index(ints, t) > slices.Index(ints, f)
	case f == vec.Float32:
		return t == vec.Float64
	case f == vec.Decimal && t == vec.Decimal, f == vec.Timestamp && t == vec.Timestamp:
		return true
	}
	return false
}

// coerce makes column i of a statement type t, for CREATE … (cols) AS.
func (c *compiler) coerce(st *Statement, i int, t arrow.DataType, at ast.Pos) bool {
	fields := st.bound.Node.Fields()
	if t == nil || arrow.TypeEqual(fields[i].Type, t) {
		return true
	}
	if !widens(fields[i].Type, t) {
		c.errs.Add(diag.Errorf(diag.Type, c.o.Source, at, "column %d is declared %s and the query gives %s", i+1, expr.TypeName(t), expr.TypeName(fields[i].Type)).WithHint("CAST it"))
		return false
	}
	p := identity(st.bound.Node)
	cast, err := expr.NewCast(p.Exprs[i], t, false)
	if err != nil {
		c.fail(diag.Type, at, "%v", err)
		return false
	}
	p.Exprs[i], p.Out[i].Type = cast, t
	st.bound.Node = p
	st.finish()
	return true
}

func identity(n logical.Node) *logical.Project {
	p := &logical.Project{Input: n, Headers: -1}
	for i, f := range n.Fields() {
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, T: f.Type})
		p.Out = append(p.Out, f)
	}
	return p
}

// rename gives the statement's columns other names.
func (st *Statement) rename(names []string) {
	p := identity(st.bound.Node)
	for i, n := range names {
		p.Out[i].Name = n
	}
	st.bound.Node = p
	st.finish()
}

func (c *compiler) failurePolicy(st *Statement, k *keyset) {
	p := enum(c, k, "failure.strategy", "log_and_continue", "log_and_continue", "dead_letter", "fail_batch", "retry_with_backoff")
	if p == "retry_with_backoff" {
		c.fail(diag.Refused, k.at["failure.strategy"], "failure.strategy retry_with_backoff is not supported yet")
	}
	st.policy = arrowexec.FailurePolicy(p)
	st.maxPoison = integer(c, k, "max.poison.rows", 0)
	if t, ok := k.props.Get("dead.letter.queue.topic"); ok {
		st.dlq = t
	}
	if p, ok := k.props.Get("dead.letter.queue.path"); ok {
		st.dlq, st.dlqPath = p, true
	}
	if st.dlq != "" && p != "dead_letter" && !k.props.Has("late.data.strategy") {
		key := "dead.letter.queue.topic"
		if st.dlqPath {
			key = "dead.letter.queue.path"
		}
		c.errs.Add(diag.Errorf(diag.NoEffect, c.o.Source, k.at[key], "%s has no effect without failure.strategy dead_letter", key))
	}
}

func (c *compiler) setSizer(k *keyset) {
	o := c.sizer(k)
	if o != (arrowexec.SizerOptions{}) {
		c.app.sizer = o
	}
}

func parseColumns(text string) (*arrow.Schema, error) {
	return bind.Columns(text)
}
