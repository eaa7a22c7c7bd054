package timetest

import (
	"math"
)

// The times before the first row and after the end of all input.
const (
	before = math.MinInt64
	after  = math.MaxInt64
)

// row is one row of a source or stream.
type row struct {
	schema []column
	vals   []value
	time   int64
	timed  bool   // its event time could be read
	seq    int    // order of arrival at the query
	text   string // of the record, if it is one
}

func (r *row) get(name string) value {
	for i, c := range r.schema {
		if c.name == name {
			return r.vals[i]
		}
	}
	panic("no column " + name)
}

// fates of an input row of a query.
type fate uint8

const (
	held fate = iota
	filtered
	failed
	late
	used
)

// node is one query of the model, or one member of a UNION ALL.
type node struct {
	q       *query
	in      []column
	outs    []column
	mark    int64   // the watermark, as the query sees it
	marks   []int64 // of the members of a union
	ended   []bool  // inputs that have ended
	readers []port
	fates   []fate
	gone    []fate // of records without a row
	applied int    // late rows that were used
	lines   []string
	missed  []string // LATE ROWS INTO
	latency int64    // allowed lateness in force
	count   int      // rows given, for LIMIT
	full    bool
	seen    map[string]int64 // DISTINCT: time of the row that was kept
	sorted  []*out           // rows that wait for ORDER BY of the whole result
	groups  groups
	over    overState
	letters []string
	sink    *sink // shared with others; nil: the node has its own
	place   int   // of the statement
	now     int64 // EMIT CHANGES EVERY: the clock
	pending []*touched
	members []*node
	union   *node
	index   int
}

// sink has the rows of several statements: by the input records that caused them,
// and for one record by the statements.
type sink struct {
	step int // records, and ends, so far
	rows []sinkRow
}

type sinkRow struct {
	step, place int
	line        string
}

func (s *sink) lines() []string {
	order := make([]int, len(s.rows))
	for i := range order {
		order[i] = i
	}
	stable(order, func(i, j int) int {
		if d := s.rows[i].step - s.rows[j].step; d != 0 {
			return d
		}
		return s.rows[i].place - s.rows[j].place
	})
	var out []string
	for _, i := range order {
		out = append(out, s.rows[i].line)
	}
	return out
}

// port is one input of a node: a reader of a stream, or a member of a union.
type port struct {
	n *node
	i int
}

// out is a row that a query emits.
type out struct {
	vals []value
	time int64
	rows []int // input rows that took part
}

// feed gives a node a row of its input.
func (n *node) feed(in *row) {
	r := &row{schema: n.in, vals: in.vals, time: in.time, timed: in.timed, seq: len(n.fates), text: in.text}
	n.fates = append(n.fates, held)
	if n.q.derived && !r.timed { // the query inside has read its time
		n.fates[r.seq] = failed
		return
	}
	if n.q.where != nil {
		ok, err := n.q.where.takes(r.get)
		if err != nil {
			n.fates[r.seq] = failed
			return
		}
		if !ok {
			n.fates[r.seq] = filtered
			return
		}
	}
	if n.q.win != nil && n.q.win.col != "" {
		t, ok := r.get(n.q.win.col).(int64)
		r.time, r.timed = t, ok
	}
	if !r.timed {
		n.fates[r.seq] = failed
		return
	}
	switch {
	case n.q.win != nil:
		n.windowed(r)
	case n.q.aggregates() || n.global():
		n.groupRow(r)
	default:
		if some, _ := n.q.overs(); some {
			n.overRow(r)
			return
		}
		var vals []value
		for _, it := range n.q.items {
			vals = append(vals, r.get(it.col))
		}
		n.emit(&out{vals: vals, time: r.time, rows: []int{r.seq}})
	}
}

func (n *node) global() bool { return n.q.global() }

// emit passes a row through DISTINCT, ORDER BY and LIMIT of the whole result.
func (n *node) emit(o *out) {
	if n.q.distinct {
		key := line(names(n.outs), o.vals)
		t, ok := n.seen[key]
		if ok && (n.q.forget == 0 || n.mark == before || n.mark <= sum(t, n.q.forget)) {
			n.drop(o)
			return
		}
		n.seen[key] = o.time
	}
	if n.q.order != "" && n.q.win == nil {
		n.sorted = append(n.sorted, o)
		return
	}
	n.give(o)
}

