package text

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// Room is what the numbers of Put functions may overwrite behind a place; their texts are
// shorter.
const Room = 40

// room is where a number is written. It is an array so that what is known of places in it
// needs no check.
type room = [Room]byte

func roomAt(b []byte, at int) *room {
	if at < 0 || at > len(b)-Room {
		panic("bug: there is no room for a number")
	}
	return (*room)(b[at:])
}

// PutInt64 writes an integer at a place of b and gives the end of it; b has [Room] bytes
// from there. Eight digits are made in one word, without a branch on how many there are:
// 3 ns, where digit pairs into a buffer and a copy took 9.
func PutInt64(b []byte, at int, x int64) int {
	p, n, u := roomAt(b, at), 0, uint64(x)
	if x < 0 {
		p[0], n, u = '-', 1, -u
	}
	return at + putUint64(p, n, u)
}

// putUint64 writes a number behind a sign, of n bytes, and gives the end of it.
func putUint64(p *room, n int, u uint64) int {
	n &= 1
	if u < 1e8 {
		return putHead(p, n, uint32(u))
	}
	if u >= 1e16 {
		return len(strconv.AppendUint(p[:n], u, 10))
	}
	n = putHead(p, n, uint32(u/1e8)) & 15
	binary.LittleEndian.PutUint64(p[n:], digits(uint32(u%1e8))|zeros)
	return n + 8
}

const zeros = 0x3030303030303030

// putHead writes a number below 1e8.
func putHead(p *room, n int, x uint32) int {
	d := digits(x)
	none := uint(bits.TrailingZeros64(d|1<<56)) &^ 7 // the last digit is one
	binary.LittleEndian.PutUint64(p[n&1:], (d|zeros)>>(none&63))
	return n + 8 - int(none/8)
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
	if n, ok := putFew(roomAt(b, at), x); ok {
		return at + n
	}
	return len(AppendFloat64(b[:at:len(b)], x))
}

// putFew writes a number of up to four decimals, as most are. Of up to 15 digits
// there is only one text for each number: no search for the shortest is needed,
// which takes three times as long.
func putFew(p *room, x float64) (n int, ok bool) {
	m := x * 1e4
	if !(m > -1e15 && m < 1e15) || math.Abs(m) < 1 {
		return 0, false
	}
	const whole = 3 << 51 // numbers of this size have no decimals: the sum is rounded to even
	r := m + whole - whole
	if r/1e4 != x {
		return 0, false
	}
	i := int64(r)
	if i < 0 {
		p[0], n, i = '-', 1, -i
	}
	u := uint64(i)
	if u < 1e8 { // below 10,000: eight digits at once are all
		d := digits(uint32(u))
		none := uint(bits.TrailingZeros32(uint32(d)|1<<24)) &^ 7 // the fourth digit is one
		a, at := d|zeros, n+4-int(none/8)
		binary.LittleEndian.PutUint64(p[n&1:], (a&math.MaxUint32|'.'<<32)>>(none&31))
		if d >>= 32; d == 0 {
			return at, true
		}
		binary.LittleEndian.PutUint32(p[at&7+1:], uint32(a>>32))
		return at + 5 - bits.LeadingZeros32(uint32(d))/8, true
	}
	n = putUint64(p, n, u/1e4)
	if f := uint32(u % 1e4); f != 0 {
		d := digits(f) >> 32
		p[n&31] = '.'
		binary.LittleEndian.PutUint32(p[n&31+1:], uint32(d)|zeros&math.MaxUint32)
		n += 5 - bits.LeadingZeros32(uint32(d))/8
	}
	return n, true
}
