package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/velostream/velo/arrowexec/vec"
)

// raw are decoded physical values: one of its parts, by the physical type.
type raw struct {
	i32   []int32  // INT32, FLOAT as bits
	i64   []int64  // INT64, DOUBLE as bits
	fixed []byte   // INT96, FIXED_LEN_BYTE_ARRAY, one after the other
	width int      // bytes of one of them
	bools []byte   // 0 or 1
	text  [][]byte // BYTE_ARRAY
}

// values reads the values of the page at hand, one encoding after the other.
type values struct {
	leaf  *leaf
	enc   int32
	data  []byte
	bit   int    // of plain booleans
	idx   hybrid // dictionary indices, booleans by run length
	delta *delta
	lens  []int64 // DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY: of suffixes
	pre   []int64 // DELTA_BYTE_ARRAY: of prefixes
	prev  []byte
	total int // values of the page, for BYTE_STREAM_SPLIT
	taken int

	words  []int64
	halves []int32
	bytes  []byte
	texts  [][]byte
	joined []byte
}

var errValues = errors.New("the values of a page are corrupt or end too early")

// begin readies the values of a page, n at most.
func (v *values) begin(enc int32, data []byte, n int) error {
	v.enc, v.data, v.bit, v.total, v.taken = enc, data, 0, n, 0
	v.lens, v.pre, v.prev = nil, nil, nil
	bad := fmt.Errorf("%s values have encoding %d, which velo does not read for them", physicalNames[v.leaf.typ], enc)
	switch enc {
	case encPlain:
		return nil
	case encDictionary, encPlainDictionary:
		if len(data) == 0 {
			v.idx = newHybrid(nil, 0)
			return nil
		}
		if data[0] > 32 {
			return errValues
		}
		v.idx = newHybrid(data[1:], int(data[0]))
		return nil
	case encRLE:
		if v.leaf.typ != pBoolean {
			return bad
		}
		if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
			return errValues
		}
		v.idx = newHybrid(data[4:4+binary.LittleEndian.Uint32(data)], 1)
		return nil
	case encDeltaBinary:
		width := map[int32]int{pInt32: 32, pInt64: 64}[v.leaf.typ]
		if width == 0 {
			return bad
		}
		return v.deltas(&v.delta, width)
	case encDeltaLength:
		if v.leaf.typ != pByteArray {
			return bad
		}
		return v.lengths(&v.lens)
	case encDeltaBytes:
		if v.leaf.typ != pByteArray && v.leaf.typ != pFixed {
			return bad
		}
		if err := v.lengths(&v.pre); err != nil {
			return err
		}
		return v.lengths(&v.lens)
	case encSplit:
		if v.width() == 0 {
			return bad
		}
		v.total = len(data) / v.width()
		return nil
	}
	return bad
}

func (v *values) deltas(d **delta, width int) error {
	var ok bool
	if *d, ok = newDelta(v.data, width); !ok {
		return errValues
	}
	return nil
}

// lengths reads all lengths, which stand before what they are of.
func (v *values) lengths(into *[]int64) error {
	var d *delta
	if err := v.deltas(&d, 32); err != nil {
		return err
	}
	if d.total > len(v.data)*64+1 || d.total > v.total {
		return errValues
	}
	*into = make([]int64, d.total)
	if !d.read(*into) {
		return errValues
	}
	v.data = d.buf
	return nil
}

// width is the size of a value of fixed width.
func (v *values) width() int {
	switch v.leaf.typ {
	case pInt32, pFloat:
		return 4
	case pInt64, pDouble:
		return 8
	case pInt96:
		return 12
	case pFixed:
		return int(v.leaf.length)
	}
	return 0
}

