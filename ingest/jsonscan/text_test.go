package jsonscan

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTexts compares texts of every length both ways, with each of their bytes wrong
// in one line.
func TestTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := 1; n <= 80; n++ {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		off := r.IntN(n)
		known := NewText(text, off)
		for wrong := -3; wrong < n; wrong++ {
			var buf []byte
			var marks, before []int32
			const lines = 5
			for range lines {
				before = append(before, int32(len(buf)))
				buf = append(buf, bytes.Repeat([]byte{'x'}, r.IntN(20))...)
				marks = append(marks, int32(len(buf)+off), -1)
				buf = append(buf, text...)
			}
			want, bad := lines, r.IntN(lines)
			begins := int(marks[2*bad]) - off
			if wrong >= 0 {
				want = bad
				buf[begins+wrong] ^= 1 << r.IntN(8)
			} else if wrong == -1 { // the text begins before the value in front of it
				want = bad
				before[bad] = int32(begins + 1)
			}
			buf = append(buf, make([]byte, 64)...)
			for way, same := range []func([]byte, []int32, int, []int32, []int32, []int32) int{known.Same, known.sameByWords} {
				end, next := make([]int32, lines), make([]int32, lines)
				require.Equal(t, want, same(buf, marks, 2, before, end, next), "%d bytes, %d wrong, way %d", n, wrong, way)
				for i := range want {
					require.Equal(t, marks[2*i]-int32(off), end[i])
					require.Equal(t, end[i]+int32(n), next[i])
				}
			}
		}
	}
}
