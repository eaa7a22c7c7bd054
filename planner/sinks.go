package planner

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// sinkDef is one sink of an application, shared by the statements that write it.
type sinkDef struct {
	name   string
	typ    string // registered type; "rows": Options.Rows; "memory": none at all
	keys   *keyset
	record bool // takes key, headers and time
	given  bool // its path comes from --to or --out

	out     ingest.Output
	writers int // statements that write it

	open  arrowexec.Sink
	merge *interleave
}

// sinkFor decides where a statement's rows go. Nil: only to later statements.
func (c *compiler) sinkFor(st *Statement, name string, keys *keyset, q *ast.Query, insert bool) *sinkDef {
	if name == "" && c.o.Mode == Query {
		return c.addSink(&sinkDef{name: st.Name, typ: "rows", keys: keys, record: c.o.RowsRecord})
	}
	lower := strings.ToLower(name)
	if d := c.declared[lower]; d != nil && (insert || q.Into != nil) {
		d.used = true
		merged := d.keys.clone()
		for _, p := range keys.props.All() {
			merged.set(p.Key, p.Value, p.Where, keys.at[p.Key])
		}
		keys = merged
	}
	for _, s := range c.app.sinks {
		if name != "" && strings.EqualFold(s.name, name) {
			return s
		}
	}
	typ := c.sinkType(name, keys)
	t, found := c.o.Registry.Sink(typ)
	if c.o.SinkFor[lower] != nil {
		c.checkSink(name, keys, t, nil, ast.Pos{})
		return c.addSink(&sinkDef{name: name, typ: "embedder", keys: keys, record: true})
	}
	for _, b := range c.o.To {
		if strings.EqualFold(b.Name, name) || name == "" && strings.EqualFold(b.Name, st.Name) {
			declared := t
			t, _ = c.o.Registry.Sink("file_sink")
			bindFile(keys, b, "--to")
			c.checkSink(firstOf(name, st.Name), keys, t, &declared, q.Pos())
			record := strings.EqualFold(b.Props["format"], "capture") || b.Props["format"] == "" && captureName(b.Path)
			return c.addSink(&sinkDef{name: firstOf(name, st.Name), typ: "file_sink", keys: keys, record: record, given: true})
		}
	}
	switch {
	case c.o.Mode == Replay && name != "":
		c.checkSink(name, keys, t, nil, ast.Pos{})
		return c.addSink(&sinkDef{name: name, typ: "replay", keys: keys, record: c.o.RowsRecord && c.o.Out == ""})
	case typ == "" && name == "":
		return c.addSink(&sinkDef{name: st.Name, typ: "rows", keys: keys, record: c.o.RowsRecord})
	case typ == "":
		if (insert || q.Into != nil) && c.o.Mode != Validate {
			at := q.Pos()
			if q.Into != nil {
				at = q.Into.Pos()
			}
			c.errs.Add(diag.Errorf(diag.MissingKey, c.o.Source, at, "sink %q has no type", name).WithHint("give '%s.type'='kafka_sink' with '%s.topic', '%s.type'='file_sink' with '%s.path', or --to %s=PATH", name, name, name, name, name))
		}
		c.checkSink(name, keys, t, nil, ast.Pos{})
		return nil // CREATE without sink keys lives in memory
	case !found:
		var types []string
		for _, s := range c.o.Registry.Sinks {
			types = append(types, s.Type)
		}
		c.errs.Add(diag.Errorf(diag.Value, c.o.Source, keyPlace(keys, "type", q.Pos()), "unknown sink type %q", typ).WithHint("%s", diag.SuggestHint(typ, types, true)))
		return nil
	}
	c.clientConfig(keys, t.Keys)
	c.checkSink(name, keys, t, nil, q.Pos())
	if typ == "kafka_sink" {
		c.connectKafka(keys, t.Keys)
	}
	f, _ := keys.props.Get("format")
	return c.addSink(&sinkDef{name: name, typ: typ, keys: keys, record: typ == "kafka_sink" || strings.EqualFold(f, "capture")})
}

// sinkType is the type that the keys of a sink say, or that follows from them; "" when
// none does.
func (c *compiler) sinkType(name string, keys *keyset) string {
	typ, ok := keys.props.Get("type")
	switch {
	case ok:
		return strings.ToLower(strings.ReplaceAll(typ, "_source", "_sink"))
	case keys.props.Has("topic") || keys.props.Has("bootstrap.servers"):
		return "kafka_sink"
	case keys.props.Has("path"):
		return "file_sink"
	}
	return ""
}

