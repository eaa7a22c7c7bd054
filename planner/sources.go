package planner

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// source is one source that statements scan; statements that name the same one
// share its scan.
type source struct {
	name      string
	id        string // key in logical.Scan.Source
	connector ingest.Connector
	fields    []logical.Field // payload, then system columns
	payload   int
	bounded   bool
	time      bind.TimeSpec
	unknown   bool
	quoted    bool // named by a path or URI: no declaration means it
	failed    bool // its columns could not be found out, which was said
	keys      *keyset

	used     []bool
	timed    int   // field whose event time is the record's timestamp, -1: none
	position []int // field → column of the scan's batches, -1 unused
	failures *arrowexec.Failures
	skipped  ingest.Skipped
	live     arrowexec.Source      // the one being read
	opened   []arrowexec.Source    // all of this run
	rereads  []*[]arrowexec.Source // those that read the same rows again, by input
	table    bool                  // declared by CREATE TABLE
	before   int64                 // records read before the cut that the run goes on from
	unread   arrowexec.Unread      // when the run was stopped
}

// relations resolves FROM for one statement.
type relations struct {
	c     *compiler
	keys  map[string]*keyset // WITH keys of the statement, by lower-case source name
	query *ast.Query
	used  map[string]bool
}

// Named resolves a source by name: --from first, then an earlier CREATE of the
// file, then the declaration in WITH.
func (r *relations) Named(n *ast.NamedSource) *bind.Relation {
	var parts []string
	for _, p := range n.Name {
		parts = append(parts, p.Name)
	}
	name := strings.Join(parts, ".")
	key := strings.ToLower(name)
	c := r.c
	r.used[key] = true
	for other := range c.streams {
		if other == key {
			if c.streams[key].broken {
				return nil
			}
			if !c.bound(name) {
				rel := c.edge(c.streams[key], name)
				if own := r.keys[key]; own != nil {
					c.edgeTime(rel, own)
				}
				return rel
			}
		}
	}
	keys := newKeyset()
	var columns *arrow.Schema
	var keyFields []string
	d := c.declared[key]
	if d != nil {
		d.used = true
		keys = d.keys.clone()
		if d.create.HasColumns || len(d.create.Columns) > 0 {
			columns = bind.Schema(d.create.Columns)
		}
		keyFields = d.keyColumns()
	}
	if own := r.keys[key]; own != nil {
		for _, p := range own.props.All() {
			keys.set(p.Key, p.Value, p.Where, own.at[p.Key])
		}
	}
	if conn := c.o.Connect[key]; conn != nil {
		return c.open(name, "", keys, columns, keyFields, conn, n.Pos())
	}
	for _, b := range c.o.From {
		if strings.EqualFold(b.Name, name) {
			bindFile(keys, b, "--from")
			c.read[strings.ToLower(b.Name)] = true
			return c.open(name, "file_source", keys, columns, keyFields, nil, n.Pos())
		}
	}
	if d == nil && len(keys.props.All()) == 0 {
		r.unknown(n.Name[0].Pos(), name)
		return nil
	}
	typ, ok := keys.props.Get("type")
	if !ok {
		switch {
		case keys.props.Has("topic") || keys.props.Has("bootstrap.servers"):
			typ = "kafka_source"
		case keys.props.Has("path"):
			typ = "file_source"
		case c.o.Mode == Validate:
			typ = ""
		default:
			at := n.Name[0].Pos()
			c.errs.Add(diag.Errorf(diag.MissingKey, c.o.Source, at, "source %q has no type", name).WithHint("give '%s.type'='kafka_source' with '%s.topic', or '%s.type'='file_source' with '%s.path', or --from %s=PATH", name, name, name, name, name))
			return nil
		}
	}
	if c.o.Mode == Replay && strings.HasPrefix(typ, "kafka") {
		c.errs.Add(diag.Errorf(diag.MissingKey, c.o.Source, n.Name[0].Pos(), "source %q is a topic, and a replay contacts no broker", name).WithHint("give --from %s=PATH", name))
		return nil
	}
	return c.open(name, typ, keys, columns, keyFields, nil, n.Pos())
}

// connectionKeys are replaced by --from and --to.
var connectionKeys = []string{"type", "path", "topic", "format", "bootstrap.servers"}

