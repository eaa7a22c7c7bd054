package agg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// numbersOf are values of many sorts: small ones, cents, equal ones, some far from 0,
// of very different sizes, so great that their squares leave the range, no numbers.
func numbersOf(rnd *rand.Rand, n int) []float64 {
	sort := rnd.IntN(7)
	out := make([]float64, n)
	for i := range out {
		switch sort {
		case 0:
			out[i] = float64(rnd.IntN(20) - 5)
		case 1:
			out[i] = float64(rnd.IntN(100_000)) / 100
		case 2:
			out[i] = 1e9 + rnd.Float64()
		case 3:
			out[i] = []float64{0.1, 0.1, 0.1, 0.3}[rnd.IntN(4)]
		case 4:
			out[i] = math.Ldexp(rnd.Float64()-0.5, rnd.IntN(400)-200)
		case 5:
			out[i] = []float64{1, 2, 3, math.Inf(1), math.NaN(), math.Inf(-1), 1e160, -1e160, 1e300}[rnd.IntN(9)]
		default:
			out[i] = rnd.NormFloat64()
		}
	}
	return out
}

// TestMovingMoments compares the statistics of frames that move with those of a state
// that has seen the frame's rows only, and with those of frames that begin anew.
func TestMovingMoments(t *testing.T) {
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	types := []arrow.DataType{vec.TypeFloat64, vec.TypeFloat64}
	for round := range 150 {
		rnd := rand.New(rand.NewPCG(uint64(round), 9))
		sc := pool.Open()
		n := 1 + rnd.IntN(60)
		var args []*vec.Vec
		for range 2 {
			b := vec.NewBuilder(sc, vec.TypeFloat64, n)
			for _, x := range numbersOf(rnd, n) {
				if rnd.IntN(8) == 0 {
					b.Null()
				} else {
					b.Float64(x)
				}
			}
			args = append(args, b.Finish())
		}
		w := &Frames{From: make([]int32, 2), To: make([]int32, 2)}
		for i := range n {
			w.Row = append(w.Row, int32(i))
		}
		at, size := [2]int32{}, int32(1+rnd.IntN(20))
		for range n {
			g := int32(rnd.IntN(2))
			if rnd.IntN(20) == 0 {
				at[g] = int32(rnd.IntN(n)) // somewhere else
			}
			at[g] = min(at[g]+int32(rnd.IntN(3)), int32(n))
			w.Group, w.Lo, w.Hi = append(w.Group, g), append(w.Lo, max(at[g]-size, 0)), append(w.Hi, at[g])
		}
		for _, f := range statistics() {
			o := f.Overloads[0]
			args := args[:len(o.Args)]
			value := func(frames ...int) (out []any) {
				s, ok := Slides(o.New(types, nil))
				require.True(t, ok, f.Name)
				s.Grow(2)
				fw := *w
				fw.From, fw.To, fw.Lo, fw.Hi, fw.Group = make([]int32, 2), make([]int32, 2), nil, nil, nil
				for _, k := range frames {
					fw.Lo, fw.Hi, fw.Group = append(fw.Lo, w.Lo[k]), append(fw.Hi, w.Hi[k]), append(fw.Group, w.Group[k])
				}
				b := vec.NewBuilder(sc, vec.TypeFloat64, len(frames))
				s.Slide(&fw, args, b, nil)
				return plainFloats(b.Finish())
			}
			all := make([]int, len(w.Lo))
			for k := range all {
				all[k] = k
			}
			got := value(all...)
			for k, lo := range w.Lo {
				if anew := value(k)[0]; !same(got[k], anew) {
					t.Fatalf("round %d: %s of frame %d is %v, begun anew %v", round, f.Name, k, got[k], anew)
				}
				st := o.New(types, nil)
				st.Grow(1)
				sel := vec.Sel{}
				for p := lo; p < w.Hi[k]; p++ {
					sel = append(sel, p)
				}
				st.Update(&arrowexec.Batch{Scope: sc, N: n}, make([]int32, n), args, sel)
				b := vec.NewBuilder(sc, vec.TypeFloat64, 1)
				st.Emit([]int32{0}, b, nil)
				if want := plainFloats(b.Finish())[0]; !about(f.Name, got[k], want, args, sel) {
					t.Fatalf("round %d: %s of frame %d is %v, of its rows alone %v", round, f.Name, k, got[k], want)
				}
			}
		}
		sc.Close()
	}
}

func plainFloats(v *vec.Vec) (out []any) {
	for i := range v.Len {
		if v.IsNull(i) {
			out = append(out, nil)
		} else {
			out = append(out, vec.Values[float64](v)[i])
		}
	}
	return out
}

func same(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// about allows what two roundings of 106 bits may differ by after what is common to
// the values has been taken off.
func about(name string, a, b any, args []*vec.Vec, sel vec.Sel) bool {
	x, ok1 := a.(float64)
	y, ok2 := b.(float64)
	if !ok1 || !ok2 || x != x || y != y {
		return same(a, b)
	}
	if math.Abs(x-y) <= 1e-9*math.Max(math.Abs(x), math.Abs(y)) {
		return true
	}
	switch name { // what is next to nothing beside the values
	case "SKEWNESS", "KURTOSIS", "CORR", "REGR_R2":
		if math.Abs(x-y) < 1e-9 {
			return true
		}
	}
	// Sums of numbers of very different sizes lose the small ones in 106 bits.
	least, most := math.Inf(1), 0.0
	for _, v := range args {
		for _, i := range sel {
			if z := math.Abs(vec.Values[float64](v)[i]); !v.IsNull(int(i)) && z != 0 {
				least, most = min(least, z), max(most, z)
			}
		}
	}
	if math.Abs(x-y) < 1e-20*most*most {
		return true
	}
	// So do third and fourth powers far from 0 with what the values differ by.
	return most/least > 1e20 || least > 1e8 && (name == "SKEWNESS" || name == "KURTOSIS")
}

func BenchmarkMovingMoments(b *testing.B) {
	const n = 1 << 16
	rnd := rand.New(rand.NewPCG(1, 2))
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	var args []*vec.Vec
	for range 2 {
		x := vec.NewBuilder(sc, vec.TypeFloat64, n)
		for range n {
			x.Float64(float64(rnd.IntN(100_000)) / 100)
		}
		args = append(args, x.Finish())
	}
	for _, size := range []int32{10, 100, 10_000} {
		w := &Frames{Group: make([]int32, n)}
		for i := range int32(n) {
			w.Row, w.Lo, w.Hi = append(w.Row, i), append(w.Lo, max(0, i+1-size)), append(w.Hi, i+1)
		}
		for _, f := range statistics() {
			if f.Name != "STDDEV" && f.Name != "CORR" && f.Name != "KURTOSIS" {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", f.Name, size), func(b *testing.B) {
				for range b.N {
					inner := pool.Open()
					s, _ := Slides(f.Overloads[0].New([]arrow.DataType{vec.TypeFloat64, vec.TypeFloat64}, nil))
					s.Grow(1)
					w.From, w.To = make([]int32, 1), make([]int32, 1)
					out := vec.NewBuilder(inner, vec.TypeFloat64, n)
					s.Slide(w, args[:len(f.Overloads[0].Args)], out, nil)
					inner.Close()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
			})
		}
	}
}
