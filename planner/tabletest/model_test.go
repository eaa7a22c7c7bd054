package tabletest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

const before = int64(math.MinInt64)

// row is a row of a table, a stream or a result. Two rows are the same row only if
// they are the same pointer.
type row struct {
	vals []value
	key  *string // of the output record
	time int64
}

// change is a row that comes or goes; when is the event time of what caused it.
type change struct {
	add  bool
	row  *row
	when int64
}

// cause is the record that is being handled.
type cause struct {
	src *source
	rec *record
}

// model runs an application, one record at a time, to its end.
func model(a *app) outcome {
	m := &machine{a: a, res: outcome{lines: map[string][]string{}}, keyed: map[string]*keyed{}, now: map[string][]change{}}
	for _, s := range a.sources {
		if s.table {
			m.keyed[s.name] = newKeyed()
		}
	}
	var nodes []*node
	for _, q := range a.stmts {
		if q.table {
			m.keyed[q.name] = newKeyed()
		}
		nodes = append(nodes, m.node(q))
	}
	m.versions()
	for _, c := range m.order() {
		clear(m.now)
		m.source(c)
		for _, n := range nodes {
			n.step()
		}
	}
	clear(m.now)
	for _, n := range nodes { // what ends comes before what reads it
		n.end()
	}
	return m.res
}

// machine is the state of the model.
type machine struct {
	a     *app
	res   outcome
	keyed map[string]*keyed   // tables
	now   map[string][]change // what the record changes, by source and statement
	all   map[string][]version
}

// order is the records in the order in which they take effect: by their time, a
// table without times first, of those the one that the rows of another meet, ties in
// the order of the sources.
func (m *machine) order() []cause {
	var out []cause
	at := make([]int, len(m.a.sources))
	late := m.a.loading()
	for {
		pick, least := -1, int64(0)
		for i, s := range m.a.sources {
			for at[i] < len(s.recs) && (s.recs[at[i]].bad || s.recs[at[i]].null && !s.table) {
				at[i]++ // no row
			}
			if at[i] == len(s.recs) {
				continue
			}
			t := s.recs[at[i]].stamp
			if s.format != "capture" {
				if t = start; s.table { // it is loaded first
					t = before + late[s.name]
				}
				if s.field {
					_, t = cause{s, s.recs[at[i]]}.times()
				}
			}
			if pick < 0 || t < least {
				pick, least = i, t
			}
		}
		if pick < 0 {
			return out
		}
		s := m.a.sources[pick]
		out = append(out, cause{s, s.recs[at[pick]]})
		at[pick]++
	}
}

// loads tells that a source is a table whose records have no times.
func (s *source) loads() bool { return s.table && s.format != "capture" && !s.field }

// loading is the order in which tables without times are loaded: one that a stream is
// joined with comes before the tables that the stream is made of.
func (a *app) loading() map[string]int64 {
	var roots func(name string) []string
	roots = func(name string) []string {
		if s := a.source(name); s != nil {
			if s.loads() {
				return []string{name}
			}
			return nil
		}
		var out []string
		for _, l := range a.stmt(name).leaves() {
			out = append(out, roots(l.name)...)
		}
		return out
	}
	late := map[string]int64{}
	for range a.sources {
		for _, q := range a.stmts {
			stream, below := !a.isTable(q.from.name), roots(q.from.name)
			for _, j := range q.joins {
				table, of := j.leaf.name, below
				right := roots(table)
				if !stream && !a.isTable(table) {
					table, of = q.from.name, right
				}
				if s := a.source(table); s != nil && s.loads() && (stream || !a.isTable(j.leaf.name)) && !strings.HasPrefix(j.kind, "ASOF") {
					for _, r := range of {
						if r != table {
							late[r] = max(late[r], late[table]+1)
						}
					}
				}
				stream, below = stream || !a.isTable(j.leaf.name), append(below, right...)
			}
		}
	}
	return late
}

// times are the record's timestamp and event time.
func (c cause) times() (stamp, event int64) {
	stamp = c.rec.stamp
	if c.src.format != "capture" {
		stamp = start
	}
	if t, ok := c.rec.vals[c.src.name+"_t"].(int64); ok && c.src.field && !c.rec.null {
		if c.src.format != "capture" {
			stamp = t
		}
		return stamp, t
	}
	return stamp, stamp
}

