package expr

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// The oracle computes one row at a time with big numbers. NULL is nil; a row
// error is errRow. Decimals are *big.Rat, which have no scale to get wrong.
type errRow struct{}

func operator(name string) *Func {
	for _, f := range Operators() {
		if f.Name == name {
			return f
		}
	}
	panic(name)
}

// randomColumn makes a column in a random layout and its values.
func randomColumn(r *rand.Rand, s *vec.Scope, t arrow.DataType, n int) (*vec.Vec, []any) {
	layout := r.IntN(4) // plain, sliced, constant, dictionary
	nulls := r.IntN(2) == 0
	rows, off := n, 0
	switch layout {
	case 1:
		off = r.IntN(20)
		rows = n + off + r.IntN(9)
	case 2:
		rows = 1
	case 3:
		rows = 1 + r.IntN(5)
	}
	b := vec.NewBuilder(s, t, rows)
	vals := make([]any, rows)
	for i := range vals {
		if nulls && layout != 3 && r.IntN(4) == 0 {
			b.Null()
			continue
		}
		vals[i] = randomValue(r, b, t)
	}
	v := b.Finish()
	switch layout {
	case 1:
		return s.Slice(v, off, off+n), vals[off : off+n]
	case 2:
		out := make([]any, n)
		for i := range out {
			out[i] = vals[0]
		}
		return s.Repeat(v, n), out
	case 3:
		h := s.Header(v)
		h.Dict, h.Len = v, n
		h.Offsets, h.Data, h.Valid = nil, nil, nil
		idx := make([]int32, n)
		out := make([]any, n)
		valid := vec.Bitmap(s.Zeroed(vec.BitmapBytes(n)))
		for i := range idx {
			if nulls && r.IntN(4) == 0 {
				continue
			}
			valid.Set(i)
			idx[i] = int32(r.IntN(rows))
			out[i] = vals[idx[i]]
		}
		h.Buf = vec.BytesOf(idx)
		if nulls {
			h.Valid = valid
		}
		return h, out
	}
	return v, vals
}

func randomValue(r *rand.Rand, b *vec.Builder, t arrow.DataType) any {
	pick := r.IntN(4)
	switch vec.KindOf(t) {
	case vec.Bool:
		x := r.IntN(2) == 0
		b.Bool(x)
		return x
	case vec.Int64, vec.Timestamp:
		x := int64(r.IntN(21) - 10)
		if pick == 0 && t.ID() == arrow.INT64 {
			x = []int64{math.MinInt64, math.MaxInt64, 1 << 32, -1 << 62, 3037000500}[r.IntN(5)]
		}
		b.Int64(x)
		return x
	case vec.Float64:
		x := float64(r.IntN(9)-4) / 2
		if pick == 0 {
			x = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e300}[r.IntN(5)]
		}
		b.Float64(x)
		return x
	case vec.Decimal:
		_, s := decimalOf(t)
		x := big.NewInt(int64(r.IntN(2001) - 1000))
		switch pick {
		case 0:
			x = new(big.Int).Mul(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.IntN(34))), nil))
		case 1:
			x = new(big.Int).Mul(big.NewInt(r.Int64()), big.NewInt(r.Int64N(1<<60)))
		}
		b.Decimal(decimal128.FromBigInt(x))
		return new(big.Rat).SetFrac(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(s)), nil))
	case vec.String:
		x := []string{"", "a", "ab", "abc", "b", "äb", "a%b"}[r.IntN(7)]
		b.String(x)
		return x
	}
	panic(t)
}

func randomSel(r *rand.Rand, n int) vec.Sel {
	if r.IntN(3) == 0 {
		return nil
	}
	sel, keep := vec.Sel{}, r.IntN(10)+1
	for i := range n {
		if r.IntN(10) < keep {
			sel = append(sel, int32(i))
		}
	}
	return sel
}

