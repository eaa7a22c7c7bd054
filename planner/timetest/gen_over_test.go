package timetest

import "fmt"

// overs adds a query with OVER, and sometimes one that reads it.
func (g *gen) overs() {
	if !g.chance(35) {
		return
	}
	var from []string
	for _, s := range g.a.sources {
		from = append(from, s.name)
	}
	for _, q := range g.a.queries {
		if q.emit != "batch" && q.emit != "every" && q.limit < 0 && q.name != "" {
			from = append(from, q.name)
		}
	}
	q := &query{name: "w1", from: pick(g, from...), keep: -1, lateness: -1, limit: -1, form: g.IntN(12)}
	in := g.a.schema(q.from)
	if g.chance(35) {
		q.where = g.cond(in, 2)
	}
	for _, c := range in {
		if g.chance(60) {
			q.items = append(q.items, item{alias: c.name, col: c.name})
		}
	}
	wait := g.chance(40)           // without buffers
	ahead := !wait && g.chance(60) // rows may wait for others
	for i := range 1 + g.IntN(3) {
		q.items = append(q.items, item{alias: fmt.Sprintf("y%d", i), over: g.overCall(in, wait && g.chance(80), ahead)})
	}
	g.a.queries = append(g.a.queries, q)
	if g.chance(50) {
		r := g.query("r9", "w1")
		if r.emit == "batch" || r.emit == "every" {
			r.emit = "changes"
		}
		g.a.queries = append(g.a.queries, r)
	}
}

func (g *gen) overCall(in []column, wait, ahead bool) *over {
	o := &over{fn: pick(g, "row_number", "rank", "dense_rank", "lag", "first_value", "last_value", "count*", "count", "sum", "sum", "min", "max", "avg"), n: g.IntN(4)}
	ints := g.having(in, "BIGINT")
	o.col = in[g.IntN(len(in))].name
	if o.fn == "sum" || o.fn == "avg" {
		if len(ints) == 0 {
			o.fn = "count"
		} else {
			o.col = ints[g.IntN(len(ints))].name
			for range 3 {
				if o.col == "ts" || o.col[0] == 'w' { // sums of times are of no use
					o.col = ints[g.IntN(len(ints))].name
				}
			}
		}
	}
	keys := g.having(in, "STRING", "BIGINT")
	for _, c := range keys {
		if c.name == "k" && g.chance(60) || c.name != "k" && c.name != "id" && c.name != "ts" && g.chance(8) {
			o.part = append(o.part, c.name)
		}
	}
	if len(keys) > 0 && (g.chance(60) || o.fn == "rank" || o.fn == "dense_rank") {
		o.order, o.desc = keys[g.IntN(len(keys))].name, g.chance(40)
	}
	if o.order == "" && (o.fn == "rank" || o.fn == "dense_rank") {
		o.fn = "row_number"
	}
	switch o.fn {
	case "row_number", "rank", "dense_rank", "lag":
	default:
		if g.chance(60) {
			o.rows = true
			o.from = -pick(g, 0, 1, 2, 5, far)
			o.to = -pick(g, 0, 0, 0, 1, 3)
			if o.from > o.to {
				o.from, o.to = o.to, o.from
			}
		}
	}
	if !wait {
		o.buffer = pick(g, 1, 2, 3, 5, 10)
		if ahead && o.fn == "lag" && g.chance(50) {
			o.fn = "lead"
		}
		if ahead && o.rows && g.chance(50) {
			o.to = pick(g, 0, 1, 3, far)
		}
		if g.chance(30) {
			o.expire = g.unit * int64(1+g.IntN(10))
		}
		return o
	}
	if o.fn == "lag" && g.chance(40) {
		o.fn = "lead"
	}
	if o.rows && g.chance(40) {
		o.to = pick(g, 0, 1, 3, far)
	}
	return o
}

// letters lets late rows go to the dead letters.
func (g *gen) letters() {
	for _, q := range g.a.queries {
		if q.win != nil && q.order == "" && !q.lateInto && (q.late == "" || q.late == "drop") && g.chance(30) {
			q.late = "dead_letter"
		}
	}
}

// shared adds statements that write one sink.
func (g *gen) shared() {
	if !g.chance(20) {
		return
	}
	var from []string
	for _, s := range g.a.sources {
		from = append(from, s.name, s.name)
	}
	for _, q := range g.a.queries {
		if q.emit == "batch" { // the batches show
			return
		}
	}
	for _, q := range g.a.queries {
		if q.name == "u" {
			from = append(from, q.name, q.name)
		}
	}
	for i := range 2 + g.IntN(2) {
		q := &query{name: "o", into: "o", from: pick(g, from...), keep: -1, lateness: -1, limit: -1, form: g.IntN(12)}
		if i > 0 {
			q.name = fmt.Sprintf("o_%d", i+1)
		}
		if g.chance(30) {
			q.where = g.cond(g.a.schema(q.from), 1)
		}
		if g.chance(35) {
			q.items = []item{{alias: "v", col: "v"}, {alias: "k", col: "k"}}
			g.a.queries = append(g.a.queries, q)
			continue
		}
		q.grouped, q.keys = true, []string{"k"}
		q.items = []item{{alias: "n", agg: &call{fn: pick(g, "count*", "sum", "max"), col: "v"}}, {alias: "k", col: "k"}}
		q.emit = pick(g, "changes", "final")
		if q.emit == "final" || g.chance(60) {
			q.win = g.window()
		}
		g.a.queries = append(g.a.queries, q)
	}
}
