package funcs

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

func mapFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "MAP_KEYS", Family: "Array", Signature: "MAP_KEYS(map)", Doc: "The keys of a MAP as an ARRAY.",
			Example: "MAP_KEYS(MAP['a', 1, 'b', 2])", Result: `["a","b"]`,
			Overloads: []expr.Overload{on(func(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
				return arrow.ListOf(args[0].(*arrow.MapType).KeyType()), nil
			}, half(0), vec.Map)},
		},
		{
			Name: "MAP_VALUES", Family: "Array", Signature: "MAP_VALUES(map)", Doc: "The values of a MAP as an ARRAY, in the order of its keys.",
			Example: "MAP_VALUES(MAP['a', 1, 'b', 2])", Result: "[1,2]",
			Overloads: []expr.Overload{on(func(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
				return arrow.ListOf(args[0].(*arrow.MapType).ItemType()), nil
			}, half(1), vec.Map)},
		},
	}
}

// half views a MAP as an ARRAY of one of its children; nothing is copied.
func half(child int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, _ vec.Sel) *vec.Vec {
		h := c.Scope.Header(args[0])
		h.Type, h.Kind, h.Children = t, vec.List, args[0].Children[child:child+1]
		return h
	}
}

func itemType(args []arrow.DataType, consts []*expr.Const) (arrow.DataType, error) {
	m := args[0].(*arrow.MapType)
	if _, err := literalAs(consts, 1, m.KeyType()); err == nil || comparable(m.KeyType(), args[1]) {
		return m.ItemType(), nil
	}
	return nil, fmt.Errorf("the keys of the MAP are %s, a key of type %s is not among them; cast it", expr.TypeName(m.KeyType()), expr.TypeName(args[1]))
}

func prepareValueAt(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	return meeting(valueAt, args, consts, args[0].(*arrow.MapType).KeyType()), nil
}

func valueAt(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out := newList(c, t)
	for i := range rows(c.Batch.N, sel) {
		if e := keyAt(args[0], i, args[1], i); e >= 0 {
			out.row(i).AppendRow(args[0].Children[1], e)
		}
	}
	return out.done()
}
