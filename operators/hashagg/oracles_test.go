package hashagg

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/agg"
)

// oracle is one aggregate over the rows of a group, in order.
type oracle struct {
	call func() Call
	want func(rows []row) string
}

func x(c int) expr.Expr { return col(c, testTypes[c]) }

func values(rows []row, c int) (out []any) {
	for _, r := range rows {
		if r[c] != nil {
			out = append(out, r[c])
		}
	}
	return out
}

func less(a, b any) bool {
	switch a := a.(type) {
	case string:
		return a < b.(string)
	case int64:
		return a < b.(int64)
	case int16:
		return a < b.(int16)
	case float32:
		return a < b.(float32)
	case bool:
		return !a && b.(bool)
	case float64:
		b := b.(float64)
		return a < b || b != b && a == a
	}
	panic("less")
}

func best(c int, most bool) func([]row) string {
	return func(rows []row) string {
		var m any
		for _, v := range values(rows, c) {
			if m == nil || most && less(m, v) || !most && less(v, m) {
				m = v
			}
		}
		if f, ok := m.(float64); ok && f == 0 {
			m = 0.0
		}
		return showAny(c, m)
	}
}

func bigSum(rows []row, c int) (*big.Float, float64, int) {
	sum, special, n := new(big.Float).SetPrec(4000), 0.0, 0
	for _, v := range values(rows, c) {
		f := v.(float64)
		n++
		if f != f {
			special = f
			continue
		}
		sum.Add(sum, new(big.Float).SetPrec(4000).SetFloat64(f))
	}
	return sum, special, n
}

