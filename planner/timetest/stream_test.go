package timetest

// outcome is what an application gives.
type outcome struct {
	lines   map[string][]string // by sink
	ledgers map[string]ledger
}

// ledger counts the fates of the input rows of a query.
type ledger struct{ in, used, filtered, late, failed, held, applied int }

// scan is one reader of a source: it has event times and a watermark of its own.
type scan struct {
	n     *node
	port  int
	src   *source
	col   string // the window's column, "" for the source's event time
	great []int64
	left  []int
	mark  int64
}

// model runs an application, one record at a time, to its end.
func model(a *app) outcome { return interrupted(a, nil, nil) }

// interrupted runs an application up to a number of records of each source and
// the ends of some; nil: to its end.
func interrupted(a *app, upTo map[string]int, over map[string]bool) outcome {
	nodes := map[string]*node{}
	var all []*node
	var scans []*scan
	add := func(q *query, u *node, index int) *node {
		in := a.schema(q.from)
		n := &node{q: q, in: in, outs: q.columns(in), mark: before, marks: []int64{before}, ended: []bool{false}, seen: map[string]int64{}, now: before, union: u, index: index}
		n.groups.plain = map[string]*group{}
		if s := a.source(q.from); s != nil {
			n.latency = s.lateness
			sc := &scan{n: n, src: s, great: make([]int64, s.parts), left: make([]int, s.parts), mark: before}
			if q.win != nil {
				sc.col = q.win.col
			}
			for p := range sc.great {
				sc.great[p] = before
			}
			for _, r := range s.recs {
				sc.left[r.part]++
			}
			scans = append(scans, sc)
		} else {
			up := nodes[q.from]
			up.readers = append(up.readers, port{n, 0})
		}
		if q.lateness >= 0 {
			n.latency = q.lateness
		}
		all = append(all, n)
		return n
	}
	shared := &sink{}
	for i, q := range a.queries {
		if q.union == nil {
			nodes[q.name] = add(q, nil, 0)
			if q.into != "" {
				nodes[q.name].sink, nodes[q.name].place = shared, i
			}
			continue
		}
		k := len(q.union)
		u := &node{q: q, outs: a.schema(q.name), mark: before, marks: make([]int64, k), ended: make([]bool, k), now: before}
		u.in = u.outs
		for i := range u.marks {
			u.marks[i] = before
		}
		for i, m := range q.union {
			u.members = append(u.members, add(m, u, i))
		}
		nodes[q.name] = u
	}
	drive(a, all, scans, shared, upTo, over)
	res := outcome{lines: map[string][]string{"o": shared.lines()}, ledgers: map[string]ledger{}}
	for _, q := range a.queries {
		n := nodes[q.name]
		if q.into == "" {
			res.lines[q.name] = n.lines
		}
		if q.lateInto {
			res.lines[q.name+"_late"] = n.missed
		}
		if q.late == "dead_letter" {
			res.lines[q.name+".dlq"] = n.letters
		}
		var l ledger
		for _, m := range append(append([]*node(nil), n.members...), n) {
			for _, f := range append(m.gone, m.fates...) {
				l.in++
				switch f {
				case used:
					l.used++
				case filtered:
					l.filtered++
				case late:
					l.late++
				case failed:
					l.failed++
				case held:
					l.held++
				}
			}
			l.applied += m.applied
		}
		res.ledgers[q.name] = l
	}
	return res
}

// drive merges the sources by record timestamp and gives every record to the
// readers of its source, in the order of the statements.
func drive(a *app, all []*node, scans []*scan, shared *sink, upTo map[string]int, over map[string]bool) {
	at := make([]int, len(a.sources))
	ended := make([]bool, len(a.sources))
	clock := int64(before)
	stops := make([]int, len(a.sources))
	for i, s := range a.sources {
		stops[i] = len(s.recs)
		if upTo != nil {
			stops[i] = upTo[s.name]
		}
	}
	for {
		for i, s := range a.sources { // a source ends with its last record
			if at[i] == len(s.recs) && !ended[i] && (upTo == nil || over[s.name]) {
				ended[i] = true
				shared.step++
				for _, sc := range scans {
					if sc.src == s {
						sc.n.end(sc.port)
					}
				}
			}
		}
		// A record without a row stands right behind the one before it.
		stamp := func(i int) int64 {
			if r := a.sources[i].recs[at[i]]; r.gone == "" {
				return r.stamp
			}
			return before
		}
		pick := -1
		for i := range a.sources {
			if at[i] < stops[i] && (pick < 0 || stamp(i) < stamp(pick)) {
				pick = i
			}
		}
		if pick < 0 {
			return
		}
		s := a.sources[pick]
		rec := s.recs[at[pick]]
		at[pick]++
		shared.step++
		if rec.gone == "" {
			clock = max(clock, rec.stamp)
			for _, n := range all {
				n.tick(clock)
			}
		}
		for _, sc := range scans {
			if sc.src == s {
				sc.record(rec)
			}
		}
		if at[pick]%a.shape.batch == 0 || at[pick] == len(s.recs) {
			for _, n := range all {
				if n.q.emit == "batch" {
					n.flush()
				}
			}
		}
	}
}

func (r *record) text() string { return line(names(sourceColumns), r.vals) }

// record gives a record to a reader and moves the watermark behind it.
func (sc *scan) record(rec *record) {
	if rec.gone != "" {
		f := filtered
		if rec.gone == "bad" {
			f = failed
		}
		sc.n.gone = append(sc.n.gone, f)
		sc.pass(rec.part)
		return
	}
	r := &row{schema: sourceColumns, vals: rec.vals, time: rec.stamp, timed: true, text: rec.text()}
	if sc.src.field {
		t, ok := r.get("ts").(int64)
		r.time, r.timed = t, ok
	}
	sc.n.feed(r)
	t, ok := r.time, r.timed
	if sc.col != "" {
		t, ok = r.get(sc.col).(int64)
	}
	if ok {
		sc.great[rec.part] = max(sc.great[rec.part], t)
	}
	sc.pass(rec.part)
}

// pass moves the watermark behind a record of a partition.
func (sc *scan) pass(part int) {
	sc.left[part]--
	// The last live partition keeps its watermark: only the end passes it.
	least, live := int64(after), false
	for p, g := range sc.great {
		if sc.left[p] > 0 {
			least, live = min(least, g), true
		}
	}
	if !live {
		least = sc.great[part]
	}
	if least != before {
		sc.mark = max(sc.mark, least-sc.src.delay)
		sc.n.advance(sc.port, sc.mark)
	}
}
