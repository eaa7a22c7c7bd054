package tabletest

import (
	"slices"
	"strings"
)

// shrink makes a case smaller as long as it differs in the same way.
func shrink(a *app, differs func(*app) string) *app {
	kind := kindOf(differs(a))
	tries := 0
	for changed := true; changed; {
		changed = false
		for _, f := range smaller(a) {
			b := a.clone()
			f(b)
			if tries++; tries > 600 {
				return a
			}
			if valid(b) && kindOf(differs(b)) == kind {
				a, changed = b, true
				break
			}
		}
	}
	return a
}

// valid tells whether the statements still read what is there.
func valid(a *app) bool {
	known := map[string][]column{}
	for _, s := range a.sources {
		known[s.name] = s.columns()
	}
	for _, q := range a.stmts {
		var all []column
		for _, l := range q.leaves() {
			if known[l.name] == nil {
				return false
			}
			all = append(all, known[l.name]...)
		}
		has := func(name string) bool {
			return name == "" || slices.ContainsFunc(all, func(c column) bool { return c.name == name })
		}
		for _, it := range q.items {
			if !has(it.col) || it.filter != nil && !has(it.filter.col) {
				return false
			}
		}
		for _, k := range q.group {
			if !has(k) {
				return false
			}
		}
		for _, c := range []*cond{q.where, q.from.where} {
			if c != nil && !has(c.col) {
				return false
			}
		}
		for _, j := range q.joins {
			if !has(j.l) || !has(j.r) {
				return false
			}
		}
		known[q.name] = q.columns(a)
		if q.having != nil && !slices.ContainsFunc(known[q.name], func(c column) bool { return c.name == q.having.col }) {
			return false
		}
	}
	return len(a.stmts) > 0
}

// kindOf is what a difference is about.
func kindOf(why string) string {
	for _, k := range []string{"bug in velo", "panic", "compile", "run:", "folded", "rows of", "ledger", "left", "row errors"} {
		if strings.Contains(why, k) {
			return k
		}
	}
	return why
}

// smaller are the ways to make a case smaller, the greatest cuts first.
func smaller(a *app) []func(*app) {
	var out []func(*app)
	for i := range a.stmts {
		out = append(out, func(b *app) { b.stmts = slices.Delete(b.stmts, i, i+1) })
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
		if s.field {
			out = append(out, func(b *app) { b.sources[i].field = false })
		}
	}
	if len(a.shape.cuts) > 0 {
		out = append(out, func(b *app) { b.shape.cuts = nil })
		for i := range a.shape.cuts {
			out = append(out, func(b *app) { b.shape.cuts = slices.Delete(b.shape.cuts, i, i+1) })
		}
	}
	if a.shape.without != "" {
		out = append(out, func(b *app) { b.shape.without = "" })
	}
	for i, q := range a.stmts {
		set := func(can bool, f func(q *stmt)) {
			if can {
				out = append(out, func(b *app) { f(b.stmts[i]) })
			}
		}
		set(q.where != nil, func(q *stmt) { q.where = nil })
		set(q.having != nil, func(q *stmt) { q.having = nil })
		set(q.from.where != nil, func(q *stmt) { q.from.where = nil })
		set(q.union != nil, func(q *stmt) { q.union = nil })
		set(q.emit != "", func(q *stmt) { q.emit = "" })
		set(len(q.group) > 1, func(q *stmt) { q.group, q.items = q.group[:1], slices.Delete(q.items, 1, 2) })
		for k := range q.joins {
			set(k == len(q.joins)-1, func(q *stmt) { q.joins = q.joins[:k] })
			set(q.joins[k].leaf.where != nil, func(q *stmt) { q.joins[k].leaf.where = nil })
			set(q.joins[k].residual != nil, func(q *stmt) { q.joins[k].residual = nil })
		}
		for k, it := range q.items {
			set(len(q.items) > 1 && q.union == nil, func(q *stmt) { q.items = slices.Delete(q.items, k, k+1) })
			set(it.filter != nil, func(q *stmt) { q.items[k].filter = nil })
		}
	}
	return out
}

func (a *app) clone() *app {
	b := *a
	b.shape.cuts = slices.Clone(a.shape.cuts)
	b.sources, b.stmts = nil, nil
	for _, s := range a.sources {
		c := *s
		c.recs = slices.Clone(s.recs)
		b.sources = append(b.sources, &c)
	}
	for _, q := range a.stmts {
		c := *q
		c.items, c.joins, c.group = slices.Clone(q.items), slices.Clone(q.joins), slices.Clone(q.group)
		b.stmts = append(b.stmts, &c)
	}
	return &b
}
