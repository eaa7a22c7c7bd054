package agg

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// odd are values that show in which order they were added.
func odd(r *rand.Rand) float64 {
	switch r.IntN(12) {
	case 0:
		return math.Ldexp(r.Float64(), 300)
	case 1:
		return -math.Ldexp(r.Float64(), 300)
	case 2:
		return math.Copysign(0, -1)
	case 3:
		return math.Ldexp(r.Float64(), -1070)
	}
	return (r.Float64() - 0.5) * math.Ldexp(1, r.IntN(120)-60)
}

// bitsOf makes all NaN alike: processors choose which of two they give.
func bitsOf(x float64) uint64 {
	if x != x {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(x)
}

func (l *lanes) bits() (b [16]uint64) {
	for k := range 8 {
		b[k], b[8+k] = bitsOf(l.sum[k]), bitsOf(l.err[k])
	}
	return b
}

func TestLanesAreThoseOfPlus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for range 2000 {
		x := make([]float64, r.IntN(100))
		for i := range x {
			x[i] = odd(r)
			if len(x)%7 == 0 && r.IntN(30) == 0 {
				x[i] = []float64{math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64}[r.IntN(4)]
			}
		}
		n := r.Int64N(20)
		var want, loops, got lanes
		for k, x := range x {
			want.one(int(n+int64(k))&7, x)
		}
		for at := 0; at < len(x); { // in parts of any length
			part := x[at : at+1+r.IntN(len(x)-at)]
			got.add(n+int64(at), part)
			at += len(part)
		}
		require.Equal(t, want.bits(), got.bits())
		whole := len(x) &^ 7
		want = lanes{}
		for k, x := range x[:whole] {
			want.one(k&7, x)
		}
		loops.addWhole(x[:whole])
		require.Equal(t, want.bits(), loops.bits(), "in Go")
	}
}

// TestTheOnlySumDoesNotShowBatches adds rows in batches, through selections, with NULLs
// and through snapshots, and compares bit by bit.
func TestTheOnlySumDoesNotShowBatches(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	pool := vec.NewPool(nil, true)
	for round := range 300 {
		sc := pool.Open()
		typ := []arrow.DataType{vec.TypeFloat64, vec.TypeFloat32}[round%2]
		n := 1 + r.IntN(3000)
		b := vec.NewBuilder(sc, typ, n)
		exact := new(big.Float).SetPrec(3000)
		var sel vec.Sel
		if r.IntN(2) == 0 {
			sel = vec.Sel{}
		}
		for i := range n {
			chosen := sel == nil || r.IntN(3) > 0
			if sel != nil && chosen {
				sel = append(sel, int32(i))
			}
			if round%3 == 0 && r.IntN(5) == 0 {
				b.Null()
				continue
			}
			x := odd(r)
			if typ == vec.TypeFloat32 {
				x = float64(float32(math.Ldexp(x, -250)))
				vec.Append(b, float32(x))
			} else {
				b.Float64(x)
			}
			if chosen {
				exact.Add(exact, big.NewFloat(x))
			}
		}
		v := b.Finish()
		fresh := func() State {
			s := overloadOf(t, "SUM", typ).New([]arrow.DataType{typ}, []*vec.Vec{nil})
			Alone(s)
			return s
		}
		value := func(s State) string {
			out := vec.NewBuilder(sc, typ, 1)
			s.Emit([]int32{0}, out, nil)
			return text(out.Finish(), 0)
		}
		add := func(s State, from, to int) {
			part := vec.Sel(nil)
			for _, i := range sel {
				if int(i) >= from && int(i) < to {
					part = append(part, i-int32(from))
				}
			}
			if sel != nil && part == nil {
				return
			}
			s.Update(&arrowexec.Batch{Scope: sc, N: to - from}, make([]int32, to-from), []*vec.Vec{sc.Slice(v, from, to)}, part)
		}
		whole := fresh()
		whole.Grow(1)
		add(whole, 0, n)
		parts := fresh()
		parts.Grow(1)
		for at := 0; at < n; {
			to := at + 1 + r.IntN(min(n-at, []int{1, 3, 64, 1024}[r.IntN(4)]))
			add(parts, at, to)
			at = to
			if r.IntN(20) == 0 {
				restored := fresh()
				restored.Restore(parts.Snapshot(sc, []int32{0}))
				parts = restored
			}
		}
		require.Equal(t, value(whole), value(parts))
		require.Equal(t, whole.(interface{ lanesOf() *lanes }).lanesOf().bits(), parts.(interface{ lanesOf() *lanes }).lanesOf().bits())
		if f, _ := exact.Float64(); typ == vec.TypeFloat64 && value(whole) != "NULL" {
			out := vec.NewBuilder(sc, typ, 1)
			whole.Emit([]int32{0}, out, nil)
			require.InEpsilon(t, f, vec.Values[float64](out.Finish())[0], 1e-12)
		}
		sc.Close()
	}
}

func (f *floats[T]) lanesOf() *lanes { return f.only }

// TestTheOnlySumIsBeyondAllNumbersWhereTheSumIs adds values that eight sums side by side
// cannot hold, though one after the other they are a number.
func TestTheOnlySumIsBeyondAllNumbersWhereTheSumIs(t *testing.T) {
	pool := vec.NewPool(nil, true)
	inf := math.Inf(1)
	for _, c := range []struct {
		name string
		x    []float64 // again and again
		n    int
		want float64
	}{
		{"lanes cancel", []float64{1e308, -1e308, 0, 0, 0, 0, 0, 0}, 8000, 0},
		{"lanes cancel, and a rest", []float64{1.5e308, -1.5e308, 1, 0, 0, 0, 0, 0.5}, 8003, 1501.5 - 0.5},
		{"lanes of one sign first", []float64{1e308, -1e308, 0, 0, 0, 0, 0, 0, 0, 0, 1e308, -1e308, 0, 0, 0, 0}, 16, 0},
		{"beyond", []float64{1e308, 1}, 100, inf},
		{"infinite", []float64{1, 2, inf}, 50, inf},
		{"both", []float64{inf, 1, -inf, 1}, 50, math.NaN()},
		{"infinite and all numbers", []float64{-inf, 1e308, 1e308, 1e308}, 4000, -inf},
	} {
		for _, size := range []int{1, 3, 64, 1024, c.n} {
			sc := pool.Open()
			s := overloadOf(t, "SUM", vec.TypeFloat64).New([]arrow.DataType{vec.TypeFloat64}, []*vec.Vec{nil})
			Alone(s)
			none := vec.NewBuilder(sc, vec.TypeFloat64, 0).Finish()
			s.Update(&arrowexec.Batch{Scope: sc}, nil, []*vec.Vec{none}, nil) // before there is a group
			s.Grow(1)
			for at := 0; at < c.n; at += size {
				n := min(size, c.n-at)
				b := vec.NewBuilder(sc, vec.TypeFloat64, n)
				for i := range n {
					b.Float64(c.x[(at+i)%len(c.x)])
				}
				s.Update(&arrowexec.Batch{Scope: sc, N: n}, make([]int32, n), []*vec.Vec{b.Finish()}, nil)
			}
			out := vec.NewBuilder(sc, vec.TypeFloat64, 1)
			s.Emit([]int32{0}, out, nil)
			require.Equal(t, bitsOf(c.want), bitsOf(vec.Values[float64](out.Finish())[0]), "%s, batches of %d", c.name, size)
			sc.Close()
		}
	}
}
