package agg

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// All lists the aggregate functions.
func All() []*Func {
	fs := basic()
	fs = append(fs, ordered()...)
	fs = append(fs, percentiles()...)
	return append(fs, statistics()...)
}

var anyArg = []Param{{Any: true}}

func params(n int) []Param {
	p := make([]Param, n)
	for i := range p {
		p[i].Any = true
	}
	return p
}

func isInteger(k vec.Kind) bool {
	return k == vec.Int8 || k == vec.Int16 || k == vec.Int32 || k == vec.Int64 || k == vec.Null
}

func isNumber(k vec.Kind) bool {
	return isInteger(k) || k == vec.Float32 || k == vec.Float64 || k == vec.Decimal
}

func isNested(k vec.Kind) bool { return k == vec.List || k == vec.Map || k == vec.Struct }

func needNumber(name string, t arrow.DataType) error {
	if k := vec.KindOf(t); !isNumber(k) {
		return fmt.Errorf("%s needs a number, not %s; use CAST", name, k)
	}
	return nil
}

func basic() []*Func {
	fs := []*Func{
		{Name: "COUNT", Signature: "COUNT(*), COUNT(x)", Doc: "Number of rows, or of values that are not NULL.",
			Example: "SELECT COUNT(*), COUNT(x) FROM (VALUES (1), (NULL)) t(x)", Result: "2, 1", Star: true,
			Overloads: []Overload{{Args: anyArg, Optional: 1, Type: fixed(vec.TypeInt64),
				New: func([]arrow.DataType, []*vec.Vec) State { return &count{} }}}},
		{Name: "COUNT_DISTINCT", Aliases: []string{"APPROX_COUNT_DISTINCT"}, Signature: "COUNT_DISTINCT(x)",
			Doc: "Number of different values that are not NULL; exact.", Example: "SELECT COUNT_DISTINCT(x) FROM (VALUES (1), (1), (2)) t(x)", Result: "2",
			Overloads: []Overload{{Args: anyArg, Type: fixed(vec.TypeInt64),
				New: func(args []arrow.DataType, _ []*vec.Vec) State {
					return Distinct(func() State { return &count{} }, args)
				}}}},
		{Name: "BOOL_AND", Aliases: []string{"EVERY"}, Signature: "BOOL_AND(x)", Doc: "TRUE when every value is TRUE.",
			Example: "SELECT BOOL_AND(x) FROM (VALUES (TRUE), (FALSE)) t(x)", Result: "false", Overloads: boolean(false)},
		{Name: "BOOL_OR", Signature: "BOOL_OR(x)", Doc: "TRUE when any value is TRUE.",
			Example: "SELECT BOOL_OR(x) FROM (VALUES (TRUE), (FALSE)) t(x)", Result: "true", Overloads: boolean(true)},
		{Name: "BIT_AND", Signature: "BIT_AND(x)", Doc: "The bits that all values have, of integers.",
			Example: "SELECT BIT_AND(x) FROM (VALUES (7), (12), (NULL)) t(x)", Result: "4", Overloads: bitwise("BIT_AND", '&')},
		{Name: "BIT_OR", Signature: "BIT_OR(x)", Doc: "The bits that any value has, of integers.",
			Example: "SELECT BIT_OR(x) FROM (VALUES (1), (4), (NULL)) t(x)", Result: "5", Overloads: bitwise("BIT_OR", '|')},
		{Name: "BIT_XOR", Signature: "BIT_XOR(x)", Doc: "The bits that an odd number of values has, of integers.",
			Example: "SELECT BIT_XOR(x) FROM (VALUES (5), (1), (NULL)) t(x)", Result: "4", Overloads: bitwise("BIT_XOR", '^')},
	}
	for _, f := range []struct {
		what                        what
		name, doc, example, results string
	}{
		{wantSum, "SUM", "Sum of the values, numbers or INTERVALs.", "(1), (2), (NULL)", "3"},
		{wantAvg, "AVG", "Mean of the values, numbers or INTERVALs.", "(1), (2), (NULL)", "1.5"},
		{wantMin, "MIN", "Least value.", "(2), (1), (NULL)", "1"},
		{wantMax, "MAX", "Greatest value.", "(2), (1), (NULL)", "2"},
		{wantDelta, "DELTA", "Greatest value minus the least.", "(2), (5), (NULL)", "3"},
	} {
		fs = append(fs, &Func{Name: f.name, Signature: f.name + "(x)", Doc: f.doc,
			Example: fmt.Sprintf("SELECT %s(x) FROM (VALUES %s) t(x)", f.name, f.example), Result: f.results,
			Overloads: []Overload{{Args: anyArg,
				Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
					return numericType(f.what, f.name, args[0])
				},
				New: func(args []arrow.DataType, _ []*vec.Vec) State { return newNumeric(f.what, args[0]) }}}})
	}
	return fs
}

