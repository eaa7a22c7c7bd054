package agg

import (
	"fmt"
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// decimals is SUM, AVG, MIN, MAX and DELTA of DECIMAL, exactly.
type decimals struct {
	what  what
	scale int32 // of the argument
	out   int32 // scale of AVG
	acc   []decAcc
	lead  *decimals
}

// decAcc is one group; the sum has 192 bits, so it never wraps.
type decAcc struct {
	lo, mid  uint64
	hi, n    int64
	min, max decimal128.Num // meaningful when n > 0
}

func newDecimals(w what, t arrow.DataType) *decimals {
	s := t.(*arrow.Decimal128Type).Scale
	return &decimals{what: w, scale: s, out: max(6, s)}
}

func (f *decimals) Share(lead State) bool {
	l, ok := lead.(*decimals)
	if ok {
		f.lead, f.acc = l, nil
	}
	return ok
}

func (f *decimals) counted(g int32) int64 {
	if f.lead != nil {
		return f.lead.counted(g)
	}
	return f.acc[g].n
}

func (f *decimals) Grow(n int) { f.acc = grown(f.acc, n) }

func (a *decAcc) take(x decimal128.Num) {
	var c uint64
	h := x.HighBits()
	a.lo, c = bits.Add64(a.lo, x.LowBits(), 0)
	a.mid, c = bits.Add64(a.mid, uint64(h), c)
	a.hi += h>>63 + int64(c)
	a.edges(x, x)
	a.n++
}

func (a *decAcc) edges(least, most decimal128.Num) {
	if a.n == 0 || least.Less(a.min) {
		a.min = least
	}
	if a.n == 0 || a.max.Less(most) {
		a.max = most
	}
}

func (f *decimals) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := plain(b, args[0])
	x, acc := vec.Values[decimal128.Num](v), f.acc
	switch {
	case sel == nil && v.Valid == nil:
		groups = groups[:len(x)]
		for i, x := range x {
			acc[groups[i]].take(x)
		}
	case sel == nil:
		for i, x := range x[:b.N] {
			if v.Valid.Get(i) {
				acc[groups[i]].take(x)
			}
		}
	case v.Valid == nil:
		for _, i := range sel {
			acc[groups[i]].take(x[i])
		}
	default:
		for _, i := range sel {
			if v.Valid.Get(int(i)) {
				acc[groups[i]].take(x[i])
			}
		}
	}
}

func (f *decimals) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	v := plain(b, args[0])
	x, k := vec.Values[decimal128.Num](v), 0
	each(b.N, sel, func(i int) {
		a := &f.acc[groups[i]]
		if !v.IsNull(i) {
			a.take(x[i])
		}
		f.emit(a, k, out, fail)
		k++
	})
}

func (f *decimals) Merge(other State, into []int32) {
	for k, o := range other.(*decimals).acc {
		if k >= len(into) || o.n == 0 {
			continue
		}
		a := &f.acc[into[k]]
		var c uint64
		a.lo, c = bits.Add64(a.lo, o.lo, 0)
		a.mid, c = bits.Add64(a.mid, o.mid, c)
		a.hi += o.hi + int64(c)
		a.edges(o.min, o.max)
		a.n += o.n
	}
}

// small is the sum if it has at most 128 bits.
func (a *decAcc) small() (decimal128.Num, bool) {
	return decimal128.New(int64(a.mid), a.lo), a.hi == int64(a.mid)>>63
}

func (a *decAcc) big() *big.Int {
	x := big.NewInt(a.hi)
	x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(a.mid))
	return x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(a.lo))
}

func (f *decimals) emit(a *decAcc, k int, out *vec.Builder, fail Fail) {
	if a.n == 0 {
		out.Null()
		return
	}
	var x decimal128.Num
	ok := true
	switch f.what {
	case wantSum:
		x, ok = a.small()
	case wantAvg:
		x, ok = average(a.big(), a.n, f.out-f.scale)
	case wantMin:
		x = a.min
	case wantMax:
		x = a.max
	case wantDelta:
		d := new(big.Int).Sub(a.max.BigInt(), a.min.BigInt())
		if ok = d.CmpAbs(limit38) < 0; ok {
			x = decimal128.FromBigInt(d)
		}
	}
	if !ok || !x.FitsInPrecision(38) {
		out.Null()
		fail(k, fmt.Errorf("the result over %d values has more than 38 digits; cast the argument to DOUBLE or to a smaller scale", a.n))
		return
	}
	out.Decimal(x)
}

var limit38 = new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil)

// average is sum/n with some digits more than sum has, half away from zero.
func average(sum *big.Int, n int64, digits int32) (decimal128.Num, bool) {
	sum = new(big.Int).Set(sum)
	if digits > 0 {
		sum.Mul(sum, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	}
	neg := sum.Sign() < 0
	sum.Abs(sum)
	d := big.NewInt(n)
	q, r := new(big.Int).QuoRem(sum, d, new(big.Int))
	if r.Lsh(r, 1).Cmp(d) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	if q.Cmp(limit38) >= 0 {
		return decimal128.Num{}, false
	}
	if neg {
		q.Neg(q)
	}
	return decimal128.FromBigInt(q), true
}

func (f *decimals) Emit(groups []int32, out *vec.Builder, fail Fail) {
	acc := f.acc
	for l := f.lead; l != nil; l = l.lead {
		acc = l.acc
	}
	for k, g := range groups {
		f.emit(&acc[g], k, out, fail)
	}
}

func (f *decimals) Reset(groups []int32) {
	for _, g := range groups {
		f.acc[g] = decAcc{}
	}
}

func (f *decimals) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	wide := vec.DecimalType(38, 0)
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc[g].n }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return int64(f.acc[g].lo) }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return int64(f.acc[g].mid) }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc[g].hi }),
		column(s, wide, groups, func(g int32) decimal128.Num { return f.acc[g].min }),
		column(s, wide, groups, func(g int32) decimal128.Num { return f.acc[g].max }),
	}
}

func (f *decimals) Restore(cols []*vec.Vec) {
	f.acc = make([]decAcc, cols[0].Len)
	var c [4][]int64
	for i := range c {
		c[i] = vec.Values[int64](cols[i])
	}
	least, most := vec.Values[decimal128.Num](cols[4]), vec.Values[decimal128.Num](cols[5])
	for i := range f.acc {
		f.acc[i] = decAcc{n: c[0][i], lo: uint64(c[1][i]), mid: uint64(c[2][i]), hi: c[3][i], min: least[i], max: most[i]}
	}
}

func (f *decimals) Bytes() int64 { return int64(cap(f.acc)) * 64 }
