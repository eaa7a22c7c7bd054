package expr

// Special describes the functions that are no calls: they compute only the
// arguments that they need, or have a form of their own. The binder makes
// expressions of them; they have no overloads.
func Special() []*Func {
	f := func(family, name, signature, doc, example, result string, aliases ...string) *Func {
		return &Func{Name: name, Aliases: aliases, Family: family, Signature: signature, Doc: doc, Example: example, Result: result}
	}
	const c, n, w = "Conditional", "Nested", "Windows"
	return []*Func{
		f(c, "CASE", "CASE WHEN condition THEN x … [ELSE y] END, CASE v WHEN x THEN y … END", "The result of the first condition that is TRUE, or of the first value that v equals; NULL without ELSE.",
			"CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END", "b"),
		f(c, "COALESCE", "COALESCE(x, …)", "The first argument that is not NULL.", "COALESCE(NULL, 2, 3)", "2"),
		f(c, "IFNULL", "IFNULL(x, y)", "x, or y where x is NULL.", "IFNULL(NULL, 'y')", "y", "NVL"),
		f(c, "NULLIF", "NULLIF(x, y)", "NULL where x equals y, else x.", "NULLIF(1, 1)", "NULL"),
		f(c, "IF", "IF(condition, x [, y])", "x where the condition is TRUE, else y; NULL without y.", "IF(NULL, 1, 2)", "2"),
		f(c, "CAST", "CAST(x AS type), x::type", "x as another type; a value that cannot be fails its row.", "CAST('12' AS BIGINT)", "12"),
		f(c, "TRY_CAST", "TRY_CAST(x AS type)", "x as another type; NULL for a value that cannot be.", "TRY_CAST('x' AS BIGINT)", "NULL"),
		f(n, "ARRAY", "ARRAY[x, …]", "An array of values that meet in one type.", "ARRAY[1, 2][2]", "2"),
		f(n, "MAP", "MAP[key, value, …]", "A map; of equal keys the last wins.", "MAP['a', 1, 'b', 2]['b']", "2"),
		f(n, "STRUCT", "STRUCT(x [AS name], …)", "A struct, its fields named as SELECT items are.", "STRUCT(1 AS a, 'x' AS b)", `{"a":1,"b":"x"}`),
		f(n, "UNNEST", "FROM t, UNNEST(array, …) [AS] name", "In FROM: a row for each element of arrays, several in step, or each entry of a map.", "", ""),
		f(w, "TUMBLE_START", "TUMBLE_START()", "The start of the window in ms, as _window_start; in windowed queries only.", "", "",
			"HOP_START", "SESSION_START", "CUMULATE_START", "WINDOW_START", "TUMBLING_START", "SLIDING_START", "HOPPING_START"),
		f(w, "TUMBLE_END", "TUMBLE_END()", "The end of the window in ms, as _window_end; in windowed queries only.", "", "",
			"HOP_END", "SESSION_END", "CUMULATE_END", "WINDOW_END", "TUMBLING_END", "SLIDING_END", "HOPPING_END"),
	}
}

// Strict tells whether every overload gives NULL as soon as an argument is NULL.
func (f *Func) Strict() bool {
	for i := range f.Overloads {
		if f.Overloads[i].NullCall {
			return false
		}
	}
	return len(f.Overloads) > 0
}

// Takes lists what the overloads accept, each as the kinds of its arguments.
func (f *Func) Takes() []string {
	var out []string
	for i := range f.Overloads {
		o := &f.Overloads[i]
		s := "("
		for k, a := range o.Args {
			if k > 0 {
				s += ", "
			}
			optional := k >= len(o.Args)-o.Optional
			if optional {
				s += "["
			}
			if a.Any {
				s += "any"
			} else {
				s += a.Kind.String()
			}
			if optional {
				s += "]"
			}
		}
		if o.Variadic {
			s += ", …"
		}
		out = append(out, s+")")
	}
	return out
}
