package expr

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// show computes a constant expression: its text, NULL, or the class of its row error.
func show(t *testing.T, e Expr) string {
	t.Helper()
	s := vec.NewPool(nil, true).Open()
	defer s.Close()
	c := &Ctx{}
	c.Reset(&arrowexec.Batch{Scope: s, N: 3})
	v := e.Eval(c, vec.Sel{1})
	if f := c.Failed(); len(f) > 0 {
		require.Len(t, f, 1)
		require.True(t, v.IsNull(1))
		return f[0].Class
	}
	if v.IsNull(1) {
		return "NULL"
	}
	return string(text.AppendValue(nil, v, 1))
}

func dec(s string) *Const {
	scale := 0
	if i := strings.IndexByte(s, '.'); i >= 0 {
		scale = len(s) - i - 1
	}
	c, err := ConstFromText(s, vec.DecimalType(38, int32(scale)))
	if err != nil {
		panic(err)
	}
	return c
}

func lit(s string, t arrow.DataType) *Const {
	c, err := ConstFromText(s, t)
	if err != nil {
		panic(err)
	}
	return c
}

func TestOperatorsTable(t *testing.T) {
	ts := func(s string) *Const { return lit(s, vec.TypeTimestamp) }
	ts6 := func(s string) *Const { return lit(s, vec.TypeTimestampMicros) }
	date := func(s string) *Const { return lit(s, vec.TypeDate) }
	clock := func(s string) *Const { return lit(s, vec.TypeTime) }
	iv := func(s string) *Const { return lit(s, vec.TypeInterval) }
	null := NullConst(vec.TypeNull)
	for _, c := range []struct {
		op   string
		a, b Expr
		want string
	}{
		{"+", IntConst(math.MaxInt64), IntConst(1), "overflow"}, {"*", IntConst(math.MinInt64), IntConst(-1), "overflow"}, {"//", IntConst(math.MinInt64), IntConst(-1), "overflow"},
		{"%", IntConst(math.MinInt64), IntConst(-1), "0"}, {"/", IntConst(7), IntConst(2), "3.5"}, {"/", IntConst(7), IntConst(0), "NULL"}, {"//", IntConst(-7), IntConst(2), "-3"},
		{"%", IntConst(-7), IntConst(2), "-1"}, {"/", FloatConst(1), FloatConst(0), "NULL"}, {"%", dec("1.5"), dec("0.0"), "NULL"}, {"+", dec("1.50"), dec("0.255"), "1.755"},
		{"*", dec("1.50"), dec("0.255"), "0.38250"}, {"/", dec("1"), dec("3"), "0.333333"}, {"/", dec("2.0000000"), dec("3"), "0.6666667"}, {"/", dec("-2"), dec("3"), "-0.666667"},
		{"//", dec("-7.9"), IntConst(2), "-3"}, {"%", dec("-7.9"), IntConst(2), "-1.9"}, {"+", dec("1.5"), FloatConst(1), "2.5"}, {"+", IntConst(1), dec("0.10"), "1.10"},
		{"*", dec("99999999999999999999999999999999999999"), IntConst(10), "overflow"}, {"+", null, null, "NULL"}, {"+", IntConst(1), null, "NULL"},
		{"+", ts("2024-01-31"), iv("1 month"), "2024-02-29T00:00:00.000Z"}, {"-", ts("2024-03-31T12:00"), iv("1 mon 1 day"), "2024-02-28T12:00:00.000Z"},
		{"+", iv("1 hour"), ts("2024-01-31"), "2024-01-31T01:00:00.000Z"}, {"+", ts("2024-01-31"), IntConst(1500), "2024-01-31T00:00:01.500Z"}, {"+", ts6("2024-01-31"), IntConst(1500), "2024-01-31T00:00:01.500000Z"},
		{"+", IntConst(5), ts("2024-01-31"), "2024-01-31T00:00:00.005Z"}, {"-", ts("2024-01-31T00:00:01"), ts("2024-01-31"), "1000"}, {"-", ts6("2024-01-31T00:00:01"), ts("2024-01-31"), "1000"},
		{"+", ts("9999-12-31"), iv("1 day"), "overflow"}, {"+", date("2024-01-31"), iv("1 month"), "2024-02-29"}, {"+", date("2024-01-31"), iv("36 hours"), "2024-02-01"}, {"-", date("2024-01-31"), iv("1 hour"), "2024-01-30"},
		{"+", date("2024-01-31"), IntConst(1), "2024-02-01"}, {"-", date("2024-01-31"), date("2024-01-30"), "86400000"}, {"+", clock("23:00"), iv("2 hours"), "01:00:00.000"}, {"-", clock("01:00"), iv("2 hours"), "23:00:00.000"},
		{"-", clock("01:00"), clock("02:00"), "-3600000"}, {"+", iv("1 mon"), iv("2 days"), "1 mon 2 days"}, {"-", iv("1 mon"), iv("2 mons"), "-1 mons"}, {"*", iv("1 hour"), IntConst(3), "03:00:00"}, {"/", iv("1 hour"), IntConst(2), "00:30:00"},
		{"/", iv("1 hour"), IntConst(0), "NULL"}, {"+", IntConst(1000), iv("1 second"), "2000"}, {"-", ts("2024-01-31"), date("2024-01-30"), "86400000"}, {"-", ts("2024-01-31"), StringConst("2024-01-30"), "86400000"},
		{"||", StringConst("a"), IntConst(1), "a1"}, {"||", StringConst("a"), null, "NULL"}, {"||", BoolConst(true), StringConst("x"), "truex"}, {"+", StringConst("5"), IntConst(1), "6"},
	} {
		e, err := NewCall(operator(c.op), []Expr{c.a, c.b})
		require.NoError(t, err, "%s %s %s", c.a, c.op, c.b)
		require.Equal(t, c.want, show(t, e), e)
	}
	str := &Column{T: vec.TypeString}
	for _, c := range []struct {
		op   string
		a, b Expr
		want string
	}{
		{"+", str, IntConst(1), "CAST"}, {"+", BoolConst(true), IntConst(1), "does not take BOOLEAN"}, {"*", lit("1", vec.DecimalType(38, 20)), lit("1", vec.DecimalType(38, 20)), "scale 40"}, {"+", StringConst("x"), IntConst(1), `"x"`},
	} {
		_, err := NewCall(operator(c.op), []Expr{c.a, c.b})
		require.ErrorContains(t, err, c.want)
	}
}

