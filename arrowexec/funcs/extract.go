package funcs

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

var typeSecond = vec.DecimalType(8, 6)

func extractFuncs() []*expr.Func {
	ov := func(k vec.Kind) expr.Overload { return prepared(extractType, prepareExtractUnit, vec.String, k) }
	fs := []*expr.Func{{
		Name: "EXTRACT", Aliases: []string{"DATE_PART", "DATEPART"}, Family: "Time", Signature: "EXTRACT(unit FROM t)", Doc: "A field of a time: SECOND with fraction as DECIMAL(8,6), MILLISECOND and MICROSECOND with the seconds, EPOCH as DOUBLE, DOW 0 for Sunday, WEEK as ISO; also DATE_PART('unit', t).",
		Example: "EXTRACT(SECOND FROM TIMESTAMP '2024-02-29T12:34:56.789Z')", Result: "56.789000",
		Overloads: []expr.Overload{ov(vec.Timestamp), ov(vec.Date), ov(vec.Time), ov(vec.Interval), ov(vec.Int64)},
	}}
	for _, f := range []struct {
		name, what, result string
		u                  unit
		aliases            []string
	}{
		{"YEAR", "year", "2024", year, nil},
		{"QUARTER", "quarter, 1 to 4,", "1", quarter, nil},
		{"MONTH", "month, 1 to 12,", "2", month, nil},
		{"WEEK", "ISO week", "9", week, nil},
		{"DAY", "day of the month", "29", day, []string{"DAYOFMONTH"}},
		{"DOW", "day of the week, Sunday 0,", "4", dow, nil},
		{"DOY", "day of the year", "60", doy, []string{"DAYOFYEAR"}},
		{"HOUR", "hour", "12", hour, nil},
		{"MINUTE", "minute", "34", minute, nil},
		{"SECOND", "second, with fraction,", "56.789000", second, nil},
		{"MILLISECOND", "seconds in milliseconds", "56789", millisecond, nil},
		{"MICROSECOND", "seconds in microseconds", "56789000", microsecond, nil},
		{"EPOCH", "seconds since 1970-01-01", "1709210096.789", epoch, nil},
	} {
		o := func(k vec.Kind) expr.Overload {
			return prepared(func([]arrow.DataType, []*expr.Const) (arrow.DataType, error) { return unitType(f.u), nil },
				func(args []arrow.DataType, _ []*expr.Const) (expr.Kernel, error) { return extractKernel(f.u, args[0]) }, k)
		}
		fs = append(fs, &expr.Func{
			Name: f.name, Aliases: f.aliases, Family: "Time", Signature: f.name + "(t)", Doc: "The " + strings.TrimSuffix(f.what, ",") + " of a time, as EXTRACT gives it.",
			Example: f.name + "(TIMESTAMP '2024-02-29T12:34:56.789Z')", Result: f.result,
			Overloads: []expr.Overload{o(vec.Timestamp), o(vec.Date), o(vec.Time), o(vec.Interval), o(vec.Int64)},
		})
	}
	return fs
}

func unitType(u unit) arrow.DataType {
	switch u {
	case second:
		return typeSecond
	case epoch:
		return vec.TypeFloat64
	}
	return vec.TypeInt64
}

func extractType(_ []arrow.DataType, consts []*expr.Const) (arrow.DataType, error) {
	s, ok := constText(consts, 0)
	if !ok {
		return nil, notConstant("the unit of EXTRACT")
	}
	u, err := readUnit(s)
	if err != nil {
		return nil, err
	}
	return unitType(u), nil
}

func prepareExtractUnit(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	s, ok := constText(consts, 0)
	if !ok {
		return nil, notConstant("the unit of EXTRACT")
	}
	u, err := readUnit(s)
	if err != nil {
		return nil, err
	}
	return extractKernel(u, args[1])
}

