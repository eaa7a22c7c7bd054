package csv

import (
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
)

// The functions of this file read eight bytes at once where a field is followed
// by that many bytes of its buffer: the bytes behind the field are read, never
// used.

const zeros = low * '0'

// eight reads the n digits, 1 to 8, that stand in the low bytes of w.
func eight(w uint64, n int) (uint64, bool) {
	t := (w ^ zeros) << (uint(8-n) * 8)
	if (t|(t+low*0x76))&high != 0 {
		return 0, false
	}
	t = t*10 + t>>8
	return ((t&0x000000FF000000FF)*0x000F424000000064 + (t>>16&0x000000FF000000FF)*0x0000271000000001) >> 32, true
}

// integer reads an integer of at most 16 digits; text.ParseInt64 does the rest.
func integer(s []byte) (int64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	n := len(s)
	if n == 0 || n > 16 || cap(s) < 8 {
		return 0, false
	}
	var x uint64
	var ok bool
	if n <= 8 {
		x, ok = eight(binary.LittleEndian.Uint64(s[:8]), n)
	} else {
		hi, ok1 := eight(binary.LittleEndian.Uint64(s), n-8)
		lo, ok2 := eight(binary.LittleEndian.Uint64(s[n-8:]), 8)
		x, ok = hi*100_000_000+lo, ok1 && ok2
	}
	if neg {
		return -int64(x), ok
	}
	return int64(x), ok
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// decimal reads a plain decimal number of at most 15 digits, for which one
// division of exact values rounds as the standard asks; text.ParseFloat64 does
// the rest.
func decimal(s []byte) (float64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	n := len(s)
	if n == 0 || n > 16 {
		return 0, false
	}
	var x uint64
	var f float64
	if n <= 8 && cap(s) >= 8 {
		w := binary.LittleEndian.Uint64(s[:8])
		frac := 0
		for frac < n && s[n-1-frac] != '.' {
			frac++
		}
		ok := false
		if frac == n {
			frac = 0
			x, ok = eight(w, n)
		} else if n > 1 { // close the gap of the point
			below := uint64(1)<<(uint(n-1-frac)*8) - 1
			x, ok = eight(w&below|w>>8&^below, n-1)
		}
		if !ok {
			return 0, false
		}
		f = float64(x) / powers[frac]
	} else {
		point := -1
		for i, d := range s {
			d -= '0'
			if d > 9 {
				if s[i] != '.' || point >= 0 {
					return 0, false
				}
				point = i
				continue
			}
			x = x*10 + uint64(d)
		}
		f = float64(x)
		if point >= 0 && n > 1 {
			f /= powers[n-1-point]
		} else if point >= 0 || n > 15 {
			return 0, false
		}
	}
	if neg {
		f = -f
	}
	return f, true
}

// appendShort appends a text of at most 16 ASCII bytes by copying 16; false
// leaves it to the caller.
func appendShort(b *vec.Builder, s []byte) bool {
	n := len(s)
	if n > 16 || cap(s) < 16 {
		return false
	}
	s = s[:16]
	w0, w1 := binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[8:])
	if n <= 8 {
		if w0<<(uint(8-n)*8)&high != 0 {
			return false
		}
	} else if (w0|w1<<(uint(16-n)*8))&high != 0 {
		return false
	}
	d := b.Reserve(16)
	binary.LittleEndian.PutUint64(d, w0)
	binary.LittleEndian.PutUint64(d[8:], w1)
	b.Commit(n)
	return true
}
