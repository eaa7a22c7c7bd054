package logical

import (
	"fmt"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// JoinKind is what becomes of rows with and without a match.
type JoinKind uint8

// The kinds. SemiJoin and AntiJoin give the left rows that have, or lack, a
// match; MarkJoin all left rows and a BOOLEAN that says what SQL's IN does;
// SingleJoin is LeftJoin that ends the run when a left row matches twice. AsOfJoin
// and AsOfLeftJoin match the nearest row only, see AsOf.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
	SemiJoin
	AntiJoin
	MarkJoin
	SingleJoin
	AsOfJoin
	AsOfLeftJoin
)

func (k JoinKind) String() string {
	return [...]string{"INNER", "LEFT", "RIGHT", "FULL", "CROSS", "SEMI", "ANTI", "MARK", "SINGLE", "ASOF", "ASOF LEFT"}[k]
}

// JoinKey is an equality of an expression over the left input's fields and one
// over the right input's, of the same type. NullSafe is IS NOT DISTINCT FROM.
type JoinKey struct {
	Left, Right expr.Expr
	NullSafe    bool
}

// Join joins bounded inputs: the right one is read first and kept. Its rows have
// the left fields, then the right ones; those of SemiJoin and AntiJoin the left
// ones only; those of MarkJoin the left ones, then the mark.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	Keys        []JoinKey
	// OnLeft and OnRight are conditions over one side, for rows that must stay
	// although they match nothing; nil for none. Residual is over the left fields
	// and, behind them, the right ones.
	OnLeft, OnRight, Residual expr.Expr
	// In and Compare make the mark: equalities, and any other comparison over both
	// sides, all three-valued. A right row belongs to the set of a left row when
	// Keys and Residual are TRUE; the mark is the OR, over the set, of the AND of In
	// and Compare. With neither the mark is EXISTS.
	In      []JoinKey
	Compare expr.Expr
	// AsOf is the comparison of an AsOfJoin.
	AsOf *AsOf
	// Subquery is what a SingleJoin answers, for the error of two rows.
	Subquery string
	// Mark is the name of the mark, a hidden column.
	Mark string
	// HoldMarks keeps the watermark back until the left input has ended.
	HoldMarks bool
	// Interval makes it a join of two streams within a time bound, both of which
	// are read at once; nil for none.
	Interval *Interval
	// Table makes it a join with a table that changes while it is joined, or of two
	// of them. Merged says that the table's rows take effect at their place in the
	// order of all records; else the table is read first.
	Table  Tables
	Merged bool
	// Filter is the number of a [KeyFilter] below, 0 for none.
	Filter int
	// Used are the fields that anybody above reads; filled by [Use].
	Used []bool
}

// Tables tells which inputs of a join are tables that change.
type Tables uint8

// The other input of TableLeft and TableRight is a stream, or a table that does not
// change.
const (
	NoTable Tables = iota
	TableRight
	TableLeft
	TableBoth
)

// Hashed tells that it is an ordinary join: one side is read before the other.
func (n *Join) Hashed() bool { return n.Interval == nil && n.Table == NoTable }

// Interval is the time bound of a join of streams: the right event time minus the
// left one, in ms, lies between Lower and Upper.
type Interval struct {
	Lower, Upper        int64
	LeftTime, RightTime int // columns of the event times, each of its own input
	Lateness            int64
	DeadLetter          bool // late rows go to the dead letters
}

// AsOf asks for the right row whose Right is nearest to Left: not after it, or
// with After not before it; Strict leaves equals out.
type AsOf struct {
	Left, Right   expr.Expr
	After, Strict bool
}

func (a *AsOf) String() string {
	op := map[bool]string{false: "<=", true: ">="}[a.After]
	if a.Strict {
		op = op[:1]
	}
	return a.Right.String() + " " + op + " " + a.Left.String()
}

// Both tells that rows have the fields of both inputs.
func (n *Join) Both() bool {
	return n.Kind != SemiJoin && n.Kind != AntiJoin && n.Kind != MarkJoin
}

// KeepsLeft tells that each row is one of the left input, with or without a
// match: a condition on the left fields is the same below the join.
func (n *Join) KeepsLeft() bool {
	switch n.Kind {
	case LeftJoin, SemiJoin, AntiJoin, MarkJoin, SingleJoin, AsOfJoin, AsOfLeftJoin:
		return true
	}
	return false
}

// Fields are those of the left input and, by kind, of the right one.
func (n *Join) Fields() []Field {
	left := n.Left.Fields()
	out := left[:len(left):len(left)]
	switch {
	case n.Kind == MarkJoin:
		out = append(out, Field{Name: n.Mark, Type: vec.TypeBool, Hidden: true})
	case n.Both():
		out = append(out, n.Right.Fields()...)
	}
	return out
}

// Inputs are the left and the right one.
func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }

// WithInputs makes a copy with other inputs.
func (n *Join) WithInputs(in []Node) Node {
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}