func fixed(t arrow.DataType) func([]arrow.DataType, []*vec.Vec) (arrow.DataType, error) {
	return func([]arrow.DataType, []*vec.Vec) (arrow.DataType, error) { return t, nil }
}

func boolean(or bool) []Overload {
	return []Overload{{Args: []Param{{Kind: vec.Bool}}, Type: fixed(vec.TypeBool),
		New: func([]arrow.DataType, []*vec.Vec) State { return &bools{or: or} }}}
}

func numericType(w what, name string, t arrow.DataType) (arrow.DataType, error) {
	k := vec.KindOf(t)
	if w == wantMin || w == wantMax {
		if isNested(k) {
			return nil, fmt.Errorf("%s of %s is not possible, it has no least and greatest value", name, k)
		}
		return t, nil
	}
	if k == vec.Interval && w != wantDelta {
		return t, nil
	}
	if err := needNumber(name, t); err != nil {
		return nil, err
	}
	switch {
	case k == vec.Decimal && w == wantAvg:
		return vec.DecimalType(38, max(6, t.(*arrow.Decimal128Type).Scale)), nil
	case k == vec.Decimal:
		return vec.DecimalType(38, t.(*arrow.Decimal128Type).Scale), nil
	case k == vec.Float32 && w != wantAvg:
		return t, nil
	case k == vec.Float32, k == vec.Float64, w == wantAvg:
		return vec.TypeFloat64, nil
	}
	return vec.TypeInt64, nil
}

// newNumeric is the state of SUM, AVG, MIN, MAX and DELTA for a type.
func newNumeric(w what, t arrow.DataType) State {
	switch vec.KindOf(t) {
	case vec.Float32:
		return newFloats[float32](w)
	case vec.Float64:
		return newFloats[float64](w)
	case vec.Decimal:
		return newDecimals(w, t)
	case vec.Int8:
		return newIntegers[int8](w, t)
	case vec.Int16:
		return newIntegers[int16](w, t)
	case vec.Int32, vec.Date:
		return newIntegers[int32](w, t)
	case vec.Int64, vec.Time, vec.Timestamp:
		return newIntegers[int64](w, t)
	case vec.Interval:
		if w == wantSum || w == wantAvg {
			return &intervals{mean: w == wantAvg}
		}
	case vec.Bool:
		return &bools{or: w == wantMax}
	case vec.Null:
		if w == wantMin || w == wantMax {
			return newExtreme(w == wantMax, nil, t)
		}
		return newIntegers[int64](w, t)
	}
	return newExtreme(w == wantMax, nil, t)
}

// NewMax is the state of MAX.
func NewMax(t arrow.DataType) State { return newNumeric(wantMax, t) }