func TestCompareTable(t *testing.T) {
	str := &Column{T: vec.TypeString}
	st := func(n1, n2 string, a, b Expr) Expr { e, _ := NewStruct([]string{n1, n2}, []Expr{a, b}); return e }
	arr := func(es ...Expr) Expr { e, _ := NewArray(es); return e }
	mp := func(es ...Expr) Expr { e, _ := NewMap(es); return e }
	nan := FloatConst(math.NaN())
	for _, c := range []struct {
		op   string
		a, b Expr
		want string
	}{
		{"=", nan, nan, "true"}, {">", nan, FloatConst(math.Inf(1)), "true"}, {"=", FloatConst(math.Copysign(0, -1)), IntConst(0), "true"}, {"=", IntConst(1), FloatConst(1), "true"},
		{"=", dec("1.50"), dec("1.5"), "true"}, {"<", dec("1.50"), IntConst(2), "true"}, {"=", dec("0.1"), FloatConst(.1), "true"}, {"=", lit("1970-01-01", vec.TypeTimestamp), IntConst(0), "true"},
		{"<", lit("1970-01-01", vec.TypeTimestampMicros), IntConst(1), "true"}, {"=", lit("1970-01-02", vec.TypeDate), lit("1970-01-02", vec.TypeTimestamp), "true"}, {"<", StringConst("a"), StringConst("ä"), "true"},
		{"<", lit("2024-01-01", vec.TypeDate), StringConst("2024-01-02"), "true"}, {"=", lit("30 days", vec.TypeInterval), lit("1 mon", vec.TypeInterval), "true"}, {"=", arr(IntConst(1), IntConst(2)), arr(IntConst(1), dec("2.0")), "true"},
		{"<", arr(IntConst(1)), arr(IntConst(1), IntConst(2)), "true"}, {"=", st("a", "b", IntConst(1), IntConst(2)), st("b", "a", IntConst(2), IntConst(1)), "true"}, {"=", mp(StringConst("a"), IntConst(1), StringConst("b"), IntConst(2)), mp(StringConst("b"), IntConst(2), StringConst("a"), IntConst(1)), "true"},
		{"=", mp(StringConst("a"), IntConst(1)), mp(StringConst("a"), IntConst(2)), "false"}, {"=", IntConst(1), NullConst(vec.TypeNull), "NULL"}, {"=", BytesConst([]byte("A")), StringConst("A"), "true"},
	} {
		e, err := NewCompare(c.op, c.a, c.b)
		require.NoError(t, err)
		require.Equal(t, c.want, show(t, e), e)
	}
	for _, c := range [][2]Expr{{str, IntConst(1)}, {str, BoolConst(true)}, {str, lit("2024-01-01", vec.TypeDate)}} {
		_, err := NewCompare("=", c[0], c[1])
		require.ErrorContains(t, err, "CAST")
	}
	_, err := NewCompare("=", st("a", "b", IntConst(1), IntConst(2)), st("a", "c", IntConst(1), IntConst(2)))
	require.Error(t, err)
	_, err = NewCompare("<", mp(StringConst("a"), IntConst(1)), mp(StringConst("a"), IntConst(2)))
	require.Error(t, err)
	_, err = NewCompare("=", IntConst(1), StringConst("x"))
	require.Error(t, err)
	_, err = NewCompare("=", BoolConst(true), IntConst(1))
	require.Error(t, err)
}