// bindFile puts what --from or --to says over the keys of a declaration.
func bindFile(keys *keyset, b Binding, flag string) {
	clean := newKeyset()
	for _, p := range keys.props.All() {
		if slices.Contains(connectionKeys, p.Key) {
			continue
		}
		clean.set(p.Key, p.Value, p.Where, keys.at[p.Key])
	}
	clean.set("path", b.Path, flag, diag.Pos{})
	for k, v := range b.Props {
		clean.set(k, v, flag+" "+b.Name, diag.Pos{})
	}
	*keys = *clean
}

func (r *relations) unknown(at ast.Pos, name string) {
	c := r.c
	if c.createdLater(at, name) {
		return
	}
	var names []string
	for _, d := range c.declared {
		names = append(names, d.create.Name.Name)
	}
	for _, s := range c.streams {
		names = append(names, s.Name)
	}
	for _, b := range c.o.From {
		names = append(names, b.Name)
	}
	for n := range c.o.Connect {
		names = append(names, n)
	}
	names = diag.SortedNames(names)
	hint := diag.SuggestHint(name, names, true)
	if hint != "" {
		hint += "; "
	}
	hint += fmt.Sprintf("give --from %s=PATH, quote a path (FROM 'file.csv'), or declare it with CREATE STREAM or '%s.type' in WITH", name, name)
	c.errs.Add(diag.Errorf(diag.UnknownSource, c.o.Source, at, "unknown source %q", name).WithHint("%s", hint))
}

// URI resolves a quoted path or URI.
func (r *relations) URI(u *ast.URISource) *bind.Relation {
	c := r.c
	c.quoted = true
	defer func() { c.quoted = false }()
	keys := newKeyset()
	if u.With != nil {
		for _, it := range u.With.Items {
			if c.routed[it] {
				continue
			}
			c.config(keys, strings.ToLower(it.Key), it, "")
			keys.set(it.Key, it.Value, "", it.Pos())
		}
	}
	for _, own := range r.keys { // bare keys of the statement mean its one source
		if own != nil && r.keys[""] == own {
			for _, p := range own.props.All() {
				keys.set(p.Key, p.Value, p.Where, own.at[p.Key])
			}
		}
	}
	name := u.URI
	if parsed, err := url.Parse(u.URI); err == nil && parsed.Scheme != "" && strings.Contains(u.URI, "://") {
		for _, t := range c.o.Registry.Sources {
			if slices.Contains(t.Schemes, parsed.Scheme) {
				if parsed.Scheme == "kafka" {
					if parsed.Host != "" {
						keys.set("bootstrap.servers", parsed.Host, "", u.Pos())
					}
					name = strings.Trim(parsed.Path, "/")
					keys.set("topic", name, "", u.Pos())
				} else {
					keys.set("path", strings.TrimPrefix(u.URI, parsed.Scheme+"://"), "", u.Pos())
				}
				return c.open(name, t.Type, keys, nil, nil, nil, u.Pos())
			}
		}
		c.fail(diag.UnknownSource, u.Pos(), "no source reads %s://", parsed.Scheme)
		return nil
	}
	keys.set("path", u.URI, "", u.Pos())
	base := filepath.Base(u.URI)
	if i := strings.IndexByte(base, '.'); i > 0 {
		base = base[:i]
	}
	return c.open(base, "file_source", keys, nil, nil, nil, u.Pos())
}

