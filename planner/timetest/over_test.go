package timetest

import (
	"fmt"
	"strings"
)

// over is fn(col) OVER (…).
type over struct {
	fn     string // row_number, rank, dense_rank, lag, lead, first_value, last_value, or an aggregate
	col    string
	n      int   // LAG, LEAD: how far
	buffer int   // ROWS WINDOW BUFFER; 0: none
	expire int64 // EXPIRE AFTER; 0: never
	part   []string
	order  string // "": none
	desc   bool
	rows   bool // ROWS BETWEEN from AND to, relative to the row; else the default frame
	from   int
	to     int
}

// far stands for UNBOUNDED.
const far = 1 << 20

func (o *over) sql() string {
	arg := o.col
	switch o.fn {
	case "row_number", "rank", "dense_rank":
		arg = ""
	case "count*":
		arg = "*"
	case "lag", "lead":
		arg = fmt.Sprintf("%s, %d", o.col, o.n)
	}
	var parts []string
	if o.buffer > 0 {
		parts = append(parts, fmt.Sprintf("ROWS WINDOW BUFFER %d ROWS", o.buffer))
	}
	if len(o.part) > 0 {
		parts = append(parts, "PARTITION BY "+strings.Join(o.part, ", "))
	}
	if o.order != "" {
		text := "ORDER BY " + o.order
		if o.desc {
			text += " DESC"
		}
		parts = append(parts, text)
	}
	if o.rows {
		bound := func(d int, side string) string {
			switch {
			case d == -far || d == far:
				return "UNBOUNDED " + side
			case d == 0:
				return "CURRENT ROW"
			case d < 0:
				return fmt.Sprintf("%d PRECEDING", -d)
			}
			return fmt.Sprintf("%d FOLLOWING", d)
		}
		parts = append(parts, "ROWS BETWEEN "+bound(o.from, "PRECEDING")+" AND "+bound(o.to, "FOLLOWING"))
	}
	if o.expire > 0 {
		parts = append(parts, "EXPIRE AFTER "+millis(o.expire, 0)+" INACTIVITY")
	}
	return strings.ToUpper(strings.TrimSuffix(o.fn, "*")) + "(" + arg + ") OVER (" + strings.Join(parts, " ") + ")"
}

func (o *over) typ(in []column) string {
	switch o.fn {
	case "avg":
		return "DOUBLE"
	case "lag", "lead", "first_value", "last_value", "min", "max":
		return typeOf(in, o.col)
	}
	return "BIGINT"
}

func (o *over) group(r *row) string {
	var vals []value
	for _, p := range o.part {
		vals = append(vals, r.get(p))
	}
	return fmt.Sprintf("%#v", vals)
}

// value is that of a row among those of its partition, or buffer, which are in the
// order of their arrival.
func (o *over) value(rows []*row, r *row) value { return o.of(rows, r, nil) }

// of gives the value, or what place says of the row's place in the window's order.
func (o *over) of(rows []*row, r *row, place func(at, n int) value) value {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	cmp := func(i, j int) int {
		if o.order == "" {
			return 0
		}
		c := compare(rows[i].get(o.order), rows[j].get(o.order))
		if o.desc {
			c = -c
		}
		return c
	}
	stable(order, cmp)
	at, first, last, dense := 0, 0, 0, 1
	for k, i := range order {
		if rows[i] == r {
			at = k
		}
	}
	if place != nil {
		return place(at, len(order))
	}
	for first = at; first > 0 && cmp(order[first-1], order[at]) == 0; first-- {
	}
	for last = at; last+1 < len(order) && cmp(order[last+1], order[at]) == 0; last++ {
	}
	for k := 1; k <= at; k++ {
		if cmp(order[k-1], order[k]) != 0 {
			dense++
		}
	}
	lo, hi := 0, last+1
	if o.rows {
		lo, hi = max(at+o.from, 0), min(at+o.to+1, len(order))
	}
	var frame []*row
	for k := lo; k < hi; k++ {
		frame = append(frame, rows[order[k]])
	}
	switch o.fn {
	case "row_number":
		return int64(at + 1)
	case "rank":
		return int64(first + 1)
	case "dense_rank":
		return int64(dense)
	case "lag", "lead":
		k := at - o.n
		if o.fn == "lead" {
			k = at + o.n
		}
		if k < 0 || k >= len(order) {
			return nil
		}
		return rows[order[k]].get(o.col)
	}
	return (&call{fn: strings.TrimSuffix(o.fn, "_value"), col: o.col}).of(frame)
}

// ahead tells whether a row of a buffer waits for rows behind it.
func (o *over) ahead() bool {
	return o.buffer > 0 && (o.fn == "lead" && o.n > 0 || o.rows && o.to > 0 && o.to != far)
}

// enough tells whether the rows behind one that a look ahead needs are there.
func (o *over) enough(rows []*row, r *row) bool {
	behind := -1 // of those in the order of the window
	switch {
	case o.fn == "lead":
		behind += o.n
	default:
		behind += o.to
	}
	return o.of(rows, r, func(at, n int) value { return n-at-1 > behind }).(bool)
}