// value reads a row of a result as the oracle would have it.
func value(v *vec.Vec, i int) any {
	if v.IsNull(i) {
		return nil
	}
	if v.Dict != nil {
		return value(v.Dict, v.At(i))
	}
	i = v.At(i)
	switch v.Kind {
	case vec.Bool:
		return v.BoolAt(i)
	case vec.Float64:
		return vec.Values[float64](v)[i]
	case vec.Decimal:
		_, s := decimalOf(v.Type)
		return new(big.Rat).SetFrac(vec.Values[decimal128.Num](v)[i].BigInt(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(s)), nil))
	case vec.String:
		return string(v.BytesAt(i))
	}
	return v.Int64At(i)
}

func equalValue(a, b any) bool {
	switch x := a.(type) {
	case *big.Rat:
		y, ok := b.(*big.Rat)
		return ok && x.Cmp(y) == 0
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || x != x && y != y)
	}
	return a == b
}

// check evaluates e over columns and compares every selected row.
func check(t *testing.T, r *rand.Rand, types []arrow.DataType, build func(cols []Expr) Expr, want func(row []any) any) {
	p := vec.NewPool(nil, true)
	defer p.Close()
	s := p.Open()
	defer s.Close()
	n := 1 + r.IntN(150)
	vals := make([][]any, len(types))
	cols := make([]Expr, len(types))
	batch := &arrowexec.Batch{Scope: s, N: n}
	for i, ty := range types {
		v, vs := randomColumn(r, s, ty, n)
		batch.Cols = append(batch.Cols, v)
		vals[i] = vs
		cols[i] = &Column{Index: i, Name: fmt.Sprint("c", i), T: ty}
	}
	e := build(cols)
	sel := randomSel(r, n)
	c := &Ctx{}
	c.Reset(batch)
	v := e.Eval(c, sel)
	require.Equal(t, n, v.Len, e)
	failed := map[int32]bool{}
	for _, f := range c.Failed() {
		failed[f.Row] = true
	}
	row := make([]any, len(types))
	var yes []int32
	eachRow(n, sel, func(i int) {
		for k := range row {
			row[k] = vals[k][i]
		}
		w := want(row)
		if _, bad := w.(errRow); bad {
			require.True(t, failed[int32(i)], "%s %v does not fail", e, row)
			require.True(t, v.IsNull(i))
			return
		}
		require.False(t, failed[int32(i)], "%s %v: %v", e, row, c.Failed())
		if w == true {
			yes = append(yes, int32(i))
		}
		require.True(t, equalValue(w, value(v, i)), "%s %v: want %v, got %v", e, row, w, value(v, i))
	})
	if v.Kind == vec.Bool && len(failed) == 0 {
		got := Filter(c, e, sel)
		if got == nil {
			require.Len(t, yes, n)
		} else {
			require.Equal(t, len(yes), len(got), "%s", e)
			for i := range yes {
				require.Equal(t, yes[i], got[i])
			}
		}
	}
}

func ints(x, y any, f func(a, b *big.Int) *big.Int) any {
	z := f(big.NewInt(x.(int64)), big.NewInt(y.(int64)))
	if !z.IsInt64() {
		return errRow{}
	}
	return z.Int64()
}

func intOracle(op string, x, y any) any {
	if x == nil || y == nil || y == int64(0) && (op == "//" || op == "%" || op == "/") {
		return nil
	}
	return map[string]func() any{
		"+": func() any { return ints(x, y, func(a, b *big.Int) *big.Int { return a.Add(a, b) }) },
		"-": func() any { return ints(x, y, func(a, b *big.Int) *big.Int { return a.Sub(a, b) }) },
		"*": func() any { return ints(x, y, func(a, b *big.Int) *big.Int { return a.Mul(a, b) }) },
		"//": func() any {
			return ints(x, y, func(a, b *big.Int) *big.Int { return a.Quo(a, b) })
		},
		"%": func() any { return ints(x, y, func(a, b *big.Int) *big.Int { return a.Rem(a, b) }) },
		"/": func() any { return float64(x.(int64)) / float64(y.(int64)) },
	}[op]()
}

func floatOracle(op string, x, y any) any {
	if x == nil || y == nil {
		return nil
	}
	a, b := x.(float64), y.(float64)
	if b == 0 && (op == "/" || op == "//" || op == "%") {
		return nil
	}
	return map[string]float64{"+": a + b, "-": a - b, "*": a * b, "/": a / b, "//": math.Trunc(a / b), "%": math.Mod(a, b)}[op]
}

