package vec

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
)

// Lasts says that the records which the scope keeps are there as long as the run,
// whoever keeps them.
func (s *Scope) Lasts() { s.lasts = true }

// Adopt gives columns of another scope whose memory is all that of records which last
// ([Scope.Lasts]), for longer than that scope: this one keeps the records too, and nothing
// is copied. ok is false when there is other memory among it. The headers are nobody's.
func (s *Scope) Adopt(from *Scope, cols []*Vec) (out []*Vec, ok bool) {
	if !from.lasts {
		return nil, false
	}
	for _, v := range cols {
		if v.Const || v.Dict != nil || len(v.Children) > 0 || v.Kind == Null ||
			!from.keeps(v.Buf) || !from.keeps(v.Data) || !from.keeps(v.Valid) || !from.keeps(BytesOf(v.Offsets)) {
			return nil, false
		}
	}
	for _, r := range from.keep {
		s.Keep(r)
	}
	for _, v := range cols {
		h := *v
		out = append(out, &h)
	}
	return out, true
}

// keeps tells whether bytes are those of a record that the scope keeps.
func (s *Scope) keeps(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	for _, r := range s.keep {
		for _, c := range r.Columns() {
			if inside(b, c.Data()) {
				return true
			}
		}
	}
	return false
}

func inside(b []byte, d arrow.ArrayData) bool {
	from := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	for _, buf := range d.Buffers() {
		if buf == nil || buf.Len() == 0 {
			continue
		}
		all := buf.Bytes()
		if first := uintptr(unsafe.Pointer(unsafe.SliceData(all))); from >= first && from+uintptr(len(b)) <= first+uintptr(len(all)) {
			return true
		}
	}
	return false
}
