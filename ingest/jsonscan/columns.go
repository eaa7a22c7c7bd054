package jsonscan

import (
	"encoding/binary"
	"math"
)

// Values whose places are known are read one below the other: value i is
// buf[from[i]:to[i]], behind the one before, and there are 32 bytes more in buf.

// Integers reads numbers of up to 16 digits, without a sign, and tells how many of
// the first it could.
func Integers(buf []byte, from, to []int32, out []int64) int {
	n, i := len(from), 0
	to, out = to[:n], out[:n]
	for misses := 0; eights(buf, to, n-i) && misses < 3; {
		k := integersOneByOne(buf, from[i:i+8], to[i:i+8], out[i:i+8])
		if i += k; k < 8 {
			return i
		}
		c := numbers{buf: &buf[0], from: &from[i], to: &to[i], out: &out[i], n: n - i}
		integers(&c)
		if i += c.done; c.done < 16 {
			misses++
		}
	}
	return i + integersOneByOne(buf, from[i:], to[i:], out[i:n])
}

// Decimals reads numbers of up to seven digits, a point, and up to eight more, as the
// bits of DOUBLEs, and tells how many of the first it could.
func Decimals(buf []byte, from, to []int32, out []int64) int {
	n, i := len(from), 0
	to, out = to[:n], out[:n]
	for misses := 0; eights(buf, to, n-i) && misses < 3; {
		k := decimalsOneByOne(buf, from[i:i+8], to[i:i+8], out[i:i+8])
		if i += k; k < 8 {
			return i
		}
		c := numbers{buf: &buf[0], from: &from[i], to: &to[i], out: &out[i], n: n - i}
		decimals(&c)
		if i += c.done; c.done < 16 {
			misses++
		}
	}
	return i + decimalsOneByOne(buf, from[i:], to[i:], out[i:n])
}

// numbers are the arguments of integers and decimals, which know their places. They are
// called by name, for else it would be on the heap.
type numbers struct {
	buf      *byte
	from, to *int32
	out      *int64
	n        int
	done     int
}

// eights tells that so many values, the last of them, are to be read eight at once, and one
// by one in turns: so what is not of the usual kind is seen before that is tried in vain,
// which it is no more than three times.
func eights(buf []byte, to []int32, n int) bool {
	return hasDigits && n >= 16 && int(to[len(to)-1])+slack <= len(buf)
}

// slack is how many bytes behind the last value may be read.
const slack = 32

func integersOneByOne(buf []byte, from, to []int32, out []int64) int {
	to, out = to[:len(from)], out[:len(from)]
	for i, at := range from {
		n := uint(to[i] - at)
		b := (*[16]byte)(buf[at:])
		if n-1 < 8 { // what is not of the value is shifted out
			t := (binary.LittleEndian.Uint64(b[:]) ^ ones*'0') << (64 - 8*n)
			if !eight(t) || b[0] == '0' && n > 1 {
				return i
			}
			out[i] = int64(Eight(t))
			continue
		}
		if n-9 >= 8 || b[0] == '0' {
			return i
		}
		t := binary.LittleEndian.Uint64(b[:]) ^ ones*'0'
		low := (binary.LittleEndian.Uint64(b[8:]) ^ ones*'0') << (128 - 8*n)
		if !eight(t) || !eight(low) {
			return i
		}
		out[i] = int64(Eight(t)*powers[n-8] + Eight(low))
	}
	return len(from)
}

// decimalsOneByOne has no branch for the sign, for signs come as they like.
func decimalsOneByOne(buf []byte, from, to []int32, out []int64) int {
	to, out = to[:len(from)], out[:len(from)]
	for i, at := range from {
		c := (*[32]byte)(buf[at:])
		minus := (uint(c[0]^'-') - 1) >> 63 // 1: a sign
		b := (*[24]byte)(c[minus&1:])
		n := uint(to[i]-at) - minus
		w := binary.LittleEndian.Uint64(b[:])
		k := uint(Run(w)) // digits before the point
		if k-1 >= 7 || k > 1 && b[0] == '0' {
			return i
		}
		x := Eight((w ^ ones*'0') << (64 - 8*k))
		if n == k {
			out[i] = int64(math.Float64bits(float64(x)) | uint64(minus)<<63)
			continue
		}
		m := n - k - 1
		if m-1 >= 8 || b[k&7] != '.' {
			return i
		}
		t := (binary.LittleEndian.Uint64(b[k&7+1:]) ^ ones*'0') << (64 - 8*m)
		if !eight(t) {
			return i
		}
		// Both are exact, so the quotient is the nearest number.
		x = x*powers[m] + Eight(t)
		out[i] = int64(math.Float64bits(float64(x)/float64(powers[m])) | uint64(minus)<<63)
	}
	return len(from)
}

var powers = [9]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// eight tells whether all bytes are at most 9.
func eight(t uint64) bool { return (t+ones*0x76|t)&highs == 0 }

// Eight is the number of the eight digits that are the bytes of t, of which the
// lowest is the first.
func Eight(t uint64) uint64 {
	t = t*10 + t>>8
	return (t&0x000000FF000000FF*0x000F424000000064 + t>>16&0x000000FF000000FF*0x0000271000000001) >> 32
}

// Scalars checks numbers, true, false and null, and tells how many of the first are
// right.
func Scalars(buf []byte, from, to []int32) int {
	var out [128]int64 // nobody reads it
	whole := len(from) == 0 || Integers(buf, from[:1], to[:1], out[:]) == 1
	if !whole && Decimals(buf, from[:1], to[:1], out[:]) == 0 {
		return scalars(buf, from, to)
	}
	for i := 0; i < len(from); {
		n := min(len(from)-i, len(out))
		k := 0
		if whole {
			k = Integers(buf, from[i:i+n], to[i:i+n], out[:])
		} else {
			k = Decimals(buf, from[i:i+n], to[i:i+n], out[:])
		}
		if k < n {
			n = min(n, k+8)
			if r := scalars(buf, from[i+k:i+n], to[i+k:i+n]); k+r < n {
				return i + k + r
			}
		}
		i += n
	}
	return len(from)
}

func scalars(buf []byte, from, to []int32) int {
	to = to[:len(from)]
	for i, at := range from {
		if at == to[i] || scalar(buf, int(at)) != int(to[i]) {
			return i
		}
	}
	return len(from)
}
