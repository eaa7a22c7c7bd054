package agg

import (
	"errors"
	"math"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

var errDigits = errors.New("the result has more than 38 digits; cast the argument to DOUBLE or to a smaller scale")

// dd is a number of about 106 bits: hi plus what rounding took from it.
type dd struct{ hi, lo float64 }

func (a dd) plus(b dd) dd {
	s := a.hi + b.hi
	bb := s - a.hi
	e := (a.hi - (s - bb)) + (b.hi - bb) + a.lo + b.lo
	hi := s + e
	return dd{hi, e - (hi - s)}
}

func (a dd) times(b dd) dd {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p) + a.hi*b.lo + a.lo*b.hi
	hi := p + e
	return dd{hi, e - (hi - p)}
}

func (a dd) over(n float64) dd {
	q := a.hi / n
	r := math.FMA(-q, n, a.hi) + a.lo
	return dd{q, 0}.plus(dd{r / n, 0})
}

func (a dd) scaled(x float64) dd { return a.times(dd{hi: x}) }

// float is the number; infinities and NaN are in hi alone.
func (a dd) float() float64 {
	if math.IsInf(a.hi, 0) || math.IsNaN(a.hi) {
		return a.hi
	}
	return a.hi + a.lo
}

func product(x, y float64) dd {
	p := x * y
	return dd{p, math.FMA(x, y, -p)}
}

func decimalFloat(d decimal128.Num, scale int32) float64 {
	if h := d.HighBits(); h == int64(d.LowBits())>>63 && scale <= 22 {
		return float64(int64(d.LowBits())) / math.Pow10(int(scale))
	}
	r := new(big.Rat).SetFrac(d.BigInt(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	f, _ := r.Float64()
	return f
}

// moments is the statistics of one or two numbers, from sums of their powers
// in double-double, so that neither the order nor a great mean shows.
type moments struct {
	two    bool
	types  []arrow.DataType
	acc    []momentAcc
	powers int
	value  func(m *momentAcc) (x float64, ok bool)
}

type momentAcc struct {
	n                int64
	x, xx, xxx, xxxx dd
	y, yy, xy        dd
	ofX, ofY         spread
}

// spread tells values that are all the same from others: their variance is 0,
// which the sums give only up to the last of their bits.
type spread struct {
	first float64
	some  bool // there are two different values, or one that is no finite number
}

func (d *spread) add(n int64, x float64) {
	if n == 1 {
		d.first = x
	}
	d.some = d.some || x != d.first || x-x != 0
}

func (m *momentAcc) spreads() [2]*spread { return [2]*spread{&m.ofX, &m.ofY} }

const momentSums = 7

func (m *momentAcc) sums() [momentSums]*dd {
	return [momentSums]*dd{&m.x, &m.xx, &m.xxx, &m.xxxx, &m.y, &m.yy, &m.xy}
}

func (f *moments) Grow(n int) { f.acc = grown(f.acc, n) }

func (f *moments) Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel) {
	eachValid(b.N, sel, args, func(i int) {
		x, y := floatAt(args[0], f.types[0], i), 0.0
		if f.two {
			y = floatAt(args[1], f.types[1], i)
		}
		f.acc[groups[i]].take(f, x, y)
	})
}

// take adds a row.
func (m *momentAcc) take(f *moments, x, y float64) {
	m.n++
	m.ofX.add(m.n, x)
	m.x = m.x.plus(dd{hi: x})
	xx := product(x, x)
	m.xx = m.xx.plus(xx)
	if f.powers > 2 {
		m.xxx = m.xxx.plus(xx.scaled(x))
		m.xxxx = m.xxxx.plus(xx.times(xx))
	}
	if f.two {
		m.ofY.add(m.n, y)
		m.y = m.y.plus(dd{hi: y})
		m.yy = m.yy.plus(product(y, y))
		m.xy = m.xy.plus(product(x, y))
	}
}

func (f *moments) UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail) {
	updateEach(f, b, groups, args, sel, out, fail)
}

func (f *moments) Merge(other State, into []int32) {
	o := other.(*moments)
	for k, g := range into {
		if g < 0 {
			continue
		}
		a, b := &f.acc[g], &o.acc[k]
		for i, d := range b.spreads() {
			switch into := a.spreads()[i]; {
			case a.n == 0:
				*into = *d
			case b.n > 0:
				into.some = into.some || d.some || into.first != d.first
			}
		}
		a.n += b.n
		as, bs := a.sums(), b.sums()
		for i := range as {
			*as[i] = as[i].plus(*bs[i])
		}
	}
}

func (f *moments) Emit(groups []int32, out *vec.Builder, _ Fail) {
	for _, g := range groups {
		m := &f.acc[g]
		if m.n == 0 {
			out.Null()
			continue
		}
		if x, ok := f.value(m); ok {
			out.Float64(x)
		} else {
			out.Null()
		}
	}
}

func (f *moments) Reset(groups []int32) {
	for _, g := range groups {
		f.acc[g] = momentAcc{}
	}
}

func (f *moments) Snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	cols := []*vec.Vec{column(s, vec.TypeInt64, groups, func(g int32) int64 { return f.acc[g].n })}
	for i := range momentSums {
		cols = append(cols,
			column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc[g].sums()[i].hi }),
			column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc[g].sums()[i].lo }))
	}
	for i := range 2 {
		cols = append(cols,
			column(s, vec.TypeFloat64, groups, func(g int32) float64 { return f.acc[g].spreads()[i].first }),
			column(s, vec.TypeInt64, groups, func(g int32) int64 {
				if f.acc[g].spreads()[i].some {
					return 1
				}
				return 0
			}))
	}
	return cols
}

