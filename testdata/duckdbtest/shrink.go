package duckdbtest

// shrink makes a query smaller as long as it stays bad.
func shrink(q *query, bad func(*query) bool) *query {
	for again := true; again; {
		again = false
		for _, smaller := range variants(q) {
			if bad(smaller) {
				q, again = smaller, true
				break
			}
		}
	}
	return q
}

// variants are queries with one thing less.
func variants(q *query) []*query {
	var out []*query
	with := func(change func(*query)) {
		c := *q
		change(&c)
		out = append(out, &c)
	}
	if q.other != nil {
		with(func(c *query) { *c = *q.other; c.ordered, c.with = q.ordered, q.with })
		with(func(c *query) { c.other = nil })
	}
	for i := range q.with {
		with(func(c *query) { c.with = append(append([]cte{}, q.with[:i]...), q.with[i+1:]...) })
		for _, v := range variants(q.with[i].q) {
			if len(v.items) == len(q.with[i].q.items) {
				with(func(c *query) {
					c.with = append([]cte{}, q.with...)
					c.with[i].q = v
				})
			}
		}
	}
	if q.by != expressions {
		with(func(c *query) { c.by = expressions })
	}
	if q.limit >= 0 {
		with(func(c *query) { c.limit = -1 })
	}
	if q.offset > 0 {
		with(func(c *query) { c.offset = 0 })
	}
	if len(q.order) > 0 {
		with(func(c *query) { c.order = nil })
	}
	if q.ordered && q.limit < 0 && q.offset == 0 {
		with(func(c *query) { c.ordered = false })
	}
	if q.where != nil {
		with(func(c *query) { c.where = nil })
	}
	if q.having != nil {
		with(func(c *query) { c.having = nil })
	}
	if q.distinct {
		with(func(c *query) { c.distinct = false })
	}
	if len(q.items) > 1 {
		for i := range q.items {
			with(func(c *query) {
				c.items = append(append([]*node{}, q.items[:i]...), q.items[i+1:]...)
				if q.other != nil {
					o := *q.other
					o.items = append(append([]*node{}, o.items[:i]...), o.items[i+1:]...)
					c.other = &o
				}
			})
		}
	}
	for i := range q.group {
		with(func(c *query) { c.group = append(append([]*node{}, q.group[:i]...), q.group[i+1:]...) })
	}
	part := func(n *node, put func(*query, *node)) {
		for _, s := range smaller(n) {
			with(func(c *query) { put(c, s) })
		}
	}
	for i, it := range q.items {
		part(it, func(c *query, n *node) {
			c.items = append([]*node{}, q.items...)
			c.items[i] = n
			for k, g := range q.group { // the item that is the key
				if g == it {
					c.group = append([]*node{}, q.group...)
					c.group[k] = n
				}
			}
		})
	}
	if q.from != nil {
		part(q.from, func(c *query, n *node) { c.from = n })
	}
	if q.where != nil {
		part(q.where, func(c *query, n *node) { c.where = n })
	}
	if q.having != nil {
		part(q.having, func(c *query, n *node) { c.having = n })
	}
	if q.other != nil {
		for _, v := range variants(q.other) {
			with(func(c *query) { c.other = v })
		}
	}
	return out
}

// smaller are expressions of the same kind with one thing less.
func smaller(n *node) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.kind == n.kind {
			out = append(out, k)
		}
	}
	for i, k := range n.kids {
		for _, s := range smaller(k) {
			c := *n
			c.kids = append([]*node{}, n.kids...)
			c.kids[i] = s
			out = append(out, &c)
		}
	}
	if n.sub != nil {
		for _, v := range variants(n.sub) {
			c := *n
			c.sub = v
			out = append(out, &c)
		}
	}
	return out
}
