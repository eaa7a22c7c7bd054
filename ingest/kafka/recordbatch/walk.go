package recordbatch

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/velostream/velo/arrowexec/vec"
)

// walkAhead is how far before its turn memory is asked for. Where a record begins, only the one
// before it tells, so the walk waits for each: 13 ns a record of what was unpacked a MiB ago,
// 7 asked for ahead.
const walkAhead = 2048

// minRecord is the least size of a record: a length and six fields of a byte each.
const minRecord = 7

var errRecords = errors.New("is corrupt: its records do not fill it as it says")

// walk appends the records of a batch, which are b.Data[at:end], those before an
// offset left out.
//
// It is the hottest loop of reading a topic. The heads of neighbouring records have numbers
// of the same lengths, which one comparison of a word tells: that took a quarter off it. What
// is out of bounds shows in one comparison at the end of the record: a varint that cannot be
// read gives a position of -1, from which no other can be read.
func (b *Block) walk(h *Header, at, end int, from int64) error {
	n := int(h.Count)
	if n > (end-at)/minRecord {
		return &Error{h.Base, errRecords}
	}
	start := len(b.Offsets)
	k := start
	b.extend(n)
	offsets, times := b.Offsets, b.Times[:len(b.Offsets)]
	keys, values, headers := b.Keys[:len(b.Offsets)], b.Values[:len(b.Offsets)], b.Headers[:len(b.Offsets)]
	last := uint32(h.LastDelta)
	base, first, appended := h.Base, h.FirstTime, h.Attributes&logAppendTimeBit != 0
	in, p := b.Data[:end], at
	var s shape
	ahead := at
	for range n {
		if p+walkAhead > ahead {
			next := min(ahead+walkAhead, end)
			vec.Prefetch(in[ahead:next])
			if ahead = next; next == end {
				ahead = math.MaxInt
			}
		}
		var size, do int32
		var dt int64
		var q, stop int
		w := uint64(0)
		if p+8 <= end {
			w = binary.LittleEndian.Uint64(in[p:])
		}
		if w&s.mask == s.want && s.mask != 0 && p+8 <= end {
			stop = p + s.length + int(number(w&s.lengthMask))>>1
			q = p + s.head
			dt = int64(zigzag(number(w >> (s.timeAt & 63) & s.timeMask)))
			do = zigzag(number(w >> (s.offsetAt & 63) & s.offsetMask))
			if stop > end {
				return b.corrupt(h, start)
			}
		} else {
			size, dt, do, q, stop = recordHead(in, p)
			if q < 0 || size < minRecord-1 || stop > end {
				return b.corrupt(h, start)
			}
			s = shapeOf(w)
		}
		key, value := null, null
		if uint(q) < uint(end) && in[q] == 1 { // no key
			q++
		} else if size, q = varint(in, q); size >= 0 {
			key = Span{int32(q), int32(q + int(size))}
			q += int(size)
		}
		if uint(q) < uint(end-1) && in[q]&0x81 == 0x80 && in[q+1] < 0x80 { // 64 to 8191 bytes
			size = int32(in[q]&0x7f)>>1 | int32(in[q+1])<<6
			q += 2
			value = Span{int32(q), int32(q + int(size))}
			q += int(size)
		} else if size, q = varint(in, q); size >= 0 {
			value = Span{int32(q), int32(q + int(size))}
			q += int(size)
		}
		head := q
		if uint(q) < uint(end) && in[q] == 0 { // no headers
			q++
		} else if size, q = varint(in, q); size != 0 {
			q = skipHeaders(in, q, int(size))
			b.Headed = true
		}
		if q != stop || uint32(do) > last {
			return b.corrupt(h, start)
		}
		p = stop
		offset := base + int64(do)
		if offset < from {
			continue
		}
		from = offset + 1
		offsets[k], keys[k], values[k], headers[k] = offset, key, value, Span{int32(head), int32(stop)}
		times[k] = first + dt
		if appended {
			times[k] = h.MaxTime
		}
		k++
	}
	if p != end {
		return b.corrupt(h, start)
	}
	b.truncate(k)
	return nil
}

// shape is what the head of a record in a word is like: a length, a byte of attributes, and
// how far time and offset are from the first, of one or two bytes each. A mask of zero is none.
type shape struct {
	mask, want           uint64 // of the bits that tell how long the numbers are
	lengthMask           uint64
	timeAt, timeMask     uint64
	offsetAt, offsetMask uint64
	length, head         int // bytes of the length, and of all
}