func TestCastTable(t *testing.T) {
	i64, f64, str, dt := vec.TypeInt64, vec.TypeFloat64, vec.TypeString, vec.DecimalType
	arr := arrow.ListOf(i64)
	mst := arrow.StructOf(arrow.Field{Name: "a", Type: i64, Nullable: true}, arrow.Field{Name: "m", Type: arrow.MapOf(str, f64), Nullable: true})
	for _, c := range []struct {
		e    Expr
		t    arrow.DataType
		want string
	}{
		{FloatConst(2.5), i64, "2"}, {FloatConst(3.5), i64, "4"}, {FloatConst(-2.5), i64, "-2"}, {dec("2.5"), i64, "3"}, {dec("-2.5"), i64, "-3"}, {FloatConst(math.NaN()), i64, "cast"}, {FloatConst(math.Inf(1)), i64, "cast"}, {FloatConst(9.3e18), i64, "cast"},
		{StringConst(" 12 "), i64, "12"}, {StringConst("1.0"), i64, "cast"}, {StringConst("1_000"), i64, "cast"}, {StringConst("0x10"), i64, "cast"}, {IntConst(300), vec.TypeInt8, "cast"}, {IntConst(-128), vec.TypeInt8, "-128"}, {BoolConst(true), i64, "1"},
		{StringConst("yes"), vec.TypeBool, "true"}, {StringConst("OF"), vec.TypeBool, "false"}, {StringConst("o"), vec.TypeBool, "cast"}, {StringConst("tr"), vec.TypeBool, "true"}, {IntConst(5), vec.TypeBool, "true"},
		{FloatConst(0.125), dt(10, 2), "0.13"}, {FloatConst(2.675), dt(10, 2), "2.68"}, {dec("9.999"), dt(3, 2), "cast"}, {dec("-0.005"), dt(10, 2), "-0.01"}, {IntConst(1000), dt(5, 2), "cast"}, {StringConst("1.005"), dt(10, 2), "1.01"}, {FloatConst(math.NaN()), dt(10, 2), "cast"},
		{dec("0.1"), f64, "0.1"}, {dec("12345678901234567890.123456789"), f64, "12345678901234567000"}, {StringConst("1e400"), f64, "cast"}, {FloatConst(1e300), vec.TypeFloat32, "cast"}, {FloatConst(0.1), vec.TypeFloat32, "0.1"},
		{FloatConst(3), str, "3"}, {FloatConst(1e20), str, "1e+20"}, {dec("1.50"), str, "1.50"}, {BytesConst([]byte("ü")), str, "ü"}, {BytesConst([]byte{0xff}), str, "cast"}, {StringConst("A"), vec.TypeBinary, "QQ=="},
		{StringConst("2024-02-29T12:34:56.789Z"), vec.TypeTimestamp, "2024-02-29T12:34:56.789Z"}, {StringConst("now"), vec.TypeTimestamp, "cast"}, {StringConst("12:00:60"), vec.TypeTime, "cast"}, {StringConst("epoch"), vec.TypeDate, "cast"}, {IntConst(0), vec.TypeTimestamp, "1970-01-01T00:00:00.000Z"},
		{IntConst(math.MaxInt64), vec.TypeTimestamp, "cast"}, {timestampConst(-1, false), vec.TypeDate, "1969-12-31"}, {timestampConst(-1, false), vec.TypeTime, "23:59:59.999"}, {timestampConst(-1, true), vec.TypeTimestamp, "1969-12-31T23:59:59.999Z"}, {timestampConst(-1, false), i64, "-1"},
		{StringConst("P1DT2H"), vec.TypeInterval, "1 day 02:00:00"}, {StringConst("[1, null, \"3\"]"), arr, "[1,null,3]"}, {StringConst("[1,"), arr, "cast"}, {StringConst("[1] x"), arr, "cast"}, {StringConst("[1.5]"), arr, "cast"},
		{StringConst(`{"m":{"x":1.5,"y":null,"x":2},"a":7}`), mst, `{"a":7,"m":{"x":2,"y":null}}`}, {lit("[1,2]", arr), arrow.ListOf(str), `["1","2"]`}, {lit(`["1","x"]`, arrow.ListOf(str)), arr, "cast"}, {lit("[1,2]", arr), str, "[1,2]"},
		{NullConst(vec.TypeNull), i64, "NULL"}, {NullConst(str), i64, "NULL"},
	} {
		for _, try := range []bool{false, true} {
			e, err := NewCast(c.e, c.t, try)
			require.NoError(t, err)
			want := c.want
			if try && want == "cast" {
				want = "NULL"
			}
			if c.t == f64 && want == "12345678901234567000" {
				want = "1.2345678901234567e+19"
			}
			require.Equal(t, want, show(t, e), e)
			// the same by way of a column
			if k, ok := c.e.(*Const); ok && k.One.Kind != vec.Null {
				s := vec.NewPool(nil, true).Open()
				cx := &Ctx{}
				cx.Reset(&arrowexec.Batch{Scope: s, N: 2, Cols: []*vec.Vec{s.Flat(s.Repeat(k.One, 2))}})
				ce, err := NewCast(&Column{T: k.Type()}, c.t, try)
				require.NoError(t, err)
				v := ce.Eval(cx, vec.Sel{1})
				switch {
				case len(cx.Failed()) > 0:
					require.Equal(t, "cast", want, ce)
				case v.IsNull(1):
					require.Equal(t, "NULL", want, ce)
				default:
					require.Equal(t, want, string(text.AppendValue(nil, v, 1)), ce)
				}
				s.Close()
			}
		}
	}
	for _, c := range [][2]arrow.DataType{{vec.TypeDate, i64}, {vec.TypeBool, f64}, {vec.TypeInterval, vec.TypeDate}, {vec.TypeDate, vec.TypeInterval}, {arr, i64}, {vec.TypeBinary, i64}} {
		_, err := NewCast(&Column{T: c[0]}, c[1], false)
		require.Error(t, err)
	}
}

