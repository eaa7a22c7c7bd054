package agg

import (
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// Lined is a state that can keep what it knows of a group in the line of the group's key.
type Lined interface {
	State
	// UseLines moves all groups to lines, which hold at least as many.
	UseLines(*group.Lines)
}

// accs are accumulators by group: a slice, or parts of the lines of a table with very many
// keys. A does not have pointers, and at most the 48 bytes of a cell.
type accs[A any] struct {
	own   []A
	lines *group.Lines
	n     int // groups, of lines
}

func (c *accs[A]) at(g int32) *A {
	if c.lines != nil {
		return vec.View[A](c.lines.Cell(g))
	}
	return &c.own[g]
}

func (c *accs[A]) len() int {
	if c.lines != nil {
		return c.n
	}
	return len(c.own)
}

// ahead asks the caches for accumulators in lines.
func (c *accs[A]) ahead(groups []int32) {
	if c.lines != nil {
		c.lines.Ahead(groups)
	}
}

// grow makes room for groups below n; new ones are empty.
func (c *accs[A]) grow(n int, empty *A) {
	if c.lines != nil {
		for ; c.n < n; c.n++ {
			*vec.View[A](c.lines.Cell(int32(c.n))) = *empty
		}
		return
	}
	old := len(c.own)
	c.own = grown(c.own, n)
	for i := old; i < n; i++ {
		c.own[i] = *empty
	}
}

func (c *accs[A]) use(l *group.Lines) {
	for g := range c.own {
		*vec.View[A](l.Cell(int32(g))) = c.own[g]
	}
	c.lines, c.n, c.own = l, len(c.own), nil
}

// bytes leaves out lines, which are the table's.
func (c *accs[A]) bytes(each int64) int64 { return int64(cap(c.own)) * each }