// shapeOf takes the shape of the record that a word begins.
func shapeOf(w uint64) (s shape) {
	at := 0
	take := func() (shift, mask uint64) {
		shift, n := uint64(8*at), 1
		s.mask |= 0x80 << shift
		if w>>shift&0x80 != 0 {
			n = 2
			s.want |= 0x80 << shift
			s.mask |= 0x8000 << shift
		}
		at += n
		return shift, 1<<(8*n) - 1
	}
	_, s.lengthMask = take()
	s.length = at
	s.mask |= 1 // no negative length
	at++
	s.timeAt, s.timeMask = take()
	s.offsetAt, s.offsetMask = take()
	if s.head = at; w&s.mask != s.want {
		return shape{}
	}
	return s
}

// number is what one or two bytes of a word say.
func number(x uint64) uint32 { return uint32(x&0x7f | x>>1&0x3f80) }

func (b *Block) corrupt(h *Header, n int) error {
	b.truncate(n)
	return &Error{h.Base, errRecords}
}

// skipHeaders gives the position behind n headers, or -1.
func skipHeaders(in []byte, p, n int) int {
	if n < 0 || p < 0 || n > len(in)-p {
		return -1
	}
	for range n {
		size, q := varint(in, p)
		if q < 0 || size < 0 {
			return -1
		}
		size, q = varint(in, q+int(size))
		if q < 0 {
			return -1
		}
		if p = q; size > 0 {
			p += int(size)
		}
	}
	return p
}

// recordHead reads what stands before the key of a record: its length, a byte of
// attributes, and how far its time and offset are from the first; stop is where the
// record ends. Most often that is in one word of 8 bytes.
func recordHead(in []byte, p int) (size int32, dt int64, do int32, q, stop int) {
	if p+8 <= len(in) {
		x := binary.LittleEndian.Uint64(in[p:])
		v, k := register(x)
		q = p + k
		stop = q + int(zigzag(v))
		x >>= 8*uint(k) + 8 // behind the attributes, which have no use yet
		t, k2 := register(x)
		x >>= 8 * uint(k2)
		o, k3 := register(x)
		if k > 0 && k2 > 0 && k3 > 0 && k+k2+k3 < 8 {
			return zigzag(v), int64(zigzag(t)), zigzag(o), q + 1 + k2 + k3, stop
		}
	}
	size, q = varint(in, p)
	stop = q + int(size)
	if q < 0 {
		return 0, 0, 0, -1, 0
	}
	dt, q = varint64(in, q+1)
	do, q = varint(in, q)
	return size, dt, do, q, stop
}

// register reads a number of one or two bytes from the low end of a word; none: 0.
func register(x uint64) (v uint32, n int) {
	if x&0x80 == 0 {
		return uint32(x & 0x7f), 1
	}
	if x&0x8000 == 0 {
		return uint32(x&0x7f | x>>1&0x3f80), 2
	}
	return 0, 0
}

func zigzag(x uint32) int32 { return int32(x>>1) ^ -int32(x&1) }

// varint reads a zigzag number of up to 32 bits and gives the position behind it,
// -1 if there is none.
func varint(in []byte, p int) (int32, int) {
	if uint(p) >= uint(len(in)) {
		return 0, -1
	}
	c := uint32(in[p])
	if c < 0x80 {
		return zigzag(c), p + 1
	}
	if p+1 < len(in) && in[p+1] < 0x80 {
		return zigzag(c&0x7f | uint32(in[p+1])<<7), p + 2
	}
	x := uint32(0)
	for i, c := range in[p:] {
		if i == 4 {
			if c > 0x0f {
				break
			}
			return zigzag(x | uint32(c)<<28), p + 5
		}
		x |= uint32(c&0x7f) << (7 * i)
		if c < 0x80 {
			return zigzag(x), p + i + 1
		}
	}
	return 0, -1
}

// varint64 is varint for numbers of up to 64 bits.
func varint64(in []byte, p int) (int64, int) {
	if uint(p) >= uint(len(in)) {
		return 0, -1
	}
	x := uint64(0)
	for i, c := range in[p:] {
		if i == 9 && c > 1 {
			break
		}
		x |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return int64(x>>1) ^ -int64(x&1), p + i + 1
		}
		if i == 9 {
			break
		}
	}
	return 0, -1
}