// open finds or opens a source and makes a relation of it.
func (c *compiler) open(name, typ string, keys *keyset, columns *arrow.Schema, keyFields []string, conn ingest.Connector, at ast.Pos) *bind.Relation {
	typ = strings.ToLower(typ)
	before := len(c.errs.Errors())
	for k, v := range c.o.Set {
		if p := strings.ToLower(name) + "."; strings.HasPrefix(strings.ToLower(k), p) {
			keys.set(k[len(p):], v, "--set "+k, diag.Pos{})
			c.taken[k] = true
		}
	}
	if at := keys.at["columns"]; columns != nil && at.Valid() {
		c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, at, "key \"columns\" has no effect on source %q, whose columns are declared", name))
	}
	if cols, ok := keys.props.Get("columns"); ok && columns == nil {
		s, err := parseColumns(cols)
		if err != nil {
			c.bad(keys, "columns", fmt.Errorf("key \"columns\": %w", err))
			return nil
		}
		columns = s
	}
	if s, ok := c.schemaKeys(keys); !ok {
		return nil
	} else if s != nil && columns == nil {
		columns = s
	}
	id := strings.ToLower(name) + "|" + typ + "|" + fingerprint(keys)
	if c.quoted {
		id = "'" + id
	}
	for _, s := range c.app.sources {
		if s.id == id && s.failed {
			return nil
		} else if s.id == id {
			return c.relation(s, c.timeSpec(keys))
		}
	}
	s := &source{name: name, id: id, keys: keys, timed: -1, quoted: c.quoted}
	known := append([]string(nil), sourceGroup...)
	st, ok := c.o.Registry.Source(typ)
	if !ok && conn == nil && typ != "" {
		var types []string
		for _, t := range c.o.Registry.Sources {
			types = append(types, t.Type)
		}
		place := keyPlace(keys, "type", at)
		switch typ {
		case "http_source", "sql_source", "s3_source": // names of the contract
			c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, place, "source type %q is not supported yet", typ).WithHint("available: %s", strings.Join(types, ", ")))
		default:
			c.errs.Add(diag.Errorf(diag.Value, c.o.Source, place, "unknown source type %q", typ).WithHint("%s", diag.SuggestHint(typ, types, true)))
		}
		return nil
	}
	for _, k := range st.Keys {
		known = append(known, k.Name)
	}
	var replaced []string
	if st.Formats != nil || st.Type == "" || pathGiven(keys) {
		known = append(known, c.formatKeys()...)
	}
	if strings.HasPrefix(typ, "kafka") {
		c.connectKafka(keys, st.Keys)
	} else if pathGiven(keys) {
		for _, t := range c.o.Registry.Sources { // connection keys of the declaration still stand, without effect
			for _, k := range t.Keys {
				replaced = append(replaced, k.Name)
			}
		}
	}
	c.clientConfig(keys, st.Keys)
	c.check(keys, "source", name, known, replaced)
	c.checkFormat(keys, "source", name, ingest.Reading, c.declared[strings.ToLower(name)] != nil && !c.quoted, replaced != nil, st.Formats)
	c.checkKeyFields(name, keys, columns)
	s.time = c.timeSpec(keys)
	c.adviseTime(keys)
	if len(c.errs.Errors()) > before && conn == nil {
		return nil
	}
	if conn == nil && st.Check != nil {
		spec := ingest.SourceSpec{Name: name, Props: keys.props, Columns: columns, KeyFields: keyFields, Env: c.o.Env}
		if !c.checkValues("source", name, keys, at, st.Check(c.o.Registry, spec)) {
			return nil
		}
	}
	if c.o.Mode == Validate && conn == nil {
		if strings.HasPrefix(typ, "file") {
			c.adviseFile(keys, at)
		}
		return c.unchecked(s, columns, typ)
	}
	if conn == nil {
		env := c.o.Env
		env.AppName = c.app.name
		env.Query = cmp.Or(c.job, c.statementName())
		if pathGiven(keys) {
			env.Dirs = nil // --from is relative to the working directory
		}
		var err error
		conn, err = st.Open(c.ctx, c.o.Registry, ingest.SourceSpec{Name: name, Props: keys.props, Columns: columns, KeyFields: keyFields, Table: c.isTable(s) && len(keyFields) > 0, Empty: c.o.empty[id], Env: env})
		if err != nil {
			c.openError(name, keys, at, err)
			return nil
		}
	}
	if d, ok := conn.(ingest.Declarer); ok && columns != nil && c.o.Connect[strings.ToLower(name)] == conn {
		if err := d.Declare(columns); err != nil {
			c.fail(diag.Type, at, "source %q: %v", name, err)
			return nil
		}
	}
	s.connector = conn
	c.app.sources = append(c.app.sources, s)
	schema, err := conn.Schema(c.ctx)
	if err != nil {
		s.failed = true
		c.openError(name, keys, at, err)
		return nil
	}
	s.bounded = conn.Bounded()
	c.adviseTable(s)
	s.set(schema, conn.System())
	if schema == nil {
		s.unknown = true
		s.fields = append(c.synthesized(s.keys), s.fields...)
		s.payload = len(s.fields) - len(conn.System())
	}
	return c.relation(s, s.time)
}

// connectKafka adds the client properties and the broker of the command line: those that
// sources, or sinks, know, for -X speaks to both.
func (c *compiler) connectKafka(keys *keyset, known []ingest.Key) {
	for k, v := range c.o.Client {
		if slices.ContainsFunc(known, func(x ingest.Key) bool { return strings.EqualFold(x.Name, k) }) {
			keys.set(k, v, "-X", diag.Pos{})
			c.told[k] = true
		}
	}
	if c.o.Broker != "" && !keys.props.Has("bootstrap.servers") {
		keys.set("bootstrap.servers", c.o.Broker, "--broker", diag.Pos{})
	}
}

