package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/rules"
)

// distribute gives each WITH item to what it means: 'NAME.key' to the source or
// sink of that name, a key of the query to the query, and another bare key to
// the one source or sink that it can mean.
func (c *compiler) distribute(q *ast.Query, sink string, before *ast.Options) map[string]*keyset {
	out := map[string]*keyset{"#query": newKeyset(), "#sink": newKeyset(), "#late": newKeyset()}
	late := ""
	if q.LateRows != nil {
		late = strings.ToLower(q.LateRows.Name)
	}
	var names []string // sources without a declaration of their own
	aliases := map[string]string{}
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
			if x.Alias != nil {
				alias := strings.ToLower(x.Alias.Name.Name)
				if of, ok := aliases[alias]; ok && of != key {
					key = "" // of several sources, in parts of the query
				}
				aliases[alias] = key
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
			if prefix, rest, ok := strings.Cut(k, "."); ok && slices.Contains(names, aliases[prefix]) && !slices.Contains(names, prefix) &&
				prefix != strings.ToLower(sink) && prefix != late && !c.knownKey(k) && !slices.Contains(queryKeys, k) {
				k = aliases[prefix] + "." + rest
			}
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
			if !placed && late != "" && strings.HasPrefix(k, late+".") && !slices.Contains(queryKeys, k) {
				c.config(out["#late"], k[len(late)+1:], it, late)
				out["#late"].set(k[len(late)+1:], it.Value, "", it.Pos())
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
				c.config(out[names[0]], k, it, "")
				out[names[0]].set(k, it.Value, "", it.Pos())
			case isBefore && sink != "":
				c.config(out["#sink"], k, it, "")
				out["#sink"].set(k, it.Value, "", it.Pos())
			case candidates == 1 && (sink == "" || isTime) && len(free) == 1:
				c.config(out[free[0]], k, it, "")
				out[free[0]].set(k, it.Value, "", it.Pos())
			case candidates == 1 && uris == 1 && (sink == "" || isTime):
				if out[""] == nil {
					out[""] = newKeyset()
				}
				c.config(out[""], k, it, "")
				out[""].set(k, it.Value, "", it.Pos())
			case candidates == 0 && sink != "":
				c.config(out["#sink"], k, it, "")
				out["#sink"].set(k, it.Value, "", it.Pos())
			case len(names) == 1 && sink == "" && c.declared[names[0]] != nil:
				c.config(out[names[0]], k, it, "")
				out[names[0]].set(k, it.Value, "", it.Pos())
			default:
				if _, ok := refusedKeys[k]; ok || !c.knownKey(k) {
					out["#query"].set(k, it.Value, "", it.Pos())
					continue
				}
				if side := c.onlySide(k); side == "sink" && sink != "" {
					out["#sink"].set(k, it.Value, "", it.Pos())
					continue
				} else if side == "source" && candidates == 1 && len(free) == 1 {
					out[free[0]].set(k, it.Value, "", it.Pos())
					continue
				} else if side == "source" && candidates == 1 {
					if out[""] == nil {
						out[""] = newKeyset()
					}
					out[""].set(k, it.Value, "", it.Pos())
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
	c.fromConfig(out, sink)
	for k, v := range c.o.Set {
		if l := strings.ToLower(k); slices.Contains(queryKeys, l) {
			out["#query"].set(l, v, "--set", diag.Pos{})
			c.taken[k] = true
		} else if sink != "" && strings.HasPrefix(l, strings.ToLower(sink)+".") {
			out["#sink"].set(l[len(sink)+1:], v, "--set "+k, diag.Pos{})
			c.taken[k] = true
		} else if len(names) == 1 && !strings.Contains(l, names[0]+".") && c.knownKey(l) {
			out[names[0]].set(l, v, "--set", diag.Pos{})
			c.taken[k] = true
		} else if len(names) == 0 && uris == 1 && c.knownKey(l) {
			if out[""] == nil {
				out[""] = newKeyset()
			}
			out[""].set(l, v, "--set", diag.Pos{})
			c.taken[k] = true
		}
	}
	return out
}

// onlySide tells whether only sources, or only sinks, have a key: "" if both do.
func (c *compiler) onlySide(k string) string {
	if canonical, ok := keyAliases[k]; ok {
		k = canonical
	}
	has := func(keys []ingest.Key) bool {
		return slices.ContainsFunc(keys, func(x ingest.Key) bool { return x.Name == k })
	}
	source, sink := slices.Contains(sourceGroup, k), slices.Contains(sinkGroup, k)
	for _, t := range c.o.Registry.Sources {
		source = source || has(t.Keys)
	}
	for _, t := range c.o.Registry.Sinks {
		sink = sink || has(t.Keys)
	}
	for _, f := range c.o.Registry.Formats {
		for _, x := range f.Keys {
			if x.Name == k {
				source, sink = source || x.Of != ingest.Writing, sink || x.Of != ingest.Reading
			}
		}
	}
	switch {
	case source && !sink:
		return "source"
	case sink && !source:
		return "sink"
	}
	return ""
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
	s := bind.Settings{GroupFinal: c.o.Mode == Query, KeepFilters: slices.Contains(c.o.RulesOff, rules.FilterPushdown), Advise: c.o.Mode == Validate}
	s.BatchChanges = enum(c, k, "emit.changes", "row", "row", "batch") == "batch"
	s.KeepNoHeaders = enum(c, k, "headers", "all", "all", "none") == "none"
	if k.props.Has("allowed.lateness") {
		d := duration(c, k, "allowed.lateness", 0)
		s.Lateness = &d
	}
	s.LateStrategy = enum(c, k, "late.data.strategy", "", lateStrategies...)
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
