package vec

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// AppendRow copies one row of v, in any layout, to the builder. Types must be
// equal in kind.
func (b *Builder) AppendRow(v *Vec, row int) {
	if v.IsNull(row) {
		b.Null()
		return
	}
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case Bool:
		b.Bool(Bitmap(v.Buf).Get(i))
	case Int8:
		Append(b, cast[int8](v.Buf)[i])
	case Int16:
		Append(b, cast[int16](v.Buf)[i])
	case Int32, Date:
		b.Int32(cast[int32](v.Buf)[i])
	case Int64, Time, Timestamp:
		b.Int64(cast[int64](v.Buf)[i])
	case Float32:
		Append(b, cast[float32](v.Buf)[i])
	case Float64:
		b.Float64(cast[float64](v.Buf)[i])
	case Decimal:
		b.Decimal(cast[decimal128.Num](v.Buf)[i])
	case Interval:
		Append(b, cast[arrow.MonthDayNanoInterval](v.Buf)[i])
	case String, Binary:
		b.Bytes(v.Data[v.Offsets[i]:v.Offsets[i+1]])
	case List, Map:
		for e := int(v.Offsets[i]); e < int(v.Offsets[i+1]); e++ {
			for c, child := range v.Children {
				b.Children[c].AppendRow(child, e)
			}
		}
		b.EndList()
	case Struct:
		for c, child := range v.Children {
			b.Children[c].AppendRow(child, i)
		}
		b.EndStruct()
	}
}

// AppendSel copies the selected rows of v, in any layout, to the builder.
func (b *Builder) AppendSel(v *Vec, sel Sel) {
	n := sel.Count(v.Len)
	if v.Const && (v.Kind == List || v.Kind == Map) && !v.IsNull(0) {
		if from, to := v.Range(0); from == to {
			b.endLists(n)
			return
		}
	}
	if v.Const || v.Dict != nil || v.HasNulls() || v.Kind == List || v.Kind == Map || v.Kind == Struct || v.Kind == Bool {
		if sel == nil {
			for i := range n {
				b.AppendRow(v, i)
			}
			return
		}
		for _, i := range sel {
			b.AppendRow(v, int(i))
		}
		return
	}
	for b.room-b.N < n {
		b.grow()
	}
	at := b.N
	switch v.Kind {
	case String, Binary:
		b.appendBytes(v, sel)
		return
	case Int8:
		gather(cast[int8](b.buf)[at:], cast[int8](v.Buf), sel)
	case Int16:
		gather(cast[int16](b.buf)[at:], cast[int16](v.Buf), sel)
	case Int32, Date, Float32:
		gather(cast[int32](b.buf)[at:], cast[int32](v.Buf), sel)
	case Int64, Time, Timestamp, Float64:
		gather(cast[int64](b.buf)[at:], cast[int64](v.Buf), sel)
	case Decimal, Interval:
		gather(cast[decimal128.Num](b.buf)[at:], cast[decimal128.Num](v.Buf), sel)
	}
	b.markValid(n)
}

// endLists appends n lists without elements.
func (b *Builder) endLists(n int) {
	for b.room-b.N < n {
		b.grow()
	}
	end := int32(b.Children[0].N)
	for i := range n {
		b.off[b.N+i+1] = end
	}
	b.markValid(n)
}

func (b *Builder) markValid(n int) {
	if b.valid != nil {
		i, to := b.N, b.N+n
		for ; i < to && i&7 != 0; i++ {
			b.valid.Set(i)
		}
		for ; i+8 <= to; i += 8 {
			b.valid[i>>3] = 0xFF
		}
		for ; i < to; i++ {
			b.valid.Set(i)
		}
	}
	b.N += n
}

func (b *Builder) appendBytes(v *Vec, sel Sel) {
	n := sel.Count(v.Len)
	off, src := b.off, v.Offsets
	if sel == nil {
		from, to := src[0], src[n]
		if extra := int(to - from); cap(b.data)-len(b.data) < extra {
			b.growData(extra)
		}
		shift := int32(len(b.data)) - from
		b.data = append(b.data, v.Data[from:to]...)
		for i := range n {
			off[b.N+i+1] = src[i+1] + shift
		}
		b.markValid(n)
		return
	}
	total := 0
	for _, i := range sel {
		total += int(src[i+1] - src[i])
	}
	if cap(b.data)-len(b.data) < total {
		b.growData(total)
	}
	to := len(b.data)
	data := b.data[:cap(b.data)]
	for j, i := range sel {
		n := int(src[i+1] - src[i])
		CopyText(data, to, v.Data, int(src[i]), n)
		to += n
		off[b.N+j+1] = int32(to)
	}
	b.data = data[:to]
	b.markValid(n)
}

func gather[T any](dst, src []T, sel Sel) {
	if sel == nil {
		copy(dst, src)
		return
	}
	for j, i := range sel {
		dst[j] = src[i]
	}
}