// overState is what a query with OVER remembers.
type overState struct {
	buffers map[string]*buffer // by item and partition
	keys    []string           // of the buffers, by their first rows
	waiting []*waiting
}

type buffer struct {
	item     int
	rows     []*row
	greatest int64 // event time
}

// waiting is a row that waits: for the end of the input, where OVER has no buffer, or
// for the rows that a look ahead needs.
type waiting struct {
	r    *row
	vals []value
	have []bool
	mark int64 // the watermark before it
}

// holds tells whether rows wait for others to follow.
func (q *query) holds() bool {
	for _, it := range q.items {
		if it.over != nil && it.over.ahead() {
			return true
		}
	}
	return false
}

// overs tells whether a query has OVER, and whether one of them waits for the end.
func (q *query) overs() (some, wait bool) {
	for _, it := range q.items {
		if it.over != nil {
			some = true
			wait = wait || it.over.buffer == 0
		}
	}
	return some, wait
}

// overRow takes a row of a query with OVER.
func (n *node) overRow(r *row) {
	w := &waiting{r: r, mark: n.mark, have: make([]bool, len(n.q.items))}
	n.over.waiting = append(n.over.waiting, w)
	for i, it := range n.q.items {
		w.vals = append(w.vals, nil)
		switch {
		case it.over == nil:
			w.vals[i], w.have[i] = r.get(it.col), true
		case it.over.buffer > 0:
			n.buffered(i, it.over, r)
		}
	}
	if _, wait := n.q.overs(); !wait {
		n.leave()
	}
}

// buffered puts a row into its partition's buffer, which expires before.
func (n *node) buffered(item int, o *over, r *row) {
	key := fmt.Sprint(item, o.group(r))
	if n.over.buffers == nil {
		n.over.buffers = map[string]*buffer{}
	}
	b := n.over.buffers[key]
	if b == nil {
		b = &buffer{item: item, greatest: before}
		n.over.buffers[key] = b
		n.over.keys = append(n.over.keys, key)
	}
	if o.expire > 0 && b.greatest != before && r.time > b.greatest && r.time-b.greatest > o.expire {
		n.look(b, true)
		b.rows = nil
	}
	b.greatest = max(b.greatest, r.time)
	if b.rows = append(b.rows, r); len(b.rows) > o.buffer {
		b.rows = b.rows[1:]
	}
	n.look(b, false)
}

// look gives the rows of a buffer that need not wait their values: one has all that it
// waits for, is the next to leave the full buffer, or is let go with all others.
func (n *node) look(b *buffer, letGo bool) {
	o := n.q.items[b.item].over
	for _, w := range n.over.waiting {
		for k, r := range b.rows {
			full := k == 0 && len(b.rows) == o.buffer
			if r == w.r && !w.have[b.item] && (letGo || full || !o.ahead() || o.enough(b.rows, r)) {
				w.vals[b.item], w.have[b.item] = o.value(b.rows, r), true
			}
		}
	}
}

// leave gives the rows that have all their values, in the order of arrival in each of
// their partitions, behind the watermark before the oldest that waits.
func (n *node) leave() {
	least := n.over.oldest()
	var left []*waiting
	for i := 0; i < len(n.over.waiting); i++ {
		w := n.over.waiting[i]
		ok := true
		for k, it := range n.q.items {
			ok = ok && w.have[k]
			for _, e := range n.over.waiting[:i] {
				ok = ok && (it.over == nil || it.over.group(e.r) != it.over.group(w.r))
			}
		}
		if ok {
			left = append(left, w)
			n.over.waiting = append(n.over.waiting[:i:i], n.over.waiting[i+1:]...)
			i--
		}
	}
	for _, w := range left {
		n.tell(least)
		n.emit(&out{vals: w.vals, time: w.r.time, rows: []int{w.r.seq}})
	}
	n.tell(min(n.mark, n.over.oldest()))
}

// oldest is the watermark before the oldest row that waits.
func (o *overState) oldest() int64 {
	if len(o.waiting) == 0 {
		return after
	}
	return o.waiting[0].mark
}

// overEnd gives the rows that wait for the end, each behind the watermark that it
// came behind.
func (n *node) overEnd() {
	if _, wait := n.q.overs(); !wait {
		for _, k := range n.over.keys {
			n.look(n.over.buffers[k], true)
		}
		n.leave()
		return
	}
	for _, w := range n.over.waiting {
		for i, it := range n.q.items {
			if it.over == nil || it.over.buffer > 0 {
				continue
			}
			var rows []*row
			for _, x := range n.over.waiting {
				if it.over.group(x.r) == it.over.group(w.r) {
					rows = append(rows, x.r)
				}
			}
			w.vals[i] = it.over.value(rows, w.r)
		}
	}
	for _, w := range n.over.waiting {
		n.tell(w.mark)
		n.emit(&out{vals: w.vals, time: w.r.time, rows: []int{w.r.seq}})
	}
}
