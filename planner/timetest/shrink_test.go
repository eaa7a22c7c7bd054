package timetest

import (
	"slices"
	"strings"
)

// shrink makes a case smaller as long as it differs.
// in the same way.
func shrink(a *app, differs func(*app) string) *app {
	kind := kindOf(differs(a))
	for changed := true; changed; {
		changed = false
		for _, f := range smaller(a) {
			b := a.clone()
			f(b)
			if valid(b) && kindOf(differs(b)) == kind {
				a, changed = b, true
				break
			}
		}
	}
	return a
}

// kindOf is what a difference is about.
func kindOf(why string) string {
	for _, k := range []string{"panic", "compile", "run:", "rows", "ledger", "left"} {
		if strings.Contains(why, k) {
			return k
		}
	}
	return why
}

// valid tells whether the queries still read what is there.
func valid(a *app) bool {
	for _, q := range a.queries {
		for _, m := range append([]*query{q}, q.union...) {
			if q.union == nil || m != q {
				if a.source(m.from) == nil && a.query(m.from) == nil {
					return false
				}
				if len(m.items) == 0 {
					return false
				}
			}
		}
	}
	return len(a.queries) > 0
}

// smaller are the ways to make a case smaller, the greatest cuts first.
func smaller(a *app) []func(*app) {
	var out []func(*app)
	for i := range a.queries {
		out = append(out, func(b *app) { b.queries = slices.Delete(b.queries, i, i+1) })
	}
	for i, s := range a.sources {
		out = append(out, func(b *app) { b.sources = slices.Delete(b.sources, i, i+1) })
		for size := len(s.recs) / 2; size > 0; size /= 2 {
			for from := 0; from < len(s.recs); from += size {
				out = append(out, func(b *app) {
					l := b.sources[i].recs
					b.sources[i].recs = slices.Delete(l, from, min(from+size, len(l)))
				})
			}
		}
	}
	if len(a.shape.cuts) > 0 {
		out = append(out, func(b *app) { b.shape.cuts = nil })
		for i := range a.shape.cuts {
			out = append(out, func(b *app) { b.shape.cuts = slices.Delete(b.shape.cuts, i, i+1) })
		}
	}
	if a.shape.threads > 1 {
		out = append(out, func(b *app) { b.shape.threads = 1 })
	}
	if a.shape.without != "" {
		out = append(out, func(b *app) { b.shape.without = "" })
	}
	if a.shape.batch > 1 {
		out = append(out, func(b *app) { b.shape.batch = 1 })
	}
	for i, q := range a.queries {
		set := func(can bool, f func(q *query)) {
			if can {
				out = append(out, func(b *app) { f(b.queries[i]) })
			}
		}
		set(q.derived, func(q *query) { q.derived = false })
		set(q.where != nil, func(q *query) { q.where = nil })
		set(q.having != nil, func(q *query) { q.having = nil })
		set(q.limit >= 0, func(q *query) { q.limit = -1 })
		set(q.order != "", func(q *query) { q.order, q.desc = "", false })
		set(q.late != "", func(q *query) { q.late, q.keep = "", -1 })
		set(q.keep >= 0, func(q *query) { q.keep = -1 })
		set(q.lateness >= 0, func(q *query) { q.lateness = -1 })
		set(q.lateInto, func(q *query) { q.lateInto = false })
		set(q.emit != "" && q.order == "", func(q *query) { q.emit = "" })
		set(q.win != nil && q.win.col != "", func(q *query) { q.win.col = "" })
		set(len(q.keys) > 1, func(q *query) { q.keys = q.keys[:1] })
		for k, it := range q.items {
			set(len(q.items) > 1 && q.into == "", func(q *query) { q.items = slices.Delete(q.items, k, k+1) })
			set(it.agg != nil && it.agg.filter != nil, func(q *query) { q.items[k].agg.filter = nil })
		}
		for k := range q.union {
			set(q.union[k].where != nil, func(q *query) { q.union[k].where = nil })
		}
	}
	for i, s := range a.sources {
		for k, r := range s.recs {
			if r.gone != "" {
				out = append(out, func(b *app) { b.sources[i].recs[k].gone = "" })
			}
		}
		set := func(can bool, f func(s *source)) {
			if can {
				out = append(out, func(b *app) { f(b.sources[i]) })
			}
		}
		set(s.delay > 0, func(s *source) { s.delay = 0 })
		set(s.lateness > 0, func(s *source) { s.lateness = 0 })
		set(s.parts > 1, func(s *source) {
			s.parts--
			for _, r := range s.recs {
				r.part = min(r.part, s.parts-1)
			}
		})
	}
	return out
}

func (a *app) clone() *app {
	b := *a
	b.shape.cuts = slices.Clone(a.shape.cuts)
	b.sources = nil
	for _, s := range a.sources {
		c := *s
		c.recs = nil
		for _, r := range s.recs {
			d := *r
			c.recs = append(c.recs, &d)
		}
		b.sources = append(b.sources, &c)
	}
	b.queries = nil
	for _, q := range a.queries {
		b.queries = append(b.queries, q.clone())
	}
	return &b
}

func (q *query) clone() *query {
	c := *q
	c.items = slices.Clone(q.items)
	for i, it := range c.items {
		if it.agg != nil {
			d := *it.agg
			c.items[i].agg = &d
		}
	}
	if q.win != nil {
		w := *q.win
		c.win = &w
	}
	c.union = nil
	for _, m := range q.union {
		c.union = append(c.union, m.clone())
	}
	return &c
}
