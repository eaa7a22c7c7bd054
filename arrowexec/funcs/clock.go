package funcs

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// clockFuncs read the run's clock, which stands still for a batch.
func clockFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "NOW", Aliases: []string{"CURRENT_TIMESTAMP"}, Family: "Time", Signature: "NOW()", Doc: "The run's clock as TIMESTAMP, the same for a whole batch; also CURRENT_TIMESTAMP without parentheses.",
			Example: "NOW() >= TIMESTAMP '2020-01-01'", Result: "true", Volatile: true,
			Overloads: []expr.Overload{on(is(vec.TypeTimestamp), clock(func(v *vec.Vec, ms int64) { vec.Values[int64](v)[0] = ms }))},
		},
		{
			Name: "CURRENT_DATE", Family: "Time", Signature: "CURRENT_DATE", Doc: "The date of the run's clock in UTC.",
			Example: "CURRENT_DATE >= DATE '2020-01-01'", Result: "true", Volatile: true,
			Overloads: []expr.Overload{on(is(vec.TypeDate), clock(func(v *vec.Vec, ms int64) {
				vec.Values[int32](v)[0] = int32(floorDiv(ms, text.DayMicros/1000))
			}))},
		},
		{
			Name: "CURRENT_TIME", Family: "Time", Signature: "CURRENT_TIME", Doc: "The time of day of the run's clock in UTC.",
			Example: "CURRENT_TIME >= TIME '00:00:00'", Result: "true", Volatile: true,
			Overloads: []expr.Overload{on(is(vec.TypeTime), clock(func(v *vec.Vec, ms int64) {
				vec.Values[int64](v)[0] = floorMod(ms, text.DayMicros/1000) * 1000
			}))},
		},
		{
			Name: "TIMESTAMP", Family: "Time", Signature: "TIMESTAMP()", Doc: "The record's own time, _timestamp, as TIMESTAMP.",
			Example: "TIMESTAMP() >= TIMESTAMP '2020-01-01'", Result: "true",
			Overloads: []expr.Overload{
				on(is(vec.TypeTimestamp), func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, _ vec.Sel) *vec.Vec {
					h := c.Scope.Header(args[0]) // the binder's _timestamp column: the same milliseconds
					h.Type, h.Kind = t, vec.Timestamp
					return h
				}, vec.Int64),
			},
		},
		{
			Name: "UNIX_TIMESTAMP", Family: "Time", Signature: "UNIX_TIMESTAMP([t])", Doc: "Whole seconds since 1970-01-01 UTC of a time, or of the run's clock.",
			Example: "UNIX_TIMESTAMP(TIMESTAMP '1970-01-02')", Result: "86400", Volatile: true,
			Overloads: append([]expr.Overload{
				on(is(vec.TypeInt64), clock(func(v *vec.Vec, ms int64) { vec.Values[int64](v)[0] = floorDiv(ms, 1000) })),
			}, ofTime(is(vec.TypeInt64), unixSeconds)...),
		},
		{
			Name: "TO_UNIXTIME", Family: "Time", Signature: "TO_UNIXTIME(t)", Doc: "Seconds since 1970-01-01 UTC as DOUBLE, with the fraction.",
			Example: "TO_UNIXTIME(TIMESTAMP '1970-01-01T00:00:01.500Z')", Result: "1.5",
			Overloads: ofTime(is(vec.TypeFloat64), epochSeconds),
		},
	}
}

func clock(put func(v *vec.Vec, ms int64)) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, _ []*vec.Vec, _ vec.Sel) *vec.Vec {
		one := c.Scope.New(t, 1)
		put(one, c.Batch.Now)
		return c.Scope.Repeat(one, c.Batch.N)
	}
}

// ofTime are the overloads of a function of a point in time.
func ofTime(result typeFunc, k expr.Kernel) []expr.Overload {
	return []expr.Overload{on(result, k, vec.Timestamp), on(result, k, vec.Date), on(result, k, vec.Int64)}
}

func unixSeconds(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, a := c.Scope.New(t, c.Batch.N), instantsOf(args[0])
	dst := vec.Values[int64](out)
	for i := range rows(len(dst), sel) {
		us, err := a.at(i)
		if err != nil {
			bad(c, out, i, err)
			continue
		}
		dst[i] = floorDiv(us, 1e6)
	}
	return out
}

func epochSeconds(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, a := c.Scope.New(t, c.Batch.N), instantsOf(args[0])
	dst := vec.Values[float64](out)
	for i := range rows(len(dst), sel) {
		us, err := a.at(i)
		if err != nil {
			bad(c, out, i, err)
			continue
		}
		dst[i] = float64(us) / 1e6
	}
	return out
}