// roundRat rounds half away from zero to a scale.
func roundRat(x *big.Rat, scale int64, trunc bool) *big.Rat {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil)
	y := new(big.Rat).Mul(x, new(big.Rat).SetInt(p))
	num, den := new(big.Int).Abs(y.Num()), y.Denom()
	if !trunc {
		num.Mul(num, big.NewInt(2)).Add(num, den)
		den = new(big.Int).Mul(den, big.NewInt(2))
	}
	q := num.Quo(num, den)
	if x.Sign() < 0 {
		q.Neg(q)
	}
	return new(big.Rat).SetFrac(q, p)
}

func decimalOracle(op string, x, y any, s1, s2 int64) any {
	if x == nil || y == nil {
		return nil
	}
	a, b := x.(*big.Rat), y.(*big.Rat)
	s := max(s1, s2)
	var z *big.Rat
	switch op {
	case "+":
		z = new(big.Rat).Add(a, b)
	case "-":
		z = new(big.Rat).Sub(a, b)
	case "*":
		z, s = new(big.Rat).Mul(a, b), s1+s2
	default:
		if b.Sign() == 0 {
			return nil
		}
		q := new(big.Rat).Quo(a, b)
		switch op {
		case "/":
			s = max(6, s)
			z = roundRat(q, s, false)
		case "//":
			z, s = roundRat(q, 0, true), 0
		default:
			z = new(big.Rat).Sub(a, new(big.Rat).Mul(b, roundRat(q, 0, true)))
		}
	}
	limit := new(big.Rat).SetFrac(new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil), new(big.Int).Exp(big.NewInt(10), big.NewInt(s), nil))
	if new(big.Rat).Abs(z).Cmp(limit) >= 0 {
		return errRow{}
	}
	return z
}

var arithmetic = []string{"+", "-", "*", "/", "//", "%"}

func TestArithmeticAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		for _, op := range arithmetic {
			build := func(cols []Expr) Expr {
				e, err := NewCall(operator(op), cols)
				require.NoError(t, err)
				return e
			}
			check(t, r, []arrow.DataType{vec.TypeInt64, vec.TypeInt64}, build, func(row []any) any { return intOracle(op, row[0], row[1]) })
			check(t, r, []arrow.DataType{vec.TypeFloat64, vec.TypeFloat64}, build, func(row []any) any { return floatOracle(op, row[0], row[1]) })
			s1, s2 := int32(r.IntN(20)), int32(r.IntN(19))
			check(t, r, []arrow.DataType{vec.DecimalType(38, s1), vec.DecimalType(38, s2)}, build, func(row []any) any {
				return decimalOracle(op, row[0], row[1], int64(s1), int64(s2))
			})
			check(t, r, []arrow.DataType{vec.DecimalType(38, s1), vec.DecimalType(38, s1)}, build, func(row []any) any {
				return decimalOracle(op, row[0], row[1], int64(s1), int64(s1))
			})
			check(t, r, []arrow.DataType{vec.TypeInt64, vec.DecimalType(38, s2)}, build, func(row []any) any {
				if row[0] != nil {
					row[0] = new(big.Rat).SetInt64(row[0].(int64))
				}
				return decimalOracle(op, row[0], row[1], 0, int64(s2))
			})
			check(t, r, []arrow.DataType{vec.DecimalType(38, s2), vec.TypeInt64}, build, func(row []any) any {
				if row[1] != nil {
					row[1] = new(big.Rat).SetInt64(row[1].(int64))
				}
				return decimalOracle(op, row[0], row[1], int64(s2), 0)
			})
			check(t, r, []arrow.DataType{vec.TypeInt64, vec.TypeInt64}, func(cols []Expr) Expr {
				var args []Expr
				for _, e := range cols {
					e, err := NewCast(e, vec.DecimalType(19, 0), false)
					require.NoError(t, err)
					args = append(args, e)
				}
				return build(args)
			}, func(row []any) any {
				for i := range row {
					if row[i] != nil {
						row[i] = new(big.Rat).SetInt64(row[i].(int64))
					}
				}
				return decimalOracle(op, row[0], row[1], 0, 0)
			})
		}
	}
}