func TestNestedTable(t *testing.T) {
	must := func(e Expr, err error) Expr { require.NoError(t, err); return e }
	arr := must(NewArray([]Expr{IntConst(1), NullConst(vec.TypeNull), dec("2.5")}))
	m := must(NewMap([]Expr{StringConst("a"), IntConst(1), StringConst("b"), IntConst(2), StringConst("a"), IntConst(3)}))
	st := must(NewStruct([]string{"x", "y"}, []Expr{IntConst(1), StringConst("z")}))
	for want, e := range map[string]Expr{
		"[1.0,null,2.5]": arr, `{"b":2,"a":3}`: m, `{"x":1,"y":"z"}`: st, "z": NewField(st, 1), "2.5": must(NewIndex(arr, IntConst(3))), "3": must(NewIndex(m, StringConst("a"))),
	} {
		require.Equal(t, want, show(t, e))
	}
	for _, e := range []Expr{must(NewIndex(arr, IntConst(0))), must(NewIndex(arr, IntConst(4))), must(NewIndex(arr, IntConst(2))), must(NewIndex(m, StringConst("q"))), must(NewNullIf(IntConst(1), FloatConst(1)))} {
		require.Equal(t, "NULL", show(t, e))
	}
	require.Equal(t, "expression", show(t, must(NewMap([]Expr{NullConst(vec.TypeString), IntConst(1)}))))
	require.Equal(t, "[]", show(t, must(NewCast(must(NewArray(nil)), arrow.ListOf(vec.TypeInt64), false))))
	require.Equal(t, "2.0", show(t, must(NewIf(NullConst(vec.TypeNull), dec("1.5"), IntConst(2)))))
	_, err := NewCase([]Expr{BoolConst(true)}, []Expr{BoolConst(true)}, IntConst(1))
	require.Error(t, err)
	require.Equal(t, "3", Fold(must(NewCall(operator("+"), []Expr{IntConst(1), IntConst(2)}))).String())
	over := must(NewCall(operator("+"), []Expr{IntConst(math.MaxInt64), IntConst(2)}))
	require.Equal(t, over, Fold(over))
	require.Equal(t, "ARRAY<MAP<STRING, DECIMAL(10,2)>>", TypeName(arrow.ListOf(arrow.MapOf(vec.TypeString, vec.DecimalType(10, 2)))))
	for _, sym := range []bool{false, true} {
		e := must(NewBetween(IntConst(2), IntConst(3), IntConst(1), false, sym))
		require.Equal(t, map[bool]string{false: "false", true: "true"}[sym], show(t, e))
	}
}