// Explain names the join, its keys and conditions.
func (n *Join) Explain() string {
	name := "HashJoin "
	if len(n.Keys) == 0 && len(n.In) == 0 && n.AsOf == nil {
		name = "NestedLoopJoin "
	}
	switch {
	case n.Interval != nil:
		name = "IntervalJoin "
	case n.Table != NoTable:
		name = "TableJoin "
	}
	var sb strings.Builder
	sb.WriteString(name + n.Kind.String())
	keys := func(what string, list []JoinKey) {
		if len(list) == 0 {
			return
		}
		var parts []string
		for _, k := range list {
			op := " = "
			if k.NullSafe {
				op = " IS NOT DISTINCT FROM "
			}
			parts = append(parts, k.Left.String()+op+k.Right.String())
		}
		sb.WriteString(" " + what + "=[" + strings.Join(parts, ", ") + "]")
	}
	cond := func(what string, e expr.Expr) {
		if e != nil {
			sb.WriteString(" " + what + "=" + e.String())
		}
	}
	keys("keys", n.Keys)
	keys("in", n.In)
	if n.AsOf != nil {
		sb.WriteString(" nearest=" + n.AsOf.String())
	}
	cond("compare", n.Compare)
	if n.Table != NoTable {
		sb.WriteString([...]string{"", " table=right", " table=left", " table=both"}[n.Table])
		if !n.Merged && n.Table != TableBoth {
			sb.WriteString(" read first")
		}
	}
	if v := n.Interval; v != nil {
		fmt.Fprintf(&sb, " time=[%d ms, %d ms]", v.Lower, v.Upper)
		if v.Lateness > 0 {
			fmt.Fprintf(&sb, " lateness=%d ms", v.Lateness)
		}
	}
	cond("left", n.OnLeft)
	cond("right", n.OnRight)
	cond("residual", n.Residual)
	if n.Filter > 0 {
		fmt.Fprintf(&sb, " join=%d", n.Filter)
	}
	return sb.String()
}

// sides lists the expressions over the left fields, the right ones, and both.
func (n *Join) sides() (left, right, both []expr.Expr) {
	left, right = []expr.Expr{n.OnLeft}, []expr.Expr{n.OnRight}
	for _, list := range [][]JoinKey{n.Keys, n.In} {
		for _, k := range list {
			left, right = append(left, k.Left), append(right, k.Right)
		}
	}
	if n.AsOf != nil {
		left, right = append(left, n.AsOf.Left), append(right, n.AsOf.Right)
	}
	return left, right, []expr.Expr{n.Residual, n.Compare}
}

// join marks what a join reads of its inputs, and notes what is read of it.
func (p *pruner) join(n *Join, need []bool) {
	n.Used = need
	nl := len(n.Left.Fields())
	all := make([]bool, nl+len(n.Right.Fields()))
	copy(all, need[:nl])
	if n.Both() {
		copy(all, need)
	}
	mark := func(base []bool, list []expr.Expr) {
		for _, e := range list {
			if e == nil {
				continue
			}
			expr.Walk(e, func(e expr.Expr) bool {
				if c, ok := e.(*expr.Column); ok {
					base[c.Index] = true
				}
				return true
			})
		}
	}
	left, right, both := n.sides()
	mark(all, both)
	mark(all[:nl], left)
	mark(all[nl:], right)
	if v := n.Interval; v != nil {
		all[v.LeftTime], all[nl+v.RightTime] = true, true
	}
	p.use(n.Right, all[nl:]) // it may read what is shared on the left
	p.use(n.Left, all[:nl:nl])
}

// join rewrites a join over renumbered inputs.
func (r *renumberer) join(n *Join, fix func(expr.Expr, []int) expr.Expr) (Node, []int) {
	left, lm := r.node(n.Left)
	right, rm := r.node(n.Right)
	nl := len(left.Fields())
	both := append([]int(nil), lm...)
	for _, p := range rm {
		if p >= 0 {
			p += nl
		}
		both = append(both, p)
	}
	c := *n
	c.Left, c.Right = left, right
	keys := func(list []JoinKey) []JoinKey {
		out := append([]JoinKey(nil), list...)
		for i := range out {
			out[i].Left, out[i].Right = fix(out[i].Left, lm), fix(out[i].Right, rm)
		}
		return out
	}
	c.Keys, c.In = keys(n.Keys), keys(n.In)
	if n.AsOf != nil {
		a := *n.AsOf
		a.Left, a.Right = fix(a.Left, lm), fix(a.Right, rm)
		c.AsOf = &a
	}
	c.OnLeft, c.OnRight = fix(n.OnLeft, lm), fix(n.OnRight, rm)
	c.Residual, c.Compare = fix(n.Residual, both), fix(n.Compare, both)
	if n.Interval != nil {
		v := *n.Interval
		v.LeftTime, v.RightTime = lm[v.LeftTime], rm[v.RightTime]
		c.Interval = &v
	}
	m := both
	switch {
	case n.Kind == MarkJoin:
		m = append(both[:len(lm):len(lm)], nl)
	case !n.Both():
		m = both[:len(lm)]
	}
	if n.Used != nil {
		c.Used = make([]bool, len(c.Fields()))
		for i, p := range m {
			if p >= 0 && i < len(n.Used) && n.Used[i] {
				c.Used[p] = true
			}
		}
	}
	return &c, m
}