func (s *source) set(schema *arrow.Schema, system []string) {
	if schema != nil {
		for _, f := range schema.Fields() {
			s.fields = append(s.fields, logical.Field{Name: f.Name, Type: f.Type})
		}
	}
	s.payload = len(s.fields)
	for _, n := range system {
		if t, ok := ingest.SystemType(n); ok {
			s.fields = append(s.fields, logical.Field{Name: n, Type: t, System: true, Hidden: n == ingest.ColDeleted})
		}
	}
}

// synthesized are the columns that the application names, for a source whose
// columns nobody knows: all NULL.
func (c *compiler) synthesized(k *keyset) []logical.Field {
	seen := map[string]bool{}
	var out []logical.Field
	add := func(p string) {
		if p != "" && !seen[p] && !bind.IsSystem(p) {
			seen[p] = true
			out = append(out, logical.Field{Name: p, Type: vec.TypeNull})
		}
	}
	for _, s := range c.all { // a name that is an alias may well mean that
		ast.Inspect(s.Body, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectItem); ok && x.Alias != nil {
				seen[x.Alias.Name] = true
			}
			return true
		})
	}
	for _, s := range c.all {
		ast.Inspect(s.Body, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok {
				add(x.Parts[len(x.Parts)-1].Name)
			}
			return true
		})
	}
	add(k.props.String("", "event.time.field"))
	return out
}

// unchecked makes a relation without opening anything: for validate.
func (c *compiler) unchecked(s *source, columns *arrow.Schema, typ string) *bind.Relation {
	s.bounded = typ == "file_source" || typ == "file_source_mmap"
	if v, ok := s.keys.props.Get("watch"); ok && strings.EqualFold(v, "true") {
		s.bounded = false
	}
	if v, ok := s.keys.props.Get("bounded"); ok && strings.EqualFold(v, "true") {
		s.bounded = true
	}
	if s.keys.props.Has("end") {
		s.bounded = true
	}
	c.adviseTable(s)
	s.set(columns, []string{"_timestamp", "_offset", "_partition", "_topic", "_key", "_headers"})
	if columns == nil {
		s.unknown = true
		sys := s.fields
		s.fields = append(c.synthesized(s.keys), sys...)
		s.payload = len(s.fields) - len(sys)
		if !slices.Contains(c.app.Unchecked, s.name) {
			c.app.Unchecked = append(c.app.Unchecked, s.name)
		}
	}
	c.app.sources = append(c.app.sources, s)
	return c.relation(s, s.time)
}

// relation is a source as one statement reads it, with the times that its keys say.
func (c *compiler) relation(s *source, t bind.TimeSpec) *bind.Relation {
	s.table = c.isTable(s)
	out := append([]logical.Field(nil), s.fields...)
	detail := ""
	if s.connector != nil {
		detail = s.connector.Describe()
	}
	return c.asTable(s, &bind.Relation{Node: &logical.Scan{Source: s.id, Out: out, Detail: detail, Bounded: s.bounded, Timed: c.hasTimes(s), Again: s.bounded || c.isTable(s)}, Name: s.name, Bounded: s.bounded, Stream: c.isStream(s), Time: t, Unknown: s.unknown})
}

// hasTimes tells that the records of a source have times: their own, or in a replay or
// a query the event times of their payloads.
func (c *compiler) hasTimes(s *source) bool {
	u, ok := s.connector.(ingest.Untimed)
	return !ok || !u.Untimed() || c.o.Mode <= Replay && s.time.Field != ""
}

// isStream tells a stream from a table: a name made by CREATE TABLE is a table, one
// made by CREATE STREAM a stream; of the others files are tables unless they are
// watched, and in a query whatever ends is.
func (c *compiler) isStream(s *source) bool {
	if d := c.declarationOf(s); d != nil {
		return d.create.Relation != ast.Table
	}
	if c.o.Mode == Query && s.bounded {
		return false
	}
	return !s.bounded || s.replaced()
}

// replaced tells that a source is read from the file of --from: it is a topic
// elsewhere.
func (s *source) replaced() bool { return pathGiven(s.keys) }

// openError keeps an error of a connector, the first of the application's, as that of the
// command.
func (c *compiler) openError(name string, keys *keyset, at ast.Pos, err error) {
	if c.usage == nil {
		if strings.HasPrefix(err.Error(), "source ") { // it names itself
			c.usage = err
			return
		}
		if errors.Is(err, ingest.ErrUsage) {
			c.usage = ingest.Usage(fmt.Errorf("source %q: %w", name, err))
		} else {
			c.usage = fmt.Errorf("source %q: %w", name, err)
		}
	}
}
