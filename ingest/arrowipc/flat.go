package arrowipc

import "encoding/binary"

var order = binary.LittleEndian

// table is a table of a flatbuffer. Places that the buffer does not have panic, as a
// slice does, and the scan makes an error of that.
type table struct {
	buf []byte
	at  int
}

func rootTable(buf []byte) table { return table{buf, int(order.Uint32(buf))} }

// place of a field's value, 0 where it is absent.
func (t table) place(field int) int {
	fields := t.at - int(int32(order.Uint32(t.buf[t.at:])))
	size := int(order.Uint16(t.buf[fields:]))
	if 4+2*field >= size { // as in Arrow's own reader, of odd sizes too
		return 0
	}
	if off := int(order.Uint16(t.buf[fields+4+2*field:])); off != 0 {
		return t.at + off
	}
	return 0
}

func (t table) uint8(field int) uint8 {
	if p := t.place(field); p != 0 {
		return t.buf[p]
	}
	return 0
}

func (t table) uint16(field int) uint16 {
	if p := t.place(field); p != 0 {
		return order.Uint16(t.buf[p:])
	}
	return 0
}

func (t table) int64(field int) int64 {
	if p := t.place(field); p != 0 {
		return int64(order.Uint64(t.buf[p:]))
	}
	return 0
}

// table gives a field that is a table itself; ok is false where it is absent.
func (t table) table(field int) (sub table, ok bool) {
	p := t.place(field)
	if p == 0 {
		return table{}, false
	}
	return table{t.buf, p + int(order.Uint32(t.buf[p:]))}, true
}

// vector gives the elements of a field, each so many bytes wide.
func (t table) vector(field, width int) (elems []byte, n int) {
	p := t.place(field)
	if p == 0 {
		return nil, 0
	}
	p += int(order.Uint32(t.buf[p:]))
	n = int(order.Uint32(t.buf[p:]))
	return t.buf[p+4 : p+4+n*width], n
}

// tables gives the elements of a field that are tables.
func (t table) tables(field int) []table {
	elems, n := t.vector(field, 4)
	if n == 0 {
		return nil
	}
	p := t.place(field)
	p += int(order.Uint32(t.buf[p:])) + 4
	out := make([]table, n)
	for i := range out {
		out[i] = table{t.buf, p + 4*i + int(order.Uint32(elems[4*i:]))}
	}
	return out
}
