package agg

import (
	"encoding/binary"
	"math"

	"github.com/velostream/velo/arrowexec/vec"
)

// exact is a sum of floats of which nothing is lost, so that what was added can be
// taken back: its parts do not overlap, each holds what rounding took from the
// next. Most sums have one or two.
type exact struct {
	n             int64 // values
	nan, pos, neg int32 // of which that are no finite numbers
	len           int32 // parts
	parts         [inlineParts]float64
}

const inlineParts = 3

// spilled has the parts of sums that are many, and the sum of values so great that
// adding them could leave the range: those are kept scaled down. Who had it once keeps
// the memory.
type spilled struct{ parts, huge []float64 }

const (
	hugeFrom  = 0x1p960
	hugeScale = 0x1p-128
)

// grow adds x to the parts of a sum, least first; the result is in memory of parts.
func grow(parts []float64, x float64) []float64 {
	kept := parts[:0]
	for _, y := range parts {
		if math.Abs(x) < math.Abs(y) {
			x, y = y, x
		}
		hi := x + y
		if lo := y - (hi - x); lo != 0 {
			kept = append(kept, lo)
		}
		x = hi
	}
	if x != 0 {
		kept = append(kept, x)
	}
	return kept
}

// compress gives the same sum in as few parts as there are without gaps of zeros.
func compress(parts []float64) []float64 {
	if len(parts) < 2 {
		return parts
	}
	at := len(parts) - 1
	q := parts[at]
	for i := at - 1; i >= 0; i-- { // from the greatest: what each takes from the next
		hi := q + parts[i]
		if lo := parts[i] - (hi - q); lo != 0 {
			parts[at] = hi
			at--
			q = lo
		} else {
			q = hi
		}
	}
	parts[at] = q
	n := 0
	for _, x := range parts[at+1:] {
		hi := x + q
		if lo := q - (hi - x); lo != 0 {
			parts[n] = lo
			n++
		}
		q = hi
	}
	parts[n] = q
	return parts[:n+1]
}

// rounded is the number nearest to the sum of parts.
func rounded(parts []float64) float64 {
	k := len(parts) - 1
	if k < 0 {
		return 0
	}
	hi, lo := parts[k], 0.0
	for k--; k >= 0; k-- {
		x, y := hi, parts[k]
		hi = x + y
		if lo = y - (hi - x); lo != 0 {
			break
		}
	}
	// Halfway between two numbers the parts that are left decide.
	if k > 0 && (lo < 0) == (parts[k-1] < 0) {
		if y := lo * 2; y == (hi+y)-hi {
			hi += y
		}
	}
	return hi
}

// exacts is SUM and AVG of REAL and DOUBLE whose rows may be taken back.
type exacts struct {
	acc  []exact
	more map[int32]*spilled
	buf  []float64
}

// add adds x, by 1, or takes it back, by -1.
func (e *exacts) add(g int32, x float64, by int32) {
	a := &e.acc[g]
	a.n += int64(by)
	switch {
	case x != x:
		a.nan += by
		return
	case x > math.MaxFloat64:
		a.pos += by
		return
	case x < -math.MaxFloat64:
		a.neg += by
		return
	}
	e.move(g, x*float64(by))
}

// move adds a finite number to a sum.
func (e *exacts) move(g int32, x float64) {
	a := &e.acc[g]
	if math.Abs(x) >= hugeFrom {
		m := e.spill(g)
		m.huge = grow(m.huge, x*hugeScale)
		return
	}
	if a.len == 0 && x != 0 {
		a.parts[0], a.len = x, 1
		return
	}
	if a.len < inlineParts { // one part more has room
		a.len = int32(len(grow(a.parts[:a.len], x)))
		return
	}
	e.buf = append(e.buf[:0], e.partsOf(g)...)
	e.buf = compress(grow(e.buf, x))
	e.put(g, e.buf)
}

func (e *exacts) spill(g int32) *spilled {
	m := e.more[g]
	if m == nil {
		if e.more == nil {
			e.more = map[int32]*spilled{}
		}
		m = &spilled{}
		e.more[g] = m
	}
	return m
}

