package funcs

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

func arrayFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "ARRAY_LENGTH", Aliases: []string{"CARDINALITY"}, Family: "Array", Signature: "ARRAY_LENGTH(x)", Doc: "The number of elements of an ARRAY or entries of a MAP; 0 when empty.",
			Example: "ARRAY_LENGTH(ARRAY[1, NULL, 3])", Result: "3",
			Overloads: []expr.Overload{on(is(vec.TypeInt64), cardinality, vec.List), on(is(vec.TypeInt64), cardinality, vec.Map)},
		},
		{
			Name: "ARRAY_CONTAINS", Family: "Array", Signature: "ARRAY_CONTAINS(array, x)", Doc: "Whether x is an element; NULL if it is not found and there is a NULL element.",
			Example: "ARRAY_CONTAINS(ARRAY[1, 2], 2)", Result: "true",
			Overloads: []expr.Overload{{Args: []expr.Param{{Kind: vec.List}, anything}, Type: containsType, Prepare: prepareContains}},
		},
		{
			Name: "ARRAY_DISTINCT", Family: "Array", Signature: "ARRAY_DISTINCT(array)", Doc: "The first occurrences of the elements, with one NULL.",
			Example: "ARRAY_DISTINCT(ARRAY[2, 1, 2])", Result: "[2,1]",
			Overloads: []expr.Overload{on(same(0), arrayDistinct, vec.List)},
		},
		{
			Name: "ARRAY_SORT", Family: "Array", Signature: "ARRAY_SORT(array)", Doc: "The elements in ascending order, NULLs last.",
			Example: "ARRAY_SORT(ARRAY[3, NULL, 1])", Result: "[1,3,null]",
			Overloads: []expr.Overload{on(sortable, arraySort, vec.List)},
		},
		{
			Name: "ARRAY_MAX", Family: "Array", Signature: "ARRAY_MAX(array)", Doc: "The greatest element that is not NULL; NULL if there is none.",
			Example: "ARRAY_MAX(ARRAY[1, 3, NULL])", Result: "3", Overloads: []expr.Overload{on(elementType, arrayExtreme(1), vec.List)},
		},
		{
			Name: "ARRAY_MIN", Family: "Array", Signature: "ARRAY_MIN(array)", Doc: "The least element that is not NULL; NULL if there is none.",
			Example: "ARRAY_MIN(ARRAY[1, 3, NULL])", Result: "1", Overloads: []expr.Overload{on(elementType, arrayExtreme(-1), vec.List)},
		},
		{
			Name: "ARRAY_SUM", Family: "Array", Signature: "ARRAY_SUM(array)", Doc: "The sum of the elements that are not NULL; NULL if there is none.",
			Example: "ARRAY_SUM(ARRAY[1, 2, NULL])", Result: "3", Overloads: []expr.Overload{on(sumType, arraySum, vec.List)},
		},
		{
			Name: "ELEMENT_AT", Family: "Array", Signature: "ELEMENT_AT(array, n) or ELEMENT_AT(map, key)", Doc: "The n-th element, counted from 1, or from the end with a negative n; or the value of a key. NULL if there is none.",
			Example: "ELEMENT_AT(ARRAY['a', 'b'], -1)", Result: "b",
			Overloads: []expr.Overload{
				on(func(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
					return args[0].(*arrow.ListType).Elem(), nil
				}, elementAt, vec.List, vec.Int64),
				{Args: []expr.Param{{Kind: vec.Map}, anything}, Type: itemType, Prepare: prepareValueAt},
			},
		},
	}
}

func cardinality(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out := c.Scope.New(t, c.Batch.N)
	dst := vec.Values[int64](out)
	for i := range rows(len(dst), sel) {
		from, to := args[0].Range(i)
		dst[i] = int64(to - from)
	}
	return out
}

func containsType(args []arrow.DataType, consts []*expr.Const) (arrow.DataType, error) {
	elem := args[0].(*arrow.ListType).Elem()
	if _, err := literalAs(consts, 1, elem); err == nil || comparable(elem, args[1]) {
		return vec.TypeBool, nil
	}
	return nil, fmt.Errorf("an ARRAY of %s cannot hold a value of type %s; cast it", expr.TypeName(elem), expr.TypeName(args[1]))
}

// literalAs reads a text literal as the type that it meets; a NULL literal has
// every type.
func literalAs(consts []*expr.Const, i int, t arrow.DataType) (*expr.Const, error) {
	c := consts[i]
	if c != nil && c.IsNull() {
		return expr.NullConst(t), nil
	}
	s, ok := constText(consts, i)
	if !ok {
		return nil, notConstant("the value")
	}
	return expr.ConstFromText(s, expr.Met(c, t))
}

// meeting gives a kernel its second argument in the type that a literal meets.
func meeting(k expr.Kernel, args []arrow.DataType, consts []*expr.Const, t arrow.DataType) expr.Kernel {
	lit, err := literalAs(consts, 1, t)
	if err != nil || arrow.TypeEqual(args[1], t) {
		return k
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		return k(c, t, []*vec.Vec{args[0], lit.Eval(c, sel)}, sel)
	}
}

