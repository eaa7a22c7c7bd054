package planner

import (
	"slices"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// drop frees a name: statements behind it do not see the source or stream, those
// before it that read it go on.
func (c *compiler) drop(b *ast.Drop) {
	key := strings.ToLower(b.Name.Name)
	d, st := c.declared[key], c.streams[key]
	if d == nil && st == nil {
		if b.IfExists {
			return
		}
		var names []string
		for _, x := range c.declared {
			names = append(names, x.create.Name.Name)
		}
		for _, x := range c.streams {
			names = append(names, x.Name)
		}
		hint := diag.SuggestHint(b.Name.Name, diag.SortedNames(names), true)
		if hint != "" {
			hint += "; "
		}
		hint += "IF EXISTS lets it be"
		c.errs.Add(diag.Errorf(diag.UnknownSource, c.o.Source, b.Name.Pos(), "unknown %s %q", strings.ToLower(b.Relation.String()), b.Name.Name).WithHint("%s", hint))
		return
	}
	var is ast.Relation
	if d != nil {
		is = d.create.Relation
	} else {
		is = st.relation()
	}
	if is != b.Relation && !(st != nil && st.broken) {
		c.errs.Add(diag.Errorf(diag.UnknownSource, c.o.Source, b.Name.Pos(), "%q is a %s, not a %s", b.Name.Name, is, b.Relation).WithHint("write DROP %s %s", is, b.Name.Name))
		return
	}
	c.retire(key, b.Name.Pos(), "dropped")
	delete(c.declared, key)
	delete(c.streams, key)
}

// retire takes the query of a stream out that is dropped or replaced, unless
// somebody reads it already.
func (c *compiler) retire(key string, at ast.Pos, how string) {
	st := c.streams[key]
	if st == nil || st.broken {
		return
	}
	for _, o := range c.app.Statements {
		reads := false
		walk(o.bound.Node, func(n logical.Node) {
			if e, ok := n.(*logical.Edge); ok && e.Stream == st.Name {
				reads = true
			}
		})
		if reads {
			return
		}
	}
	c.app.Statements = slices.DeleteFunc(c.app.Statements, func(o *Statement) bool { return o == st })
	if st.sink != nil && !slices.ContainsFunc(c.app.Statements, func(o *Statement) bool { return o.sink == st.sink || o.late == st.sink }) {
		c.app.sinks = slices.DeleteFunc(c.app.sinks, func(s *sinkDef) bool { return s == st.sink })
	}
	c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, at, "the query of %q does not run: it is %s before anybody reads it", st.Creates, how))
}

// free makes the name of a CREATE free, or says that it is taken; false when
// there is nothing to create.
func (c *compiler) free(b *ast.Create) bool {
	key := strings.ToLower(b.Name.Name)
	if c.declared[key] == nil && c.streams[key] == nil {
		return true
	}
	switch {
	case b.IfNotExists:
		if c.o.Mode == Validate {
			c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, b.Name.Pos(), "the statement never takes effect: %q exists already", b.Name.Name))
		}
		return false
	case !b.OrReplace:
		c.errs.Add(diag.Errorf(diag.Duplicate, c.o.Source, b.Name.Pos(), "%q is created twice", b.Name.Name).WithHint("write CREATE OR REPLACE, or IF NOT EXISTS"))
		return false
	}
	return true
}

// replace lets a new declaration or query take the place of the old one.
func (c *compiler) replace(key string, at ast.Pos) {
	c.retire(key, at, "replaced")
	delete(c.declared, key)
	delete(c.streams, key)
}

// named tells whether a query reads a name.
func named(q *ast.Query, key string) bool {
	found := false
	ast.Inspect(q, func(n ast.Node) bool {
		if x, ok := n.(*ast.NamedSource); ok && len(x.Name) == 1 && strings.EqualFold(x.Name[0].Name, key) {
			found = true
		}
		return !found
	})
	return found
}

// relation is what a statement creates.
func (st *Statement) relation() ast.Relation {
	if st.table {
		return ast.Table
	}
	return ast.Stream
}
