package funcs

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

const errWidth = domain("the width of a bucket must be positive")

func truncFuncs() []*expr.Func {
	var trunc, bucket []expr.Overload
	for _, k := range []vec.Kind{vec.Timestamp, vec.Date, vec.Int64} {
		trunc = append(trunc, optional(1, prepared(same(1), prepareTrunc, vec.String, k, vec.String)))
		bucket = append(bucket, prepared(same(1), prepareBucket, vec.Interval, k))
	}
	trunc = append(trunc, prepared(same(1), prepareTrunc, vec.String, vec.Time), prepared(same(1), prepareTruncInterval, vec.String, vec.Interval))
	return []*expr.Func{
		{
			Name: "DATE_TRUNC", Family: "Time", Signature: "DATE_TRUNC(unit, t [, zone])", Doc: "The start of the unit that holds t, of UTC or of a time zone; weeks start on Monday. Of an INTERVAL, what is smaller than the unit goes. Keeps the type.",
			Example: "DATE_TRUNC('hour', TIMESTAMP '2024-02-29T12:34:56Z')", Result: "2024-02-29T12:00:00.000Z", Overloads: trunc,
		},
		{
			Name: "TIME_BUCKET", Family: "Time", Signature: "TIME_BUCKET(width, t)", Doc: "The start of the bucket of that width that holds t; buckets are aligned to 1970-01-01. Keeps the type.",
			Example: "TIME_BUCKET(INTERVAL '15 minutes', TIMESTAMP '2024-02-29T12:34:56Z')", Result: "2024-02-29T12:30:00.000Z", Overloads: bucket,
		},
		{
			Name: "AT_TIME_ZONE", Family: "Time", Signature: "t AT TIME ZONE zone", Doc: "The wall-clock time of an IANA zone or of an offset (east is positive) at t.",
			Example: "TIMESTAMP '2024-07-01T12:00:00Z' AT TIME ZONE 'Europe/Berlin'", Result: "2024-07-01T14:00:00.000Z",
			Overloads: []expr.Overload{
				prepared(same(0), prepareZone, vec.Timestamp, vec.String),
				prepared(is(vec.TypeTimestamp), prepareZone, vec.Date, vec.String),
				prepared(is(vec.TypeTimestamp), prepareZone, vec.Int64, vec.String),
			},
		},
	}
}

func prepareTrunc(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	units, err := compile(consts, 0, spanUnit)
	if err != nil {
		return nil, err
	}
	zones, err := compile(consts, 2, readZone)
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		a, o, us := instantsOf(args[1]), instantOutOf(out), units.over(args[0])
		var zs *reader[zone]
		if len(args) == 3 && t.ID() != arrow.DATE32 { // a DATE is local already
			zs = zones.over(args[2])
		}
		for i := range rows(c.Batch.N, sel) {
			x, err := a.at(i)
			u, uerr := us.at(i)
			if err == nil {
				err = uerr
			}
			var z zone
			if zs != nil && err == nil {
				z, err = zs.at(i)
			}
			if err == nil {
				err = o.set(i, z.trunc(x, u))
			}
			if err != nil {
				bad(c, out, i, err)
			}
		}
		return out
	}, nil
}

// prepareTruncInterval cuts months, days and the time, each for itself and towards
// zero, as PostgreSQL.
func prepareTruncInterval(_ []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	units, err := compile(consts, 0, partUnit)
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		a, us, o := columnOf[arrow.MonthDayNanoInterval](args[1]), units.over(args[0]), vec.Values[arrow.MonthDayNanoInterval](out)
		for i := range rows(c.Batch.N, sel) {
			u, err := us.at(i)
			if err != nil {
				bad(c, out, i, err)
				continue
			}
			v := a.at(i)
			switch months := int32(u.months()); {
			case months > 0:
				v = arrow.MonthDayNanoInterval{Months: v.Months / months * months}
			case u == day:
				v.Nanoseconds = 0
			default:
				v.Nanoseconds -= v.Nanoseconds % (u.micros() * 1000)
			}
			o[i] = v
		}
		return out
	}, nil
}

// partUnit reads a unit of which months, days or the time are made.
func partUnit(s string) (unit, error) {
	u, err := spanUnit(s)
	if err == nil && u == week {
		return 0, errors.New("DATE_TRUNC of an INTERVAL takes no week, as months have no whole number of them; write day or month")
	}
	return u, err
}

func prepareZone(_ []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	zones, err := compile(consts, 1, readZone)
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		a, o, zs := instantsOf(args[0]), instantOutOf(out), zones.over(args[1])
		for i := range rows(c.Batch.N, sel) {
			x, err := a.at(i)
			z, zerr := zs.at(i)
			if err == nil {
				err = zerr
			}
			if err == nil {
				err = o.set(i, z.local(x))
			}
			if err != nil {
				bad(c, out, i, err)
			}
		}
		return out
	}, nil
}

func prepareBucket(_ []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	if consts[0] != nil && !consts[0].IsNull() {
		if _, err := bucketOf(0, vec.Values[arrow.MonthDayNanoInterval](consts[0].One)[0]); err != nil {
			return nil, &expr.ArgumentError{Arg: 0, Message: err.Error()}
		}
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		width, a, o := columnOf[arrow.MonthDayNanoInterval](args[0]), instantsOf(args[1]), instantOutOf(out)
		for i := range rows(c.Batch.N, sel) {
			x, err := a.at(i)
			if err == nil {
				x, err = bucketOf(x, width.at(i))
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

func bucketOf(us int64, w arrow.MonthDayNanoInterval) (int64, error) {
	if w.Months != 0 {
		if w.Days != 0 || w.Nanoseconds != 0 {
			return 0, domain("the width of a bucket is either months or a length of time, not both")
		}
		if w.Months < 0 {
			return 0, errWidth
		}
		at := floorDiv(serial(us, month)-1970*12, int64(w.Months))*int64(w.Months) + 1970*12
		y, m := floorDiv(at, 12), int(floorMod(at, 12))+1
		if y < 1 {
			return 0, errYears
		}
		return text.CivilToDays(y, m, 1) * text.DayMicros, nil
	}
	if w.Days > 4e6 || w.Days < -4e6 {
		return 0, errYears
	}
	width := int64(w.Days)*text.DayMicros + w.Nanoseconds/1000
	if width <= 0 {
		return 0, errWidth
	}
	return us - floorMod(us, width), nil
}
