package funcs

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs/jsonpath"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// jsonFuncs read and write JSON text. ARRAY, MAP and STRUCT arguments count as
// their TO_JSON text; text that is no JSON gives NULL.
func jsonFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "JSON_VALUE", Family: "JSON", Signature: "JSON_VALUE(json, path)", Doc: "The scalar that the path points to, as text; NULL if there is none.",
			Example: `JSON_VALUE('{"a":{"b":[10,20]}}', '$.a.b[1]')`, Result: "20", Overloads: jsonText(false, jsonValue),
		},
		{
			Name: "JSON_EXTRACT", Family: "JSON", Signature: "JSON_EXTRACT(json, path)", Doc: "Whatever the path points to, as compact JSON; with * or .. an array of all matches.",
			Example: `JSON_EXTRACT('{"a": [{"c": 1}, {"c": "x"}]}', '$..c')`, Result: `[1,"x"]`, Overloads: jsonText(false, jsonExtract),
		},
		{
			Name: "JSON_QUERY", Family: "JSON", Signature: "JSON_QUERY(json [, path])", Doc: "The object or array that the path points to, as compact JSON; NULL for a scalar.",
			Example: `JSON_QUERY('{"a": {"b": 1}}', '$.a')`, Result: `{"b":1}`, Overloads: jsonText(true, jsonQuery),
		},
		{
			Name: "JSON_EXISTS", Family: "JSON", Signature: "JSON_EXISTS(json, path)", Doc: "Whether the path points to anything; NULL for bad JSON.",
			Example: `JSON_EXISTS('{"a":null}', '$.a')`, Result: "true",
			Overloads: jsonOverloads(is(vec.TypeBool), false, func(c *expr.Ctx, t arrow.DataType, in *jsonInput, sel vec.Sel) *vec.Vec {
				out, bits := newBool(c)
				for i := range rows(c.Batch.N, sel) {
					doc, p, err := in.at(i)
					switch {
					case err != nil:
						bad(c, out, i, err)
					case doc == nil:
						setNull(c, out, i)
					case len(in.find(doc, p)) > 0:
						bits.Set(i)
					}
				}
				return out
			}),
		},
		{
			Name: "JSON_LENGTH", Family: "JSON", Signature: "JSON_LENGTH(json [, path])", Doc: "The number of elements or members, 1 for a scalar, NULL for null.",
			Example: `JSON_LENGTH('[1,[2,3]]')`, Result: "2",
			Overloads: jsonOverloads(is(vec.TypeInt64), true, func(c *expr.Ctx, t arrow.DataType, in *jsonInput, sel vec.Sel) *vec.Vec {
				out := c.Scope.New(t, c.Batch.N)
				dst := vec.Values[int64](out)
				for i := range rows(c.Batch.N, sel) {
					doc, p, err := in.at(i)
					if err != nil {
						bad(c, out, i, err)
						continue
					}
					found := in.find(doc, p)
					switch {
					case len(found) == 0 || !p.Many() && string(found[0]) == "null":
						setNull(c, out, i)
					case p.Many():
						dst[i] = int64(len(found))
					case found[0][0] == '{' || found[0][0] == '[':
						in.members = jsonpath.Members(in.members[:0], found[0])
						dst[i] = int64(len(in.members))
					default:
						dst[i] = 1
					}
				}
				return out
			}),
		},
		{
			Name: "JSON_KEYS", Family: "JSON", Signature: "JSON_KEYS(json [, path])", Doc: "The keys of an object as an ARRAY of STRING; NULL for anything else.",
			Example: `JSON_KEYS('{"a":1,"b":2}')`, Result: `["a","b"]`,
			Overloads: jsonOverloads(is(arrow.ListOf(vec.TypeString)), true, func(c *expr.Ctx, t arrow.DataType, in *jsonInput, sel vec.Sel) *vec.Vec {
				out := newList(c, t)
				for i := range rows(c.Batch.N, sel) {
					doc, p, err := in.at(i)
					if err != nil {
						c.Fail(i, classOf(err), err)
						continue
					}
					found := in.find(doc, p)
					if len(found) != 1 || p.Many() || found[0][0] != '{' {
						continue
					}
					b := out.row(i)
					in.members = jsonpath.Members(in.members[:0], found[0])
					for _, m := range in.members {
						in.text = jsonpath.Unquote(in.text[:0], m.Key)
						b.Children[0].Bytes(in.text)
					}
					b.EndList()
				}
				return out.done()
			}),
		},
		{
			Name: "PARSE_JSON", Family: "JSON", Signature: "PARSE_JSON(s)", Doc: "The text as compact JSON, or NULL if it is no JSON.",
			Example: `PARSE_JSON(' {"a": 1, "a": 2} ')`, Result: `{"a":2}`,
			Overloads: []expr.Overload{on(is(vec.TypeString), func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
				a := textsOf(args[0])
				o := newText(c, t, a.bytesOf(c.Batch.N))
				for i := range rows(c.Batch.N, sel) {
					s := a.at(i)
					if !jsonpath.Valid(s) {
						o.null(i)
						continue
					}
					o.room(len(s))
					o.data = jsonpath.Compact(o.data, s)
					o.end(i)
				}
				return o.done()
			}, vec.String)},
		},
		builder(toJSON, expr.Func{
			Name: "TO_JSON", Family: "JSON", Signature: "TO_JSON(x)", Doc: "Any value as compact JSON, what another JSON function gives as it is.",
			Example: "TO_JSON(ARRAY['a', NULL])", Result: `["a",null]`,
			Overloads: []expr.Overload{{Args: []expr.Param{anything}, Type: is(vec.TypeString)}},
		}),
		builder(jsonObject, expr.Func{
			Name: "JSON_OBJECT", Family: "JSON", Signature: "JSON_OBJECT(key, value, …)", Doc: "A JSON object of keys and values; NULL values are written as null, what another JSON function gives as it is; a column with JSON text takes PARSE_JSON.",
			Example: "JSON_OBJECT('a', 1, 'b', NULL)", Result: `{"a":1,"b":null}`,
			Overloads: []expr.Overload{{Args: []expr.Param{anything}, Variadic: true, NullCall: true, Type: objectType}},
		}),
		builder(jsonArray, expr.Func{
			Name: "JSON_ARRAY", Family: "JSON", Signature: "JSON_ARRAY(x, …)", Doc: "A JSON array of values; NULL is written as null, what another JSON function gives as it is; a column with JSON text takes PARSE_JSON.",
			Example: "JSON_ARRAY(1, 'a', NULL, JSON_ARRAY(2.50))", Result: `[1,"a",null,[2.50]]`,
			Overloads: []expr.Overload{{Args: []expr.Param{anything}, Variadic: true, NullCall: true, Type: is(vec.TypeString)}},
		}),
	}
}