func oracles() []oracle {
	count := func(rows []row, c int) int { return len(values(rows, c)) }
	sumInt := func(rows []row, c int) (s int64) {
		for _, v := range values(rows, c) {
			switch v := v.(type) {
			case int64:
				s += v
			case int16:
				s += int64(v)
			}
		}
		return s
	}
	distinct := func(rows []row, c int) (out []any) {
		for _, v := range values(rows, c) {
			if f, ok := v.(float64); ok && f == 0 {
				v = 0.0
			}
			if !slices.ContainsFunc(out, func(o any) bool { return showAny(c, o) == showAny(c, v) }) {
				out = append(out, v)
			}
		}
		return out
	}
	list := func(c int, vs []any) string {
		var s []string
		for _, v := range vs {
			s = append(s, showAny(c, v))
		}
		return "[" + strings.Join(s, ",") + "]"
	}
	orNull := func(n int, s string) string {
		if n == 0 {
			return "NULL"
		}
		return s
	}
	first := func(c int, last, skip bool) func([]row) string {
		return func(rows []row) string {
			rows = slices.Clone(rows)
			if last {
				slices.Reverse(rows)
			}
			for _, r := range rows {
				if r[c] != nil || !skip {
					return showAny(c, r[c])
				}
			}
			return "NULL"
		}
	}
	of := func(name string, cs ...int) func() Call {
		return func() Call {
			var args []expr.Expr
			for _, c := range cs {
				args = append(args, x(c))
			}
			return call(name, args...)
		}
	}
	os := []oracle{
		{of("COUNT"), func(r []row) string { return fmt.Sprint(len(r)) }},
		{of("COUNT", cStr), func(r []row) string { return fmt.Sprint(count(r, cStr)) }},
		{of("COUNT", cFloat), func(r []row) string { return fmt.Sprint(count(r, cFloat)) }},
		{of("SUM", cInt), func(r []row) string { return orNull(count(r, cInt), fmt.Sprint(sumInt(r, cInt))) }},
		{of("SUM", cShort), func(r []row) string { return orNull(count(r, cShort), fmt.Sprint(sumInt(r, cShort))) }},
		{of("AVG", cInt), func(r []row) string {
			return orNull(count(r, cInt), showFloat(float64(sumInt(r, cInt))/float64(max(1, count(r, cInt)))))
		}},
		{of("SUM", cFloat), func(r []row) string {
			s, special, n := bigSum(r, cFloat)
			f, _ := s.Float64()
			return orNull(n, showFloat(f+special))
		}},
		{of("AVG", cFloat), func(r []row) string {
			s, special, n := bigSum(r, cFloat)
			f, _ := s.Float64()
			return orNull(n, showFloat((f+special)/float64(max(n, 1))))
		}},
		{of("SUM", cDec), func(r []row) string {
			return orNull(count(r, cDec), decimal128.FromI64(sumInt(r, cDec)).ToString(2))
		}},
		{of("AVG", cDec), func(r []row) string {
			n := int64(count(r, cDec))
			if n == 0 {
				return "NULL"
			}
			s := sumInt(r, cDec) * 10000
			sign := int64(1)
			if s < 0 {
				s, sign = -s, -1
			}
			return decimal128.FromI64(sign * ((2*s + n) / (2 * n))).ToString(6)
		}},
		{of("COUNT_DISTINCT", cFloat), func(r []row) string { return fmt.Sprint(len(distinct(r, cFloat))) }},
		{of("FIRST_VALUE", cStr), first(cStr, false, false)},
		{of("LAST_VALUE", cFloat), first(cFloat, true, false)},
		{of("LAST_VALUE", cDec), first(cDec, true, false)},
		{of("FIRST_VALUE_IGNORE_NULLS", cInt), first(cInt, false, true)},
		{of("LAST_VALUE_IGNORE_NULLS", cStr), first(cStr, true, true)},
		{of("BOOL_AND", cBool), best(cBool, false)},
		{of("BOOL_OR", cBool), best(cBool, true)},
		{of("ARRAY_AGG", cInt), func(r []row) string {
			var vs []any
			for _, r := range r {
				vs = append(vs, r[cInt])
			}
			return orNull(len(r), list(cInt, vs))
		}},
		{func() Call { return call("ARRAY_AGG", x(cStr)).Distinct() }, func(r []row) string {
			var vs []any
			for _, r := range r {
				if !slices.Contains(vs, r[cStr]) {
					vs = append(vs, r[cStr])
				}
			}
			return orNull(len(r), list(cStr, vs))
		}},
		{func() Call { return call("SUM", x(cInt)).Distinct() }, func(r []row) string {
			s := int64(0)
			for _, v := range distinct(r, cInt) {
				s += v.(int64)
			}
			return orNull(count(r, cInt), fmt.Sprint(s))
		}},
		{func() Call {
			return call("ARRAY_AGG", x(cStr)).Ordered([]expr.Expr{x(cInt)}, []agg.Direction{{Desc: true, NullsFirst: true}})
		}, func(rows []row) string {
			rows = slices.Clone(rows)
			sort.SliceStable(rows, func(i, j int) bool {
				a, b := rows[i][cInt], rows[j][cInt]
				if a == nil || b == nil {
					return a == nil && b != nil
				}
				return a.(int64) > b.(int64)
			})
			var vs []any
			for _, r := range rows {
				vs = append(vs, r[cStr])
			}
			return orNull(len(rows), list(cStr, vs))
		}},
		{of("MODE", cInt), func(r []row) string {
			var m any
			most := 0
			for _, v := range distinct(r, cInt) {
				n := 0
				for _, w := range values(r, cInt) {
					if v == w {
						n++
					}
				}
				if n > most || n == most && less(v, m) {
					m, most = v, n
				}
			}
			return showAny(cInt, m)
		}},
		{func() Call { // FILTER (WHERE b)
			c := call("COUNT", x(cInt))
			c.Filter = x(cBool)
			return c
		}, func(r []row) string {
			n := 0
			for _, r := range r {
				if r[cBool] == true && r[cInt] != nil {
					n++
				}
			}
			return fmt.Sprint(n)
		}},
		{of("ARG_MAX", cStr, cInt), func(rows []row) string {
			var k, v any
			for _, r := range rows {
				if r[cInt] != nil && (k == nil || less(k, r[cInt])) {
					k, v = r[cInt], r[cStr]
				}
			}
			return showAny(cStr, v)
		}},
		{of("STDDEV", cShort), func(r []row) string {
			vs := values(r, cShort)
			if len(vs) < 2 {
				return "NULL"
			}
			mean, m2 := float64(sumInt(r, cShort))/float64(len(vs)), 0.0
			for _, v := range vs {
				d := float64(v.(int16)) - mean
				m2 += d * d
			}
			return showFloat(math.Sqrt(m2 / float64(len(vs)-1)))
		}},
	}
	for _, c := range []int{cStr, cInt, cFloat, cDec, cBool, cTime, cShort, cReal} {
		os = append(os, oracle{of("MIN", c), best(c, false)}, oracle{of("MAX", c), best(c, true)})
	}
	return os
}
