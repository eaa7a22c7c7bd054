package logical

import "github.com/velostream/velo/arrowexec/expr"

// Use marks the columns of scans that a plan reads; used is called with the
// source and column of each.
func Use(n Node, used func(source string, column int)) {
	need := make([]bool, len(n.Fields()))
	for i := range need {
		need[i] = true
	}
	p := &pruner{used: used, again: map[int][]bool{}}
	p.use(n, need)
}

// pruner finds the columns that are read.
type pruner struct {
	used  func(string, int)
	again map[int][]bool // columns of shared rows that are read elsewhere
}

func (p *pruner) use(n Node, need []bool) {
	reads := func(in Node, base []bool, list ...expr.Expr) []bool {
		out := make([]bool, len(in.Fields()))
		copy(out, base)
		for _, e := range list {
			if e != nil {
				expr.Walk(e, func(e expr.Expr) bool {
					if c, ok := e.(*expr.Column); ok && c.Index < len(out) {
						out[c.Index] = true
					}
					return true
				})
			}
		}
		return out
	}
	switch n := n.(type) {
	case *Scan:
		for i, u := range need {
			if u {
				p.used(n.Source, i)
			}
		}
	case *Time:
		base := append([]bool(nil), need[:len(n.Input.Fields())]...)
		for _, c := range []int{n.Column, n.Part, n.Deleted} {
			if c >= 0 {
				base[c] = true
			}
		}
		if n.Column < 0 || n.Deleted >= 0 {
			base[n.Stamp] = true
		}
		p.use(n.Input, base)
	case *Filter:
		p.use(n.Input, reads(n.Input, need, n.Pred))
	case *KeyFilter:
		p.use(n.Input, reads(n.Input, need, n.Keys...))
	case *Require:
		base := append([]bool(nil), need...)
		base[n.Time], base[n.Field] = true, true
		p.use(n.Input, base)
	case *Project:
		n.Used = make([]bool, len(n.Exprs))
		var list []expr.Expr
		for i, e := range n.Exprs {
			if _, plain := e.(*expr.Column); !plain || need[i] { // what may fail is computed all the same
				n.Used[i] = true
				list = append(list, e)
			}
		}
		p.use(n.Input, reads(n.Input, nil, list...))
	case *Sort:
		base := append([]bool(nil), need...)
		for _, i := range n.Window {
			base[i] = true
		}
		var list []expr.Expr
		for _, k := range n.Keys {
			list = append(list, k.Expr)
		}
		p.use(n.Input, reads(n.Input, base, list...))
	case *InTime:
		base := append([]bool(nil), need...)
		base[n.Time] = true
		var list []expr.Expr
		for _, k := range n.Keys {
			list = append(list, k.Expr)
		}
		p.use(n.Input, reads(n.Input, base, list...))
	case *Limit:
		p.use(n.Input, need)
	case *Table:
		base := append([]bool(nil), need...)
		for _, i := range n.Keys {
			base[i] = true
		}
		for _, i := range []int{n.Deleted, n.Stamp, n.Time} {
			if i >= 0 {
				base[i] = true
			}
		}
		p.use(n.Input, base)
	case *Upserts:
		base := append([]bool(nil), need...)
		for _, i := range []int{n.Key, n.Time} {
			if i >= 0 {
				base[i] = true
			}
		}
		p.use(n.Input, base)
	case *Ordinal:
		p.use(n.Input, need[:len(need)-1])
	case *Shared:
		all := append([]bool(nil), need...)
		for i, a := range p.again[n.Number] {
			all[i] = all[i] || a
		}
		p.use(n.Input, all)
	case *Again:
		all := append([]bool(nil), need...)
		for i, a := range p.again[n.Number] {
			all[i] = all[i] || a
		}
		p.again[n.Number] = all
	case *Unnest:
		p.use(n.Input, reads(n.Input, need[:len(n.Input.Fields())], append(n.Args[:len(n.Args):len(n.Args)], n.On)...))
	case *Aggregate:
		list := append([]expr.Expr(nil), n.Keys...)
		list = append(list, n.Last...)
		for _, a := range n.Aggs {
			list = append(append(list, a.Args...), a.Filter)
			for _, k := range a.OrderBy {
				list = append(list, k.Expr)
			}
		}
		base := reads(n.Input, nil, list...)
		if n.Time >= 0 {
			base[n.Time] = true
		}
		for _, i := range n.LateColumns {
			base[i] = true
		}
		p.use(n.Input, base)
	case *Join:
		p.join(n, need)
	case *Over:
		var list []expr.Expr
		for _, w := range n.Windows {
			list = append(list, w.Exprs()...)
		}
		p.use(n.Input, reads(n.Input, need, list...))
	case *Union:
		for _, m := range n.All {
			if _, ok := m.(*Project); ok { // it keeps its columns, those that nobody reads as NULL
				p.use(m, need)
				continue
			}
			all := make([]bool, len(m.Fields()))
			for i := range all {
				all[i] = true
			}
			p.use(m, all)
		}
	default:
		for _, in := range n.Inputs() {
			base := make([]bool, len(in.Fields()))
			for i := range base {
				base[i] = true
			}
			p.use(in, base)
		}
	}
}

