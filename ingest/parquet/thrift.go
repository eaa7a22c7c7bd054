package parquet

import (
	"encoding/binary"
	"errors"
	"math"
)

// thrift reads Thrift's compact protocol from a buffer. After an error all
// results are zero.
type thrift struct {
	buf []byte
	at  int
	err error
}

var (
	errCut    = errors.New("the data end too early")
	errThrift = errors.New("the metadata are no valid Thrift")
)

// Types of the compact protocol.
const (
	tTrue = iota + 1
	tFalse
	tByte
	tI16
	tI32
	tI64
	tDouble
	tBinary
	tList
	tSet
	tMap
	tStruct
)

func (t *thrift) fail(err error) {
	if t.err == nil {
		t.err = err
	}
	t.at = len(t.buf)
}

func (t *thrift) byte() byte {
	if t.at >= len(t.buf) {
		t.fail(errCut)
		return 0
	}
	t.at++
	return t.buf[t.at-1]
}

func (t *thrift) uvarint() uint64 {
	x, n := binary.Uvarint(t.buf[t.at:])
	if n <= 0 {
		if n == 0 {
			t.fail(errCut)
		} else {
			t.fail(errThrift)
		}
		return 0
	}
	t.at += n
	return x
}

func (t *thrift) int() int64 {
	x := t.uvarint()
	return int64(x>>1) ^ -int64(x&1)
}

func (t *thrift) i32() int32 {
	x := t.int()
	if x != int64(int32(x)) {
		t.fail(errThrift)
		return 0
	}
	return int32(x)
}

func (t *thrift) binary() []byte {
	n := t.uvarint()
	if n > uint64(len(t.buf)-t.at) {
		t.fail(errCut)
		return nil
	}
	b := t.buf[t.at : t.at+int(n)]
	t.at += int(n)
	return b
}

func (t *thrift) string() string { return string(t.binary()) }

// fields calls f for each field of a struct; f reads its value, or skips it.
func (t *thrift) fields(f func(id int16, typ byte)) {
	id := int16(0)
	for t.err == nil {
		h := t.byte()
		if h == 0 {
			return
		}
		if d := int16(h >> 4); d != 0 {
			id += d
		} else {
			x := t.int()
			if x < math.MinInt16 || x > math.MaxInt16 {
				t.fail(errThrift)
			}
			id = int16(x)
		}
		if t.err == nil {
			f(id, h&0x0F)
		}
	}
}

// list calls f for each element.
func (t *thrift) list(f func(typ byte)) {
	h := t.byte()
	n := uint64(h >> 4)
	if n == 15 {
		n = t.uvarint()
	}
	if n > uint64(len(t.buf)-t.at) { // an element has a byte at least
		t.fail(errCut)
		return
	}
	for i := uint64(0); i < n && t.err == nil; i++ {
		f(h & 0x0F)
	}
}

// skip steps over a value; depth bounds what stands in one another.
func (t *thrift) skip(typ byte, depth int) {
	if depth > 32 {
		t.fail(errThrift)
		return
	}
	switch typ {
	case tTrue, tFalse:
	case tByte:
		t.byte()
	case tI16, tI32, tI64:
		t.uvarint()
	case tDouble:
		if len(t.buf)-t.at < 8 {
			t.fail(errCut)
			return
		}
		t.at += 8
	case tBinary:
		t.binary()
	case tList, tSet:
		t.list(func(e byte) { t.element(e, depth+1) })
	case tMap:
		n := t.uvarint()
		if n == 0 {
			return
		}
		kv := t.byte()
		if n > uint64(len(t.buf)-t.at) { // an entry has two bytes at least
			t.fail(errCut)
		}
		for i := uint64(0); i < n && t.err == nil; i++ {
			t.element(kv>>4, depth+1)
			t.element(kv&0x0F, depth+1)
		}
	case tStruct:
		t.fields(func(_ int16, e byte) { t.skip(e, depth+1) })
	default:
		t.fail(errThrift)
	}
}

// element steps over a value of a list or map, where a boolean has a byte.
func (t *thrift) element(typ byte, depth int) {
	if typ == tTrue || typ == tFalse {
		t.byte()
		return
	}
	t.skip(typ, depth)
}
