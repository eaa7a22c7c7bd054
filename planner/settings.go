package planner

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// inheritFailures lets the failure keys of a statement's sources hold for the
// statement, where its own list does not say otherwise.
func (c *compiler) inheritFailures(st *Statement, own *keyset) {
	walk(st.bound.Node, func(n logical.Node) {
		scan, ok := n.(*logical.Scan)
		if !ok {
			return
		}
		s := c.app.source(scan.Source)
		if s == nil {
			return
		}
		for _, p := range s.keys.props.All() {
			if slices.Contains(failureKeys, p.Key) && !own.props.Has(p.Key) {
				own.set(p.Key, p.Value, p.Where, s.keys.at[p.Key])
			}
		}
	})
}

// memoryLimit reads max.memory.mb, Velostream's name of the memory limit; a
// limit of the command wins.
func (c *compiler) memoryLimit(k *keyset) {
	if n := integer(c, k, "max.memory.mb", 0); n > 0 && c.o.MemoryLimit == 0 {
		c.app.o.MemoryLimit = n << 20
	}
}

// schemaKeys reads the columns from schema, or schema.file, whose text is put
// under schema: a column list, or a schema in the language of a format.
func (c *compiler) schemaKeys(k *keyset) (*arrow.Schema, bool) {
	key := "schema"
	text, ok := k.props.Get(key)
	ext := ""
	if !ok {
		key = "schema.file"
		path, given := k.props.Get(key)
		if !given {
			return nil, true
		}
		ext = strings.ToLower(filepath.Ext(path))
		where, data, err := c.readFile(path)
		if err != nil {
			c.bad(k, key, fmt.Errorf("key %q: %w", key, err))
			return nil, false
		}
		text = string(data)
		k.set("schema", text, where, k.at[key])
		k.props.Get("schema")
	}
	f, ok := c.schemaFormat(k, text, ext)
	if !ok {
		s, err := parseColumns(strings.TrimSpace(text))
		if err != nil {
			c.bad(k, key, fmt.Errorf("key %q must be a column list such as 'a INT, b STRING': %w", key, err))
		}
		return s, err == nil
	}
	s, err := f.ReadSchema(k.props, text)
	if err != nil {
		c.bad(k, key, fmt.Errorf("key %q: %w", key, err))
	}
	return s, err == nil
}

// schemaFormat finds the format in whose language a schema is written: the
// source's own, else the one that its file's extension names, else one that
// reads it. Columns so declared hold for payloads of other formats as well:
// --from may replace the one that was declared with them.
func (c *compiler) schemaFormat(k *keyset, text, ext string) (ingest.Format, bool) {
	for _, name := range formatNames(k) {
		if f, err := c.o.Registry.Format(name); err == nil && f.ReadSchema != nil {
			return f, true
		}
	}
	for _, f := range c.o.Registry.Formats {
		if f.ReadSchema == nil {
			continue
		}
		if ext != "" && slices.Contains(f.SchemaFiles, ext) {
			return f, true
		}
		if s, err := f.ReadSchema(k.props, text); err == nil && s != nil {
			return f, true
		}
	}
	return ingest.Format{}, false
}

// formatNames are the formats that keys name: of records, of the payloads of a
// capture, by a file's extension.
func formatNames(k *keyset) []string {
	return []string{k.props.String("", "format"), k.props.String("", "payload.format"), strings.TrimPrefix(filepath.Ext(k.props.String("", "path")), ".")}
}

// sinkSchema reads the schema that a sink's records are to have, if its format
// has a language for them.
func (c *compiler) sinkSchema(k *keyset) []string {
	for _, name := range formatNames(k) {
		if f, err := c.o.Registry.Format(name); err == nil && f.ReadSchema != nil {
			c.schemaKeys(k)
			return []string{"schema", "schema.file"}
		}
	}
	return nil
}

