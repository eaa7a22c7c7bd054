package expr

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

func BenchmarkKernels(b *testing.B) {
	const n = 8192
	p := vec.NewPool(nil, false)
	keep := p.Open()
	i64, f64, dc := keep.New(vec.TypeInt64, n), keep.New(vec.TypeFloat64, n), keep.New(vec.DecimalType(18, 2), n)
	sb := vec.NewBuilder(keep, vec.TypeString, n)
	for i := range n {
		x := (i * 7919) % n
		vec.Values[int64](i64)[i], vec.Values[float64](f64)[i], vec.Values[decimal128.Num](dc)[i] = int64(x), float64(x), decimal128.FromI64(int64(x))
		sb.String(fmt.Sprint("v", x%10))
	}
	cols := []*vec.Vec{i64, f64, dc, sb.Finish()}
	col := func(i int) Expr { return &Column{Index: i, T: cols[i].Type} }
	must := func(e Expr, err error) Expr {
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	call := func(op string, x, y Expr) Expr { return must(NewCall(operator(op), []Expr{x, y})) }
	for _, c := range []struct {
		name   string
		e      Expr
		filter bool
	}{
		{"int64+int64", call("+", col(0), col(0)), false}, {"int64+const", call("+", col(0), IntConst(3)), false}, {"int64*const", call("*", col(0), IntConst(3)), false}, {"float*float", call("*", col(1), col(1)), false},
		{"decimal+decimal", call("+", col(2), col(2)), false}, {"decimal*const", call("*", col(2), dec("1.1")), false}, {"decimal/const", call("/", col(2), dec("1.1")), false},
		{"float>const bits", must(NewCompare(">", col(1), FloatConst(n/2))), false}, {"float>const sel", must(NewCompare(">", col(1), FloatConst(n/2))), true}, {"int64>const sel", must(NewCompare(">", col(0), IntConst(n/2))), true},
		{"decimal>const sel", must(NewCompare(">", col(2), dec("40.00"))), true}, {"string=const sel", must(NewCompare("=", col(3), StringConst("v3"))), true}, {"like prefix sel", must(NewLike(col(3), StringConst("v3%"), '\\', false, false)), true},
		{"int in 3 sel", must(NewIn(col(0), []Expr{IntConst(1), IntConst(2), IntConst(3)}, false)), true}, {"cast int string", must(NewCast(col(0), vec.TypeString, false)), false},
		{"cast float string", must(NewCast(col(1), vec.TypeString, false)), false}, {"case", must(NewIf(must(NewCompare(">", col(1), FloatConst(n/2))), col(0), IntConst(0))), false},
	} {
		b.Run(c.name, func(b *testing.B) {
			cx := &Ctx{}
			batch := &arrowexec.Batch{N: n, Cols: cols}
			b.ReportAllocs()
			for range b.N {
				batch.Scope = p.Open()
				cx.Reset(batch)
				if c.filter {
					Filter(cx, c.e, nil)
				} else {
					c.e.Eval(cx, nil)
				}
				batch.Scope.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
