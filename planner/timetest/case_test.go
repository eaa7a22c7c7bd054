package timetest

import (
	"fmt"
	"strings"
)

// app is one case: sources, queries in their order, and how it is run.
type app struct {
	seed    uint64
	sources []*source
	queries []*query
	raw     []statement // that the model does not know
	shape   shape
}

// statement is SQL as it is, and the sink that it makes.
type statement struct{ sink, sql string }

// shape is how the engine runs a case.
type shape struct {
	batch, threads, pieces int
	without                string // a rule of the planner that is left out
	cuts                   []int  // batches after which the run goes on in a fresh application
}

// source is a stream of records over partitions.
type source struct {
	name  string
	parts int
	// field says that ts is the event time; else it is the record's timestamp.
	field bool
	// stamps says that records have timestamps of their own.
	stamps   bool
	delay    int64 // watermark.max_out_of_orderness; 0: ascending
	lateness int64 // allowed.lateness in the source's WITH
	recs     []*record
}

// record is one record: id, ts, k, v, s, all but id may be NULL.
type record struct {
	part  int
	stamp int64
	vals  []value
	// gone tells that it gives no row: "null", it has no payload, or "bad", the
	// payload cannot be read. It still may be the last of its partition.
	gone string
}

type column struct {
	name string
	typ  string // BIGINT, STRING or DOUBLE
}

var sourceColumns = []column{{"id", "BIGINT"}, {"ts", "BIGINT"}, {"k", "STRING"}, {"v", "BIGINT"}, {"s", "STRING"}}

// window is a WINDOW clause; times in ms.
type window struct {
	kind string // TUMBLING, SLIDING, SESSION, CUMULATE
	size int64  // SESSION: the gap
	step int64  // SLIDING: advance; CUMULATE: step
	col  string // the window's column; "": _event_time
	form int    // spelling
}

// item is a column of a SELECT list.
type item struct {
	alias string
	col   string // a column of the input, of a group, or the last row's
	agg   *call
	sys   string // _window_start, _window_end
	over  *over
}

// query is a statement: CREATE STREAM name AS ….
type query struct {
	name     string
	into     string // INSERT INTO; "": it is a stream of its own
	from     string
	derived  bool     // FROM (SELECT … FROM from)
	union    []*query // members of a UNION ALL, which have no name
	where    *cond
	items    []item
	distinct bool
	forget   int64 // distinct.retention; 0: not written
	grouped  bool
	keys     []string
	win      *window
	having   *cond // over aliases
	emit     string
	every    int64
	late     string
	keep     int64 // late.data.retention; -1: not written
	lateness int64 // -1: not written
	lateInto bool
	order    string // alias
	desc     bool
	limit    int // -1: none
	form     int
}

func (q *query) aggregates() bool { return q.grouped || q.win != nil }

// global tells whether a query aggregates its whole input.
func (q *query) global() bool {
	for _, it := range q.items {
		if it.agg != nil {
			return true
		}
	}
	return false
}

// final tells whether groups come once, at their close or at the end.
func (q *query) final() bool {
	switch q.emit {
	case "final":
		return true
	case "":
		return q.win != nil || q.order != "" || q.limit >= 0
	}
	return false
}

func (q *query) columns(in []column) []column {
	var out []column
	for _, it := range q.items {
		typ := "BIGINT"
		switch {
		case it.agg != nil:
			typ = it.agg.typ(in)
		case it.over != nil:
			typ = it.over.typ(in)
		case it.sys == "":
			typ = typeOf(in, it.col)
		}
		out = append(out, column{it.alias, typ})
	}
	return out
}

func (c *call) typ(in []column) string {
	switch c.fn {
	case "avg":
		return "DOUBLE"
	case "listagg":
		return "STRING"
	case "first", "last", "min", "max":
		return typeOf(in, c.col)
	}
	return "BIGINT"
}

func typeOf(in []column, name string) string {
	for _, c := range in {
		if c.name == name {
			return c.typ
		}
	}
	panic("no column " + name)
}

// millis spells a duration.
func millis(d int64, form int) string {
	if d%1000 == 0 {
		switch form % 4 {
		case 0:
			return fmt.Sprintf("%ds", d/1000)
		case 1:
			return fmt.Sprintf("%d s", d/1000)
		case 2:
			return fmt.Sprintf("INTERVAL '%d' SECOND", d/1000)
		}
		return fmt.Sprintf("INTERVAL %d SECONDS", d/1000)
	}
	if form%2 == 0 {
		return fmt.Sprintf("%dms", d)
	}
	return fmt.Sprintf("%d ms", d)
}

func (w *window) sql() (clause string, inGroupBy bool) {
	col := ""
	if w.col != "" {
		col = w.col + ", "
	}
	size, step := millis(w.size, w.form), millis(w.step, w.form/4)
	groupBy := w.form%3 == 1 && w.col != ""
	switch w.kind {
	case "TUMBLING":
		name := "TUMBLING"
		if groupBy {
			name = "TUMBLE"
		}
		return name + "(" + col + size + ")", groupBy
	case "SLIDING":
		name := []string{"SLIDING", "HOPPING", "HOP"}[w.form%3]
		if groupBy {
			name = "HOP"
		}
		return name + "(" + col + size + ", " + step + ")", groupBy
	case "CUMULATE":
		return "CUMULATE(" + col + step + ", " + size + ")", false
	}
	return "SESSION(" + col + size + ")", groupBy
}

