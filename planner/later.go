package planner

import (
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// createdLater reports a name that a statement further down makes: streams that
// read each other in a circle, or statements in the wrong order. It is false for
// a name that nothing makes.
func (c *compiler) createdLater(at ast.Pos, name string) bool {
	later := c.creates(name, c.at)
	if later == nil {
		return false
	}
	self, _ := c.all[c.at].Body.(*ast.Create)
	if self != nil && self.Query != nil {
		if strings.EqualFold(self.Name.Name, name) {
			c.errs.Add(diag.Errorf(diag.Cycle, c.o.Source, at, "%q reads itself", name).WithHint("read the source that it is made from"))
			return true
		}
		if path := c.path(name, self.Name.Name, nil); path != nil {
			c.errs.Add(diag.Errorf(diag.Cycle, c.o.Source, at, "streams read each other in a circle: %s", strings.Join(append([]string{self.Name.Name}, path...), " → ")).WithHint("one of them must read a source"))
			return true
		}
	}
	c.errs.Add(diag.Errorf(diag.UnknownSource, c.o.Source, at, "source %q is created further down, in line %d", name, later.Pos().Line).WithHint("move that statement before this one"))
	return true
}

// creates finds the statement, of those from one on, that makes a name.
func (c *compiler) creates(name string, from int) *ast.Create {
	for _, s := range c.all[min(from, len(c.all)):] {
		if b, ok := s.Body.(*ast.Create); ok && strings.EqualFold(b.Name.Name, name) {
			return b
		}
	}
	return nil
}

// path leads from the query that makes one name through what it reads to another.
func (c *compiler) path(from, to string, seen []string) []string {
	for _, s := range seen {
		if strings.EqualFold(s, from) {
			return nil
		}
	}
	b := c.creates(from, 0)
	if b == nil || b.Query == nil {
		return nil
	}
	if named(b.Query, strings.ToLower(to)) {
		return []string{b.Name.Name, to}
	}
	var found []string
	ast.Inspect(b.Query, func(n ast.Node) bool {
		if x, ok := n.(*ast.NamedSource); ok && found == nil && len(x.Name) == 1 {
			if p := c.path(x.Name[0].Name, to, append(seen, from)); p != nil {
				found = append([]string{b.Name.Name}, p...)
			}
		}
		return found == nil
	})
	return found
}
