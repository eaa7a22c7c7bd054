package csv

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Records read many at once give what they give one by one, whatever stands
// among them.
func TestManyIsOneByOne(t *testing.T) {
	declared := []arrow.Field{col("i", vec.TypeInt64), col("s", vec.TypeString), col("f", vec.TypeFloat64), col("b", vec.TypeBool), {Name: "n", Type: vec.TypeInt64}, col("z", vec.TypeString)}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		one := func(list ...string) string { return list[rng.IntN(len(list))] }
		odd := []int{0, 0, 3, 30, 400}[seed%5] // one record in so many is odd
		ending := "\n"
		if seed%3 == 0 {
			ending = "\r\n"
		}
		var in strings.Builder
		in.WriteString("i,s,f,b,n,z" + ending)
		for range 1500 {
			if odd > 0 && rng.IntN(odd) == 0 {
				in.WriteString(one("", "1,2,3"+ending, "\"4\",\"a,\"\"b\nc\",5,t,1,x", "x,y,1,t,1,", "1,é,1,f,1,ü", "1,\xff,1,f,1,z", "1,a,1,f,1,\xff",
					"1,a,1..2,f,1,z", "1,a,1,f,,z", "9223372036854775808,a,1,f,1,z", "1,2,3,t,5,6,7", ",,,,1,", "1,a\"b,2,t,3,c", "1,\r,2,t,3,\r") + ending)
				continue
			}
			f := one("", "-", "+") + fmt.Sprint(rng.IntN(100)) + one("", ".", ".5", ".123456", ".12345678901234", "e3")
			i := one("", "-5", "7", "1234567", "12345678", "123456789", "-1234567890123456", "1234567890123456", "12345678901234567", "9223372036854775807", " 8")
			fmt.Fprintf(&in, "%s,%s,%s,%s,%d,%s%s", i, one("", "a", "exactly eight ch", "0123456789abcdefg", "-", strings.Repeat("long ", 20)), f, one("t", "false", ""),
				rng.IntN(1e9), one("", "XNYS", "z"), ending)
		}
		wants := [][]arrow.Field{declared, {declared[2], declared[5]}, {declared[0]}, {declared[1], col("absent", vec.TypeFloat64)}}
		for _, props := range []map[string]string{nil, {"csv.null": "7"}, {"csv.quote": ""}} {
			want := wants[rng.IntN(len(wants))]
			p := ingest.PropsOf(props)
			few := decodeMost(t, p, declared, want, in.String(), 1<<30, 3)
			require.NotEmpty(t, few.rows)
			for _, step := range []int{5000, 1 << 30} {
				many := decodeMost(t, p, declared, want, in.String(), step, 1<<20)
				require.Equal(t, few.rows, many.rows, "seed %d", seed)
				require.Equal(t, few.bad, many.bad, "seed %d", seed)
				require.Equal(t, few.extra, many.extra)
				if step == 1<<30 {
					require.Equal(t, few.spans[0].Line, many.spans[0].Line)
				}
				require.Len(t, many.spans, len(few.spans))
				for i := range few.spans {
					require.Equal(t, few.spans[i].Line, many.spans[i].Line)
					require.Equal(t, few.spans[i].To-few.spans[i].From, many.spans[i].To-many.spans[i].From)
				}
			}
		}
	}
}

func TestBlockFindsEveryEnd(t *testing.T) {
	s := newScanner(dialect{delim: ',', quote: '"'})
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b [64]byte
		for i := range b {
			b[i] = ",\n-+\x0b\x0a\xac\x8a\xffa"[rng.IntN(10)]
			if rng.IntN(2) == 0 {
				b[i] = byte(rng.IntN(128 + rng.IntN(2)*128))
			}
		}
		if rng.IntN(2) == 0 { // ASCII has a faster way
			for i := range b {
				b[i] &= 0x7F
			}
		}
		want := uint64(0)
		for i, x := range b {
			if x == ',' || x == '\n' {
				want |= 1 << i
			}
		}
		got, _ := s.block(b[:])
		require.Equal(t, want, got, "%q", b)
	}
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"1", "-1.5", ".", "5.", "12345678.9", "1234567.89", "123456789012345", "1.23456789012345", "12345678..", "1-2", "12345678901.2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, room := range []int{0, 40} {
			b := append(make([]byte, 0, len(s)+room), s...)
			if x, ok := decimal(b[:len(s)]); ok {
				want, fine := text.ParseFloat64([]byte(s))
				require.True(t, fine, "%q", s)
				require.Equal(t, want, x, "%q", s)
			}
			if x, ok := integer(b[:len(s)]); ok {
				want, fine := text.ParseInt64([]byte(s))
				require.True(t, fine, "%q", s)
				require.Equal(t, want, x, "%q", s)
			}
		}
	})
}