func (f *moments) Restore(cols []*vec.Vec) {
	f.acc = make([]momentAcc, cols[0].Len)
	for g := range f.acc {
		f.acc[g].n = vec.Values[int64](cols[0])[g]
		for i, d := range f.acc[g].sums() {
			*d = dd{vec.Values[float64](cols[1+2*i])[g], vec.Values[float64](cols[2+2*i])[g]}
		}
		for i, d := range f.acc[g].spreads() {
			c := cols[1+2*(momentSums+i):]
			*d = spread{vec.Values[float64](c[0])[g], vec.Values[int64](c[1])[g] != 0}
		}
	}
}

func (f *moments) Bytes() int64 { return int64(cap(f.acc)) * (8 + 16*(momentSums+2)) }

// centred gives sums of squares and products about the means.
func centred(n int64, xy, x, y dd) dd {
	return xy.plus(x.times(y).over(float64(n)).scaled(-1))
}

func (m *momentAcc) sxx() float64 {
	if !m.ofX.some {
		return 0
	}
	return nonNegative(centred(m.n, m.xx, m.x, m.x).float())
}

func (m *momentAcc) syy() float64 {
	if !m.ofY.some {
		return 0
	}
	return nonNegative(centred(m.n, m.yy, m.y, m.y).float())
}

func (m *momentAcc) sxy() float64 {
	if !m.ofX.some || !m.ofY.some {
		if x := m.x.float() + m.y.float(); x-x != 0 {
			return math.NaN() // infinities have no mean to differ from
		}
		return 0
	}
	return centred(m.n, m.xy, m.x, m.y).float()
}

func nonNegative(x float64) float64 {
	if x < 0 {
		return 0
	}
	return x
}

func varSamp(m *momentAcc) (float64, bool) {
	if m.n < 2 {
		return 0, false
	}
	return m.sxx() / float64(m.n-1), true
}

func varPop(m *momentAcc) (float64, bool) { return m.sxx() / float64(m.n), true }

func root(f func(*momentAcc) (float64, bool)) func(*momentAcc) (float64, bool) {
	return func(m *momentAcc) (float64, bool) {
		x, ok := f(m)
		return math.Sqrt(x), ok
	}
}

func covarPop(m *momentAcc) (float64, bool) { return m.sxy() / float64(m.n), true }

func covarSamp(m *momentAcc) (float64, bool) {
	if m.n < 2 {
		return 0, false
	}
	return m.sxy() / float64(m.n-1), true
}

func corr(m *momentAcc) (float64, bool) {
	x, y := m.sxx(), m.syy()
	if x == 0 || y == 0 {
		return 0, false
	}
	r := m.sxy() / math.Sqrt(x*y)
	if xy := x * y; xy == 0 || math.IsInf(xy, 0) { // the product left the range
		r = m.sxy() / math.Sqrt(x) / math.Sqrt(y)
	}
	return min(max(r, -1), 1), true
}

// regression: the arguments are (y, x), so what is called x here is the dependent one.
func regrSlope(m *momentAcc) (float64, bool) {
	if m.syy() == 0 {
		return 0, false
	}
	return m.sxy() / m.syy(), true
}

func regrIntercept(m *momentAcc) (float64, bool) {
	slope, ok := regrSlope(m)
	n := float64(m.n)
	return m.x.over(n).plus(m.y.over(n).scaled(-slope)).float(), ok
}

func regrR2(m *momentAcc) (float64, bool) {
	x, y := m.sxx(), m.syy()
	if y == 0 {
		return 0, false
	}
	if x == 0 {
		return 1, true
	}
	r := m.sxy()
	return r / x * (r / y), true
}

func vwap(m *momentAcc) (float64, bool) {
	q := m.y.float()
	if q == 0 {
		return 0, false
	}
	return m.xy.float() / q, true
}

// central gives the third and fourth moments about the mean, and the second.
func (m *momentAcc) central() (c2, c3, c4 float64) {
	n := float64(m.n)
	mean := m.x.over(n)
	mean2 := mean.times(mean)
	c3 = m.xxx.plus(mean.times(m.xx).scaled(-3)).plus(mean2.times(mean).scaled(2 * n)).float()
	c4 = m.xxxx.plus(mean.times(m.xxx).scaled(-4)).plus(mean2.times(m.xx).scaled(6)).plus(mean2.times(mean2).scaled(-3 * n)).float()
	return m.sxx(), c3, c4
}

func skewness(m *momentAcc) (float64, bool) {
	n := float64(m.n)
	c2, c3, _ := m.central()
	if m.n < 3 || c2 == 0 {
		return 0, false
	}
	sd := math.Sqrt(c2 / (n - 1))
	return n / ((n - 1) * (n - 2)) * c3 / (sd * sd * sd), true
}

func kurtosis(m *momentAcc) (float64, bool) {
	n := float64(m.n)
	c2, _, c4 := m.central()
	if m.n < 4 || c2 == 0 {
		return 0, false
	}
	v := c2 / (n - 1)
	return n*(n+1)/((n-1)*(n-2)*(n-3))*c4/(v*v) - 3*(n-1)*(n-1)/((n-2)*(n-3)), true
}
