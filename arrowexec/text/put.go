package text

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// Room is what the numbers of Put functions may overwrite behind a place; their texts are
// shorter.
const Room = 40

// AppendInt64 writes an integer.
func AppendInt64(dst []byte, x int64) []byte {
	dst = slices.Grow(dst, Room)
	return dst[:PutInt64(dst[:cap(dst)], len(dst), x)]
}

// PutInt64 writes an integer at a place of b and gives the end of it; b has [Room] bytes
// from there. Eight digits are made in one word, without a branch on how many there are:
// 3 ns, where digit pairs into a buffer and a copy took 9.
func PutInt64(b []byte, at int, x int64) int {
	u := uint64(x)
	if x < 0 {
		b[at] = '-'
		at++
		u = -u
	}
	return putUint64(b, at, u)
}

func putUint64(b []byte, at int, u uint64) int {
	if u >= 1e16 {
		return at + copy(b[at:], strconv.AppendUint(b[at:at:len(b)], u, 10))
	}
	if u < 1e8 {
		return putHead(b, at, uint32(u))
	}
	at = putHead(b, at, uint32(u/1e8))
	binary.LittleEndian.PutUint64(b[at:], digits(uint32(u%1e8))|zeros)
	return at + 8
}

const zeros = 0x3030303030303030

// putHead writes a number below 1e8.
func putHead(b []byte, at int, x uint32) int {
	d := digits(x)
	none := uint(bits.TrailingZeros64(d|1<<56)) &^ 7 // the last digit is one
	binary.LittleEndian.PutUint64(b[at:], (d|zeros)>>(none&63))
	return at + 8 - int(none/8)
}

// digits are the eight digits of a number below 1e8, a byte each, the first in the lowest.
func digits(x uint32) uint64 {
	v := uint64(x/10_000) | uint64(x%10_000)<<32
	t := v * 10486 >> 20 & 0x7F_0000_007F // by 100
	v = t | (v-t*100)<<16
	t = v * 103 >> 10 & 0x000F_000F_000F_000F // by 10
	return t | (v-t*10)<<8
}

// PutFloat64 writes what [AppendFloat64] appends at a place of b, which has [Room] bytes
// from there, and gives the end of it.
func PutFloat64(b []byte, at int, x float64) int {
	if at, ok := putFew(b, at, x); ok {
		return at
	}
	return len(AppendFloat64(b[:at:len(b)], x))
}

// putFew writes a number of up to four decimals, as most are. Of up to 15 digits
// there is only one text for each number: no search for the shortest is needed,
// which takes three times as long.
func putFew(b []byte, at int, x float64) (int, bool) {
	m := x * 1e4
	if !(m > -1e15 && m < 1e15) || math.Abs(m) < 1 {
		return at, false
	}
	const whole = 3 << 51 // numbers of this size have no decimals: the sum is rounded to even
	r := m + whole - whole
	if r/1e4 != x {
		return at, false
	}
	i := int64(r)
	if i < 0 {
		b[at] = '-'
		at, i = at+1, -i
	}
	u := uint64(i)
	at = putUint64(b, at, u/1e4)
	if f := uint32(u % 1e4); f != 0 {
		d := digits(f) >> 32
		b[at] = '.'
		binary.LittleEndian.PutUint32(b[at+1:], uint32(d)|zeros&math.MaxUint32)
		at += 5 - bits.LeadingZeros32(uint32(d))/8
	}
	return at, true
}