// extractKernel computes a unit of the last argument.
func extractKernel(u unit, t arrow.DataType) (expr.Kernel, error) {
	if u == epoch && vec.KindOf(t) != vec.Interval {
		return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
			return epochSeconds(c, t, args[len(args)-1:], sel)
		}, nil
	}
	switch vec.KindOf(t) {
	case vec.Interval:
		return extractInterval(u)
	case vec.Time:
		if u > hour {
			return nil, fmt.Errorf("a TIME has no such unit; it has hour, minute, second, millisecond, microsecond and epoch")
		}
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, a := c.Scope.New(t, c.Batch.N), instantsOf(args[len(args)-1])
		var wide []int64
		var dec []decimal128.Num
		if u == second {
			dec = vec.Values[decimal128.Num](out)
		} else {
			wide = vec.Values[int64](out)
		}
		for i := range rows(c.Batch.N, sel) {
			us, err := a.at(i)
			switch {
			case err != nil:
				bad(c, out, i, err)
			case dec != nil:
				dec[i] = decimal128.FromI64(floorMod(us, 60e6))
			default:
				wide[i] = fieldOf(us, u)
			}
		}
		return out
	}, nil
}

// fieldOf gives a field other than second and epoch.
func fieldOf(us int64, u unit) int64 {
	switch u {
	case microsecond:
		return floorMod(us, 60e6)
	case millisecond:
		return floorMod(us, 60e6) / 1000
	case minute:
		return floorMod(us, 3600e6) / 60e6
	case hour:
		return floorMod(us, text.DayMicros) / 3600e6
	}
	days := floorDiv(us, text.DayMicros)
	switch u {
	case dow:
		return floorMod(days+4, 7)
	case isodow:
		return floorMod(days+3, 7) + 1
	}
	y, m, d := text.DaysToCivil(days)
	switch u {
	case day:
		return int64(d)
	case month:
		return int64(m)
	case quarter:
		return int64(m-1)/3 + 1
	case year:
		return y
	case decade:
		return floorDiv(y, 10)
	case century:
		return floorDiv(y-1, 100) + 1
	case millennium:
		return floorDiv(y-1, 1000) + 1
	case doy:
		return days - text.CivilToDays(y, 1, 1) + 1
	}
	thursday := days - floorMod(days+3, 7) + 3 // decides an ISO week's year
	iy, _, _ := text.DaysToCivil(thursday)
	if u == isoyear {
		return iy
	}
	return (thursday-text.CivilToDays(iy, 1, 1))/7 + 1
}

// extractInterval reads an interval's own months, days and time.
func extractInterval(u unit) (expr.Kernel, error) {
	var f func(iv arrow.MonthDayNanoInterval) int64
	switch u {
	case epoch:
		return mappedLast(func(iv arrow.MonthDayNanoInterval) float64 {
			days := float64(iv.Months/12)*365.25 + float64(iv.Months%12)*30 + float64(iv.Days)
			return days*86400 + float64(iv.Nanoseconds/1000)/1e6
		}), nil
	case second:
		return mappedLast(func(iv arrow.MonthDayNanoInterval) decimal128.Num {
			return decimal128.FromI64(iv.Nanoseconds / 1000 % 60e6)
		}), nil
	case microsecond:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return iv.Nanoseconds / 1000 % 60e6 }
	case millisecond:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return iv.Nanoseconds / 1e6 % 60e3 }
	case minute:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return iv.Nanoseconds / 60e9 % 60 }
	case hour:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return iv.Nanoseconds / 3600e9 }
	case day:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return int64(iv.Days) }
	case week:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return int64(iv.Days) / 7 }
	case month:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return int64(iv.Months) % 12 }
	case quarter:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return int64(iv.Months)%12/3 + 1 }
	case year, decade, century, millennium:
		f = func(iv arrow.MonthDayNanoInterval) int64 { return int64(iv.Months) / u.months() }
	default:
		return nil, fmt.Errorf("an INTERVAL has no such unit; it has year, quarter, month, week, day, hour, minute, second, millisecond, microsecond and epoch")
	}
	return mappedLast(f), nil
}

// mappedLast is mapped for the last argument.
func mappedLast[A, B vec.Fixed](f func(A) B) expr.Kernel {
	k := mapped(f)
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		return k(c, t, args[len(args)-1:], sel)
	}
}