// partsOf are the parts of a sum, without huge values.
func (e *exacts) partsOf(g int32) []float64 {
	a := &e.acc[g]
	if a.len <= inlineParts {
		return a.parts[:a.len]
	}
	return e.more[g].parts
}

// put sets the parts of a sum.
func (e *exacts) put(g int32, parts []float64) {
	a := &e.acc[g]
	a.len = int32(len(parts))
	if len(parts) > inlineParts {
		m := e.spill(g)
		m.parts = append(m.parts[:0], parts...)
		return
	}
	copy(a.parts[:], parts)
}

func (e *exacts) huge(g int32) []float64 {
	if m := e.more[g]; m != nil {
		return m.huge
	}
	return nil
}

// total is the sum.
func (e *exacts) total(g int32) float64 {
	a := &e.acc[g]
	switch {
	case a.nan > 0, a.pos > 0 && a.neg > 0:
		return math.NaN()
	case a.pos > 0:
		return math.Inf(1)
	case a.neg > 0:
		return math.Inf(-1)
	}
	huge := e.huge(g)
	if len(huge) == 0 {
		return rounded(e.partsOf(g))
	}
	e.buf = append(e.buf[:0], huge...)
	for _, x := range e.partsOf(g) {
		e.buf = grow(e.buf, x*hugeScale)
	}
	return rounded(e.buf) / hugeScale
}

func (e *exacts) clear(g int32) {
	e.acc[g] = exact{}
	if e.more != nil {
		delete(e.more, g)
	}
}

func (e *exacts) reset(groups []int32) {
	for _, g := range groups {
		e.clear(g)
	}
}

// merge adds the sums of other groups: k to into[k].
func (e *exacts) merge(o *exacts, into []int32) {
	for k, g := range into {
		k := int32(k)
		a, b := &e.acc[g], &o.acc[k]
		a.n, a.nan, a.pos, a.neg = a.n+b.n, a.nan+b.nan, a.pos+b.pos, a.neg+b.neg
		for _, x := range o.partsOf(k) {
			e.move(g, x)
		}
		for _, x := range o.huge(k) {
			m := e.spill(g)
			m.huge = grow(m.huge, x)
		}
	}
}

// exactColumns is how many columns a snapshot has.
const exactColumns = 5

// snapshot gives counts, and the parts of a sum in one column: how many there are,
// the parts, and then huge ones.
func (e *exacts) snapshot(s *vec.Scope, groups []int32) []*vec.Vec {
	packs := make([][]byte, len(groups))
	for k, g := range groups {
		parts := e.partsOf(g)
		packs[k] = append(packs[k], byte(len(parts)))
		for _, x := range append(parts[:len(parts):len(parts)], e.huge(g)...) {
			packs[k] = binary.LittleEndian.AppendUint64(packs[k], math.Float64bits(x))
		}
	}
	return []*vec.Vec{
		column(s, vec.TypeInt64, groups, func(g int32) int64 { return e.acc[g].n }),
		column(s, vec.TypeInt32, groups, func(g int32) int32 { return e.acc[g].nan }),
		column(s, vec.TypeInt32, groups, func(g int32) int32 { return e.acc[g].pos }),
		column(s, vec.TypeInt32, groups, func(g int32) int32 { return e.acc[g].neg }),
		packed(s, packs),
	}
}

func (e *exacts) restore(cols []*vec.Vec) {
	*e = exacts{acc: make([]exact, cols[0].Len)}
	for g := range e.acc {
		e.acc[g] = exact{
			n: vec.Values[int64](cols[0])[g], nan: vec.Values[int32](cols[1])[g], pos: vec.Values[int32](cols[2])[g], neg: vec.Values[int32](cols[3])[g],
		}
		src := cols[4].BytesAt(g)
		n := int(src[0])
		var all []float64
		for src = src[1:]; len(src) > 0; src = src[8:] {
			all = append(all, math.Float64frombits(binary.LittleEndian.Uint64(src)))
		}
		e.put(int32(g), all[:n])
		if n < len(all) {
			e.spill(int32(g)).huge = all[n:]
		}
	}
}

func (e *exacts) bytes() int64 {
	return int64(cap(e.acc))*48 + int64(len(e.more))*128 + int64(cap(e.buf))*8
}
