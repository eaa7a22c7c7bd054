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

// decimals is SUM, AVG, MIN, MAX and DELTA of DECIMAL, exactly. The least and the
// greatest value are kept for those alone who ask for them: they are half of what a
// group would take.
type decimals struct {
	what  what
	scale int32 // of the argument
	out   int32 // scale of AVG
	acc   []decAcc
	edges bool
	ends  []decEnds // with edges, by group
	lead  *decimals
}

// decAcc is the sum of one group; it has 192 bits, so it never wraps.
type decAcc struct {
	lo, mid uint64
	hi, n   int64
}

// decEnds are meaningful when the group has values.
type decEnds struct{ min, max decimal128.Num }

func newDecimals(w what, t arrow.DataType) *decimals {
	s := t.(*arrow.Decimal128Type).Scale
	return &decimals{what: w, scale: s, out: max(6, s), edges: w != wantSum && w != wantAvg}
}

func (f *decimals) Share(lead State) bool {
	l, ok := lead.(*decimals)
	if ok {
		l.edges = l.edges || f.edges
		f.lead, f.acc, f.ends = l, nil, nil
	}
	return ok
}

func (f *decimals) counted(g int32) int64 {
	if f.lead != nil {
		return f.lead.counted(g)
	}
	return f.acc[g].n
}

func (f *decimals) counts(groups []int32, to []int64) {
	if f.lead != nil {
		f.lead.counts(groups, to)
		return
	}
	acc := f.acc
	to = to[:len(groups)]
	for k, g := range groups {
		to[k] = acc[g].n
	}
}

func (f *decimals) Grow(n int) {
	f.acc = grown(f.acc, n)
	if f.edges {
		f.ends = grown(f.ends, n)
	}
}

func (a *decAcc) take(x decimal128.Num) {
	var c uint64
	h := x.HighBits()
	a.lo, c = bits.Add64(a.lo, x.LowBits(), 0)
	a.mid, c = bits.Add64(a.mid, uint64(h), c)
	a.hi += h>>63 + int64(c)
	a.n++
}

// widen makes the ends of a group that had n values hold two more.
func (e *decEnds) widen(n int64, least, most decimal128.Num) {
	if n == 0 || least.Less(e.min) {
		e.min = least
	}
	if n == 0 || e.max.Less(most) {
		e.max = most
	}
}

func (f *decimals) take(g int32, x decimal128.Num) {
	if f.edges {
		f.ends[g].widen(f.acc[g].n, x, x)
	}
	f.acc[g].take(x)
}

func (f *decimals) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	v := plain(b, args[0])
	x, acc := vec.Values[decimal128.Num](v), f.acc
	switch {
	case f.edges:
		each(b.N, sel, func(i int) {
			if v.Valid == nil || v.Valid.Get(i) {
				f.take(groups[i], x[i])
			}
		})
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
		if !v.IsNull(i) {
			f.take(groups[i], x[i])
		}
		f.emit(groups[i], k, out, fail)
		k++
	})
}

func (f *decimals) Merge(other State, into []int32) {
	from := other.(*decimals)
	for k, o := range from.acc {
		if k >= len(into) || into[k] < 0 || o.n == 0 {
			continue
		}
		a := &f.acc[into[k]]
		if f.edges {
			f.ends[into[k]].widen(a.n, from.ends[k].min, from.ends[k].max)
		}
		var c uint64
		a.lo, c = bits.Add64(a.lo, o.lo, 0)
		a.mid, c = bits.Add64(a.mid, o.mid, c)
		a.hi += o.hi + int64(c)
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

func (f *decimals) emit(g int32, k int, out *vec.Builder, fail Fail) {
	own := f
	for own.lead != nil {
		own = own.lead
	}
	a := &own.acc[g]
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
		x, ok = a.average(f.out - f.scale)
	case wantMin:
		x = own.ends[g].min
	case wantMax:
		x = own.ends[g].max
	case wantDelta:
		d := new(big.Int).Sub(own.ends[g].max.BigInt(), own.ends[g].min.BigInt())
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

// average is sum/n with some digits more than the sum has, half away from zero.
func (a *decAcc) average(digits int32) (decimal128.Num, bool) {
	sum, ok := a.small()
	if ok && 0 <= digits && digits < 19 {
		neg := sum.Sign() < 0
		if neg {
			sum = sum.Negate()
		}
		unit := powers[digits]
		over, hi := bits.Mul64(uint64(sum.HighBits()), unit)
		carry, lo := bits.Mul64(sum.LowBits(), unit)
		hi, c := bits.Add64(hi, carry, 0)
		if n := uint64(a.n); over+c == 0 {
			q, r := hi/n, hi%n
			low, r := bits.Div64(r, lo, n)
			if r >= n-r {
				low, c = bits.Add64(low, 1, 0)
				q += c
			}
			if d := decimal128.New(int64(q), low); d.Sign() >= 0 && d.FitsInPrecision(38) {
				if neg {
					d = d.Negate()
				}
				return d, true
			}
			return decimal128.Num{}, false
		}
	}
	return average(a.big(), a.n, digits)
}

// powers are those of ten that 64 bits hold.
var powers = func() (out [19]uint64) {
	out[0] = 1
	for i := 1; i < len(out); i++ {
		out[i] = 10 * out[i-1]
	}
	return out
}()

// average is that of a sum of any size.
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
	for k, g := range groups {
		f.emit(g, k, out, fail)
	}
}

func (f *decimals) Reset(groups []int32) {
	for _, g := range groups {
		f.acc[g] = decAcc{}
	}
}

func (f *decimals) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	wide := vec.DecimalType(38, 0)
	end := func(g int32) (e decEnds) {
		if f.edges {
			e = f.ends[g]
		}
		return e
	}
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc[g].n }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return int64(f.acc[g].lo) }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return int64(f.acc[g].mid) }),
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc[g].hi }),
		column(s, wide, groups, func(g int32) decimal128.Num { return end(g).min }),
		column(s, wide, groups, func(g int32) decimal128.Num { return end(g).max }),
	}
}

func (f *decimals) Restore(cols []*vec.Vec) {
	f.acc = make([]decAcc, cols[0].Len)
	var c [4][]int64
	for i := range c {
		c[i] = vec.Values[int64](cols[i])
	}
	for i := range f.acc {
		f.acc[i] = decAcc{n: c[0][i], lo: uint64(c[1][i]), mid: uint64(c[2][i]), hi: c[3][i]}
	}
	if !f.edges {
		return
	}
	f.ends = make([]decEnds, len(f.acc))
	least, most := vec.Values[decimal128.Num](cols[4]), vec.Values[decimal128.Num](cols[5])
	for i := range f.ends {
		f.ends[i] = decEnds{least[i], most[i]}
	}
}

func (f *decimals) Bytes() int64 { return int64(cap(f.acc)+cap(f.ends)) * 32 }
