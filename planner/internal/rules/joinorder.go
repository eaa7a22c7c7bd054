package rules

import (
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// orderJoins joins the inputs of a chain of inner joins in another order where
// that makes fewer rows on the way. Rows are numbered before and sorted behind,
// so that they come as the chain was written.
func orderJoins(n logical.Node, f Facts) logical.Node {
	if f.Rows == nil {
		return n
	}
	return orderer{sizesOf(n, f.Rows)}.node(n)
}

type orderer struct{ sizes sizes }

// most is how many inputs are looked at together.
const most = 12

func (o orderer) node(n logical.Node) logical.Node {
	j, ok := n.(*logical.Join)
	if ok && (j.Kind == logical.SemiJoin || j.Kind == logical.AntiJoin) {
		n = o.semi(j)
		j, ok = n.(*logical.Join)
	}
	if ok && plainInner(j) {
		c := &chain{}
		c.flatten(j, 0)
		if out := o.reorder(j, c); out != nil {
			return out
		}
	}
	return inputs(n, o.node)
}

// plainInner tells of an inner join none of whose conditions can fail.
func plainInner(n *logical.Join) bool {
	if n.Kind != logical.InnerJoin && n.Kind != logical.CrossJoin || !n.Hashed() || n.HoldMarks {
		return false
	}
	safe := true
	logical.EachExpr(n, func(e expr.Expr) { safe = safe && expr.Safe(e) })
	return safe
}

// chain is a tree of inner joins taken apart: its inputs, where their columns
// begin, and the conditions over all columns.
type chain struct {
	leaves []logical.Node
	begin  []int
	conds  []condition
	// classes are columns that are equal.
	classes [][]*expr.Column
}

type condition struct {
	e      expr.Expr
	leaves uint // those that it reads
}

func (c *chain) flatten(n logical.Node, base int) {
	j, ok := n.(*logical.Join)
	if !ok || !plainInner(j) {
		c.leaves, c.begin = append(c.leaves, n), append(c.begin, base)
		return
	}
	nl := len(j.Left.Fields())
	c.flatten(j.Left, base)
	c.flatten(j.Right, base+nl)
	for _, k := range j.Keys {
		l, r := logical.Moved(k.Left, base), logical.Moved(k.Right, base+nl)
		if k.NullSafe || !c.same(l, r) {
			c.conds = append(c.conds, condition{e: equality(l, r, k.NullSafe)})
		}
	}
	for _, e := range []expr.Expr{j.OnLeft, j.Residual} {
		if e != nil {
			for _, p := range expr.Conjuncts(e) {
				c.conds = append(c.conds, condition{e: logical.Moved(p, base)})
			}
		}
	}
	if j.OnRight != nil {
		c.conds = append(c.conds, condition{e: logical.Moved(j.OnRight, base+nl)})
	}
}

func equality(l, r expr.Expr, nullSafe bool) expr.Expr {
	e, err := expr.NewCompare("=", l, r)
	if nullSafe {
		e, err = expr.NewDistinct(l, r, true)
	}
	if err != nil {
		panic("bug: a key of a join: " + err.Error())
	}
	return e
}

// same notes that two columns are equal, and so all that are equal to them; it
// is false for what are no columns.
func (c *chain) same(l, r expr.Expr) bool {
	a, ok := l.(*expr.Column)
	b, also := r.(*expr.Column)
	if !ok || !also {
		return false
	}
	var merged []*expr.Column
	var rest [][]*expr.Column
	for _, class := range c.classes {
		hit := false
		for _, col := range class {
			hit = hit || col.Index == a.Index || col.Index == b.Index
		}
		if hit {
			merged = append(merged, class...)
		} else {
			rest = append(rest, class)
		}
	}
	for _, x := range []*expr.Column{a, b} {
		known := false
		for _, col := range merged {
			known = known || col.Index == x.Index
		}
		if !known {
			merged = append(merged, x)
		}
	}
	c.classes = append(rest, merged)
	return true
}

func (c *chain) leafOf(column int) int {
	at := 0
	for i, b := range c.begin {
		if b <= column {
			at = i
		}
	}
	return at
}

func (c *chain) reads(e expr.Expr) (leaves uint) {
	expr.Walk(e, func(e expr.Expr) bool {
		if col, ok := e.(*expr.Column); ok {
			leaves |= 1 << c.leafOf(col.Index)
		}
		return true
	})
	return leaves
}

// derive gives an input the condition that each alternative of an OR over
// several has on it alone.
func (c *chain) derive() (found bool) {
	for _, x := range c.conds {
		alts := expr.Alternatives(x.e)
		if len(alts) < 2 {
			continue
		}
		for i := range c.leaves {
			var each []expr.Expr
			for _, alt := range alts {
				var own []expr.Expr
				for _, p := range expr.Conjuncts(alt) {
					if c.reads(p) == 1<<i {
						own = append(own, logical.Moved(p, -c.begin[i]))
					}
				}
				if len(own) > 0 {
					each = append(each, logical.And(own))
				}
			}
			if len(each) < len(alts) || c.reads(x.e) == 1<<i {
				continue
			}
			if or, err := expr.NewOr(each...); err == nil {
				c.leaves[i] = &logical.Filter{Input: c.leaves[i], Pred: or}
				found = true
			}
		}
	}
	return found
}

// plan is an order of the inputs with its cost: the rows made on the way.
type plan struct {
	order []int
	cost  float64
	rows  float64
}

// reorder is nil where the order that was written is good enough.
func (o orderer) reorder(j *logical.Join, c *chain) logical.Node {
	if len(c.leaves) < 3 || len(c.leaves) > most {
		return nil
	}
	for i := range c.conds {
		c.conds[i].leaves = c.reads(c.conds[i].e)
	}
	derived := c.derive()
	var leaf []size
	var written []int
	for i, n := range c.leaves {
		s := o.sizes.of(n)
		if !s.known {
			return nil
		}
		leaf, written = append(leaf, s), append(written, i)
	}
	was, best := c.cost(leaf, written), plan{}
	for first := range leaf {
		p := c.greedy(leaf, first)
		if best.order == nil || p.cost < best.cost {
			best = p
		}
	}
	order := best.order
	if (best.cost+4*best.rows)*1.5 > was.cost {
		if !derived {
			return nil
		}
		order = written
	}
	for i := range c.leaves {
		c.leaves[i] = o.node(c.leaves[i])
	}
	return c.build(j, order, slices.Equal(order, written))
}

// step is the rows of a set of inputs joined with one more.
func (c *chain) step(leaf []size, set uint, rows float64, next int) (out float64, connected bool) {
	out = rows * leaf[next].rows
	all := set | 1<<next
	distinct, most := 1.0, 1.0 // values of the keys, and how many there may be
	for _, class := range c.classes {
		mine, other, least := false, -1, 0.0
		for _, col := range class {
			i := c.leafOf(col.Index)
			mine = mine || i == next
			if set&(1<<i) != 0 {
				other = i
				most = max(most, min(leaf[i].base, leaf[next].base))
			}
			if least == 0 || leaf[i].base < least {
				least = leaf[i].base
			}
		}
		if mine && other >= 0 {
			connected = true
			distinct *= max(least, 1)
		}
	}
	if connected {
		out /= min(distinct, most)
	}
	for _, x := range c.conds {
		if x.leaves&(1<<next) == 0 || x.leaves&^all != 0 || x.leaves == 1<<next {
			continue
		}
		if _, _, _, ok := expr.Equality(x.e); ok {
			connected = true
			out /= max(leaf[next].base, 1)
		} else {
			out *= 0.4
		}
	}
	return max(out, 1), connected
}

func (c *chain) cost(leaf []size, order []int) plan {
	p := plan{order: order, rows: leaf[order[0]].rows}
	set := uint(1) << order[0]
	for _, next := range order[1:] {
		rows, _ := c.step(leaf, set, p.rows, next)
		p.cost += rows + min(p.rows, leaf[next].rows)
		p.rows = rows
		set |= 1 << next
	}
	return p
}

// greedy begins with an input and takes the one next that makes the fewest rows.
func (c *chain) greedy(leaf []size, first int) plan {
	order, set, rows := []int{first}, uint(1)<<first, leaf[first].rows
	for len(order) < len(leaf) {
		at, least, joined := -1, 0.0, false
		for next := range leaf {
			if set&(1<<next) != 0 {
				continue
			}
			n, connected := c.step(leaf, set, rows, next)
			if at < 0 || connected && !joined || connected == joined && n < least {
				at, least, joined = next, n, connected
			}
		}
		order, set, rows = append(order, at), set|1<<at, least
	}
	return c.cost(leaf, order)
}

// build joins the inputs in an order, sorts the rows as they would have come, and
// gives the columns their places.
func (c *chain) build(j *logical.Join, order []int, sorted bool) logical.Node {
	fields := j.Fields()
	place := make([]int, len(fields)) // of each column in what is joined so far
	number := make([]int, len(c.leaves))
	var cur logical.Node
	var set uint
	done := make([]bool, len(c.conds))
	for _, i := range order {
		leaf := c.leaves[i]
		if !sorted {
			leaf = &logical.Ordinal{Input: leaf}
		}
		width := 0
		if cur != nil {
			width = len(cur.Fields())
		}
		n := len(c.leaves[i].Fields())
		for k := range n {
			place[c.begin[i]+k] = width + k
		}
		number[i] = width + n
		conj := c.keys(i, set, place)
		set |= 1 << i
		for k, x := range c.conds {
			if done[k] || x.leaves&^set != 0 {
				continue
			}
			done[k] = true
			conj = append(conj, substitute(x.e, func(col *expr.Column) expr.Expr {
				m := *col
				m.Index = place[col.Index]
				return &m
			}))
		}
		if cur == nil {
			cur = leaf
			if len(conj) > 0 {
				cur = &logical.Filter{Input: leaf, Pred: logical.And(conj)}
			}
			continue
		}
		next := &logical.Join{Kind: logical.CrossJoin, Left: cur, Right: leaf}
		if len(conj) > 0 {
			next.Kind = logical.InnerJoin
			logical.JoinOn(next, conj, width)
		}
		cur = next
	}
	if sorted {
		return cur
	}
	s := &logical.Sort{Input: cur, Limit: -1}
	for i := range c.leaves {
		s.Keys = append(s.Keys, logical.SortKey{Expr: columnOf(cur, number[i])})
	}
	p := &logical.Project{Input: s, Out: fields, Headers: -1, Joined: true}
	for i := range fields {
		p.Exprs = append(p.Exprs, columnOf(cur, place[i]))
	}
	return p
}

// keys are the equalities of the columns of an input with those of a set; those of
// one input with one another.
func (c *chain) keys(next int, set uint, place []int) (out []expr.Expr) {
	for _, class := range c.classes {
		var mine, other *expr.Column
		for _, col := range class {
			at := &expr.Column{Index: place[col.Index], Name: col.Name, T: col.T}
			switch i := c.leafOf(col.Index); {
			case i == next && mine != nil:
				out = append(out, equality(mine, at, false))
			case i == next:
				mine = at
			case other == nil && set&(1<<i) != 0:
				other = at
			}
		}
		if mine != nil && other != nil {
			out = append(out, equality(other, mine, false))
		}
	}
	return out
}

func columnOf(n logical.Node, i int) expr.Expr {
	f := n.Fields()[i]
	return &expr.Column{Index: i, Name: f.Name, T: f.Type}
}
