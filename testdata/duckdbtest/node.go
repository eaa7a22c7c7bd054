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
	clocktime
	array // of BIGINT
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

	aggregate bool
}

func leaf(k kind, s string) *node { return &node{kind: k, velo: s} }

func make1(k kind, pattern string, kids ...*node) *node {
	return &node{kind: k, velo: pattern, kids: kids}
}

func make2(k kind, velo, duck string, kids ...*node) *node {
	return &node{kind: k, velo: velo, duck: duck, kids: kids}
}

// as gives a node the pattern of DuckDB.
func (n *node) as(duck string) *node {
	n.duck = duck
	return n
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
		switch c := pattern[i+1]; {
		case c == 'Q':
			n.sub.write(sb, duck)
		case c >= '1' && c <= '9':
			n.kids[c-'1'].write(sb, duck)
		default:
			sb.WriteString(pattern[i : i+2])
		}
		pattern = pattern[i+2:]
	}
}

// query is a SELECT, a set operation of two, or both.
type query struct {
	with     []cte
	distinct bool
	items    []*node
	from     *node // a source or a join, nil: none
	where    *node
	group    []*node
	by       int // how GROUP BY names its first keys: as expressions, by position, by alias
	having   *node
	set      string // UNION, EXCEPT ALL …, of two queries with the same columns
	other    *query
	ordered  bool // by all columns; names are c1, c2 …
	order    []string
	seen     []source // the columns that FROM gives
	limit    int      // -1: none
	offset   int
}

// cte is a query with a name.
type cte struct {
	name string
	q    *query
}

// The ways of GROUP BY.
const (
	expressions = iota
	positions
	aliases
)

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
	for i, c := range q.with {
		sb.WriteString(map[bool]string{true: "WITH ", false: ", "}[i == 0] + c.name + " AS (")
		c.q.write(sb, duck)
		sb.WriteString(") ")
	}
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
	if q.by == expressions {
		list(sb, " GROUP BY ", q.group, duck, false)
	}
	for i := range q.group {
		if q.by != expressions {
			sb.WriteString(map[bool]string{true: " GROUP BY ", false: ", "}[i == 0] + map[bool]string{true: "c", false: ""}[q.by == aliases] + strconv.Itoa(i+1))
		}
	}
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
			sb.WriteString(map[bool]string{true: " ORDER BY ", false: ", "}[i == 0] + strconv.Itoa(i+1))
			if i < len(q.order) {
				sb.WriteString(q.order[i])
			}
		}
	}
	if q.limit >= 0 {
		sb.WriteString(" LIMIT " + strconv.Itoa(q.limit))
	}
	if q.offset > 0 {
		sb.WriteString(" OFFSET " + strconv.Itoa(q.offset))
	}
}

func (q *query) sql(duck bool) string {
	var sb strings.Builder
	q.write(&sb, duck)
	return sb.String()
}
