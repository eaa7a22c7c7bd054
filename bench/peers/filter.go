package main

import (
	"context"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/arrow/scalar"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// rows is how many values a batch of the filter has.
const rows = 8192

// filterCases compare WHERE x > c, which half of the rows pass, with the kernels
// of Arrow. velo narrows the selection of the batch; the second case copies the
// rows too, as is done where rows go on in a new batch.
func filterCases(o Options) ([]*Case, error) {
	r := rand.New(rand.NewPCG(o.Seed, 5))
	values := make([]float64, rows)
	for i := range values {
		values[i] = r.Float64()
	}
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues(values, nil)
	col := b.NewArray()
	compare, err := expr.NewCompare(">", &expr.Column{Index: 0, T: vec.TypeFloat64}, expr.FloatConst(0.5))
	if err != nil {
		return nil, err
	}
	return []*Case{
		{Name: "filter: float64 > constant, 1 of 2 rows", Records: rows, Ours: filtered(values, compare, false), Peers: []Way{arrowFilter(col, 8)}},
		{Name: "filter: the same, rows copied", Records: rows, Ours: filtered(values, compare, true), Peers: []Way{arrowFilter(col, 0)}},
	}, nil
}

func filtered(values []float64, predicate expr.Expr, copied bool) Way {
	pool := vec.NewPool(nil, false)
	long := pool.Open()
	in := long.New(vec.TypeFloat64, len(values))
	copy(vec.Values[float64](in), values)
	cols := []*vec.Vec{in}
	cx := &expr.Ctx{}
	b := &arrowexec.Batch{N: len(values), Cols: cols}
	return way("velo", func(s *Sums) error {
		b.Scope = pool.Open()
		defer b.Scope.Close()
		cx.Reset(b)
		sel := expr.Filter(cx, predicate, nil)
		out := in
		if copied {
			out, sel = b.Scope.Take(in, sel, false), nil
		}
		if s != nil {
			for i := range sel.Count(out.Len) {
				at := i
				if sel != nil {
					at = int(sel[i])
				}
				s.Rows++
				s.Floats += vec.Values[float64](out)[at]
			}
		}
		return nil
	})
}

func arrowFilter(col arrow.Array, target float64) Way {
	ctx := compute.WithAllocator(context.Background(), memory.DefaultAllocator)
	limit := compute.NewDatum(scalar.NewFloat64Scalar(0.5))
	in := compute.NewDatum(col)
	w := way("arrow compute", func(s *Sums) error {
		mask, err := compute.CallFunction(ctx, "greater", nil, in, limit)
		if err != nil {
			return err
		}
		defer mask.Release()
		out, err := compute.Filter(ctx, in, mask, *compute.DefaultFilterOptions())
		if err != nil {
			return err
		}
		defer out.Release()
		if s != nil {
			a := out.(*compute.ArrayDatum).MakeArray().(*array.Float64)
			for _, x := range a.Float64Values() {
				s.Rows++
				s.Floats += x
			}
		}
		return nil
	})
	w.Target, w.Module = target, "github.com/apache/arrow/go/v17"
	return w
}