func ordered() []*Func {
	var fs []*Func
	for _, f := range []struct {
		name, doc       string
		aliases         []string
		last, skipNulls bool
		result          string
	}{
		{"FIRST_VALUE", "Value of the first row, NULL included.", []string{"FIRST"}, false, false, "NULL"},
		{"LAST_VALUE", "Value of the last row, NULL included.", []string{"LAST"}, true, false, "2"},
		{"FIRST_VALUE_IGNORE_NULLS", "First value that is not NULL: FIRST_VALUE(x) IGNORE NULLS.", nil, false, true, "1"},
		{"LAST_VALUE_IGNORE_NULLS", "Last value that is not NULL: LAST_VALUE(x) IGNORE NULLS.", nil, true, true, "2"},
	} {
		fs = append(fs, &Func{Name: f.name, Aliases: f.aliases, Signature: f.name + "(x)", Doc: f.doc, Ordered: true, Internal: f.skipNulls,
			Example: fmt.Sprintf("SELECT %s(x) FROM (VALUES (NULL), (1), (2)) t(x)", f.name), Result: f.result,
			Overloads: []Overload{{Args: anyArg, Type: sameType,
				New: func(args []arrow.DataType, _ []*vec.Vec) State { return newEnds(args[0], f.last, f.skipNulls) }}}})
	}
	for _, most := range []bool{false, true} {
		name, doc, result := "ARG_MIN", "Value of x in the row with the least key, the first of a tie.", "a"
		if most {
			name, doc, result = "ARG_MAX", "Value of x in the row with the greatest key, the first of a tie.", "b"
		}
		fs = append(fs, &Func{Name: name, Signature: name + "(x, key)", Doc: doc, Ordered: true,
			Example: fmt.Sprintf("SELECT %s(x, k) FROM (VALUES ('a', 1), ('b', 2)) t(x, k)", name), Result: result,
			Overloads: []Overload{{Args: params(2),
				Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
					if k := vec.KindOf(args[1]); isNested(k) {
						return nil, fmt.Errorf("%s by %s is not possible, it has no least and greatest value", name, k)
					}
					return args[0], nil
				},
				New: func(args []arrow.DataType, _ []*vec.Vec) State { return newExtreme(most, args[0], args[1]) }}}})
	}
	text := Param{Kind: vec.String}
	return append(fs,
		&Func{Name: "LISTAGG", Aliases: []string{"STRING_AGG", "GROUP_CONCAT", "COLLECT"}, Signature: "LISTAGG(x [, separator])",
			Doc: "Texts joined, by a comma unless another separator is given; each text has its own row's separator before it.", Ordered: true,
			Example: "SELECT LISTAGG(x, '-') FROM (VALUES ('a'), (NULL), ('b')) t(x)", Result: "a-b",
			Overloads: []Overload{{Args: []Param{text, text}, Optional: 1,
				Type: func([]arrow.DataType, []*vec.Vec) (arrow.DataType, error) { return vec.TypeString, nil },
				New: func(args []arrow.DataType, consts []*vec.Vec) State {
					if c := constant(consts, 1); c != nil {
						return newKeeper(args, 1, listAgg(append([]byte(nil), c.BytesAt(0)...)))
					}
					if len(args) > 1 {
						return newKeeper(args, 1, listAggBy())
					}
					return newKeeper(args, 1, listAgg([]byte(",")))
				}}}},
		&Func{Name: "ARRAY_AGG", Signature: "ARRAY_AGG(x)", Doc: "All values as an ARRAY, NULLs included.", Ordered: true,
			Example: "SELECT ARRAY_AGG(x) FROM (VALUES (1), (NULL), (2)) t(x)", Result: "[1,null,2]",
			Overloads: []Overload{{Args: anyArg, Type: listType,
				New: func(args []arrow.DataType, _ []*vec.Vec) State { return newKeeper(args, 0, arrayAgg) }}}},
		&Func{Name: "TWAP", Signature: "TWAP(price)", Ordered: true,
			Doc:     "Mean weighted by the time until the next value; the planner adds the event time as second argument.",
			Example: "SELECT TWAP(x) FROM (VALUES (1)) t(x)", Result: "NULL",
			Overloads: []Overload{{Args: params(2), Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
				if k := vec.KindOf(args[1]); k != vec.Int64 && k != vec.Timestamp {
					return nil, fmt.Errorf("the time of TWAP must be a TIMESTAMP or BIGINT, not %s", k)
				}
				return vec.TypeFloat64, needNumber("TWAP", args[0])
			}, New: func(args []arrow.DataType, _ []*vec.Vec) State { return newKeeper(args, 2, twap(args[0])) }}}},
		&Func{Name: "EMA", Signature: "EMA(x, alpha)", Doc: "Exponential moving average, starting with the first value.", Ordered: true,
			Example: "SELECT EMA(x, 0.5) FROM (VALUES (1), (2), (3)) t(x)", Result: "2.25",
			Overloads: []Overload{{Args: params(2), Type: func(args []arrow.DataType, consts []*vec.Vec) (arrow.DataType, error) {
				if a, ok := fraction(args, consts, 1); !ok || a == 0 {
					return nil, fmt.Errorf("the alpha of EMA must be a constant above 0 and not above 1")
				}
				return vec.TypeFloat64, needNumber("EMA", args[0])
			}, New: func(args []arrow.DataType, consts []*vec.Vec) State {
				a, _ := fraction(args, consts, 1)
				return newKeeper(args, 1, ema(a, args[0]))
			}}}})
}

func sameType(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) { return args[0], nil }

func listType(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
	return arrow.ListOf(args[0]), nil
}

// constant is a constant argument that is not NULL, else nil.
func constant(consts []*vec.Vec, i int) *vec.Vec {
	if i >= len(consts) || consts[i] == nil || consts[i].IsNull(0) {
		return nil
	}
	return consts[i]
}

// fraction is a constant number from 0 to 1.
func fraction(args []arrow.DataType, consts []*vec.Vec, i int) (float64, bool) {
	c := constant(consts, i)
	if c == nil || !isNumber(c.Kind) {
		return 0, false
	}
	x := floatAt(c, args[i], 0)
	return x, x >= 0 && x <= 1
}