func likeRegexp(p string, esc rune, ci bool) (*regexp.Regexp, bool) {
	var sb strings.Builder
	sb.WriteString("(?s")
	if ci {
		sb.WriteString("i")
	}
	sb.WriteString(`)\A`)
	rs := []rune(p)
	for i := 0; i < len(rs); i++ {
		switch {
		case rs[i] == esc:
			if i++; i == len(rs) {
				return nil, false
			}
			sb.WriteString(regexp.QuoteMeta(string(rs[i])))
		case rs[i] == '%':
			sb.WriteString(".*")
		case rs[i] == '_':
			sb.WriteString(".")
		default:
			sb.WriteString(regexp.QuoteMeta(string(rs[i])))
		}
	}
	return regexp.MustCompile(sb.String() + `\z`), true
}

func FuzzLike(f *testing.F) {
	for _, p := range []string{"", "%", "a%", "%a", "%a%", "a%b", "a_c", "_%_", "%%", `a\%b`, `a\`, "%ab%ab", "Ä%k", "%_a_%b"} {
		for _, s := range []string{"", "a", "ab", "abc", "a%b", "aäb", "ababab", "äxK", "a\nb"} {
			f.Add(s, p, false)
			f.Add(s, p, true)
		}
	}
	f.Fuzz(func(t *testing.T, s, p string, ci bool) {
		if !utf8.ValidString(s) || !utf8.ValidString(p) || len(p) > 200 {
			return
		}
		re, ok := likeRegexp(p, '\\', ci)
		got, err := compileLike(p, '\\', ci)
		require.Equal(t, ok, err == nil)
		if ok {
			require.Equal(t, re.MatchString(s), got.match([]byte(s)), "%q LIKE %q", s, p)
		}
	})
}

func FuzzCast(f *testing.F) {
	f.Add("2024-02-29")
	f.Add(`{"a":[1,2,{"b":null}]}`)
	types := []arrow.DataType{vec.TypeBool, vec.TypeInt8, vec.TypeInt64, vec.TypeFloat32, vec.TypeFloat64, vec.DecimalType(20, 5), vec.TypeDate, vec.TypeTime, vec.TypeTimestamp, vec.TypeInterval,
		arrow.ListOf(vec.TypeFloat64), arrow.MapOf(vec.TypeInt64, vec.TypeString), arrow.StructOf(arrow.Field{Name: "a", Type: arrow.ListOf(vec.TypeString), Nullable: true})}
	f.Fuzz(func(t *testing.T, s string) {
		for _, ty := range types {
			c, err := ConstFromText(s, ty)
			if err != nil {
				continue
			}
			back, err := ConstFromText(string(text.AppendValue(nil, c.One, 0)), ty)
			if c.IsNull() {
				continue
			}
			require.NoError(t, err, "%q as %s", s, TypeName(ty))
			require.Zero(t, CompareRows(c.One, 0, back.One, 0), "%q as %s", s, TypeName(ty))
		}
	})
}

func TestAllocations(t *testing.T) {
	s := vec.NewPool(nil, false)
	const n = 4096
	keep := s.Open()
	a, b, d := keep.New(vec.TypeInt64, n), keep.New(vec.TypeFloat64, n), keep.New(vec.DecimalType(18, 2), n)
	for i := range n {
		vec.Values[int64](a)[i], vec.Values[float64](b)[i], vec.Values[decimal128.Num](d)[i] = int64(i), float64(i), decimal128.FromI64(int64(i))
	}
	col := func(i int, v *vec.Vec) Expr { return &Column{Index: i, T: v.Type} }
	must := func(e Expr, err error) Expr { require.NoError(t, err); return e }
	sum := must(NewCall(operator("*"), []Expr{must(NewCall(operator("+"), []Expr{col(0, a), IntConst(1)})), col(1, b)}))
	decs := must(NewCall(operator("*"), []Expr{col(2, d), dec("1.1")}))
	where := must(NewAnd(must(NewCompare(">", col(0, a), IntConst(5))), must(NewCompare("<", col(1, b), FloatConst(4000))), must(NewIn(col(0, a), []Expr{IntConst(7), IntConst(8)}, true))))
	c := &Ctx{}
	batch := &arrowexec.Batch{N: n, Cols: []*vec.Vec{a, b, d}}
	allocs := testing.AllocsPerRun(20, func() {
		batch.Scope = s.Open()
		c.Reset(batch)
		sum.Eval(c, Filter(c, where, nil))
		decs.Eval(c, nil)
		batch.Scope.Close()
	})
	require.Less(t, allocs, 40.0)
}

// timestampConst is a TIMESTAMP literal: milliseconds since the epoch, or
// microseconds.
func timestampConst(x int64, micros bool) *Const {
	if micros {
		return fixedConst(vec.TypeTimestampMicros, x)
	}
	return fixedConst(vec.TypeTimestamp, x)
}
