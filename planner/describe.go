package planner

import (
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// describe lists the columns of a source, a stream, or a file.
func (c *compiler) describe(b *ast.Describe) *listing {
	r := &relations{c: c, keys: map[string]*keyset{}, used: map[string]bool{}}
	var rel *bind.Relation
	if b.URI != nil {
		rel = r.URI(&ast.URISource{Place: b.Place, URI: b.URI.Value})
	} else {
		rel = r.Named(&ast.NamedSource{Place: b.Name.Place, Name: []ast.Ident{b.Name}})
	}
	if rel == nil {
		return nil
	}
	l := newListing(nil, "column", "type", "kind")
	for _, f := range rel.Node.Fields() {
		kind := "payload"
		if f.Hidden {
			continue
		}
		if f.System {
			kind = "system"
		}
		l.add(f.Name, expr.TypeName(f.Type), kind)
	}
	return l
}

// showSource answers SHOW SCHEMA, PARTITIONS and PROPERTIES of one source.
func (c *compiler) showSource(b *ast.Show) *listing {
	n := &ast.NamedSource{Place: b.Name.Place, Name: []ast.Ident{*b.Name}}
	rel := (&relations{c: c, keys: map[string]*keyset{}, used: map[string]bool{}}).Named(n)
	if rel == nil {
		return nil
	}
	switch b.Kind {
	case ast.ShowSchema:
		l := newListing(b.Like, "column", "type")
		for _, f := range rel.Node.Fields() {
			if !f.System && !f.Hidden {
				l.add(f.Name, expr.TypeName(f.Type))
			}
		}
		return l
	case ast.ShowPartitions:
		l := newListing(nil, "topic", "partition#", "first_offset#", "next_offset#", "records#")
		if b.Like != nil {
			l.like = likePattern(b.Like.Value)
		}
		parts, ok := c.parts(rel, b.Pos())
		if !ok {
			return nil
		}
		known := func(n int64) any {
			if n < 0 {
				return nil
			}
			return n
		}
		for _, p := range parts {
			l.add(p.Topic, int64(p.Partition), known(p.First), known(p.Next), known(p.Records))
		}
		return l
	}
	return c.properties(b, rel)
}

// properties lists the keys of a source and where each was written.
// scanOf is the source of a relation, of a table as well.
func scanOf(rel *bind.Relation) (*logical.Scan, bool) {
	n := rel.Node
	if t, ok := n.(*logical.Table); ok {
		n = t.Input
	}
	s, ok := n.(*logical.Scan)
	return s, ok
}

func (c *compiler) properties(b *ast.Show, rel *bind.Relation) *listing {
	l := newListing(b.Like, "key", "value", "written_in")
	scan, ok := scanOf(rel)
	if !ok { // a stream in memory
		st := c.streams[strings.ToLower(b.Name.Name)]
		if st != nil && st.sink != nil {
			c.addProperties(l, st.sink.keys)
		}
		return l
	}
	if s := c.app.source(scan.Source); s != nil {
		c.addProperties(l, s.keys)
	}
	return l
}

func (c *compiler) addProperties(l *listing, k *keyset) {
	for _, p := range k.props.All() {
		where := p.Where
		if where == "" {
			where = "WITH"
			if at := k.at[p.Key]; at.Valid() {
				where = c.o.Source + ":" + at.String()
			}
		}
		value := p.Value
		if diag.Secret(p.Key) {
			value = "***"
		}
		l.add(p.Key, value, where)
	}
	slices.SortStableFunc(l.rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
}

// parts lists the partitions that a relation reads; ok is false when it was
// reported that they cannot be had.
func (c *compiler) parts(rel *bind.Relation, at ast.Pos) ([]ingest.Part, bool) {
	scan, ok := scanOf(rel)
	if !ok || c.o.Mode == Validate {
		return nil, true
	}
	s := c.app.source(scan.Source)
	lister, ok := s.connector.(ingest.Lister)
	if !ok {
		return []ingest.Part{{Topic: s.name, First: -1, Next: -1, Records: -1}}, true
	}
	parts, err := lister.Parts(c.ctx)
	if err != nil {
		c.openError(s.name, s.keys, at, err)
		return nil, false
	}
	return parts, true
}
