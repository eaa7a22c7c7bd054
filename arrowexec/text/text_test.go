package text

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/cockroachdb/apd/v3"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

func TestFloatForm(t *testing.T) {
	for x, want := range map[float64]string{
		3: "3", 0.1: "0.1", 1e20: "1e+20", 1e15: "1e+15", 1e14: "100000000000000", -2.5: "-2.5", 0.0001: "0.0001",
		0.00001: "1e-05", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", 0: "0", 123456789.125: "123456789.125",
		1234567890123456789: "1.2345678901234568e+18", 5e-324: "5e-324",
	} {
		require.Equal(t, want, string(AppendFloat64(nil, x)))
	}
	require.Equal(t, "NaN", string(AppendFloat64(nil, math.NaN())))
	require.Equal(t, "-0", string(AppendFloat64(nil, math.Copysign(0, -1))))
	require.Equal(t, "0.1", string(AppendFloat32(nil, 0.1)))
	require.Equal(t, "1e+06", string(AppendFloat32(nil, 1e6)))
}

func FuzzFloat(f *testing.F) {
	for _, x := range []float64{0, 1, 1e15, 1e-4, 9.999999999999999e14, math.Pi, 1e300} {
		f.Add(math.Float64bits(x))
	}
	f.Fuzz(func(t *testing.T, u uint64) {
		x := math.Float64frombits(u)
		got, ok := ParseFloat64(AppendFloat64(nil, x))
		require.True(t, ok)
		require.True(t, got == x || got != got && x != x)
		y := math.Float32frombits(uint32(u))
		got32, ok := ParseFloat32(AppendFloat32(nil, y))
		require.True(t, ok)
		require.True(t, got32 == y || got32 != got32 && y != y)
	})
}

func TestParseNumbers(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, " -5\n": -5, "+7": 7, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64, "0000000000000000000000012": 12} {
		x, ok := ParseInt64([]byte(s))
		require.True(t, ok, s)
		require.Equal(t, want, x)
	}
	for _, s := range []string{"", " ", "-", "1.0", "1e3", "1_000", "0x10", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1 2", "--1"} {
		_, ok := ParseInt64([]byte(s))
		require.False(t, ok, s)
	}
	for _, s := range []string{"", "1_000", "0x10", "1e400", "abc", "1p3", "1,5"} {
		_, ok := ParseFloat64([]byte(s))
		require.False(t, ok, s)
	}
	for s, want := range map[string]float64{" 1.5 ": 1.5, "1e3": 1000, "inf": math.Inf(1), "-Infinity": math.Inf(-1), ".5": .5} {
		x, ok := ParseFloat64([]byte(s))
		require.True(t, ok, s)
		require.Equal(t, want, x)
	}
}

func FuzzParseInt(f *testing.F) {
	f.Add("9223372036854775808")
	f.Add("-9223372036854775808")
	f.Fuzz(func(t *testing.T, s string) {
		x, ok := ParseInt64([]byte(s))
		want, err := strconv.ParseInt(string(Trim([]byte(s))), 10, 64)
		require.Equal(t, err == nil, ok, s)
		if ok {
			require.Equal(t, want, x)
		}
	})
}

func bigOf(v decimal128.Num) *big.Int { return v.BigInt() }

