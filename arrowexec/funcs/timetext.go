package funcs

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs/strftime"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func timeTextFuncs() []*expr.Func {
	var format []expr.Overload
	for _, k := range []vec.Kind{vec.Timestamp, vec.Date, vec.Int64, vec.Time} {
		format = append(format, prepared(is(vec.TypeString), prepareTimeFormat, k, vec.String))
	}
	seconds := []expr.Overload{
		on(is(vec.TypeTimestamp), tried(func(s int64) (int64, error) {
			if s > maxMicros/1_000_000 || s < minMicros/1_000_000 {
				return 0, errYears
			}
			return s * 1000, nil
		}), vec.Int64),
		prepared(is(vec.TypeTimestamp), prepareDecimalSeconds, vec.Decimal),
		on(is(vec.TypeTimestamp), tried(func(s float64) (int64, error) {
			us := math.RoundToEven(s * 1e6)
			if !(us <= maxMicros && us >= minMicros) {
				return 0, errYears
			}
			return floorDiv(int64(us), 1000), nil
		}), vec.Float64),
	}
	return []*expr.Func{
		{
			Name: "DATE_FORMAT", Aliases: []string{"STRFTIME"}, Family: "Time", Signature: "DATE_FORMAT(t, format)", Doc: "t as text by a strftime pattern, in UTC; %f is microseconds, %.3f a point and milliseconds.",
			Example: "DATE_FORMAT(TIMESTAMP '2024-02-29T12:34:56.789Z', '%d.%m.%Y %H:%M:%S%.3f')", Result: "29.02.2024 12:34:56.789", Overloads: format,
		},
		{
			Name: "TO_TIMESTAMP", Family: "Time", Signature: "TO_TIMESTAMP(s [, format])", Doc: "The TIMESTAMP that a text in ISO 8601 or in a strftime format stands for, or seconds since 1970-01-01; a text that cannot be read is a row error.",
			Example: "TO_TIMESTAMP('29/02/2024 08', '%d/%m/%Y %H')", Result: "2024-02-29T08:00:00.000Z",
			Overloads: append([]expr.Overload{
				optional(1, prepared(is(vec.TypeTimestamp), prepareTimeParse(text.ParseTimestamp, "TIMESTAMP"), vec.String, vec.String)),
			}, seconds...),
		},
		{
			Name: "TO_DATE", Family: "Time", Signature: "TO_DATE(s [, format])", Doc: "The DATE that a text in ISO 8601 or in a strftime format stands for; a text that cannot be read is a row error.",
			Example: "TO_DATE('29 Feb 2024', '%d %b %Y')", Result: "2024-02-29",
			Overloads: []expr.Overload{optional(1, prepared(is(vec.TypeDate), prepareTimeParse(func(s []byte) (int64, bool) {
				d, ok := text.ParseDate(s)
				return int64(d) * text.DayMicros, ok
			}, "DATE"), vec.String, vec.String))},
		},
		{
			Name: "FROM_UNIXTIME", Family: "Time", Signature: "FROM_UNIXTIME(seconds)", Doc: "The TIMESTAMP of that many seconds since 1970-01-01 UTC.",
			Example: "FROM_UNIXTIME(1.5)", Result: "1970-01-01T00:00:01.500Z", Overloads: seconds,
		},
	}
}

func prepareTimeFormat(_ []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	pats, err := compile(consts, 1, strftime.Compile)
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a, ps := instantsOf(args[0]), pats.over(args[1])
		o := newText(c, t, 24*c.Batch.N)
		for i := range rows(c.Batch.N, sel) {
			us, err := a.at(i)
			p, perr := ps.at(i)
			if err == nil {
				err = perr
			}
			if err != nil {
				o.fail(i, err)
				continue
			}
			o.room(32)
			o.data = p.Append(o.data, us)
			o.end(i)
		}
		return o.done()
	}, nil
}

func prepareTimeParse(iso func([]byte) (int64, bool), what string) prepareFunc {
	return func(_ []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
		pats, err := compile(consts, 1, strftime.Compile)
		if err != nil {
			return nil, err
		}
		return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
			out := c.Scope.New(t, c.Batch.N)
			a, o := textsOf(args[0]), instantOutOf(out)
			var ps *reader[*strftime.Pattern]
			if len(args) == 2 {
				ps = pats.over(args[1])
			}
			for i := range rows(c.Batch.N, sel) {
				var us int64
				var ok bool
				var err error
				s := a.at(i)
				if ps == nil {
					if us, ok = iso(s); !ok {
						err = unreadable(fmt.Sprintf("%q is no %s in ISO 8601; give a format or use TRY_CAST", cut(s), what))
					}
				} else {
					var p *strftime.Pattern
					if p, err = ps.at(i); err == nil {
						if us, ok = p.Parse(text.Trim(s)); !ok {
							err = unreadable(fmt.Sprintf("%q is no %s of format %q", cut(s), what, p))
						}
					}
				}
				if err == nil {
					err = o.set(i, us)
				}
				if err != nil {
					bad(c, out, i, err)
				}
			}
			return out
		}, nil
	}
}

// cut keeps a long text out of an error message.
func cut(s []byte) string {
	if len(s) > 80 {
		return string(s[:80]) + "…"
	}
	return string(s)
}

func prepareDecimalSeconds(args []arrow.DataType, _ []*expr.Const) (expr.Kernel, error) {
	scale := scaleOf(args[0])
	return tried(func(s decimal128.Num) (int64, error) {
		var err error
		if scale > 3 {
			s, err = quoDecimal(s, scale-3, floor)
		} else {
			s, err = shiftDecimal(s, 3-scale)
		}
		if err != nil || !s.FitsInPrecision(15) {
			return 0, errYears
		}
		ms := int64(s.LowBits())
		if ms > maxMicros/1000 || ms < minMicros/1000 {
			return 0, errYears
		}
		return ms, nil
	}), nil
}