// Renumber rewrites a plan for scans whose batches hold only some columns:
// position gives the new number of each column of a source.
func Renumber(n Node, position func(source string, column int) int) Node {
	r := &renumberer{position: position, shared: map[int]renumbered{}}
	out, _ := r.node(n)
	return out
}

type renumberer struct {
	position func(string, int) int
	shared   map[int]renumbered
}

type renumbered struct {
	out []Field
	m   []int
}

func (r *renumberer) node(n Node) (Node, []int) {
	fix := func(e expr.Expr, m []int) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok || c.Index >= len(m) || m[c.Index] == c.Index {
				return e
			}
			k := *c
			k.Index = m[c.Index]
			return &k
		})
	}
	all := func(list []expr.Expr, m []int) []expr.Expr {
		out := make([]expr.Expr, len(list))
		for i, e := range list {
			out[i] = fix(e, m)
		}
		return out
	}
	at := func(c int, m []int) int {
		if c < 0 {
			return c
		}
		return m[c]
	}
	identity := func(k int) []int {
		m := make([]int, k)
		for i := range m {
			m[i] = i
		}
		return m
	}
	switch n := n.(type) {
	case *Scan:
		c := *n
		c.Out, c.Used = nil, nil
		m := make([]int, len(n.Out))
		kept := make([]Field, len(n.Out))
		k := 0
		for i, f := range n.Out {
			p := r.position(n.Source, i)
			m[i] = p
			if p >= 0 {
				kept[p] = f
				k = max(k, p+1)
			}
		}
		c.Out = kept[:k]
		return &c, m
	case *Time:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Column, c.Part, c.Deleted = in, at(n.Column, m), at(n.Part, m), at(n.Deleted, m)
		if n.Column < 0 || n.Deleted >= 0 {
			c.Stamp = at(n.Stamp, m)
		} else {
			c.Stamp = -1
		}
		extra := n.Out[len(n.Input.Fields()):]
		c.Out = append(append([]Field(nil), in.Fields()...), extra...)
		for i := range extra {
			m = append(m, len(in.Fields())+i)
		}
		return &c, m
	case *Filter:
		in, m := r.node(n.Input)
		return &Filter{Input: in, Pred: fix(n.Pred, m)}, m
	case *KeyFilter:
		in, m := r.node(n.Input)
		return &KeyFilter{Input: in, Number: n.Number, Keys: all(n.Keys, m)}, m
	case *Require:
		in, m := r.node(n.Input)
		return &Require{Input: in, Time: m[n.Time], Field: m[n.Field], Format: n.Format}, m
	case *Project:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Exprs = in, append([]expr.Expr(nil), n.Exprs...)
		for i, e := range c.Exprs {
			if n.Used != nil && !n.Used[i] {
				c.Exprs[i] = expr.NullConst(e.Type())
			} else {
				c.Exprs[i] = fix(e, m)
			}
		}
		return &c, identity(len(c.Out))
	case *Ordinal:
		in, m := r.node(n.Input)
		return &Ordinal{Input: in}, append(m[:len(m):len(m)], len(in.Fields()))
	case *Table:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Deleted, c.Stamp, c.Time, c.Keys = in, at(n.Deleted, m), at(n.Stamp, m), at(n.Time, m), make([]int, len(n.Keys))
		for k, i := range n.Keys {
			c.Keys[k] = m[i]
		}
		return &c, m
	case *Upserts:
		in, m := r.node(n.Input)
		return &Upserts{Input: in, Key: at(n.Key, m), Time: at(n.Time, m), Deletes: n.Deletes}, m
	case *Shared:
		in, m := r.node(n.Input)
		r.shared[n.Number] = renumbered{in.Fields(), m}
		return &Shared{Input: in, Number: n.Number}, m
	case *Again:
		s := r.shared[n.Number]
		return &Again{Number: n.Number, Out: s.out}, s.m
	case *Sort:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Keys, c.Window = in, append([]SortKey(nil), n.Keys...), append([]int(nil), n.Window...)
		for i := range c.Keys {
			c.Keys[i].Expr = fix(c.Keys[i].Expr, m)
		}
		for i := range c.Window {
			c.Window[i] = m[c.Window[i]]
		}
		return &c, m
	case *InTime:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Keys, c.Time = in, append([]SortKey(nil), n.Keys...), m[n.Time]
		for i := range c.Keys {
			c.Keys[i].Expr = fix(c.Keys[i].Expr, m)
		}
		return &c, m
	case *Unnest:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Args = in, all(n.Args, m)
		elements := n.Out[len(n.Input.Fields()):]
		c.Out = append(append([]Field(nil), in.Fields()...), elements...)
		m = append([]int(nil), m...)
		for i := range elements {
			m = append(m, len(in.Fields())+i)
		}
		c.On = fix(n.On, m)
		return &c, m
	case *Aggregate:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Keys, c.Last, c.Time = in, all(n.Keys, m), all(n.Last, m), at(n.Time, m)
		c.LateColumns = append([]int(nil), n.LateColumns...)
		for i := range c.LateColumns {
			c.LateColumns[i] = at(c.LateColumns[i], m)
		}
		c.Aggs = append([]AggCall(nil), n.Aggs...)
		for i := range c.Aggs {
			c.Aggs[i].Args, c.Aggs[i].Filter = all(c.Aggs[i].Args, m), fix(c.Aggs[i].Filter, m)
			c.Aggs[i].OrderBy = append([]SortKey(nil), c.Aggs[i].OrderBy...)
			for k := range c.Aggs[i].OrderBy {
				c.Aggs[i].OrderBy[k].Expr = fix(c.Aggs[i].OrderBy[k].Expr, m)
			}
		}
		return &c, identity(len(c.Out))
	case *Join:
		return r.join(n, fix)
	case *Over:
		in, m := r.node(n.Input)
		c := *n
		c.Input, c.Windows = in, nil
		for _, w := range n.Windows {
			c.Windows = append(c.Windows, w.Rewrite(func(e expr.Expr) expr.Expr { return fix(e, m) }))
		}
		extra := n.Out[len(n.Input.Fields()):]
		c.Out = append(append([]Field(nil), in.Fields()...), extra...)
		m = m[:len(m):len(m)]
		for i := range extra {
			m = append(m, len(in.Fields())+i)
		}
		return &c, m
	}
	ins := n.Inputs()
	if len(ins) == 0 {
		return n, identity(len(n.Fields()))
	}
	next := make([]Node, len(ins))
	var m []int
	for i, in := range ins {
		next[i], m = r.node(in)
	}
	if len(ins) > 1 || len(m) != len(n.Fields()) {
		m = identity(len(n.Fields()))
	}
	return n.WithInputs(next), m
}