func TestDecimalForm(t *testing.T) {
	for _, c := range []struct {
		in    string
		p, s  int32
		want  string
		wrong error
	}{
		{"1.5", 10, 2, "1.50", nil}, {"-0.005", 10, 2, "-0.01", nil}, {"0.0049999", 10, 2, "0.00", nil}, {"1e3", 10, 0, "1000", nil},
		{"12345e-3", 10, 2, "12.35", nil}, {".5", 3, 1, "0.5", nil}, {"5.", 3, 1, "5.0", nil}, {"-0", 3, 1, "0.0", nil}, {"0e999999999999", 3, 1, "0.0", nil},
		{"0e99999999999999999", 3, 1, "0.0", nil}, {"1e-99999", 3, 1, "0.0", nil}, {"99.95", 3, 1, "", ErrRange}, {"99.94", 3, 1, "99.9", nil},
		{"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999", nil},
		{"100000000000000000000000000000000000000", 38, 0, "", ErrRange}, {"340282366920938463463374607431768211456", 38, 0, "", ErrRange},
		{"-0.00000000000000000000000000000000000001", 38, 38, "-0.00000000000000000000000000000000000001", nil}, {"1e99999", 38, 0, "", ErrRange},
		{"", 3, 1, "", ErrSyntax}, {"1_0", 3, 1, "", ErrSyntax}, {"NaN", 3, 1, "", ErrSyntax}, {"1e", 3, 1, "", ErrSyntax}, {"1e 2", 3, 1, "", ErrSyntax}, {"1.2.3", 3, 1, "", ErrSyntax}, {".", 3, 1, "", ErrSyntax},
	} {
		v, err := ParseDecimal([]byte(c.in), c.p, c.s)
		require.Equal(t, c.wrong, err, c.in)
		if err == nil {
			require.Equal(t, c.want, string(AppendDecimal(nil, v, c.s)), c.in)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	f.Add("12.345", uint8(10), uint8(2))
	f.Add("-9.99e37", uint8(38), uint8(0))
	f.Add("99999999999999999999.5", uint8(38), uint8(0))
	f.Add("0.5e-38", uint8(38), uint8(38))
	f.Fuzz(func(t *testing.T, s string, p, sc uint8) {
		p = p%38 + 1
		sc %= p + 1
		got, err := ParseDecimal([]byte(s), int32(p), int32(sc))
		in := string(Trim([]byte(s)))
		if err == nil { // what is written reads back
			back, err := ParseDecimal(AppendDecimal(nil, got, int32(sc)), int32(p), int32(sc))
			require.NoError(t, err)
			require.Equal(t, got, back)
		}
		if strings.Trim(in, "0123456789.eE+-") != "" || len(in) > 60 {
			return
		}
		d, _, derr := apd.NewFromString(in)
		if derr != nil || d.Form != apd.Finite || d.Exponent > 100 || d.Exponent < -200 {
			return
		}
		ctx := apd.BaseContext.WithPrecision(400)
		ctx.Rounding = apd.RoundHalfUp
		q := new(apd.Decimal)
		_, qerr := ctx.Quantize(q, d, -int32(sc))
		require.NoError(t, qerr)
		want, _ := new(big.Int).SetString(q.Coeff.String(), 10)
		if q.Negative {
			want.Neg(want)
		}
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p)), nil)
		if new(big.Int).Abs(want).Cmp(limit) >= 0 {
			require.Equal(t, ErrRange, err, s)
			return
		}
		require.NoError(t, err, s)
		require.Equal(t, want.String(), bigOf(got).String(), s)
	})
}

