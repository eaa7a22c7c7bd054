package tabletest

import (
	"fmt"
	"strings"
)

// value is nil, an int64, a float64, a string or a list of values.
type value any

// app is one case.
type app struct {
	seed    uint64
	sources []*source
	stmts   []*stmt
	shape   shape
}

// shape is how the engine runs a case.
type shape struct {
	batch, threads int
	without        string
	cuts           []int
}

// source is a declared table or stream.
type source struct {
	name      string
	table     bool
	format    string // capture, jsonl or csv
	composite bool   // PRIMARY KEY of two columns
	field     bool   // NAME_t is the event time
	recs      []*record
}

// record is one record; vals are those of the columns, which may lack some.
type record struct {
	part  int
	stamp int64
	key   *string
	null  bool // NULL payload
	bad   bool // the payload cannot be read
	vals  map[string]value
}

// columns of a source: id, k, g, v, s, t, each behind the source's name.
func (s *source) columns() []column {
	var out []column
	for _, c := range []column{{"id", "BIGINT"}, {"k", "STRING"}, {"g", "STRING"}, {"v", "BIGINT"}, {"s", "STRING"}, {"t", "BIGINT"}} {
		out = append(out, column{s.name + "_" + c.name, c.typ})
	}
	return out
}

func (s *source) primary() []string {
	switch {
	case !s.table:
		return nil
	case s.composite:
		return []string{s.name + "_id", s.name + "_k"}
	}
	return []string{s.name + "_id"}
}

type column struct{ name, typ string }

// cond is col op value, col IS [NOT] NULL, or col op other column.
type cond struct {
	col, op string
	val     value
	other   string
}

func (c *cond) sql() string {
	switch {
	case strings.HasPrefix(c.op, "IS"):
		return c.col + " " + c.op
	case c.other != "":
		return c.col + " " + c.op + " " + c.other
	}
	return c.col + " " + c.op + " " + literal(c.val)
}

func literal(v value) string {
	if s, ok := v.(string); ok {
		return "'" + s + "'"
	}
	return fmt.Sprint(v)
}

// leaf is a source or an earlier statement in FROM, perhaps some of its rows.
type leaf struct {
	name  string
	where *cond // a derived table
}

func (l leaf) sql() string {
	if l.where == nil {
		return l.name
	}
	return "(SELECT * FROM " + l.name + " WHERE " + l.where.sql() + ") " + l.name
}

type join struct {
	kind     string // JOIN, LEFT JOIN, RIGHT JOIN, FULL JOIN, ASOF JOIN, ASOF LEFT JOIN
	leaf     leaf
	l, r     string // equal columns
	residual *cond
}

// item is a column of the SELECT list.
type item struct {
	name   string
	col    string
	cast   bool // CAST(col AS BIGINT)
	plus   int64
	pk     bool
	agg    string
	dist   bool
	filter *cond
}

func (it item) expr() string {
	x := it.col
	if it.cast {
		x = "CAST(" + x + " AS BIGINT)"
	}
	if it.plus != 0 {
		x = fmt.Sprintf("%s + %d", x, it.plus)
	}
	if it.agg == "" {
		return x
	}
	if it.dist {
		x = "DISTINCT " + x
	}
	if it.agg == "COUNT*" {
		x = "COUNT(*)"
	} else {
		x = it.agg + "(" + x + ")"
	}
	if it.filter != nil {
		x += " FILTER (WHERE " + it.filter.sql() + ")"
	}
	return x
}

func (it item) typ(cols []column) string {
	switch {
	case it.agg == "AVG" || it.agg == "MEDIAN":
		return "DOUBLE"
	case it.agg == "COUNT*" || it.agg == "COUNT" || it.cast || it.plus != 0:
		return "BIGINT"
	case it.agg == "LISTAGG":
		return "STRING"
	case it.agg == "ARRAY_AGG":
		return "ARRAY"
	}
	return typeOf(cols, it.col)
}

func typeOf(cols []column, name string) string {
	for _, c := range cols {
		if c.name == name {
			return c.typ
		}
	}
	panic("no column " + name)
}

// stmt is CREATE STREAM or TABLE name AS ….
type stmt struct {
	name   string
	table  bool
	from   leaf
	joins  []join
	where  *cond
	items  []item
	group  []string
	having *cond // of an item's alias
	emit   string
	window int64
	order  []string // at the end
	dist   bool
	union  *stmt
	inSub  *leaf // WHERE inCol IN (SELECT first column of it)
	inCol  string
	inOf   string
	over   string // ROW_NUMBER() OVER (ORDER BY over columns), an item behind the others
}

func (q *stmt) leaves() []leaf {
	out := []leaf{q.from}
	for _, j := range q.joins {
		out = append(out, j.leaf)
	}
	if q.union != nil {
		out = append(out, q.union.leaves()...)
	}
	if q.inSub != nil {
		out = append(out, *q.inSub)
	}
	return out
}

// atEnd tells that the statement reads tables as they are at the end.
func (q *stmt) atEnd() bool {
	return q.emit == "final" || len(q.order) > 0 || q.dist || q.union != nil || q.over != ""
}

