package group

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// reps keeps the first arrival of every key of a kind whose encoding forgets
// how it was written: '1 mon' equals '30 days', and maps have no order.
type reps struct {
	t    arrow.DataType
	pool *vec.Pool
	sc   *vec.Scope
	vals *vec.Builder
	buf  []byte
}

func newReps(t arrow.DataType) *reps {
	r := &reps{t: t, pool: vec.NewPool(nil, false)}
	r.reset()
	return r
}

func (r *reps) reset() {
	if r.sc != nil {
		r.sc.Close()
	}
	r.sc = r.pool.Open()
	r.vals = vec.NewBuilder(r.sc, r.t, 16)
}

func (r *reps) bytes() int64 {
	live, _, _ := r.pool.Stats()
	return live
}

func (r *reps) encode(v *vec.Vec, row int) []byte {
	r.buf = Encode(r.buf[:0], v, row)
	return r.buf
}

func (r *reps) keep(id int, v *vec.Vec, row int) {
	if id == r.vals.N {
		r.vals.AppendRow(v, row)
	}
}

func (r *reps) get(id int, out *vec.Builder) {
	var v vec.Vec
	r.vals.View(&v)
	out.AppendRow(&v, id)
}

// Encode appends a form of a value in which two values of one type are the same
// bytes exactly when SQL groups them together, NULL included.
func Encode(dst []byte, v *vec.Vec, row int) []byte {
	if v.IsNull(row) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case vec.String, vec.Binary:
		b := v.Data[v.Offsets[i]:v.Offsets[i+1]]
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case vec.Decimal:
		return decimalKey(dst, vec.Values[decimal128.Num](v)[i])
	case vec.Interval:
		return intervalKey(dst, vec.Values[arrow.MonthDayNanoInterval](v)[i])
	case vec.Struct:
		for _, c := range v.Children {
			dst = Encode(dst, c, i)
		}
		return dst
	case vec.List:
		from, to := v.Offsets[i], v.Offsets[i+1]
		dst = binary.AppendUvarint(dst, uint64(to-from))
		for e := from; e < to; e++ {
			dst = Encode(dst, v.Children[0], int(e))
		}
		return dst
	case vec.Map:
		from, to := v.Offsets[i], v.Offsets[i+1]
		entries := make([][]byte, 0, to-from)
		for e := from; e < to; e++ {
			entries = append(entries, Encode(Encode(nil, v.Children[0], int(e)), v.Children[1], int(e)))
		}
		slices.SortStableFunc(entries, bytes.Compare)
		dst = binary.AppendUvarint(dst, uint64(to-from))
		for _, e := range entries {
			dst = append(dst, e...)
		}
		return dst
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(word(v, i)))
}

// intervalKey is the interval's length in nanoseconds, a month being 30 days.
func intervalKey(dst []byte, x arrow.MonthDayNanoInterval) []byte {
	const day = 86_400_000_000_000
	days := int64(x.Months)*30 + int64(x.Days)
	neg := days < 0
	if neg {
		days = -days
	}
	hi, lo := bits.Mul64(uint64(days), day)
	if neg {
		var c uint64
		lo, c = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, c)
	}
	lo, c := bits.Add64(lo, uint64(x.Nanoseconds), 0)
	hi, _ = bits.Add64(hi, uint64(x.Nanoseconds>>63), c)
	dst = binary.LittleEndian.AppendUint64(dst, lo)
	return binary.LittleEndian.AppendUint64(dst, hi)
}
