package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec/vec"
)

// TestKnownRowsBothWays numbers texts by assembly and by the loops of Go, in two tables of
// one seed: of all rows and of selections, short and long ones, and the last ones, behind
// which nothing may be read.
func TestKnownRowsBothWays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	most := 0
	for range 300 {
		fast, slow := newStrings(), newStrings()
		slow.seed = fast.seed
		keys := 1 + r.IntN(400)
		long := r.IntN(3)
		for range 6 {
			n := r.IntN(500)
			offs := []int32{int32(r.IntN(3))}
			data := make([]byte, offs[0])
			for range n {
				text := fmt.Sprint("k", r.IntN(keys))
				switch r.IntN([]int{2000, 40, 4}[long]) {
				case 0:
					text = text[:r.IntN(2)]
				case 1:
					text += "abcdefghijklmnopqrstu"[:r.IntN(20)]
				case 2:
					text += string(rune(1 + r.IntN(16)))
				}
				data = append(data, text...)
				offs = append(offs, int32(len(data)))
			}
			data = data[:len(data):len(data)]
			want, got := make([]int32, n), make([]int32, n)
			if r.IntN(2) == 0 {
				for done := 0; done < n; {
					done += slow.assignNew(data, offs[done:], nil, want[done:], n-done)
				}
				for done := 0; done < n; {
					done += fast.assignFew(data, offs[done:], nil, got[done:], n-done)
				}
			} else {
				var sel vec.Sel
				for i := range n {
					if r.IntN(3) > 0 {
						sel = append(sel, int32(i))
					}
				}
				for done := 0; done < len(sel); {
					done += slow.assignNew(data, offs, sel[done:], want, len(sel)-done)
				}
				for done := 0; done < len(sel); {
					done += fast.assignFew(data, offs, sel[done:], got, len(sel)-done)
				}
			}
			require.Equal(t, want, got)
			require.Equal(t, slow.keys, fast.keys)
			if n > 0 {
				most = max(most, fast.known(data, offs, nil, got, n))
			}
		}
	}
	if looksAhead {
		require.Greater(t, most, 400)
	}
}