func (q *stmt) grouped() bool { return len(q.group) > 0 }

func (q *stmt) columns(a *app) []column {
	in := q.input(a)
	var out []column
	for _, it := range q.items {
		out = append(out, column{it.name, it.typ(in)})
	}
	if q.over != "" {
		out = append(out, column{q.name + "_rn", "BIGINT"})
	}
	return out
}

// input is the columns of FROM.
func (q *stmt) input(a *app) []column {
	out := a.columnsOf(q.from.name)
	for _, j := range q.joins {
		out = append(out[:len(out):len(out)], a.columnsOf(j.leaf.name)...)
	}
	return out
}

func (a *app) columnsOf(name string) []column {
	if s := a.source(name); s != nil {
		return s.columns()
	}
	return a.stmt(name).columns(a)
}

func (a *app) source(name string) *source {
	for _, s := range a.sources {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (a *app) stmt(name string) *stmt {
	for _, s := range a.stmts {
		if s.name == name {
			return s
		}
	}
	return nil
}

// isTable tells that a name is a table.
func (a *app) isTable(name string) bool {
	if s := a.source(name); s != nil {
		return s.table
	}
	return a.stmt(name).table
}

// streams tells that a stream is in FROM.
func (a *app) streams(q *stmt) bool {
	for _, l := range q.leaves() {
		if !a.isTable(l.name) {
			return true
		}
	}
	return false
}

func (q *stmt) sel() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	if q.dist {
		b.WriteString("DISTINCT ")
	}
	for i, it := range q.items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(it.expr() + " AS " + it.name)
		if it.pk {
			b.WriteString(" PRIMARY KEY")
		}
	}
	if q.over != "" {
		b.WriteString(", ROW_NUMBER() OVER (ORDER BY " + q.over + ") AS " + q.name + "_rn")
	}
	b.WriteString(" FROM " + q.from.sql())
	for _, j := range q.joins {
		b.WriteString("\n  " + j.kind + " " + j.leaf.sql() + " ON " + j.l + " = " + j.r)
		if strings.HasPrefix(j.kind, "ASOF") {
			b.WriteString(" AND " + j.leaf.name + "._event_time <= " + q.from.name + "._event_time")
		}
		if j.residual != nil {
			b.WriteString(" AND " + j.residual.sql())
		}
	}
	var where []string
	if q.where != nil {
		where = append(where, q.where.sql())
	}
	if q.inSub != nil {
		where = append(where, q.inCol+" IN (SELECT "+q.inOf+" FROM "+q.inSub.sql()+")")
	}
	if len(where) > 0 {
		b.WriteString(" WHERE " + strings.Join(where, " AND "))
	}
	if q.window > 0 {
		fmt.Fprintf(&b, " WINDOW TUMBLING(%dms)", q.window)
	}
	if q.grouped() {
		b.WriteString(" GROUP BY " + strings.Join(q.group, ", "))
	}
	if q.having != nil {
		b.WriteString(" HAVING " + q.having.sql())
	}
	return b.String()
}

func (q *stmt) query() string {
	s := q.sel()
	if q.union != nil {
		s += "\n  UNION ALL " + q.union.sel()
	}
	if len(q.order) > 0 {
		s += " ORDER BY " + strings.Join(q.order, ", ")
	}
	switch q.emit {
	case "changes":
		s += " EMIT CHANGES"
	case "final":
		s += " EMIT FINAL"
	case "batch":
		s += " WITH ('emit.changes'='batch')"
	}
	return s
}

func (q *stmt) sql() string {
	kind := "STREAM"
	if q.table {
		kind = "TABLE"
	}
	return "CREATE " + kind + " " + q.name + " AS " + q.query()
}

func (s *source) sql() string {
	kind := "STREAM"
	if s.table {
		kind = "TABLE"
	}
	var cols []string
	for _, c := range s.columns() {
		text := c.name + " " + c.typ
		if s.table && !s.composite && c.name == s.name+"_id" {
			text += " PRIMARY KEY"
		}
		cols = append(cols, text)
	}
	if s.composite {
		cols = append(cols, "PRIMARY KEY ("+strings.Join(s.primary(), ", ")+")")
	}
	out := fmt.Sprintf("CREATE %s %s (%s)", kind, s.name, strings.Join(cols, ", "))
	if s.field {
		out += fmt.Sprintf(" WITH ('event.time.field'='%s_t', 'event.time.format'='epoch_millis')", s.name)
	}
	return out
}

func (a *app) declarations() string {
	var b strings.Builder
	for _, s := range a.sources {
		b.WriteString(s.sql() + ";\n")
	}
	return b.String()
}

func (a *app) sql() string {
	b := a.declarations()
	for _, q := range a.stmts {
		b += q.sql() + ";\n"
	}
	return b
}

// String shows a case with its input.
func (a *app) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, shape %+v\n%s", a.seed, a.shape, a.sql())
	for _, s := range a.sources {
		fmt.Fprintf(&b, "%s (%s):\n%s", s.name, s.format, s.file(0))
	}
	return b.String()
}
