package expr

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/velostream/velo/arrowexec/vec"
)

// fewBytes is how long texts are on average, at most, of which each is looked at for
// itself.
const fewBytes = 16

// scanByte is scan for a pattern of one byte and short texts: 16 bytes of each are compared
// at once, without a branch on where the byte is or whether. A search through all rows had a
// call for each row that matches: with a quarter of them 8 ns a row, 3 so.
func scanByte(c byte, v *vec.Vec, n int, not bool, out vec.Sel) (hits int) {
	const low = 0x0101010101010101
	const high = low << 7
	all, flip := low*uint64(c), uint64(bit(not))
	from := int(v.Offsets[0])
	for row, to := range v.Offsets[1:][:n] {
		size := int(to) - from
		var found uint64
		if size <= 16 && from+16 <= len(v.Data) {
			t := v.Data[from : from+16]
			a, b := binary.LittleEndian.Uint64(t)^all, binary.LittleEndian.Uint64(t[8:])^all
			a, b = (a-low)&^a&high, (b-low)&^b&high // of the lowest byte that is c, and maybe ones above it
			found = a&(1<<(uint(size)*8)-1) | b&(1<<(uint(max(size-8, 0))*8)-1)
			found = uint64(bits.Len64(found)+63) >> 6
		} else if strings.IndexByte(vec.Text(v.Data[from:to]), c) >= 0 {
			found = 1
		}
		out[hits] = int32(row)
		hits += int(found ^ flip)
		from = int(to)
	}
	return hits
}
