package parquet

import "encoding/binary"

// thriftOut writes Thrift's compact protocol.
type thriftOut struct {
	buf  []byte
	last []int16 // ids of the structs that are open
}

func (t *thriftOut) begin() { t.last = append(t.last, 0) }

func (t *thriftOut) end() {
	t.buf = append(t.buf, 0)
	t.last = t.last[:len(t.last)-1]
}

func (t *thriftOut) field(id int16, typ byte) {
	last := &t.last[len(t.last)-1]
	t.buf = append(t.buf, byte(id-*last)<<4|typ) // ids are ascending and close
	*last = id
}

func (t *thriftOut) varint(x int64) { t.buf = binary.AppendVarint(t.buf, x) }

func (t *thriftOut) i32(id int16, x int32) {
	t.field(id, tI32)
	t.varint(int64(x))
}

func (t *thriftOut) i64(id int16, x int64) {
	t.field(id, tI64)
	t.varint(x)
}

func (t *thriftOut) bool(id int16, x bool) {
	typ := byte(tFalse)
	if x {
		typ = tTrue
	}
	t.field(id, typ)
}

func (t *thriftOut) bytes(s string) {
	t.buf = binary.AppendUvarint(t.buf, uint64(len(s)))
	t.buf = append(t.buf, s...)
}

func (t *thriftOut) string(id int16, s string) {
	t.field(id, tBinary)
	t.bytes(s)
}

// list begins a list of n elements.
func (t *thriftOut) list(id int16, typ byte, n int) {
	t.field(id, tList)
	if n < 15 {
		t.buf = append(t.buf, byte(n)<<4|typ)
		return
	}
	t.buf = binary.AppendUvarint(append(t.buf, 0xF0|typ), uint64(n))
}

// structField begins a field that is a struct.
func (t *thriftOut) structField(id int16) {
	t.field(id, tStruct)
	t.begin()
}

// empty writes a field that is a struct without fields.
func (t *thriftOut) empty(id int16) {
	t.structField(id)
	t.end()
}
