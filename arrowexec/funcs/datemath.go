package funcs

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func dateMathFuncs() []*expr.Func {
	var diff []expr.Overload
	for _, p := range [][2]vec.Kind{
		{vec.Timestamp, vec.Timestamp}, {vec.Date, vec.Date}, {vec.Int64, vec.Int64}, {vec.Timestamp, vec.Date}, {vec.Date, vec.Timestamp},
		{vec.Timestamp, vec.Int64}, {vec.Int64, vec.Timestamp}, {vec.Date, vec.Int64}, {vec.Int64, vec.Date}, {vec.Time, vec.Time},
	} {
		diff = append(diff, prepared(is(vec.TypeInt64), prepareDiff, vec.String, p[0], p[1]))
	}
	return []*expr.Func{
		{
			Name: "DATE_ADD", Aliases: []string{"DATEADD"}, Family: "Time", Signature: "DATE_ADD(t, interval) or DATE_ADD(unit, n, t)", Doc: "t moved forward; months clamp to the month's end. Keeps the type.",
			Example: "DATE_ADD(DATE '2024-01-31', INTERVAL '1 month')", Result: "2024-02-29", Overloads: dateAdd(1),
		},
		{
			Name: "DATE_SUB", Family: "Time", Signature: "DATE_SUB(t, interval) or DATE_SUB(unit, n, t)", Doc: "t moved back; months clamp to the month's end. Keeps the type.",
			Example: "DATE_SUB('day', 1, DATE '2024-03-01')", Result: "2024-02-29", Overloads: dateAdd(-1),
		},
		{
			Name: "DATEDIFF", Aliases: []string{"DATE_DIFF"}, Family: "Time", Signature: "DATEDIFF(unit, a, b)", Doc: "How many boundaries of the unit lie between a and b; negative when b is before a.",
			Example: "DATEDIFF('month', DATE '2024-01-31', DATE '2024-03-01')", Result: "2", Overloads: diff,
		},
	}
}

func dateAdd(sign int64) []expr.Overload {
	var out []expr.Overload
	for _, k := range []vec.Kind{vec.Timestamp, vec.Date, vec.Int64, vec.Time} {
		out = append(out,
			on(same(0), addKernel(sign), k, vec.Interval),
			prepared(same(2), prepareAddUnits(sign), vec.String, vec.Int64, k))
	}
	return out
}

func addKernel(sign int64) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		a, iv, o := instantsOf(args[0]), columnOf[arrow.MonthDayNanoInterval](args[1]), instantOutOf(out)
		for i := range rows(c.Batch.N, sel) {
			x, err := a.at(i)
			if err == nil {
				by := iv.at(i)
				if t.ID() == arrow.TIME64 {
					by.Months, by.Days = 0, 0
					by.Nanoseconds %= text.DayMicros * 1000
				}
				x, err = addInterval(x, by, sign)
			}
			if err == nil {
				err = o.set(i, x)
			}
			if err != nil {
				bad(c, out, i, err)
			}
		}
		return out
	}
}

func prepareAddUnits(sign int64) prepareFunc {
	return func(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
		units, err := compile(consts, 0, unitFor(args[2]))
		if err != nil {
			return nil, err
		}
		return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
			out := c.Scope.New(t, c.Batch.N)
			us, n, a, o := units.over(args[0]), columnOf[int64](args[1]), instantsOf(args[2]), instantOutOf(out)
			for i := range rows(c.Batch.N, sel) {
				x, err := a.at(i)
				u, uerr := us.at(i)
				if err == nil {
					err = uerr
				}
				if err == nil {
					k := n.at(i)
					if k < -1<<62 || k > 1<<62 {
						err = errYears
					} else {
						if t.ID() == arrow.TIME64 { // whole days change nothing
							k %= text.DayMicros / u.micros()
						}
						x, err = addUnits(x, u, sign*k)
					}
				}
				if err == nil {
					err = o.set(i, x)
				}
				if err != nil {
					bad(c, out, i, err)
				}
			}
			return out
		}, nil
	}
}

// unitFor reads the units that a type can be moved by and counted in.
func unitFor(t arrow.DataType) func(string) (unit, error) {
	if t.ID() != arrow.TIME64 {
		return spanUnit
	}
	return func(s string) (unit, error) {
		u, err := spanUnit(s)
		if err == nil && u > hour {
			err = fmt.Errorf("a TIME has no unit %q; it has hour, minute, second, millisecond and microsecond", s)
		}
		return u, err
	}
}

func prepareDiff(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	units, err := compile(consts, 0, unitFor(args[1]))
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		dst, us, a, b := vec.Values[int64](out), units.over(args[0]), instantsOf(args[1]), instantsOf(args[2])
		for i := range rows(len(dst), sel) {
			u, err := us.at(i)
			x, xerr := a.at(i)
			y, yerr := b.at(i)
			if err == nil {
				err = xerr
			}
			if err == nil {
				err = yerr
			}
			if err != nil {
				bad(c, out, i, err)
				continue
			}
			dst[i] = serial(y, u) - serial(x, u)
		}
		return out
	}, nil
}