// read makes the row of a record; id is what it is known by in a table. ok tells that
// the record means something.
func (c cause) read() (r *row, id string, ok bool) {
	s, rec := c.src, c.rec
	var parts []string
	if rec.key != nil && s.format == "capture" {
		parts = strings.Split(*rec.key, "|")
	}
	pk := s.primary()
	part := func(i int) (value, bool) {
		if len(parts) != len(pk) {
			return nil, parts == nil
		}
		for j, p := range parts { // all of the key must be readable
			if typeOf(s.columns(), pk[j]) == "BIGINT" && p != "" {
				if _, err := strconv.ParseInt(p, 10, 64); err != nil {
					return nil, false
				}
			}
		}
		if typeOf(s.columns(), pk[i]) == "BIGINT" {
			if parts[i] == "" {
				return nil, true
			}
			n, _ := strconv.ParseInt(parts[i], 10, 64)
			return n, true
		}
		if parts[i] == "" && len(pk) > 1 {
			return nil, true
		}
		return parts[i], true
	}
	_, when := c.times()
	r = &row{key: rec.key, time: when}
	if s.format != "capture" {
		r.key = nil
	}
	vals := map[string]value{}
	for k, v := range rec.vals {
		vals[k] = v
	}
	if rec.null && rec.key == nil {
		return nil, "", false
	}
	any := !s.table
	for i, name := range pk {
		if rec.null || vals[name] == nil {
			v, ok := part(i)
			if !ok {
				return nil, "", false
			}
			vals[name] = v
		}
		any = any || vals[name] != nil
		id += text(vals[name]) + "|"
	}
	if !any {
		return nil, "", false
	}
	for _, col := range s.columns() {
		r.vals = append(r.vals, vals[col.name])
	}
	return r, id, true
}

// source lets a record take effect on its source.
func (m *machine) source(c cause) {
	r, id, ok := c.read()
	if !ok {
		return
	}
	_, when := c.times()
	if !c.src.table {
		m.now[c.src.name] = []change{{true, r, when}}
		return
	}
	if c.rec.null {
		m.now[c.src.name] = m.keyed[c.src.name].remove(id, when)
		return
	}
	m.now[c.src.name] = m.keyed[c.src.name].put(id, r, when)
}

// keyed is a table: rows in the order in which their keys came.
type keyed struct {
	ids  []string
	rows map[string]*row
}

func newKeyed() *keyed { return &keyed{rows: map[string]*row{}} }

func (k *keyed) put(id string, r *row, when int64) []change {
	var out []change
	if old := k.rows[id]; old != nil {
		out = append(out, change{false, old, when})
	} else {
		k.ids = append(k.ids, id)
	}
	k.rows[id] = r
	return append(out, change{true, r, when})
}

func (k *keyed) remove(id string, when int64) []change {
	old := k.rows[id]
	if old == nil {
		return nil
	}
	delete(k.rows, id)
	k.ids = slices.DeleteFunc(k.ids, func(x string) bool { return x == id })
	return []change{{false, old, when}}
}

func (k *keyed) list() []*row {
	var out []*row
	for _, id := range k.ids {
		out = append(out, k.rows[id])
	}
	return out
}

// version is a row that a key had from a time on; nil: none.
type version struct {
	from int64
	row  *row
	id   string
}

// versions are all rows that the tables of ASOF joins ever have.
func (m *machine) versions() {
	m.all = map[string][]version{}
	for _, s := range m.a.sources {
		for _, rec := range s.recs {
			c := cause{s, rec}
			if rec.bad || !s.table {
				continue
			}
			r, id, ok := c.read()
			if !ok {
				continue
			}
			_, when := c.times()
			if rec.null {
				r = nil
			}
			m.all[s.name] = append(m.all[s.name], version{when, r, id})
		}
	}
}

// takes tells whether a condition is TRUE.
func (c *cond) takes(get func(string) value) bool {
	v := get(c.col)
	switch c.op {
	case "IS NULL":
		return v == nil
	case "IS NOT NULL":
		return v != nil
	}
	w := c.val
	if c.other != "" {
		w = get(c.other)
	}
	if v == nil || w == nil {
		return false
	}
	x := compare(v, w)
	switch c.op {
	case "=":
		return x == 0
	case "<>":
		return x != 0
	case "<":
		return x < 0
	case ">":
		return x > 0
	case "<=":
		return x <= 0
	}
	return x >= 0
}

// compare orders values; NULL is the greatest.
func compare(a, b value) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	if s, ok := a.(string); ok {
		return strings.Compare(s, b.(string))
	}
	return cmp.Compare(number(a), number(b))
}

func number(v value) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}

// text is a value as JSON.
func text(v value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return strconv.Quote(v)
	case []value:
		var parts []string
		for _, x := range v {
			parts = append(parts, text(x))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	panic("no value")
}

// plain is a value as text of a key.
func plain(v value) string {
	if s, ok := v.(string); ok {
		return strings.NewReplacer(`\`, `\\`, "|", `\|`).Replace(s)
	}
	return text(v)
}

// keyText is the key of an output record.
func keyText(parts []value) *string {
	if len(parts) == 1 {
		if parts[0] == nil {
			return nil
		}
		s := text(parts[0])
		if x, ok := parts[0].(string); ok {
			s = x
		}
		return &s
	}
	var out []string
	for _, p := range parts {
		if p == nil {
			out = append(out, "")
		} else {
			out = append(out, plain(p))
		}
	}
	s := strings.Join(out, "|")
	return &s
}

func payload(cols []column, vals []value) *string {
	var parts []string
	for i, c := range cols {
		parts = append(parts, strconv.Quote(c.name)+":"+text(vals[i]))
	}
	s := "{" + strings.Join(parts, ",") + "}"
	return &s
}