// unplaced reports keys of --set that mean nothing in this application.
func (c *compiler) unplaced() {
	if c.errs.HasErrors() || c.usage != nil {
		return // what they belong to may not have been reached
	}
	c.unformatted()
	known := slices.Concat(queryKeys, sourceGroup, sinkGroup)
	var names []string
	for k := range c.o.Set {
		if !c.taken[k] {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	for _, k := range names {
		base := strings.ToLower(k)
		if c.knownKey(base) {
			c.errs.Add(diag.Errorf(diag.Ambiguous, c.o.Source, diag.Pos{}, "key %q of --set does not say which source or sink it means", k).WithHint("write --set NAME.%s=VALUE", base))
			continue
		}
		c.errs.Add(diag.Errorf(diag.UnknownKey, c.o.Source, diag.Pos{}, "unknown key %q of --set", k).WithHint("%s", diag.SuggestHint(base, known, false)))
	}
}

// unread warns of files of --from that no statement reads.
func (c *compiler) unread() {
	if c.errs.HasErrors() || c.usage != nil || c.app.explained != nil {
		return
	}
	var names []string
	for n := range c.declared {
		names = append(names, n)
	}
	for _, s := range c.app.sources {
		names = append(names, s.name)
	}
	for _, b := range c.o.From {
		if c.read[strings.ToLower(b.Name)] {
			continue
		}
		if d := c.declared[strings.ToLower(b.Name)]; d != nil {
			c.app.warn("--from %s: no query reads %q, which is declared", b.Name, d.create.Name.Name)
			continue
		}
		hint := diag.SuggestHint(b.Name, diag.SortedNames(names), true)
		if hint != "" {
			hint = "; " + hint
		}
		c.app.warn("--from %s: no statement reads a source of that name%s", b.Name, hint)
	}
	var idle []string
	for k := range c.o.Client {
		if !c.told[k] && !strings.EqualFold(k, "bootstrap.servers") {
			idle = append(idle, k)
		}
	}
	slices.Sort(idle)
	for _, k := range idle {
		c.app.warn("-X %s has no effect: no source or sink of Kafka here takes it", k)
	}
}

// loadConfig reads the file of --config: NAME.key for a source or sink, keys of
// queries, and client keys for all. What the SQL says wins.
func (c *compiler) loadConfig(path string) {
	props, err := c.loadYAML(path, 0)
	if err != nil {
		c.usage = ingest.Usage(fmt.Errorf("--config: %w", err))
	}
	c.defaults = props
}

// fromConfig adds the keys of --config that have a place in a statement.
func (c *compiler) fromConfig(out map[string]*keyset, sink string) {
	for _, p := range c.defaults {
		for name, k := range out {
			prefix := name + "."
			switch {
			case name == "#sink":
				prefix = strings.ToLower(sink) + "."
				name = strings.ToLower(sink)
			case name == "#query" || name == "":
				continue
			}
			key, ok := strings.CutPrefix(p.key, prefix)
			if !ok || prefix == "." || k.has(key) || c.declared[name] != nil && c.declared[name].keys.has(key) {
				continue
			}
			k.set(key, p.value, p.where, diag.Pos{})
		}
		if own := out["#query"]; slices.Contains(queryKeys, p.key) && !own.has(p.key) {
			own.set(p.key, p.value, p.where, diag.Pos{})
		}
	}
}

// clientConfig adds the bare keys of --config that a source or sink knows and
// has not set: how to reach a broker, mostly.
func (c *compiler) clientConfig(k *keyset, known []ingest.Key) {
	for _, p := range c.defaults {
		if slices.Contains(connectionKeys, p.key) && p.key != "bootstrap.servers" || k.has(p.key) || slices.Contains(queryKeys, p.key) {
			continue
		}
		if slices.ContainsFunc(known, func(x ingest.Key) bool { return x.Name == p.key }) {
			k.set(p.key, p.value, p.where, diag.Pos{})
		}
	}
}

// has tells whether a key is set, under any of its spellings.
func (k *keyset) has(key string) bool {
	if canonical, ok := keyAliases[key]; ok {
		key = canonical
	}
	return k.props.Has(key)
}
