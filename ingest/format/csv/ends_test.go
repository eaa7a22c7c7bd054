package csv

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEndsBothWays compares the two ways to find the ends of fields.
func TestEndsBothWays(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	quick := &decoder{d: dialect{delim: ',', quote: '"'}}
	quick.scan = newScanner(quick.d)
	words := ends{portable: true}
	var fast ends
	for range 20_000 {
		text := make([]byte, r.IntN(400))
		kind := r.IntN(4)
		for i := range text {
			switch r.IntN([]int{2, 8, 20, 64}[kind]) {
			case 0:
				text[i] = ','
			case 1:
				text[i] = '\n'
			default:
				text[i] = byte('0' + r.IntN(10))
			}
		}
		if len(text) > 0 && r.IntN(3) == 0 {
			text[r.IntN(len(text))] = 0xC3
		}
		for n := 2; n < 5; n++ {
			a, plainA := fast.find(&quick.scan, text, n, 100)
			b, plainB := words.find(&quick.scan, text, n, 100)
			require.Equal(t, b, a, "%q", text)
			require.Equal(t, plainB, plainA, "%q", text)
			require.Equal(t, words.at[:b*n+1], fast.at[:a*n+1], "%q", text)
		}
	}
}

func BenchmarkEnds(b *testing.B) {
	line := "1000000,SYM001,123.4567,500,BUY,trader0001,1700000000000,2023-11-14T22:13:20.000Z\n"
	var text []byte
	for len(text) < piece {
		text = append(text, line...)
	}
	d := dialect{delim: ',', quote: '"'}
	s := newScanner(d)
	for name, e := range map[string]*ends{"blocks": {}, "words": {portable: true}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				e.find(&s, text, 8, 1000)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)/len(line)), "ns/line")
		})
	}
}
