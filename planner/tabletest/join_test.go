package tabletest

import "slices"

// matches tells that two rows meet.
func (j *joining) matches(l, r *row) bool {
	get := at(j.in, joined(j, l, r))
	a, b := get(j.j.l), get(j.j.r)
	return a != nil && b != nil && compare(a, b) == 0 && (j.j.residual == nil || j.j.residual.takes(get))
}

func joined(j *joining, l, r *row) *row {
	out := &row{time: before}
	if l != nil {
		out.vals = append(out.vals, l.vals...)
		out.time = l.time
	} else {
		out.vals = append(out.vals, make([]value, j.nl)...)
	}
	if r != nil {
		out.vals = append(out.vals, r.vals...)
		out.time = max(out.time, r.time)
	} else {
		out.vals = append(out.vals, make([]value, j.nr)...)
	}
	return out
}

// followed lets a list of rows follow changes.
func followed(list []*row, changes []change) []*row {
	for _, c := range changes {
		if c.add {
			list = append(list, c.row)
		} else {
			list = slices.DeleteFunc(list, func(r *row) bool { return r == c.row })
		}
	}
	return list
}

// meet gives the rows of a stream with those that the table has.
func (j *joining) meet(stream, table []change, left bool) []change {
	j.right = followed(j.right, table)
	var out []change
	add := func(s, t *row) {
		l, r := s, t
		if left {
			l, r = t, s
		}
		p := joined(j, l, r)
		out = append(out, change{true, p, p.time})
	}
	for _, c := range stream {
		some := false
		for _, t := range j.right {
			l, r := c.row, t
			if left {
				l, r = t, c.row
			}
			if j.matches(l, r) {
				add(c.row, t)
				some = true
			}
		}
		if !some && (j.j.kind == "LEFT JOIN" || j.j.kind == "RIGHT JOIN") {
			add(c.row, nil)
		}
	}
	return out
}

// both gives what changes in the join of two tables.
func (j *joining) both(left, right []change) []change {
	when := before
	for _, c := range append(left[:len(left):len(left)], right...) {
		when = max(when, c.when)
	}
	j.left, j.right = followed(j.left, left), followed(j.right, right)
	var pairs []*pair
	keep := func(l, r *row) {
		for _, p := range j.pairs {
			if p.l == l && p.r == r {
				pairs = append(pairs, p)
				return
			}
		}
		pairs = append(pairs, &pair{l, r, joined(j, l, r)})
	}
	met := map[*row]bool{}
	for _, l := range j.left {
		for _, r := range j.right {
			if j.matches(l, r) {
				met[l], met[r] = true, true
				keep(l, r)
			}
		}
		if !met[l] && (j.j.kind == "LEFT JOIN" || j.j.kind == "FULL JOIN") {
			keep(l, nil)
		}
	}
	for _, r := range j.right {
		if !met[r] && (j.j.kind == "RIGHT JOIN" || j.j.kind == "FULL JOIN") {
			keep(nil, r)
		}
	}
	var out []change
	for _, p := range j.pairs {
		if !slices.Contains(pairs, p) {
			out = append(out, change{false, p.row, when})
		}
	}
	for _, p := range pairs {
		if !slices.Contains(j.pairs, p) {
			out = append(out, change{true, p.row, when})
		}
	}
	j.pairs = pairs
	return out
}

// asof gives the rows of a stream with the newest version not after them.
func (n *node) asof(j *joining, list []change) []change {
	var out []change
	for _, c := range list {
		var best *version
		want := at(j.in, joined(j, c.row, nil))(j.j.l)
		for i, v := range n.m.all[j.j.leaf.name] {
			if v.from > c.row.time || want == nil || v.id != text(want)+"|" || best != nil && best.from > v.from {
				continue
			}
			best = &n.m.all[j.j.leaf.name][i]
		}
		switch {
		case best != nil && best.row != nil:
			p := joined(j, c.row, best.row)
			out = append(out, change{true, p, p.time})
		case j.j.kind == "ASOF LEFT JOIN":
			p := joined(j, c.row, nil)
			out = append(out, change{true, p, p.time})
		}
	}
	return out
}
