package expr

import (
	"errors"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

var (
	errTimeRange     = errors.New("the time is outside the years 0001 to 9999")
	errIntervalRange = errors.New("INTERVAL overflow")
)

type interval = arrow.MonthDayNanoInterval

// pairwise makes a kernel of a function of two fixed-width values.
func pairwise[A, B, T vec.Fixed](f func(x A, y B) (T, error)) Kernel {
	return func(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		n := c.Batch.N
		out := c.Scope.New(t, n)
		dst, a, b := vec.Values[T](out), vec.Values[A](args[0]), vec.Values[B](args[1])
		ma, mb := mask(args[0]), mask(args[1])
		eachRow(n, sel, func(i int) {
			z, err := f(a[i&ma], b[i&mb])
			if err != nil {
				c.Fail(i, "overflow", err)
			}
			dst[i] = z
		})
		return out
	}
}

func flip[A, B, T any](f func(A, B) (T, error)) func(B, A) (T, error) {
	return func(b B, a A) (T, error) { return f(a, b) }
}

// ofUnit prepares a kernel by the unit of the TIMESTAMP among the arguments.
func ofUnit(at int, k func(unit int64) Kernel, ks ...vec.Kind) Overload {
	return Overload{
		Args: kinds(ks...),
		Type: func(a []arrow.DataType, _ []*Const) (arrow.DataType, error) { return a[at], nil },
		Prepare: func(a []arrow.DataType, _ []*Const) (Kernel, error) {
			return k(unitOf(a[at])), nil
		},
	}
}

// unitOf is how many units of a TIMESTAMP make a second.
func unitOf(t arrow.DataType) int64 {
	if vec.Micros(t) {
		return 1_000_000
	}
	return 1000
}

func inRange(v, unit int64) (int64, error) {
	if v < text.MinDay*86400*unit || v >= (text.MaxDay+1)*86400*unit {
		return 0, errTimeRange
	}
	return v, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// addMonths moves a day by months, clamped to the month's end.
func addMonths(days int64, months int64) int64 {
	y, m, d := text.DaysToCivil(days)
	k := y*12 + int64(m-1) + months
	y = floorDiv(k, 12)
	m = int(k-y*12) + 1
	return text.CivilToDays(y, m, min(d, text.DaysIn(y, m)))
}

// moveTime moves a time of the given units per second by an interval: months,
// then days, then the rest.
func moveTime(v int64, iv interval, sign, unit int64) (int64, error) {
	day := 86400 * unit
	if v < math.MinInt64/4 || v > math.MaxInt64/4 {
		return 0, errTimeRange
	}
	d := floorDiv(v, day)
	rest := v - d*day
	if iv.Months != 0 {
		d = addMonths(d, sign*int64(iv.Months))
	}
	d += sign * int64(iv.Days)
	ns := int64(1_000_000_000) / unit
	d += floorDiv(rest+sign*(iv.Nanoseconds/ns), day)
	rest = rest + sign*(iv.Nanoseconds/ns)
	rest -= floorDiv(rest, day) * day
	if d < text.MinDay || d > text.MaxDay {
		return 0, errTimeRange
	}
	return d*day + rest, nil
}

func moveStamp(sign int64) func(unit int64) Kernel {
	return func(unit int64) Kernel {
		return pairwise(func(v int64, iv interval) (int64, error) { return moveTime(v, iv, sign, unit) })
	}
}

// moveDate keeps DATE: the time of day that an interval leaves is floored away.
func moveDate(sign int64) func(int32, interval) (int32, error) {
	return func(d int32, iv interval) (int32, error) {
		us, err := moveTime(int64(d)*text.DayMicros, iv, sign, 1_000_000)
		return int32(floorDiv(us, text.DayMicros)), err
	}
}

func dateDays(sign int64) func(int32, int64) (int32, error) {
	return func(d int32, n int64) (int32, error) {
		if n > math.MaxInt32 || n < math.MinInt32 {
			return 0, errTimeRange
		}
		x := int64(d) + sign*n
		if x < text.MinDay || x > text.MaxDay {
			return 0, errTimeRange
		}
		return int32(x), nil
	}
}

// dateAt is a day at a time of day, as a TIMESTAMP of milliseconds.
func dateAt(d int32, t int64) (int64, error) { return int64(d)*(text.DayMicros/1000) + t/1000, nil }

// clockMove wraps at midnight; months and days do not move a time of day.
func clockMove(sign int64) func(int64, interval) (int64, error) {
	return func(t int64, iv interval) (int64, error) {
		t = (t + sign*(iv.Nanoseconds/1000%text.DayMicros)) % text.DayMicros
		if t < 0 {
			t += text.DayMicros
		}
		return t, nil
	}
}

func stampMillis(sign int64) func(unit int64) Kernel {
	return func(unit int64) Kernel {
		f := unit / 1000
		return pairwise(func(v, ms int64) (int64, error) {
			d, ok := mul64(ms, f*sign)
			z := v + d
			if !ok || (v^z)&(d^z) < 0 {
				return 0, errTimeRange
			}
			return inRange(z, unit)
		})
	}
}

// moveMillis is BIGINT ± INTERVAL: the number is epoch milliseconds.
func moveMillis(sign int64) func(int64, interval) (int64, error) {
	return func(v int64, iv interval) (int64, error) { return moveTime(v, iv, sign, 1000) }
}

func addInterval(sign int64) func(a, b interval) (interval, error) {
	return func(a, b interval) (interval, error) {
		m := int64(a.Months) + sign*int64(b.Months)
		d := int64(a.Days) + sign*int64(b.Days)
		if b.Nanoseconds == math.MinInt64 && sign < 0 {
			return a, errIntervalRange
		}
		y := sign * b.Nanoseconds
		ns := a.Nanoseconds + y
		if m != int64(int32(m)) || d != int64(int32(d)) || (a.Nanoseconds^ns)&(y^ns) < 0 {
			return a, errIntervalRange
		}
		return interval{Months: int32(m), Days: int32(d), Nanoseconds: ns}, nil
	}
}

// scaleInterval hands fractions of months down to days of a 30-day month, and
// of days to the clock, as PostgreSQL.
func scaleInterval(a interval, f float64) (interval, error) {
	return scaled(a, func(x float64) float64 { return x * f })
}

// DivideInterval is an INTERVAL divided by a number other than 0.
func DivideInterval(a arrow.MonthDayNanoInterval, by float64) (arrow.MonthDayNanoInterval, error) {
	return scaled(a, func(x float64) float64 { return x / by })
}

func scaled(a interval, by func(float64) float64) (interval, error) {
	m := by(float64(a.Months))
	d := by(float64(a.Days))
	md := (m - math.Trunc(m)) * 30
	md = math.RoundToEven(md*1e6) / 1e6
	clock := math.RoundToEven((d-math.Trunc(d)+md-math.Trunc(md))*86400*1e6) / 1e6
	days := math.Trunc(d) + math.Trunc(md) + math.Trunc(clock/86400) // two fractions may make a day
	clock -= math.Trunc(clock/86400) * 86400
	ns := by(float64(a.Nanoseconds)) + math.RoundToEven(clock*1e6)*1000
	if !(math.Abs(m) < 1<<31 && math.Abs(days) < 1<<31 && math.Abs(ns) < 9.2e18) {
		return a, errIntervalRange
	}
	return interval{Months: int32(m), Days: int32(days), Nanoseconds: int64(math.RoundToEven(ns/1000)) * 1000}, nil
}

func timePlus() []Overload {
	ts, i, iv := vec.Timestamp, vec.Int64, vec.Interval
	return []Overload{
		ofUnit(0, moveStamp(1), ts, iv),
		ofUnit(1, func(u int64) Kernel {
			return pairwise(func(v interval, t int64) (int64, error) { return moveTime(t, v, 1, u) })
		}, iv, ts),
		ofUnit(0, stampMillis(1), ts, i),
		ofUnit(1, stampMillis(1), i, ts).swapped(),
		over(pairwise(moveDate(1)), vec.TypeDate, vec.Date, iv),
		over(pairwise(flip(moveDate(1))), vec.TypeDate, iv, vec.Date),
		over(pairwise(dateDays(1)), vec.TypeDate, vec.Date, i),
		over(pairwise(flip(dateDays(1))), vec.TypeDate, i, vec.Date),
		over(pairwise(dateAt), vec.TypeTimestamp, vec.Date, vec.Time),
		over(pairwise(flip(dateAt)), vec.TypeTimestamp, vec.Time, vec.Date),
		over(pairwise(clockMove(1)), vec.TypeTime, vec.Time, iv),
		over(pairwise(flip(clockMove(1))), vec.TypeTime, iv, vec.Time),
		over(pairwise(addInterval(1)), vec.TypeInterval, iv, iv),
		over(pairwise(moveMillis(1)), vec.TypeInt64, i, iv),
		over(pairwise(flip(moveMillis(1))), vec.TypeInt64, iv, i),
	}
}

// swapped hands the two arguments to the kernel in the other order.
func (o Overload) swapped() Overload {
	prepare := o.Prepare
	o.Prepare = func(a []arrow.DataType, cs []*Const) (Kernel, error) {
		k, err := prepare(a, cs)
		return func(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
			return k(c, t, []*vec.Vec{args[1], args[0]}, sel)
		}, err
	}
	return o
}

func timeMinus() []Overload {
	ts, i, iv := vec.Timestamp, vec.Int64, vec.Interval
	return []Overload{
		{Args: kinds(ts, ts), Type: fixedType(vec.TypeInt64), Prepare: func(a []arrow.DataType, _ []*Const) (Kernel, error) {
			fx, fy := 1_000_000/unitOf(a[0]), 1_000_000/unitOf(a[1])
			if fx == fy {
				div := 1000 / fx
				return pairwise(func(x, y int64) (int64, error) { return (x - y) / div, nil }), nil
			}
			return pairwise(func(x, y int64) (int64, error) { return (x*fx - y*fy) / 1000, nil }), nil
		}},
		ofUnit(0, moveStamp(-1), ts, iv),
		ofUnit(0, stampMillis(-1), ts, i),
		over(pairwise(func(x, y int32) (int64, error) { return (int64(x) - int64(y)) * 86_400_000, nil }), vec.TypeInt64, vec.Date, vec.Date),
		over(pairwise(moveDate(-1)), vec.TypeDate, vec.Date, iv),
		over(pairwise(dateDays(-1)), vec.TypeDate, vec.Date, i),
		over(pairwise(func(x, y int64) (int64, error) { return (x - y) / 1000, nil }), vec.TypeInt64, vec.Time, vec.Time),
		over(pairwise(clockMove(-1)), vec.TypeTime, vec.Time, iv),
		over(pairwise(addInterval(-1)), vec.TypeInterval, iv, iv),
		over(pairwise(moveMillis(-1)), vec.TypeInt64, i, iv),
	}
}

func intervalTimes() []Overload {
	return []Overload{
		over(pairwise(scaleInterval), vec.TypeInterval, vec.Interval, vec.Float64),
		over(pairwise(flip(scaleInterval)), vec.TypeInterval, vec.Float64, vec.Interval),
	}
}

func intervalSlash() []Overload {
	return []Overload{over(func(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		b, mb := vec.Values[float64](args[1]), mask(args[1])
		out := pairwise(func(a interval, f float64) (interval, error) {
			if f == 0 { // NULL, below
				return a, nil
			}
			return DivideInterval(a, f)
		})(c, t, args, sel)
		eachRow(c.Batch.N, sel, func(i int) {
			if b[i&mb] == 0 {
				c.Scope.SetValid(out).Clear(i)
			}
		})
		return out
	}, vec.TypeInterval, vec.Interval, vec.Float64)}
}

func negInterval(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	zero := fixedConst(vec.TypeInterval, interval{}).One
	return pairwise(addInterval(-1))(c, t, []*vec.Vec{zero, args[0]}, sel)
}