func (q *query) sql() string {
	if q.union != nil {
		var parts []string
		for _, m := range q.union {
			parts = append(parts, m.sel())
		}
		return "CREATE STREAM " + q.name + " AS " + strings.Join(parts, "\n  UNION ALL ")
	}
	if q.into != "" {
		return "INSERT INTO " + q.into + " " + q.sel()
	}
	return "CREATE STREAM " + q.name + " AS " + q.sel()
}

func (q *query) sel() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	if q.distinct {
		b.WriteString("DISTINCT ")
	}
	plain := func(s string) string { return s }
	for i, it := range q.items {
		if i > 0 {
			b.WriteString(", ")
		}
		text := it.col
		switch {
		case it.agg != nil:
			text = it.agg.sql(plain)
		case it.over != nil:
			text = it.over.sql()
		case it.sys != "":
			text = it.sys
		}
		b.WriteString(text)
		if text != it.alias {
			b.WriteString(" AS " + it.alias)
		}
	}
	if q.derived {
		b.WriteString(" FROM (SELECT id, ts, k, v, s FROM " + q.from + ") d")
	} else {
		b.WriteString(" FROM " + q.from)
	}
	if q.where != nil {
		b.WriteString(" WHERE " + q.where.sql(plain))
	}
	win, inGroup := "", false
	if q.win != nil {
		win, inGroup = q.win.sql()
	}
	group := append([]string(nil), q.keys...)
	if inGroup {
		group = append(group, win)
	}
	clauses := []string{}
	if len(group) > 0 {
		clauses = append(clauses, "GROUP BY "+strings.Join(group, ", "))
	}
	if win != "" && !inGroup {
		clauses = append(clauses, "WINDOW "+win)
		if q.form%2 == 0 && len(clauses) == 2 {
			clauses[0], clauses[1] = clauses[1], clauses[0]
		}
	}
	if q.having != nil {
		text := "HAVING " + q.having.sql(func(alias string) string {
			if q.form%3 == 0 {
				for _, it := range q.items {
					if it.alias == alias && it.agg != nil {
						return it.agg.sql(plain)
					}
				}
			}
			return alias
		})
		clauses = append(clauses, text)
	}
	for _, c := range clauses {
		b.WriteString(" " + c)
	}
	if q.order != "" {
		b.WriteString(" ORDER BY " + q.order)
		if q.desc {
			b.WriteString(" DESC")
		}
	}
	if q.limit >= 0 {
		fmt.Fprintf(&b, " LIMIT %d", q.limit)
	}
	var with []string
	key := func(k string, v any) { with = append(with, fmt.Sprintf("'%s'='%v'", k, v)) }
	switch q.emit {
	case "changes":
		b.WriteString(" EMIT CHANGES")
	case "final":
		b.WriteString(" EMIT FINAL")
	case "every":
		b.WriteString(" EMIT CHANGES EVERY " + millis(q.every, q.form))
	case "batch":
		b.WriteString(" EMIT CHANGES")
		key("emit.changes", "batch")
	}
	if q.lateInto {
		b.WriteString(" LATE ROWS INTO " + q.name + "_late")
	}
	if q.late != "" {
		key("late.data.strategy", q.late)
	}
	if q.keep >= 0 {
		key("late.data.retention", millis(q.keep, 0))
	}
	if q.lateness >= 0 {
		key("allowed.lateness", millis(q.lateness, 0))
	}
	if q.forget > 0 {
		key("distinct.retention", millis(q.forget, 0))
	}
	if len(with) > 0 {
		b.WriteString(" WITH (" + strings.Join(with, ", ") + ")")
	}
	return b.String()
}

// sql writes the whole application.
func (a *app) sql() string {
	var b strings.Builder
	for _, s := range a.sources {
		var cols, with []string
		for _, c := range sourceColumns {
			cols = append(cols, c.name+" "+c.typ)
		}
		key := func(k string, v any) { with = append(with, fmt.Sprintf("'%s'='%v'", k, v)) }
		if s.field {
			key("event.time.field", "ts")
			key("event.time.format", "epoch_millis")
		}
		if s.delay > 0 {
			key("watermark.strategy", "bounded_out_of_orderness")
			key("watermark.max_out_of_orderness", millis(s.delay, 0))
		} else {
			key("watermark.strategy", "ascending")
		}
		if s.lateness > 0 {
			key("allowed.lateness", millis(s.lateness, 0))
		}
		fmt.Fprintf(&b, "CREATE STREAM %s (%s) WITH (%s);\n", s.name, strings.Join(cols, ", "), strings.Join(with, ", "))
	}
	if a.shared() {
		b.WriteString("CREATE STREAM o (n BIGINT, s STRING);\n")
	}
	for _, q := range a.queries {
		b.WriteString(q.sql() + ";\n")
	}
	for _, s := range a.raw {
		if s.sql != "" {
			b.WriteString(s.sql + ";\n")
		}
	}
	return b.String()
}

// shared tells whether statements write the sink o, by turns.
func (a *app) shared() bool {
	for _, q := range a.queries {
		if q.into != "" {
			return true
		}
	}
	return false
}

func (a *app) source(name string) *source {
	for _, s := range a.sources {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (a *app) query(name string) *query {
	for _, q := range a.queries {
		if q.name == name {
			return q
		}
	}
	return nil
}

// schema gives the columns of a source or stream.
func (a *app) schema(name string) []column {
	if a.source(name) != nil {
		return sourceColumns
	}
	q := a.query(name)
	if q.union != nil {
		q = q.union[0]
	}
	return q.columns(a.schema(q.from))
}