// checkSink checks the keys of a sink of type t. A sink whose type is not known here may
// have those of any; --to replaces a declared type, whose keys still stand. One that is
// opened, which at tells of, has the values of its keys checked.
func (c *compiler) checkSink(name string, keys *keyset, t ingest.SinkType, declared *ingest.SinkType, at ast.Pos) {
	known := append(slices.Clone(sinkGroup), c.sinkSchema(keys)...)
	var replaced []string
	add := func(list *[]string, t ingest.SinkType) {
		for _, s := range c.o.Registry.Sinks {
			if s.Type == t.Type || t.Type == "" {
				for _, k := range s.Keys {
					*list = append(*list, k.Name)
				}
			}
		}
		if t.Type == "" || t.Formats != nil {
			*list = append(*list, c.formatKeys()...)
		}
	}
	add(&known, t)
	both := c.declared[strings.ToLower(name)] != nil
	if both {
		known = append(known, sourceGroup...)
		for _, s := range c.o.Registry.Sources {
			for _, k := range s.Keys {
				known = append(known, k.Name)
			}
		}
		known = append(known, c.formatKeys()...)
	}
	if declared != nil {
		add(&replaced, *declared)
		replaced = append(replaced, "schema", "schema.file")
	}
	before := len(c.errs.Errors())
	c.check(keys, "sink", name, known, replaced)
	c.checkFormat(keys, "sink", name, ingest.Writing, both, declared != nil, t.Formats)
	if at.Valid() && t.Check != nil && len(c.errs.Errors()) == before {
		c.checkValues("sink", name, keys, at, t.Check(c.o.Registry, ingest.SinkSpec{Name: name, Props: keys.props, Env: c.o.Env}))
	}
}

// captureName tells that the extension of a file says that it is a capture.
func captureName(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	for _, codec := range []string{".gz", ".zst", ".lz4", ".snappy"} {
		name = strings.TrimSuffix(name, codec)
	}
	return strings.HasSuffix(name, ".capture")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (c *compiler) addSink(s *sinkDef) *sinkDef {
	c.app.sinks = append(c.app.sinks, s)
	return s
}

// place decides, once all statements are known, where the sinks of a replay go.
func (c *compiler) place() {
	var open []*sinkDef
	for _, s := range c.app.sinks {
		if s.typ == "replay" {
			open = append(open, s)
		}
	}
	if c.o.Mode != Replay || len(open) == 0 {
		return
	}
	bare := slices.ContainsFunc(c.app.sinks, func(s *sinkDef) bool { return s.typ == "rows" })
	if c.o.Out == "" && (len(open) > 1 || bare) {
		var names []string
		for _, s := range open {
			names = append(names, s.name)
		}
		if bare {
			names = append(names, "stdout")
		}
		if c.usage == nil && !c.errs.HasErrors() {
			c.usage = ingest.Usage(errorf("the application has %d sinks: %s; give --out DIR, or --to NAME=PATH for each", len(names), strings.Join(names, ", ")))
		}
		return
	}
	for _, s := range open {
		if c.o.Out == "" {
			s.typ = "rows"
			continue
		}
		keys := newKeyset()
		for _, p := range s.keys.props.All() {
			if p.Key == "json.decimal" {
				keys.set(p.Key, p.Value, p.Where, diag.Pos{})
			}
		}
		keys.set("path", filepath.Join(c.o.Out, s.name+".jsonl"), "--out", diag.Pos{})
		keys.set("format", "json", "--out", diag.Pos{})
		s.typ, s.keys, s.given = "file_sink", keys, true
	}
}

// unknownTo refuses a --to whose name is no sink of the application: its rows would
// go elsewhere without a word.
func (c *compiler) unknownTo() {
	if c.o.Mode == Validate || c.usage != nil || c.app.explained != nil {
		return
	}
	var names, letters []string
	for _, s := range c.app.sinks {
		if c.o.Mode != Query || s.typ != "rows" {
			names = append(names, s.name)
		}
	}
	for _, st := range c.app.Statements {
		letters = append(letters, st.letterName())
	}
	written := func(name string) bool {
		same := func(n string) bool { return strings.EqualFold(n, name) }
		return slices.ContainsFunc(names, same) || slices.ContainsFunc(letters, same)
	}
	for name := range c.o.SinkFor {
		if !written(name) {
			hint := ""
			if len(names) > 0 {
				hint = "; sinks: " + strings.Join(names, ", ")
			}
			c.usage = ingest.Usage(errorf("no statement writes the sink %q%s", name, hint))
			return
		}
	}
	for _, b := range c.o.To {
		if !written(b.Name) {
			hint := "; sinks: " + strings.Join(names, ", ")
			if len(names) == 0 {
				hint = "; the rows go to standard output, in the form of -o"
			}
			c.usage = ingest.Usage(errorf("--to %s: no statement writes a sink of that name%s", b.Name, hint))
			return
		}
	}
}
