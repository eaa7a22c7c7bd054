package sort

import (
	"math"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// betterValues is better for a key of 64-bit numbers in a plain column without NULLs:
// the values are compared with that of the last row that matters, and no numbers are
// made of them. ok is false when the key is another.
func (s *Operator) betterValues(b *arrowexec.Batch, key *vec.Vec, sel vec.Sel) (out vec.Sel, ok bool) {
	if key.Const || key.Dict != nil || key.Valid != nil {
		return nil, false
	}
	worst := *s.worst
	if s.o.Keys[0].Desc {
		worst = ^worst
	}
	out = vec.Slice[int32](b.Scope, sel.Count(b.N))[:0]
	switch key.Kind {
	case vec.Int64, vec.Time, vec.Timestamp:
		x, last := vec.Values[int64](key), int64(worst^1<<63)
		if s.o.Keys[0].Desc {
			return notBelow(out, x[:b.N], sel, last), true
		}
		return notAbove(out, x[:b.N], sel, last), true
	case vec.Float64:
		if worst == math.MaxUint64 { // NaN
			return nil, false
		}
		x, last := vec.Values[float64](key), unfloat(worst)
		if s.o.Keys[0].Desc {
			return notBelow(out, x[:b.N], sel, last), true
		}
		return notAbove(out, x[:b.N], sel, last), true
	}
	return nil, false
}

// unfloat is the number that [float] has mapped.
func unfloat(x uint64) float64 {
	if x>>63 != 0 {
		return math.Float64frombits(x &^ (1 << 63))
	}
	return math.Float64frombits(^x)
}

// notBelow adds the rows whose value is not below another; NaN is not.
func notBelow[T int64 | float64](out vec.Sel, x []T, sel vec.Sel, last T) vec.Sel {
	if sel == nil {
		for i, v := range x {
			if !(v < last) {
				out = append(out, int32(i))
			}
		}
		return out
	}
	for _, i := range sel {
		if !(x[i] < last) {
			out = append(out, i)
		}
	}
	return out
}

// notAbove adds the rows whose value is not above another; NaN is.
func notAbove[T int64 | float64](out vec.Sel, x []T, sel vec.Sel, last T) vec.Sel {
	if sel == nil {
		for i, v := range x {
			if v <= last {
				out = append(out, int32(i))
			}
		}
		return out
	}
	for _, i := range sel {
		if x[i] <= last {
			out = append(out, i)
		}
	}
	return out
}
