package vec

import (
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// picked copies the selected rows of a column without NULLs straight to the memory of
// an Arrow array: of values of fixed width, and of texts, in dictionaries too. nil: it
// is another column. The way over a builder copied every value twice.
func picked(mem memory.Allocator, v *Vec, n int, sel Sel) *array.Data {
	if v.Const || v.Valid != nil || sel == nil && v.Dict == nil {
		return nil
	}
	text := v.Kind == String || v.Kind == Binary
	if v.Dict != nil && (!text || v.Dict.Valid != nil) {
		return nil
	}
	n = sel.Count(n)
	if text {
		return pickedTexts(mem, v, sel, n)
	}
	w := v.Kind.Width()
	if w == 0 || v.Kind == Bool || len(v.Children) > 0 {
		return nil
	}
	buf := memory.NewResizableBuffer(mem)
	defer buf.Release()
	buf.Resize(n * w)
	switch w {
	case 1:
		gather(cast[int8](buf.Bytes()), cast[int8](v.Buf), sel)
	case 2:
		gather(cast[int16](buf.Bytes()), cast[int16](v.Buf), sel)
	case 4:
		gather(cast[int32](buf.Bytes()), cast[int32](v.Buf), sel)
	case 8:
		gather(cast[int64](buf.Bytes()), cast[int64](v.Buf), sel)
	case 16:
		gather(cast[decimal128.Num](buf.Bytes()), cast[decimal128.Num](v.Buf), sel)
	default:
		return nil
	}
	return array.NewData(v.Type, n, []*memory.Buffer{nil, buf}, nil, 0, 0)
}

// pickedTexts is picked for texts.
func pickedTexts(mem memory.Allocator, v *Vec, sel Sel, n int) *array.Data {
	offsets := memory.NewResizableBuffer(mem)
	defer offsets.Release()
	offsets.Resize((n + 1) * 4)
	off, src := cast[int32](offsets.Bytes()), v
	if v.Dict != nil {
		src = v.Dict
	}
	off[0] = 0
	row := func(j int) int {
		if sel != nil {
			j = int(sel[j])
		}
		if v.Dict != nil {
			return int(v.Indices()[j])
		}
		return j
	}
	to := 0
	for j := range n {
		i := row(j)
		if to += int(src.Offsets[i+1] - src.Offsets[i]); to > MaxData {
			return nil // a long text of a dictionary, many times: the builder refuses it
		}
		off[j+1] = int32(to)
	}
	data := memory.NewResizableBuffer(mem)
	defer data.Release()
	data.Resize(to)
	dst := data.Bytes()
	for j := range n {
		i := row(j)
		CopyText(dst, int(off[j]), src.Data, int(src.Offsets[i]), int(src.Offsets[i+1]-src.Offsets[i]))
	}
	return array.NewData(v.Type, n, []*memory.Buffer{nil, offsets, data}, nil, 0, 0)
}

// CopyText copies n bytes of src from a place to a place of dst, 16 at once where both
// go on that far: then bytes behind those of the text are overwritten, and there is
// neither a call nor a branch on n.
func CopyText(dst []byte, to int, src []byte, from, n int) {
	if n <= short && from+short <= len(src) && to+short <= len(dst) {
		*(*[short]byte)(dst[to:]) = *(*[short]byte)(src[from:])
		return
	}
	copy(dst[to:to+n], src[from:from+n])
}