// take decodes the next n values; they stay until the next call.
func (v *values) take(n int) (r raw, err error) {
	switch {
	case v.enc == encDeltaBinary:
		v.words = grown(v.words, n)
		if !v.delta.read(v.words) {
			return r, errValues
		}
		if r.i64 = v.words; v.leaf.typ == pInt32 {
			v.halves = grown(v.halves, n)
			for i, x := range v.words {
				v.halves[i] = int32(x)
			}
			r.i32, r.i64 = v.halves, nil
		}
		return r, nil
	case v.leaf.typ == pBoolean:
		return v.booleans(n)
	case v.leaf.typ == pByteArray:
		r.text, err = v.arrays(n)
		return r, err
	case v.enc == encDeltaBytes: // of fixed length
		text, err := v.arrays(n)
		if err != nil {
			return r, err
		}
		v.bytes = v.bytes[:0]
		for _, s := range text {
			if len(s) != v.width() {
				return r, errValues
			}
			v.bytes = append(v.bytes, s...)
		}
		return v.split(v.bytes), nil
	}
	w := v.width()
	if uint64(n)*uint64(w) > uint64(len(v.data)) {
		return r, errValues
	}
	if v.enc != encSplit {
		b := v.data[:n*w]
		v.data = v.data[n*w:]
		return v.split(b), nil
	}
	if v.taken+n > v.total {
		return r, errValues
	}
	v.bytes = grown(v.bytes, n*w)
	for i := range n {
		for k := range w {
			v.bytes[i*w+k] = v.data[k*v.total+v.taken+i]
		}
	}
	v.taken += n
	return v.split(v.bytes), nil
}

// split views bytes as the values that they are.
func (v *values) split(b []byte) (r raw) {
	switch v.leaf.typ {
	case pInt32, pFloat:
		r.i32 = vec.Values[int32](&vec.Vec{Buf: b})
	case pInt64, pDouble:
		r.i64 = vec.Values[int64](&vec.Vec{Buf: b})
	default:
		r.fixed, r.width = b, v.width()
	}
	return r
}

func (v *values) booleans(n int) (r raw, err error) {
	v.bytes = grown(v.bytes, n)
	r.bools = v.bytes
	if v.enc == encRLE {
		idx := make([]uint32, n)
		if !v.idx.read(idx) {
			return r, errValues
		}
		for i, x := range idx {
			r.bools[i] = byte(x & 1)
		}
		return r, nil
	}
	if v.bit+n > 8*len(v.data) {
		return r, errValues
	}
	for i := range r.bools {
		r.bools[i] = v.data[v.bit>>3] >> (v.bit & 7) & 1
		v.bit++
	}
	return r, nil
}

// arrays reads texts: they point into the page but for DELTA_BYTE_ARRAY.
func (v *values) arrays(n int) ([][]byte, error) {
	v.texts = grown(v.texts, n)
	switch v.enc {
	case encPlain:
		d := v.data
		for i := range v.texts {
			if len(d) < 4 {
				return nil, errValues
			}
			size := binary.LittleEndian.Uint32(d)
			if uint64(size) > uint64(len(d)-4) {
				return nil, errValues
			}
			v.texts[i], d = d[4:4+size], d[4+size:]
		}
		v.data = d
		return v.texts, nil
	case encDeltaLength:
		if len(v.lens) < n {
			return nil, errValues
		}
		for i, size := range v.lens[:n] {
			if size < 0 || size > int64(len(v.data)) {
				return nil, errValues
			}
			v.texts[i], v.data = v.data[:size], v.data[size:]
		}
		v.lens = v.lens[n:]
		return v.texts, nil
	}
	if len(v.lens) < n || len(v.pre) < n {
		return nil, errValues
	}
	total := 0
	for i := range n { // room first: texts must not move
		total += int(max(v.lens[i], 0) + max(v.pre[i], 0))
		if total > maxPage {
			return nil, errValues
		}
	}
	v.joined = grown(v.joined, total)[:0]
	prev := append([]byte(nil), v.prev...)
	for i := range n {
		pre, size := v.pre[i], v.lens[i]
		if pre < 0 || size < 0 || pre > int64(len(prev)) || size > int64(len(v.data)) {
			return nil, errValues
		}
		from := len(v.joined)
		v.joined = append(append(v.joined, prev[:pre]...), v.data[:size]...)
		v.data = v.data[size:]
		v.texts[i] = v.joined[from:len(v.joined):len(v.joined)]
		prev = v.texts[i]
	}
	v.prev = append([]byte(nil), prev...)
	v.lens, v.pre = v.lens[n:], v.pre[n:]
	return v.texts, nil
}