func TestTimeForms(t *testing.T) {
	for s, want := range map[string]string{
		"2024-02-29T12:34:56.789Z": "2024-02-29T12:34:56.789000Z", "2024-02-29": "2024-02-29T00:00:00.000000Z", "2024-02-29 12:34": "2024-02-29T12:34:00.000000Z",
		"2024-02-29t12:34:56.1234567899z": "2024-02-29T12:34:56.123456Z", "2024-01-01T00:30:00+01:00": "2023-12-31T23:30:00.000000Z", "2024-01-01 00:30:00 -0130": "2024-01-01T02:00:00.000000Z",
		"0001-01-01": "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999": "9999-12-31T23:59:59.999999Z", " 1969-12-31T23:59:59.999+00 ": "1969-12-31T23:59:59.999000Z",
	} {
		us, ok := ParseTimestamp([]byte(s))
		require.True(t, ok, s)
		require.Equal(t, want, string(AppendTimestamp(nil, us, true)), s)
	}
	for _, s := range []string{"", "now", "today", "epoch", "infinity", "2023-02-29", "2024-13-01", "2024-01-01T24:00:00", "2024-01-01T12:00:60", "2024-01-01T12", "2024-01-01T12:00:", "2024-01-01T12:00:00.",
		"0000-01-01", "2024-01-01X12:00", "2024-01-01T12:00+1", "2024-01-01T12:00Zx", "0001-01-01T00:00:00+01", "9999-12-31T23:59:59-01", "2024-1-1", "20240101"} {
		_, ok := ParseTimestamp([]byte(s))
		require.False(t, ok, s)
	}
	require.Equal(t, "1969-12-31T23:59:59.999Z", string(AppendTimestamp(nil, -1, false)))
	d, ok := ParseDate([]byte("2024-02-29T23:00:00-05:00"))
	require.True(t, ok)
	require.Equal(t, "2024-02-29", string(AppendDate(nil, d)))
	_, ok = ParseDate([]byte("2024-02-29T99"))
	require.False(t, ok)
	for s, want := range map[string]string{"12:34": "12:34:00.000", "12:34:56.7": "12:34:56.700", " 23:59:59.999999": "23:59:59.999999", "00:00:00": "00:00:00.000"} {
		us, ok := ParseTime([]byte(s))
		require.True(t, ok, s)
		require.Equal(t, want, string(AppendTime(nil, us)))
	}
	for _, s := range []string{"24:00", "12:60", "12:00:60", "12", "12:00Z", "1:00"} {
		_, ok := ParseTime([]byte(s))
		require.False(t, ok, s)
	}
}

