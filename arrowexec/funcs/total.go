package funcs

import (
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// totals says which functions give every row a value, so that a planner may compute
// them for rows that it would not have to: for arguments of these kinds, nil for
// any, and on a condition.
func totals() map[string]totality {
	wholes := []vec.Kind{vec.Int8, vec.Int16, vec.Int32, vec.Int64}
	floats := []vec.Kind{vec.Float32, vec.Float64}
	times := []vec.Kind{vec.String, vec.Timestamp, vec.Date, vec.Time, vec.Interval} // the text is the unit
	always := totality{}
	out := map[string]totality{
		"ABS":  {kinds: []vec.Kind{vec.Decimal, vec.Float32, vec.Float64}},
		"SIGN": {kinds: slices.Concat(wholes, floats)},
		"CBRT": always, "ATAN": always, "ATAN2": always, "PI": always,
		"LEAST":    {kinds: []vec.Kind{vec.Int64, vec.Float64, vec.String, vec.Date, vec.Time, vec.Bool, vec.Binary}},
		"GREATEST": {kinds: []vec.Kind{vec.Int64, vec.Float64, vec.String, vec.Date, vec.Time, vec.Bool, vec.Binary}},
		"UPPER":    always, "LOWER": always, "INITCAP": always, "REVERSE": always, "TRIM": always, "LTRIM": always, "RTRIM": always,
		"LENGTH": always, "OCTET_LENGTH": always, "LEFT": always, "RIGHT": always, "MD5": always, "SHA256": always,
		"POSITION": always, "STRPOS": always, "STARTS_WITH": always, "ENDS_WITH": always, "CONTAINS": always,
		"SUBSTRING":   {when: func(consts []*expr.Const) bool { n, ok := constInt(consts, 2); return len(consts) < 3 || ok && n >= 0 }},
		"SPLIT_PART":  {when: func(consts []*expr.Const) bool { n, ok := constInt(consts, 2); return ok && n != 0 }},
		"REGEXP_LIKE": {when: constant(1, 2)}, "REGEXP_EXTRACT": {when: constant(1, 2)},
		"EXTRACT":    {kinds: times},
		"DATE_TRUNC": {kinds: times, when: func(consts []*expr.Const) bool { return len(consts) == 2 && constant(0)(consts) }},
		"JSON_VALUE": {when: constant(1)}, "JSON_QUERY": {when: constant(1)}, "JSON_EXISTS": {when: constant(1)},
		"JSON_LENGTH": {when: constant(1)}, "JSON_KEYS": {when: constant(1)},
		"ARRAY_LENGTH": always, "ARRAY_CONTAINS": always, "ELEMENT_AT": always, "ARRAY_MAX": always, "ARRAY_MIN": always, "MAP_KEYS": always, "MAP_VALUES": always,
	}
	for _, name := range []string{"CEIL", "FLOOR", "ROUND", "TRUNC"} {
		out[name] = totality{kinds: slices.Concat(wholes, floats), when: func(consts []*expr.Const) bool { return len(consts) == 1 }}
	}
	for _, f := range extractFuncs()[1:] {
		out[f.Name] = totality{kinds: times}
	}
	return out
}

type totality struct {
	kinds []vec.Kind
	when  func(consts []*expr.Const) bool
}

// constant tells that arguments, where they are given, are constant: a bad one was
// found when the statement was read.
func constant(args ...int) func([]*expr.Const) bool {
	return func(consts []*expr.Const) bool {
		for _, i := range args {
			if i < len(consts) && consts[i] == nil {
				return false
			}
		}
		return true
	}
}

// markTotal writes into the overloads of functions what totals says of them.
func markTotal(fs []*expr.Func) []*expr.Func {
	known := totals()
	for _, f := range fs {
		t, ok := known[f.Name]
		if !ok {
			continue
		}
		for i := range f.Overloads {
			o := &f.Overloads[i]
			fits := true
			for _, p := range o.Args {
				fits = fits && (t.kinds == nil || slices.Contains(t.kinds, p.Kind))
			}
			if !fits {
				continue
			}
			if o.Total = t.when; t.when == nil {
				o.Total = func([]*expr.Const) bool { return true }
			}
		}
	}
	return fs
}
