package jsonscan

import "encoding/binary"

// Values whose places are known are read one below the other: value i is
// buf[from[i]:to[i]], and there are 16 bytes more in buf.

// Integers reads numbers of up to 16 digits, without a sign, and tells how many of
// the first it could.
func Integers(buf []byte, from, to []int32, out []int64) int {
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
	to = to[:len(from)]
	for i, at := range from {
		n := uint(to[i] - at)
		b := (*[16]byte)(buf[at:])
		if n-1 < 8 && (b[0] != '0' || n == 1) && eight((binary.LittleEndian.Uint64(b[:])^ones*'0')<<(64-8*n)) {
			continue
		}
		if n == 0 || scalar(buf, int(at)) != int(to[i]) {
			return i
		}
	}
	return len(from)
}
