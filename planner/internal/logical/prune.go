package logical

import "github.com/velostream/velo/arrowexec/expr"

// Use marks the columns of scans that a plan reads; used is called with the
// source and column of each.
func Use(n Node, used func(source string, column int)) {
	need := make([]bool, len(n.Fields()))
	for i := range need {
		need[i] = true
	}
	use(n, need, used)
}

func use(n Node, need []bool, used func(string, int)) {
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
				used(n.Source, i)
			}
		}
	case *Time:
		base := append([]bool(nil), need[:len(n.Input.Fields())]...)
		for _, c := range []int{n.Column, n.Part} {
			if c >= 0 {
				base[c] = true
			}
		}
		if n.Column < 0 {
			base[n.Stamp] = true
		}
		use(n.Input, base, used)
	case *Filter:
		use(n.Input, reads(n.Input, need, n.Pred), used)
	case *Require:
		base := append([]bool(nil), need...)
		base[n.Time], base[n.Field] = true, true
		use(n.Input, base, used)
	case *Project:
		use(n.Input, reads(n.Input, nil, n.Exprs...), used)
	case *Attach:
		use(n.Input, reads(n.Input, need[:len(n.Input.Fields())], n.Probe...), used)
		sub := make([]bool, len(n.Sub.Fields()))
		for i := range n.Width {
			sub[i] = true
		}
		use(n.Sub, sub, used)
	case *Unnest:
		use(n.Input, reads(n.Input, need[:len(n.Input.Fields())], n.Args...), used)
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
		use(n.Input, base, used)
	case *Join:
		useJoin(n, need, used)
	case *Over:
		var list []expr.Expr
		for _, w := range n.Windows {
			list = append(list, w.Exprs()...)
		}
		use(n.Input, reads(n.Input, need, list...), used)
	default:
		for _, in := range n.Inputs() {
			base := make([]bool, len(in.Fields()))
			for i := range base {
				base[i] = true
			}
			use(in, base, used)
		}
	}
}

// Renumber rewrites a plan for scans whose batches hold only some columns:
// position gives the new number of each column of a source.
func Renumber(n Node, position func(source string, column int) int) Node {
	out, _ := renumber(n, position)
	return out
}

func renumber(n Node, position func(string, int) int) (Node, []int) {
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
			p := position(n.Source, i)
			m[i] = p
			if p >= 0 {
				kept[p] = f
				k = max(k, p+1)
			}
		}
		c.Out = kept[:k]
		return &c, m
	case *Time:
		in, m := renumber(n.Input, position)
		c := *n
		c.Input, c.Column, c.Part = in, at(n.Column, m), at(n.Part, m)
		if n.Column < 0 {
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
		in, m := renumber(n.Input, position)
		return &Filter{Input: in, Pred: fix(n.Pred, m)}, m
	case *Require:
		in, m := renumber(n.Input, position)
		return &Require{Input: in, Time: m[n.Time], Field: m[n.Field], Format: n.Format}, m
	case *Project:
		in, m := renumber(n.Input, position)
		c := *n
		c.Input, c.Exprs = in, all(n.Exprs, m)
		return &c, identity(len(c.Out))
	case *Attach:
		in, m := renumber(n.Input, position)
		c := *n
		c.Input, c.Probe = in, all(n.Probe, m)
		c.Sub, _ = renumber(n.Sub, position)
		answer := n.Out[len(n.Input.Fields()):]
		c.Out = append(append([]Field(nil), in.Fields()...), answer...)
		m = append([]int(nil), m...)
		for i := range answer {
			m = append(m, len(in.Fields())+i)
		}
		return &c, m
	case *Unnest:
		in, m := renumber(n.Input, position)
		c := *n
		c.Input, c.Args = in, all(n.Args, m)
		elements := n.Out[len(n.Input.Fields()):]
		c.Out = append(append([]Field(nil), in.Fields()...), elements...)
		m = append([]int(nil), m...)
		for i := range elements {
			m = append(m, len(in.Fields())+i)
		}
		return &c, m
	case *Aggregate:
		in, m := renumber(n.Input, position)
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
		return renumberJoin(n, position, fix)
	case *Over:
		in, m := renumber(n.Input, position)
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
		next[i], m = renumber(in, position)
	}
	if len(ins) > 1 || len(m) != len(n.Fields()) {
		m = identity(len(n.Fields()))
	}
	return n.WithInputs(next), m
}