func prepareContains(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	return meeting(arrayContains, args, consts, args[0].(*arrow.ListType).Elem()), nil
}

func arrayContains(c *expr.Ctx, _ arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, found := newBool(c)
	elems := args[0].Children[0]
	for i := range rows(c.Batch.N, sel) {
		from, to := args[0].Range(i)
		null := false
		for e := from; e < to && !found.Get(i); e++ {
			if elems.IsNull(e) {
				null = true
			} else if compareRows(elems, e, args[1], i) == 0 {
				found.Set(i)
			}
		}
		if null && !found.Get(i) {
			setNull(c, out, i)
		}
	}
	return out
}

func arrayDistinct(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, elems := newList(c, t), args[0].Children[0]
	var kept []int
	for i := range rows(c.Batch.N, sel) {
		b := out.row(i)
		kept = kept[:0]
		from, to := args[0].Range(i)
	elements:
		for e := from; e < to; e++ {
			for _, k := range kept {
				if compareNullable(elems, k, elems, e) == 0 {
					continue elements
				}
			}
			kept = append(kept, e)
			b.Children[0].AppendRow(elems, e)
		}
		b.EndList()
	}
	return out.done()
}

func sortable(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
	if !ordered(args[0]) {
		return nil, domain("a MAP has no order, so an ARRAY of it cannot be sorted")
	}
	return args[0], nil
}

func arraySort(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, elems := newList(c, t), args[0].Children[0]
	var at []int
	for i := range rows(c.Batch.N, sel) {
		b := out.row(i)
		at = at[:0]
		from, to := args[0].Range(i)
		for e := from; e < to; e++ {
			at = append(at, e)
		}
		slices.SortStableFunc(at, func(x, y int) int { return compareNullable(elems, x, elems, y) })
		for _, e := range at {
			b.Children[0].AppendRow(elems, e)
		}
		b.EndList()
	}
	return out.done()
}

func elementType(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
	elem := args[0].(*arrow.ListType).Elem()
	if k := vec.KindOf(elem); k == vec.List || k == vec.Map || k == vec.Struct {
		return nil, fmt.Errorf("there is no greatest or least %s", k)
	}
	return elem, nil
}

func arrayExtreme(sign int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, elems := newList(c, t), args[0].Children[0]
		for i := range rows(c.Batch.N, sel) {
			best := -1
			from, to := args[0].Range(i)
			for e := from; e < to; e++ {
				if !elems.IsNull(e) && (best < 0 || compareRows(elems, e, elems, best) == sign) {
					best = e
				}
			}
			if best >= 0 {
				out.row(i).AppendRow(elems, best)
			}
		}
		return out.done()
	}
}

func sumType(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) {
	elem := args[0].(*arrow.ListType).Elem()
	switch k := vec.KindOf(elem); {
	case isInt(k):
		return vec.TypeInt64, nil
	case k == vec.Decimal:
		return vec.DecimalType(38, scaleOf(elem)), nil
	case isNumber(k):
		return vec.TypeFloat64, nil
	default:
		return nil, fmt.Errorf("ARRAY_SUM takes an ARRAY of numbers, not of %s", k)
	}
}

func arraySum(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, elems := newList(c, t), args[0].Children[0]
	for i := range rows(c.Batch.N, sel) {
		var hi, lo uint64 // 128 bits, so that only the final sum counts
		var exact decimal128.Num
		var float float64
		var err error
		any := false
		from, to := args[0].Range(i)
		for e := from; e < to; e++ {
			if elems.IsNull(e) {
				continue
			}
			any = true
			switch t.ID() {
			case arrow.INT64:
				x := elems.Int64At(e)
				var carry uint64
				lo, carry = bits.Add64(lo, uint64(x), 0)
				hi, _ = bits.Add64(hi, uint64(x>>63), carry)
			case arrow.DECIMAL128:
				x, _ := decimalAt(elems, e)
				if exact = exact.Add(x); !exact.FitsInPrecision(38) {
					err = errDecimal
				}
			default:
				float += floatAt(elems, e)
			}
			if err != nil {
				break
			}
		}
		if t.ID() == arrow.INT64 && int64(hi) != int64(lo)>>63 {
			err = overflow("the sum is beyond BIGINT")
		}
		switch {
		case err != nil:
			c.Fail(i, classOf(err), err)
		case !any:
		case t.ID() == arrow.INT64:
			out.row(i).Int64(int64(lo))
		case t.ID() == arrow.DECIMAL128:
			out.row(i).Decimal(exact)
		default:
			out.row(i).Float64(float)
		}
	}
	return out.done()
}

func elementAt(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, nth := newList(c, t), columnOf[int64](args[1])
	for i := range rows(c.Batch.N, sel) {
		from, to := args[0].Range(i)
		n := nth.at(i)
		if n < 0 {
			n += int64(to-from) + 1
		}
		if n >= 1 && n <= int64(to-from) {
			out.row(i).AppendRow(args[0].Children[0], from+int(n)-1)
		}
	}
	return out.done()
}
