package timetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A value is nil (NULL), int64, float64, string or bool.
type value = any

var errRow = errors.New("row error")

// cond is a condition: three-valued, and it may fail.
type cond struct {
	op   string
	col  string
	n    int64
	s    string
	l, r *cond
}

// sql writes the condition; name gives the text of a column or aggregate.
func (c *cond) sql(name func(string) string) string {
	switch c.op {
	case "and", "or":
		return "(" + c.l.sql(name) + " " + strings.ToUpper(c.op) + " " + c.r.sql(name) + ")"
	case "not":
		return "NOT (" + c.l.sql(name) + ")"
	case "mod":
		return fmt.Sprintf("%s %% 3 = %d", name(c.col), c.n)
	case "null":
		return name(c.col) + " IS NULL"
	case "notnull":
		return name(c.col) + " IS NOT NULL"
	case "text":
		return fmt.Sprintf("%s = '%s'", name(c.col), c.s)
	case "cast":
		return fmt.Sprintf("CAST(%s AS BIGINT) > %d", name(c.col), c.n)
	case "plus":
		return fmt.Sprintf("%s + 1 > %d", name(c.col), c.n)
	case "case":
		return fmt.Sprintf("CASE WHEN %s > %d THEN TRUE WHEN %s IS NULL THEN TRUE ELSE FALSE END", name(c.col), c.n, name(c.col))
	}
	return fmt.Sprintf("%s %s %d", name(c.col), c.op, c.n)
}

// eval gives true, false or nil.
func (c *cond) eval(get func(string) value) (value, error) {
	switch c.op {
	case "and", "or":
		decides := c.op == "or"
		l, err := c.l.eval(get)
		if err != nil || l == decides {
			return l, err
		}
		r, err := c.r.eval(get)
		if err != nil || r == decides {
			return r, err
		}
		if l == nil || r == nil {
			return nil, nil
		}
		return !decides, nil
	case "not":
		l, err := c.l.eval(get)
		if err != nil || l == nil {
			return nil, err
		}
		return !l.(bool), nil
	}
	x := get(c.col)
	switch c.op {
	case "null":
		return x == nil, nil
	case "notnull":
		return x != nil, nil
	case "case":
		if x == nil {
			return true, nil
		}
		return number(x) > float64(c.n), nil
	}
	if x == nil {
		return nil, nil
	}
	switch c.op {
	case "mod":
		return x.(int64)%3 == c.n, nil
	case "text":
		return x.(string) == c.s, nil
	case "cast":
		n, err := strconv.ParseInt(x.(string), 10, 64)
		if err != nil {
			return nil, errRow
		}
		return n > c.n, nil
	case "plus":
		return number(x)+1 > float64(c.n), nil
	case ">":
		return number(x) > float64(c.n), nil
	case "<":
		return number(x) < float64(c.n), nil
	case "=":
		return number(x) == float64(c.n), nil
	case "<>":
		return number(x) != float64(c.n), nil
	}
	panic("no operator " + c.op)
}

// takes tells whether WHERE takes a row: what cannot become TRUE any more is not
// looked at further.
func (c *cond) takes(get func(string) value) (bool, error) {
	if c.op == "and" {
		if ok, err := c.l.takes(get); err != nil || !ok {
			return false, err
		}
		return c.r.takes(get)
	}
	if c.op == "or" {
		if ok, err := c.l.takes(get); err != nil || ok {
			return ok, err
		}
		return c.r.takes(get)
	}
	ok, err := c.eval(get)
	return ok == true, err
}

func number(x value) float64 {
	if n, ok := x.(int64); ok {
		return float64(n)
	}
	return x.(float64)
}