func FuzzTime(f *testing.F) {
	f.Add(int64(0), "2024-02-29T12:34:56Z")
	f.Add(int64(-62135596800000000), "2024-02-29T12:34:56.1+05:30")
	f.Fuzz(func(t *testing.T, us int64, s string) {
		if us >= MinDay*DayMicros && us < (MaxDay+1)*DayMicros {
			text := AppendTimestamp(nil, us, true)
			require.Equal(t, time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000Z"), string(text))
			back, ok := ParseTimestamp(text)
			require.True(t, ok)
			require.Equal(t, us, back)
		}
		if want, err := time.Parse(time.RFC3339, s); err == nil && !strings.Contains(s, ",") && !strings.HasSuffix(s, ":60") && s[:4] != "0000" && want.UTC().Year() > 0 && want.UTC().Year() < 10000 && len(s) > 11 && s[13] == ':' {
			got, ok := ParseTimestamp([]byte(s))
			if _, off := want.Zone(); off <= 15*3600 && off >= -15*3600 {
				require.True(t, ok, s)
				require.Equal(t, want.UnixMicro(), got, s)
			}
		}
	})
}

func TestInterval(t *testing.T) {
	iv := func(m, d int32, ns int64) arrow.MonthDayNanoInterval {
		return arrow.MonthDayNanoInterval{Months: m, Days: d, Nanoseconds: ns}
	}
	const h, mi, s = 3600e9, 60e9, 1e9
	for _, c := range []struct {
		in   string
		v    arrow.MonthDayNanoInterval
		text string
	}{
		{"1 mon 2 days 03:04:05", iv(1, 2, 3*h+4*mi+5*s), "1 mon 2 days 03:04:05"}, {"1 hour 30 minutes", iv(0, 0, 90*mi), "01:30:00"},
		{"14 months", iv(14, 0, 0), "1 year 2 mons"}, {"-1 day 02:03:00", iv(0, -1, 2*h+3*mi), "-1 days +02:03:00"}, {"5s", iv(0, 0, 5*s), "00:00:05"},
		{"0 s", iv(0, 0, 0), "00:00:00"}, {"1.5 days", iv(0, 1, 12*h), "1 day 12:00:00"}, {"1 day ago", iv(0, -1, 0), "-1 days"}, {"-00:00:01.5", iv(0, 0, -1.5*s), "-00:00:01.5"},
		{"P1Y2M3DT4H5M6.7S", iv(14, 3, 4*h+5*mi+6.7*s), "1 year 2 mons 3 days 04:05:06.7"}, {"P2W", iv(0, 14, 0), "14 days"}, {"-PT1H", iv(0, 0, -h), "-01:00:00"}, {"1.5 months", iv(1, 15, 0), "1 mon 15 days"},
		{"250ms", iv(0, 0, 250e6), "00:00:00.25"}, {"30", iv(0, 0, 30*s), "00:00:30"}, {"100:00:00", iv(0, 0, 100*h), "100:00:00"}, {"2 weeks 1 day", iv(0, 15, 0), "15 days"},
		{"1-2", iv(14, 0, 0), "1 year 2 mons"}, {"-1-2", iv(-14, 0, 0), "-1 years -2 mons"}, {"1 02:03:04", iv(0, 1, 2*h+3*mi+4*s), "1 day 02:03:04"},
		{"@ 1 minute", iv(0, 0, mi), "00:01:00"}, {"1.5 decades", iv(180, 0, 0), "15 years"}, {"2 centuries 1 millennium", iv(14400, 0, 0), "1200 years"},
	} {
		v, ok := ParseInterval([]byte(c.in))
		require.True(t, ok, c.in)
		require.Equal(t, c.v, v, c.in)
		require.Equal(t, c.text, string(AppendInterval(nil, v)), c.in)
	}
	for _, bad := range []string{"", "1 parsec", "P", "PT", "1 day 2 3", "1 day -", "1 - - 2 days", "ago", "1::3", "99999999999 years", "P1H", "1 hour 30 minutesx", "9999999999999999999 s", "12:00:99", "1-12", "1-", "1.5-2", "1-2x", "1 2", "@", "1 decadex"} {
		_, ok := ParseInterval([]byte(bad))
		require.False(t, ok, bad)
	}
}

func FuzzInterval(f *testing.F) {
	f.Add(int32(1), int32(-2), int64(3), "1 day -2:00:00.5 ago")
	f.Fuzz(func(t *testing.T, m, d int32, ns int64, s string) {
		v := arrow.MonthDayNanoInterval{Months: m, Days: d, Nanoseconds: ns / 1000 * 1000} // the text has microseconds
		text := AppendInterval(nil, v)
		back, ok := ParseInterval(text)
		require.True(t, ok, string(text))
		if ok {
			require.Equal(t, v, back, string(text))
		}
		ParseInterval([]byte(s))
		if us, ok := ReadTimestamp([]byte(s)); ok {
			again, ok := ParseTimestamp(AppendTimestamp(nil, us, true))
			require.True(t, ok && again == us, s)
		}
		ReadDate([]byte(s))
		ReadTime([]byte(s))
	})
}

func TestValues(t *testing.T) {
	p := vec.NewPool(nil, true)
	defer p.Close()
	s := p.Open()
	defer s.Close()
	st := arrow.StructOf(arrow.Field{Name: `a"b`, Type: vec.TypeFloat64, Nullable: true}, arrow.Field{Name: "d", Type: vec.DecimalType(10, 2), Nullable: true},
		arrow.Field{Name: "m", Type: arrow.MapOf(vec.TypeInt64, arrow.ListOf(vec.TypeBinary)), Nullable: true})
	b := vec.NewBuilder(s, st, 1)
	b.Children[0].Float64(math.NaN())
	b.Children[1].Decimal(decimal128.FromI64(-150))
	m := b.Children[2]
	m.Children[0].Int64(7)
	m.Children[1].Children[0].Bytes([]byte{1, 2})
	m.Children[1].Children[0].Null()
	m.Children[1].EndList()
	m.EndList()
	b.EndStruct()
	b.Null()
	v := b.Finish()
	want := `{"a\"b":"NaN","d":-1.50,"m":{"7":["AQI=",null]}}`
	require.Equal(t, want, string(AppendValue(nil, v, 0)))
	require.True(t, json.Valid([]byte(want)))
	require.Equal(t, strings.Replace(want, "-1.50", `"-1.50"`, 1), string(AppendJSON(nil, v, 0, true)))
	require.Equal(t, "null", string(AppendJSON(nil, v, 1, true)))
	require.Equal(t, "", string(AppendValue(nil, v, 1)))
	require.Equal(t, want, string(AppendJSON(nil, s.Repeat(v, 9), 5, false)))
	ts := s.New(vec.TypeTimestamp, 1)
	vec.Values[int64](ts)[0] = 0
	require.Equal(t, `"1970-01-01T00:00:00.000Z"`, string(AppendJSON(nil, ts, 0, false)))
	require.Equal(t, `1970-01-01T00:00:00.000Z`, string(AppendValue(nil, ts, 0)))
}

func FuzzJSONString(f *testing.F) {
	f.Add("a\"\\\n\x01ü\xff€")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		require.NoError(t, json.Unmarshal(AppendJSONString(nil, []byte(s)), &back))
		require.Equal(t, string([]rune(s)), back)
	})
}

