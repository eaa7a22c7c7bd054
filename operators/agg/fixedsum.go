package agg

import (
	"math"
	"math/bits"
)

// fixedSum is a sum of floats as one great integer, of units of 2^-fixedLow, the least
// word first: the same numbers give the same sum in whatever order they came and
// went. What a number has below the unit is cut off, always the same.
type fixedSum [7]uint64

const (
	fixedLow  = 192
	fixedHigh = 224 // numbers of a sum are below 2 to this, which leaves room for 2^31 of them
)

// add adds a number below 2^fixedHigh.
func (s *fixedSum) add(x float64) {
	b := math.Float64bits(x)
	m := b&(1<<52-1) | 1<<52
	at := int(b>>52&0x7FF) - 1075 + fixedLow // of its last bit
	if at < 0 {
		m >>= uint(-at)
		at = 0
	}
	if m == 0 {
		return
	}
	i, off := at>>6, uint(at&63)
	lo, hi := m<<off, m>>(64-off)
	var c uint64
	if b>>63 == 0 {
		s[i], c = bits.Add64(s[i], lo, 0)
		s[i+1], c = bits.Add64(s[i+1], hi, c)
		for i += 2; c != 0 && i < len(s); i++ {
			s[i], c = bits.Add64(s[i], 0, c)
		}
		return
	}
	s[i], c = bits.Sub64(s[i], lo, 0)
	s[i+1], c = bits.Sub64(s[i+1], hi, c)
	for i += 2; c != 0 && i < len(s); i++ {
		s[i], c = bits.Sub64(s[i], 0, c)
	}
}

// below tells that the sum, which is not negative, is less than 2^power.
func (s *fixedSum) below(power int) bool {
	at := power + fixedLow
	for i := len(s) - 1; i > at>>6; i-- {
		if s[i] != 0 {
			return false
		}
	}
	return s[at>>6]>>uint(at&63) == 0
}

// near is the first 106 bits of the sum.
func (s *fixedSum) near() dd {
	t, negative := *s, s[len(s)-1]>>63 != 0
	if negative {
		c := uint64(1)
		for i := range t {
			t[i], c = bits.Add64(^t[i], 0, c)
		}
	}
	top := len(t) - 1
	for top > 0 && t[top] == 0 {
		top--
	}
	if t[top] == 0 {
		return dd{}
	}
	word := func(i int) uint64 {
		if i < 0 {
			return 0
		}
		return t[i]
	}
	zeros := uint(bits.LeadingZeros64(t[top]))
	first := t[top]<<zeros | word(top-1)>>(64-zeros)
	second := word(top-1)<<zeros | word(top-2)>>(64-zeros)
	if zeros == 0 {
		first, second = t[top], word(top-1)
	}
	unit := 64*(top-1) - int(zeros) - fixedLow // of second's last bit
	hi := float64(first >> 11)
	lo := float64(first<<53>>11 | second>>22)
	out := dd{math.Ldexp(hi, unit+75), math.Ldexp(lo, unit+22)}
	if negative {
		return dd{-out.hi, -out.lo}
	}
	return out
}
