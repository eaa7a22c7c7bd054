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

// of gives the value of a row among those of its partition, or buffer, which are in
// the order of their arrival.
func (o *over) of(rows []*row, r *row) value {
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

// overState is what a query with OVER remembers.
type overState struct {
	buffers map[string]*buffer // by item and partition
	waiting []*waiting
}

type buffer struct {
	rows     []*row
	greatest int64 // event time
}

// waiting is a row that waits for the end of the input, where OVER has no buffer.
type waiting struct {
	r    *row
	vals []value
	mark int64 // the watermark before it
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
	w := &waiting{r: r, mark: n.mark}
	for i, it := range n.q.items {
		switch {
		case it.over == nil:
			w.vals = append(w.vals, r.get(it.col))
		case it.over.buffer > 0:
			w.vals = append(w.vals, n.buffered(i, it.over, r))
		default:
			w.vals = append(w.vals, nil)
		}
	}
	if _, wait := n.q.overs(); wait {
		n.over.waiting = append(n.over.waiting, w)
		return
	}
	n.emit(&out{vals: w.vals, time: r.time, rows: []int{r.seq}})
}

// buffered is the value over the last rows of the row's partition.
func (n *node) buffered(item int, o *over, r *row) value {
	key := fmt.Sprint(item, o.group(r))
	if n.over.buffers == nil {
		n.over.buffers = map[string]*buffer{}
	}
	b := n.over.buffers[key]
	if b == nil {
		b = &buffer{greatest: before}
		n.over.buffers[key] = b
	}
	if o.expire > 0 && b.greatest != before && r.time > b.greatest && r.time-b.greatest > o.expire {
		b.rows = nil
	}
	b.greatest = max(b.greatest, r.time)
	if b.rows = append(b.rows, r); len(b.rows) > o.buffer {
		b.rows = b.rows[1:]
	}
	return o.of(b.rows, r)
}

// overEnd gives the rows that wait for the end, each behind the watermark that it
// came behind.
func (n *node) overEnd() {
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
			w.vals[i] = it.over.of(rows, w.r)
		}
	}
	for _, w := range n.over.waiting {
		n.tell(w.mark)
		n.emit(&out{vals: w.vals, time: w.r.time, rows: []int{w.r.seq}})
	}
}
