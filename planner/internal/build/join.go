package build

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/intervaljoin"
	"github.com/velostream/velo/operators/join"
	"github.com/velostream/velo/operators/tablejoin"
	"github.com/velostream/velo/planner/internal/logical"
)

var joinKinds = map[logical.JoinKind]join.Kind{
	logical.InnerJoin: join.Inner, logical.CrossJoin: join.Inner, logical.LeftJoin: join.Left, logical.RightJoin: join.Right,
	logical.FullJoin: join.Full, logical.SemiJoin: join.Semi, logical.AntiJoin: join.Anti, logical.MarkJoin: join.Mark,
	logical.SingleJoin: join.Single, logical.AsOfJoin: join.Inner, logical.AsOfLeftJoin: join.Left,
}

// Join makes the two-sided operator of a join; early says that the left rows come
// first.
func Join(n *logical.Join, e Env, early bool) (*join.Join, error) {
	o := join.Options{
		Kind: joinKinds[n.Kind], Keys: joinKeys(n.Keys), OnLeft: n.OnLeft, OnRight: n.OnRight, Residual: n.Residual,
		In: joinKeys(n.In), Three: n.Compare, Plain: n.Compare == nil, LeftTypes: typesOf(n.Left), RightTypes: typesOf(n.Right),
		Used: n.Used, HoldMarks: n.HoldMarks, Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: called(n), Subquery: n.Subquery, Early: early,
	}
	if a := n.AsOf; a != nil {
		o.AsOf = &join.AsOf{Left: a.Left, Right: a.Right, After: a.After, Strict: a.Strict}
	}
	var parts []expr.Expr
	for _, k := range n.In {
		c, err := expr.NewCompare("=", k.Left, shifted(k.Right, len(o.LeftTypes)))
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	if n.Compare != nil {
		parts = append(parts, n.Compare)
	}
	if len(parts) > 0 {
		three, err := expr.NewAnd(parts...)
		if err != nil {
			return nil, err
		}
		o.Three = three
	}
	return join.New(o), nil
}

// IntervalJoin makes the two-sided operator of a join within a time bound; shared
// says that one batch may reach both sides.
func IntervalJoin(n *logical.Join, e Env, shared bool) *intervaljoin.Join {
	v := n.Interval
	return intervaljoin.New(intervaljoin.Options{
		Kind: joinKinds[n.Kind], Keys: joinKeys(n.Keys), OnLeft: n.OnLeft, OnRight: n.OnRight, Residual: n.Residual,
		LeftTypes: typesOf(n.Left), RightTypes: typesOf(n.Right), Used: n.Used, LeftTime: v.LeftTime, RightTime: v.RightTime,
		Lower: v.Lower, Upper: v.Upper, Lateness: v.Lateness, DeadLetter: v.DeadLetter, Shared: shared,
		Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: called(n),
	})
}

// TableJoin makes the two-sided operator of a join with a table that changes;
// tables says which sides are tables, shared that one batch may reach both.
func TableJoin(n *logical.Join, e Env, tables tablejoin.Tables, shared bool) (*tablejoin.Join, error) {
	o := tablejoin.Options{
		Kind: joinKinds[n.Kind], Table: tables, Keys: joinKeys(n.Keys), OnLeft: n.OnLeft, OnRight: n.OnRight, Residual: n.Residual,
		LeftTypes: typesOf(n.Left), RightTypes: typesOf(n.Right), Used: n.Used, Shared: shared, LeftAgain: again(n.Left), RightAgain: again(n.Right),
		Failures: e.Failures, Ledger: e.Ledger, Limit: e.Limit, Name: called(n),
	}
	if tables == tablejoin.Both {
		o.Times = []int{eventTime(n.Left), eventTime(n.Right)}
	}
	return tablejoin.New(o)
}

// eventTime is the column of a node's event time, -1 for none.
func eventTime(n logical.Node) int {
	for i, f := range n.Fields() {
		if f.System && f.Name == "_event_time" {
			return i
		}
	}
	return -1
}

func joinKeys(list []logical.JoinKey) []join.Key {
	var out []join.Key
	for _, k := range list {
		out = append(out, join.Key{Left: k.Left, Right: k.Right, NullSafe: k.NullSafe})
	}
	return out
}

func typesOf(n logical.Node) []arrow.DataType {
	var out []arrow.DataType
	for _, f := range n.Fields() {
		out = append(out, f.Type)
	}
	return out
}

// shifted is an expression over columns that stand by places further right.
func shifted(e expr.Expr, by int) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		c, ok := e.(*expr.Column)
		if !ok {
			return e
		}
		k := *c
		k.Index += by
		return &k
	})
}