func (n *node) drop(o *out) {
	for _, i := range o.rows {
		if n.fates[i] == held {
			n.fates[i] = filtered
		}
	}
}

// give lets a row leave the query.
func (n *node) give(o *out) {
	if n.q.limit >= 0 && n.q.win == nil {
		if n.count >= n.q.limit {
			n.drop(o)
			return
		}
		n.count++
		n.full = n.count >= n.q.limit
	}
	for _, i := range o.rows {
		n.fates[i] = used
	}
	if n.union != nil {
		n.union.pass(o)
		return
	}
	if n.sink != nil {
		n.sink.rows = append(n.sink.rows, sinkRow{n.sink.step, n.place, line([]string{"n", "s"}, o.vals)})
		return
	}
	n.lines = append(n.lines, line(names(n.outs), o.vals))
	n.toReaders(o)
}

func (n *node) toReaders(o *out) {
	for _, p := range n.readers {
		p.n.feed(&row{vals: o.vals, time: o.time, timed: true})
	}
}

// pass gives a row of a member of a union to those who read it.
func (n *node) pass(o *out) {
	n.lines = append(n.lines, line(names(n.outs), o.vals))
	n.toReaders(o)
}

// advance moves the watermark of one input.
func (n *node) advance(p int, mark int64) {
	n.marks[p] = max(n.marks[p], mark)
	least := int64(after)
	for i, m := range n.marks {
		if !n.ended[i] {
			least = min(least, m)
		}
	}
	if least == after { // no input is live: the end closes the rest
		return
	}
	if least <= n.mark {
		return
	}
	n.mark = least
	n.close()
	n.move()
}

// move tells the readers of the watermark: rows go before the watermark that
// closed them, so that it stays behind while a query holds rows back until the
// end, and is behind by the lateness that windows are kept open for.
func (n *node) move() {
	if n.q.holds() {
		n.tell(min(n.mark, n.over.oldest()))
		return
	}
	if _, wait := n.q.overs(); wait || n.q.win == nil && (n.q.order != "" || (n.q.grouped || n.global()) && n.q.final()) {
		return
	}
	mark := n.mark
	if n.q.win != nil {
		mark -= n.latency
		if n.q.win.kind == "SESSION" { // it closes beyond its end
			mark--
		}
	}
	n.tell(mark)
}

// tell tells the readers of a watermark.
func (n *node) tell(mark int64) {
	if n.union != nil {
		n.union.advance(n.index, mark)
	}
	for _, p := range n.readers {
		p.n.advance(p.i, mark)
	}
}

// end tells that an input has ended.
func (n *node) end(p int) {
	n.ended[p] = true
	all := true
	for _, e := range n.ended {
		all = all && e
	}
	if !all {
		n.advance(p, n.marks[p])
		return
	}
	n.flush()
	n.mark = after
	n.close()
	n.last()
	if n.union != nil {
		n.union.end(n.index)
	}
	for _, p := range n.readers {
		p.n.end(p.i)
	}
}

// last gives what comes at the end of all input.
func (n *node) last() {
	n.lastGroups()
	n.overEnd()
	if n.q.order != "" && n.q.win == nil {
		for _, o := range n.arrange(n.sorted) {
			n.give(o)
		}
	}
}

// arrange sorts rows by ORDER BY.
func (n *node) arrange(rows []*out) []*out {
	at := -1
	for i, it := range n.q.items {
		if it.alias == n.q.order {
			at = i
		}
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	stable(order, func(i, j int) int {
		a, b := rows[i].vals[at], rows[j].vals[at]
		if n.q.desc {
			a, b = b, a
		}
		return compare(a, b)
	})
	var res []*out
	for _, i := range order {
		res = append(res, rows[i])
	}
	return res
}

func names(cols []column) []string {
	var out []string
	for _, c := range cols {
		out = append(out, c.name)
	}
	return out
}

// sum adds without passing the ends of time.
func sum(a, b int64) int64 {
	if a == before || a == after {
		return a
	}
	return a + b
}
