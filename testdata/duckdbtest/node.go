package duckdbtest

import (
	"strconv"
	"strings"
)

// kind is the type of an expression.
type kind int

const (
	integer kind = iota
	double
	decimal
	text
	boolean
	date
	timestamp
	kinds
)

// node is an expression, written by a pattern in which $1, $2 … stand for its
// parts. duck is the pattern of DuckDB, when it is another one.
type node struct {
	kind kind
	velo string
	duck string
	kids []*node
	sub  *query // $Q
}

func leaf(k kind, s string) *node { return &node{kind: k, velo: s} }

func make1(k kind, pattern string, kids ...*node) *node {
	return &node{kind: k, velo: pattern, kids: kids}
}

func make2(k kind, velo, duck string, kids ...*node) *node {
	return &node{kind: k, velo: velo, duck: duck, kids: kids}
}

func (n *node) write(sb *strings.Builder, duck bool) {
	pattern := n.velo
	if duck && n.duck != "" {
		pattern = n.duck
	}
	for {
		i := strings.IndexByte(pattern, '$')
		if i < 0 {
			sb.WriteString(pattern)
			return
		}
		sb.WriteString(pattern[:i])
		if pattern[i+1] == 'Q' {
			n.sub.write(sb, duck)
		} else {
			n.kids[pattern[i+1]-'1'].write(sb, duck)
		}
		pattern = pattern[i+2:]
	}
}

// query is a SELECT, a set operation of two, or both.
type query struct {
	distinct bool
	items    []*node
	from     *node // a source or a join, nil: none
	where    *node
	group    []*node
	having   *node
	set      string // UNION, EXCEPT ALL …, of two queries with the same columns
	other    *query
	ordered  bool // by all columns; names are c1, c2 …
	limit    int  // -1: none
	offset   int
}

func newQuery() *query { return &query{limit: -1} }

func list(sb *strings.Builder, head string, items []*node, duck, named bool) {
	for i, it := range items {
		if i == 0 {
			sb.WriteString(head)
		} else {
			sb.WriteString(", ")
		}
		it.write(sb, duck)
		if named {
			sb.WriteString(" AS c" + strconv.Itoa(i+1))
		}
	}
}

func (q *query) write(sb *strings.Builder, duck bool) {
	head := "SELECT "
	if q.distinct {
		head = "SELECT DISTINCT "
	}
	list(sb, head, q.items, duck, true)
	if q.from != nil {
		sb.WriteString(" FROM ")
		q.from.write(sb, duck)
	}
	if q.where != nil {
		sb.WriteString(" WHERE ")
		q.where.write(sb, duck)
	}
	list(sb, " GROUP BY ", q.group, duck, false)
	if q.having != nil {
		sb.WriteString(" HAVING ")
		q.having.write(sb, duck)
	}
	if q.other != nil {
		sb.WriteString(" " + q.set + " ")
		q.other.write(sb, duck)
	}
	if q.ordered {
		for i := range q.items {
			if i == 0 {
				sb.WriteString(" ORDER BY 1")
			} else {
				sb.WriteString(", " + strconv.Itoa(i+1))
			}
			if i%3 == 1 {
				sb.WriteString(" DESC")
			}
			if i%4 == 2 {
				sb.WriteString(" NULLS FIRST")
			}
		}
	}
	if q.limit >= 0 {
		sb.WriteString(" LIMIT " + strconv.Itoa(q.limit))
		if q.offset > 0 {
			sb.WriteString(" OFFSET " + strconv.Itoa(q.offset))
		}
	}
}

func (q *query) sql(duck bool) string {
	var sb strings.Builder
	q.write(&sb, duck)
	return sb.String()
}
