package funcs

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func concatFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "CONCAT", Family: "String", Signature: "CONCAT(x, …)", Doc: "The texts of all arguments that are not NULL, one after the other.",
			Example: "CONCAT('a', NULL, 1)", Result: "a1",
			Overloads: []expr.Overload{{
				Args: []expr.Param{anything, anything}, Variadic: true, NullCall: true, Type: textFromAny("CONCAT", 0),
				Kernel: func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
					return joinRow(c, t, nil, args, sel)
				},
			}},
		},
		{
			Name: "CONCAT_WS", Family: "String", Signature: "CONCAT_WS(separator, x, …)", Doc: "The texts of all arguments that are not NULL with a separator between them.",
			Example: "CONCAT_WS('-', 'a', NULL, 'b')", Result: "a-b",
			Overloads: []expr.Overload{{
				Args: []expr.Param{{Kind: vec.String}, anything, anything}, Variadic: true, NullCall: true, Type: textFromAny("CONCAT_WS", 1),
				Kernel: func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
					return joinRow(c, t, args[0], args[1:], sel)
				},
			}},
		},
		{
			Name: "ARRAY_TO_STRING", Aliases: []string{"JOIN", "ARRAY_JOIN"}, Family: "String", Signature: "ARRAY_TO_STRING(array, separator [, null])", Doc: "The texts of the elements with a separator between them; NULL elements are left out, or written as the third argument.",
			Example: "ARRAY_TO_STRING(ARRAY['a', NULL, 'b'], ',', '*')", Result: "a,*,b",
			Overloads: []expr.Overload{{
				Args: kinds(vec.List, vec.String, vec.String), Optional: 1, NullCall: true, Type: is(vec.TypeString), Kernel: arrayToString,
			}},
		},
	}
}

// textFromAny is STRING unless an argument is BYTES, which have no text.
func textFromAny(name string, first int) typeFunc {
	return func(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
		for _, a := range args[first:] {
			if a.ID() == arrow.BINARY {
				return nil, fmt.Errorf("%s takes no BYTES; cast the argument to STRING", name)
			}
		}
		return vec.TypeString, nil
	}
}

func joinRow(c *expr.Ctx, t arrow.DataType, sep *vec.Vec, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	o := newText(c, t, 16*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		if sep != nil && sep.IsNull(i) {
			o.null(i)
			continue
		}
		first := true
		for _, a := range args {
			if a.IsNull(i) {
				continue
			}
			if !first && sep != nil {
				o.append(sep.BytesAt(i))
			}
			first = false
			o.value(a, i)
		}
		o.end(i)
	}
	return o.done()
}

// value appends the text of a row of any type.
func (o *textOut) value(v *vec.Vec, i int) {
	if v.Kind == vec.String || v.Kind == vec.Binary {
		o.append(v.BytesAt(i))
		return
	}
	o.room(32)
	o.data = text.AppendValue(o.data, v, i)
}

func arrayToString(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	a, sep := args[0], args[1]
	o := newText(c, t, 16*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		if a.IsNull(i) || sep.IsNull(i) {
			o.null(i)
			continue
		}
		from, to := a.Range(i)
		first := true
		for e := from; e < to; e++ {
			null := a.Children[0].IsNull(e)
			if null && (len(args) < 3 || args[2].IsNull(i)) {
				continue
			}
			if !first {
				o.append(sep.BytesAt(i))
			}
			first = false
			if null {
				o.append(args[2].BytesAt(i))
			} else {
				o.value(a.Children[0], e)
			}
		}
		o.end(i)
	}
	return o.done()
}