func TestNothingAllocates(t *testing.T) {
	dst := make([]byte, 0, 256)
	in := []byte("-12345678.901")
	ts := []byte("2024-02-29T12:34:56.789+01:00")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		d := AppendFloat64(dst, 0.1)
		d = AppendTimestamp(d, 1709210096789, false)
		v, _ := ParseDecimal(in, 38, 9)
		d = AppendDecimal(d, v, 9)
		ParseFloat64(in)
		ParseTimestamp(ts)
		AppendInterval(d, arrow.MonthDayNanoInterval{Months: 14, Days: 3, Nanoseconds: 5e9})
		ParseInterval([]byte("1 hour 30 minutes"))
	}))
}

// TestLooseTimes holds what CAST takes beside ISO 8601, and that nothing else
// becomes readable by it.
func TestLooseTimes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2024-1-5", "2024-01-05T00:00:00.000000Z"},
		{" 2024/01/5 ", "2024-01-05T00:00:00.000000Z"},
		{"20240105", "2024-01-05T00:00:00.000000Z"},
		{"20240105T5:06", "2024-01-05T05:06:00.000000Z"},
		{"2024-01-05   5:6:7.25 +02", "2024-01-05T03:06:07.250000Z"},
		{"2024-02-28 24:00:00", "2024-02-29T00:00:00.000000Z"},
		{"2024-02-28 24:00:00.000Z", "2024-02-29T00:00:00.000000Z"},
		{"2024-02-28 24:00:01", ""}, {"9999-12-31 24:00", ""}, {"2024-1", ""}, {"2024-1-", ""}, {"2024-13-1", ""},
		{"2023-2-29", ""}, {"24-1-5", ""}, {"2024-1-5x", ""}, {"2024-1/5", ""}, {"2024-1-5 5", ""}, {"2024-1-5 5:", ""},
		{"2024-1-5 25:00", ""}, {"202401051", ""}, {"", ""}, {"2024-1-5 5:06:60", ""}, {"2024-001-05", ""},
	} {
		got := ""
		if us, ok := ReadTimestamp([]byte(c.in)); ok {
			got = string(AppendTimestamp(nil, us, true))
		}
		require.Equal(t, c.want, got, c.in)
	}
	us, ok := ReadTime([]byte(" 5:6:7.5 "))
	require.True(t, ok)
	require.Equal(t, "05:06:07.500", string(AppendTime(nil, us)))
	for _, s := range []string{"24:00", "5", "5:", "5:6:", "5:60", "5:6 x", ""} {
		_, ok := ReadTime([]byte(s))
		require.False(t, ok, s)
	}
	d, ok := ReadDate([]byte("2024-3-1 10:00"))
	require.True(t, ok)
	require.Equal(t, "2024-03-01", string(AppendDate(nil, d)))
}