// compare orders values as PostgreSQL: NULL is the greatest.
func compare(a, b value) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	if x, ok := a.(string); ok {
		return strings.Compare(x, b.(string))
	}
	x, y := number(a), number(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// call is an aggregate in a SELECT list.
type call struct {
	fn       string // "count*", "count", "sum", …
	col      string
	by       string // LISTAGG and FIRST: ORDER BY
	desc     bool
	distinct bool
	filter   *cond
}

func (c *call) sql(name func(string) string) string {
	d := ""
	if c.distinct {
		d = "DISTINCT "
	}
	by := ""
	if c.by != "" {
		by = " ORDER BY " + name(c.by)
		if c.desc {
			by += " DESC"
		}
	}
	s := ""
	switch c.fn {
	case "count*":
		s = "COUNT(*)"
	case "listagg":
		s = "LISTAGG(" + d + name(c.col) + ", '+'" + by + ")"
	default:
		s = strings.ToUpper(c.fn) + "(" + d + name(c.col) + by + ")"
	}
	if c.filter != nil {
		s += " FILTER (WHERE " + c.filter.sql(name) + ")"
	}
	return s
}

// of gives the aggregate over rows in the order of their arrival.
func (c *call) of(rows []*row) value {
	var in []value
	var keys []value
	for _, r := range rows {
		if c.filter != nil {
			if ok, err := c.filter.eval(r.get); err != nil || ok != true {
				continue
			}
		}
		if c.fn == "count*" {
			in = append(in, int64(1))
			continue
		}
		in = append(in, r.get(c.col))
		if c.by != "" {
			keys = append(keys, r.get(c.by))
		}
	}
	if c.by != "" {
		in = sortBy(in, keys, c.desc)
	}
	if c.fn == "first" || c.fn == "last" {
		if len(in) == 0 {
			return nil
		}
		if c.fn == "first" {
			return in[0]
		}
		return in[len(in)-1]
	}
	kept := in[:0:0]
	seen := map[value]bool{}
	for _, x := range in {
		if x == nil || c.distinct && seen[x] {
			continue
		}
		seen[x] = true
		kept = append(kept, x)
	}
	if c.fn == "count*" || c.fn == "count" {
		return int64(len(kept))
	}
	if len(kept) == 0 {
		return nil
	}
	switch c.fn {
	case "sum", "avg":
		var s int64
		for _, x := range kept {
			s += x.(int64)
		}
		if c.fn == "avg" {
			return float64(s) / float64(len(kept))
		}
		return s
	case "min", "max":
		best := kept[0]
		for _, x := range kept[1:] {
			if d := compare(x, best); c.fn == "min" && d < 0 || c.fn == "max" && d > 0 {
				best = x
			}
		}
		return best
	case "listagg":
		var parts []string
		for _, x := range kept {
			parts = append(parts, x.(string))
		}
		return strings.Join(parts, "+")
	}
	panic("no aggregate " + c.fn)
}

// sortBy sorts values by keys, stable; NULLs last, first with DESC.
func sortBy(in, keys []value, desc bool) []value {
	order := make([]int, len(in))
	for i := range order {
		order[i] = i
	}
	stable(order, func(i, j int) int {
		if desc {
			return compare(keys[j], keys[i])
		}
		return compare(keys[i], keys[j])
	})
	out := make([]value, len(in))
	for i, k := range order {
		out[i] = in[k]
	}
	return out
}

// stable is an insertion sort.
func stable(order []int, cmp func(i, j int) int) {
	for i := 1; i < len(order); i++ {
		for j := i; j > 0 && cmp(order[j-1], order[j]) > 0; j-- {
			order[j-1], order[j] = order[j], order[j-1]
		}
	}
}

// line renders a row as a JSON line.
func line(names []string, vals []value) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, n := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(n) + ":")
		switch x := vals[i].(type) {
		case nil:
			b.WriteString("null")
		case int64:
			b.WriteString(strconv.FormatInt(x, 10))
		case float64:
			form := byte('f')
			if x >= 1e21 || x <= -1e21 {
				form = 'e'
			}
			b.WriteString(strconv.FormatFloat(x, form, -1, 64))
		case string:
			b.WriteString(strconv.Quote(x))
		case bool:
			b.WriteString(strconv.FormatBool(x))
		}
	}
	b.WriteByte('}')
	return b.String()
}
