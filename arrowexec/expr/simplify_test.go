package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

func TestSimplify(t *testing.T) {
	v := &Column{Index: 0, Name: "v", T: vec.TypeInt64}
	b := &Column{Index: 1, Name: "b", T: vec.TypeBool}
	s := &Column{Index: 2, Name: "s", T: vec.TypeString}
	must := func(e Expr, err error) Expr {
		require.NoError(t, err)
		return e
	}
	fails := must(NewCompare(">", must(NewCast(s, vec.TypeInt64, false)), IntConst(0)))
	yes, no, null := BoolConst(true), BoolConst(false), NullConst(vec.TypeBool)
	for _, c := range []struct {
		name string
		in   Expr
		want string
	}{
		{"true and", must(NewAnd(yes, b)), "#1:b"},
		{"and true", must(NewAnd(b, yes)), "#1:b"},
		{"and false of what cannot fail", must(NewAnd(b, no, b)), "FALSE"},
		{"and false of what may fail", must(NewAnd(fails, no, b)), "((CAST(#2:s AS BIGINT) > 0) AND FALSE)"},
		{"false and what may fail", must(NewAnd(no, fails)), "FALSE"},
		{"null stays", must(NewAnd(null, b)), "(NULL::BOOLEAN AND #1:b)"},
		{"all true", must(NewAnd(yes, yes)), "TRUE"},
		{"or true", must(NewOr(b, yes)), "TRUE"},
		{"or false", must(NewOr(no, b)), "#1:b"},
		{"or true of what may fail", must(NewOr(fails, yes, b)), "((CAST(#2:s AS BIGINT) > 0) OR TRUE)"},
		{"inside not", must(NewNot(must(NewAnd(yes, b)))), "(NOT #1:b)"},
		{"case", must(NewCase([]Expr{no, b, yes, b}, []Expr{IntConst(1), v, IntConst(3), IntConst(4)}, nil)), "CASE WHEN #1:b THEN #0:v ELSE 3 END"},
		{"case of no branch", must(NewCase([]Expr{null}, []Expr{v}, IntConst(5))), "5"},
		{"if", must(NewIf(yes, v, IntConst(1))), "#0:v"},
		{"coalesce", must(NewCoalesce([]Expr{NullConst(vec.TypeNull), v, IntConst(1), v})), "COALESCE(#0:v, 1)"},
		{"coalesce of nulls", must(NewCoalesce([]Expr{NullConst(vec.TypeInt64), NullConst(vec.TypeInt64)})), "NULL::BIGINT"},
		{"coalesce of one", must(NewCoalesce([]Expr{NullConst(vec.TypeNull), v})), "#0:v"},
	} {
		got := Simplify(c.in)
		require.Equal(t, c.want, got.String(), c.name)
		require.Equal(t, vec.KindOf(c.in.Type()), vec.KindOf(got.Type()), c.name)
	}
}

func TestRangeOf(t *testing.T) {
	v := &Column{Index: 0, Name: "v", T: vec.TypeInt32}
	d := &Column{Index: 1, Name: "d", T: vec.TypeFloat64}
	cmp := func(op string, a, b Expr) Expr {
		e, err := NewCompare(op, a, b)
		require.NoError(t, err)
		return e
	}
	const least, greatest = -1 << 63, 1<<63 - 1
	for _, c := range []struct {
		e         Expr
		low, high int64
		in        []int64
	}{
		{cmp("=", v, IntConst(5)), 5, 5, []int64{5}},
		{cmp("<", v, IntConst(5)), least, 4, nil},
		{cmp("<=", v, IntConst(5)), least, 5, nil},
		{cmp(">", v, IntConst(5)), 6, greatest, nil},
		{cmp(">", IntConst(5), v), least, 4, nil},
		{cmp(">=", v, IntConst(-5)), -5, greatest, nil},
	} {
		r, ok := RangeOf(c.e)
		require.True(t, ok, c.e.String())
		require.Equal(t, Range{Column: v, Low: c.low, High: c.high, In: c.in}, r, c.e.String())
	}
	in, err := NewIn(v, []Expr{IntConst(3), NullConst(vec.TypeNull), IntConst(1)}, false)
	require.NoError(t, err)
	r, ok := RangeOf(in)
	require.True(t, ok)
	require.Equal(t, Range{Column: v, Low: 1, High: 3, In: []int64{3, 1}}, r)
	notIn, err := NewIn(v, []Expr{IntConst(3)}, true)
	require.NoError(t, err)
	nulls, err := NewIn(v, []Expr{NullConst(vec.TypeInt64)}, false)
	require.NoError(t, err)
	for _, e := range []Expr{
		cmp("<>", v, IntConst(5)), cmp("=", d, FloatConst(5)), cmp("=", v, FloatConst(5)), cmp("=", v, v), cmp("=", v, NullConst(vec.TypeInt64)),
		cmp("<", v, IntConst(least)), cmp(">", v, IntConst(greatest)), notIn, nulls, v,
	} {
		_, ok := RangeOf(e)
		require.False(t, ok, e.String())
	}
}