// jsonTexts are the functions whose STRING is JSON: as an argument of those that build
// JSON it is not a text to be quoted. A column is text: no type would say that it is JSON.
var jsonTexts = map[string]bool{"JSON_OBJECT": true, "JSON_ARRAY": true, "JSON_QUERY": true, "JSON_EXTRACT": true, "PARSE_JSON": true, "TO_JSON": true}

// givesJSON tells that the text of an expression is JSON, in all its branches.
func givesJSON(e expr.Expr) bool {
	branches, some := expr.Branches(e), false
	for _, b := range branches {
		if c, ok := b.(*expr.Const); ok && c.IsNull() {
			continue
		}
		if !givesJSON(b) {
			return false
		}
		some = true
	}
	return some || jsonTexts[expr.Called(e)]
}

// builder makes a function that builds JSON; its kernel is told which arguments are JSON.
func builder(kernel func(isJSON []bool) expr.Kernel, f expr.Func) *expr.Func {
	f.Overloads[0].Kernel = kernel(nil)
	f.With = func(args []expr.Expr) *expr.Func {
		isJSON := make([]bool, len(args))
		for i, a := range args {
			isJSON[i] = givesJSON(a)
		}
		own := f
		own.With, own.Overloads = nil, slices.Clone(f.Overloads)
		own.Overloads[0].Kernel = kernel(isJSON)
		return &own
	}
	return &f
}

// appendValue writes the value of argument k as JSON.
func appendValue(dst []byte, v *vec.Vec, row int, isJSON []bool, k int) []byte {
	if k < len(isJSON) && isJSON[k] && !v.IsNull(row) {
		return append(dst, v.BytesAt(row)...)
	}
	return text.AppendJSON(dst, v, row, false)
}

func toJSON(isJSON []bool) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		o := newText(c, t, 32*c.Batch.N)
		for i := range rows(c.Batch.N, sel) {
			o.room(64)
			o.data = appendValue(o.data, args[0], i, isJSON, 0)
			o.end(i)
		}
		return o.done()
	}
}

func jsonArray(isJSON []bool) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		o := newText(c, t, 32*c.Batch.N)
		for i := range rows(c.Batch.N, sel) {
			o.data = append(o.data, '[')
			for k, a := range args {
				if k > 0 {
					o.data = append(o.data, ',')
				}
				o.room(32)
				o.data = appendValue(o.data, a, i, isJSON, k)
			}
			o.data = append(o.data, ']')
			o.end(i)
		}
		return o.done()
	}
}

func objectType(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
	if len(args)%2 != 0 {
		return nil, domain("JSON_OBJECT takes keys and values in turn: the last key has no value")
	}
	for k := 0; k < len(args); k += 2 {
		if args[k].ID() != arrow.STRING && args[k].ID() != arrow.NULL {
			return nil, domain("the keys of JSON_OBJECT must be STRING; cast them")
		}
	}
	return vec.TypeString, nil
}

func jsonObject(isJSON []bool) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		o := newText(c, t, 32*c.Batch.N)
	rows:
		for i := range rows(c.Batch.N, sel) {
			o.data = append(o.data, '{')
			for k := 0; k < len(args); k += 2 {
				if args[k].IsNull(i) {
					o.fail(i, domain("a key of JSON_OBJECT must not be NULL"))
					continue rows
				}
				key, val, first := args[k].BytesAt(i), k, true
				for j := 0; j < len(args); j += 2 { // the last value at the place of the first
					if j != k && !args[j].IsNull(i) && string(args[j].BytesAt(i)) == string(key) {
						first = first && j > k
						val = max(val, j)
					}
				}
				if !first {
					continue
				}
				if k > 0 {
					o.data = append(o.data, ',')
				}
				o.room(len(key) + 48)
				o.data = append(text.AppendJSONString(o.data, key), ':')
				o.data = appendValue(o.data, args[val+1], i, isJSON, val+1)
			}
			o.data = append(o.data, '}')
			o.end(i)
		}
		return o.done()
	}
}
