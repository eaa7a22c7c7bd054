package expr

import "golang.org/x/sys/cpu"

// comparesMany tells that the processor compares eight or sixteen values at once into bits
// and packs the numbers of those that are set.
var comparesMany = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ

// The conditions of compare instructions, of integers and of doubles alike. Of the latter
// the last three hold for NaN, which is greater than all.
const (
	condEq = 0
	condLt = 1
	condLe = 2
	condNe = 4
	condGe = 5
	condGt = 6
)

// maskDoubles clears the bits of the values for which a comparison with y does not
// hold; n is a multiple of 16.
//
//go:noescape
func maskDoubles(bits *byte, x *float64, n int, y float64, cond int)

//go:noescape
func maskLongs(bits *byte, x *int64, n int, y int64, cond int)

//go:noescape
func maskInts(bits *byte, x *int32, n int, y int32, cond int)

// maskLengths clears the bits of the texts between offsets that are not of a length; n is
// a multiple of 16.
//
//go:noescape
func maskLengths(bits *byte, offsets *int32, n int, length int32)

// setBits lists the bits that are set and tells how many they are; n is a multiple of 16,
// and at has room for 16 more than there are.
//
//go:noescape
func setBits(at *int32, bits *byte, n int) int
