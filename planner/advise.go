package planner

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// advise warns, for validate, about what is legal and likely not meant in an
// application as a whole and in the keys of its statements.
func (c *compiler) advise() {
	if c.o.Mode != Validate {
		return
	}
	if len(c.app.Statements) > 0 && !c.errs.HasErrors() {
		for _, d := range c.declarations() {
			if !d.used {
				c.suspect(d.create.Name.Pos(), "leave it out, or drop it", "nothing reads or writes %q", d.create.Name.Name)
			}
		}
	}
	for _, st := range c.app.Statements {
		if st.Creates != "" && st.sink == nil && !c.isRead(st) {
			c.suspect(st.at, "give '"+st.Creates+".type' in its WITH; a replay writes it to a file", "the rows of %q go nowhere: it has no sink, and nothing reads it", st.Creates)
		}
	}
}

func (c *compiler) suspect(at ast.Pos, hint, format string, args ...any) {
	d := diag.Warnf(diag.Suspicious, c.o.Source, at, format, args...)
	d.Hint = hint
	c.errs.Add(d)
}

// isRead tells whether a later statement reads a stream: one that is wrong reads what it
// names, and one that could not be read might.
func (c *compiler) isRead(st *Statement) bool {
	found := c.unparsed
	for _, s := range c.failed {
		ast.Inspect(s.Body, func(n ast.Node) bool {
			x, ok := n.(*ast.NamedSource)
			found = found || ok && len(x.Name) == 1 && strings.EqualFold(x.Name[0].Name, st.Name)
			return !found
		})
	}
	for _, o := range c.app.Statements {
		walk(o.bound.Node, func(n logical.Node) {
			if e, ok := n.(*logical.Edge); ok && e.Stream == st.Name {
				found = true
			}
		})
	}
	return found
}

// adviseKeys warns about keys of a statement that have no effect on it, those for one
// of its sources included.
func (c *compiler) adviseKeys(st *Statement, sets map[string]*keyset) {
	if c.o.Mode != Validate {
		return
	}
	windowed, changes, distinct, joined, kept := false, false, false, false, false
	walk(st.bound.Node, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Aggregate:
			changes = changes || n.Mode != logical.Final
			windowed = windowed || n.Window != nil
			kept = kept || n.Window != nil && n.Late.Strategy == "update_previous"
		case *logical.Distinct:
			distinct = true
		case *logical.Join:
			joined = joined || n.Interval != nil
		}
	})
	for _, x := range []struct {
		keys   []string
		effect bool
		needs  string
	}{
		{[]string{"emit.changes"}, changes, "EMIT CHANGES of a GROUP BY or WINDOW"},
		{[]string{"late.data.strategy", "allowed.lateness"}, windowed || joined, "WINDOW or join within a time bound"},
		{[]string{"late.data.retention"}, kept, "WINDOW with late.data.strategy update_previous"},
		{[]string{"distinct.retention"}, distinct, "DISTINCT or UNION"},
	} {
		for _, key := range x.keys {
			for _, k := range sets {
				if at, ok := k.at[key]; ok && k.props.Has(key) && !x.effect && at.Valid() {
					c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, at, "key %q has no effect on this statement: it has no %s", key, x.needs))
				}
			}
		}
	}
}

// adviseTime warns about time keys of a source that have no effect.
func (c *compiler) adviseTime(k *keyset) {
	if c.o.Mode == Validate && k.props.Has("event.time.format") && !k.props.Has("event.time.field") {
		c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, k.at["event.time.format"], "key \"event.time.format\" has no effect without event.time.field"))
	}
}

// adviseFile warns about a data file that is not there: validate reads none.
func (c *compiler) adviseFile(k *keyset, at ast.Pos) {
	path, ok := k.props.Get("path")
	if !ok || path == "-" || strings.ContainsAny(path, "*?[{") || strings.Contains(path, "://") || pathGiven(k) {
		return
	}
	dirs := slices.Concat(c.o.Env.Dirs, []string{""})
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, path)); err == nil {
			return
		}
		if filepath.IsAbs(path) {
			break
		}
	}
	if p, ok := k.at["path"]; ok && p.Valid() {
		at = p
	}
	c.suspect(at, "", "there is no file %q", path)
}

// adviseTable warns about keys of a topic that mean nothing where it is a table that
// does not end: each run reads it from its beginning.
func (c *compiler) adviseTable(s *source) {
	if s.bounded || !c.isTable(s) {
		return
	}
	for _, p := range s.keys.props.All() {
		switch {
		case p.Key == "group.id", p.Key == "group.instance.id", p.Key == "group.protocol", p.Key == "auto.offset.reset" && !strings.EqualFold(p.Value, "earliest"):
			c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, s.keys.at[p.Key], "key %q has no effect on table %q: each run reads it from its beginning, without a group", p.Key, s.name))
		}
	}
}

// adviseSeek warns about conditions on the position of records of a topic that
// cannot become the start or end of reading because the column does not stand
// alone.
func (c *compiler) adviseSeek(q *ast.Query, st *Statement) {
	if c.o.Mode != Validate || !st.bound.Bounded {
		return
	}
	topic := false
	walk(st.bound.Node, func(n logical.Node) {
		if s, ok := n.(*logical.Scan); ok {
			src := c.app.source(s.Source)
			typ, _ := src.keys.props.Get("type")
			topic = topic || strings.HasPrefix(typ, "kafka") || src.keys.props.Has("topic") && !src.keys.props.Has("path")
		}
	})
	if !topic {
		return
	}
	ast.Inspect(q, func(n ast.Node) bool {
		b, ok := n.(*ast.Binary)
		if !ok || !b.Op.IsComparison() {
			return true
		}
		for _, side := range [][2]ast.Expr{{b.Left, b.Right}, {b.Right, b.Left}} {
			if _, bare := side[0].(*ast.Name); bare || len(columnsOf(side[1])) > 0 {
				continue
			}
			for _, name := range columnsOf(side[0]) {
				if l := strings.ToLower(name); l == "_offset" || l == "_partition" || l == "_timestamp" {
					c.suspect(b.Pos(), "compare "+l+" itself with a number", "the condition on %s does not narrow what is read: everything is read and filtered", l)
					return true
				}
			}
		}
		return true
	})
}

// columnsOf are the last parts of the names in an expression.
func columnsOf(e ast.Expr) []string {
	var out []string
	ast.Inspect(e, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok {
			out = append(out, x.Parts[len(x.Parts)-1].Name)
		}
		return true
	})
	return out
}
