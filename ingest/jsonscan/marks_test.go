package jsonscan

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// marksByBytes says what Marks finds, a byte at a time.
func marksByBytes(text []byte, base int32, escapes Escapes) (at []int32, read int) {
	at = []int32{}
	for i, c := range text {
		if c == '\\' && escapes == NoEscapes || c != '\n' && (c < 0x20 || c >= 0x80) || i > 0 && text[i-1] == '\\' && c != '"' {
			return at, i
		}
		if c == '"' || c == '\n' {
			at = append(at, base+int32(i))
		}
	}
	return at, len(text)
}

func checkMarks(t *testing.T, text []byte) {
	t.Helper()
	at := make([]int32, len(text)+MarksRoom)
	for base, escapes := range []Escapes{QuoteEscapes, NoEscapes} {
		base := int32(base * 1 << 30)
		want, read := marksByBytes(text, base, escapes)
		n, got := Marks(at, text, base, escapes)
		require.Equal(t, read, got, "%q", text)
		require.Equal(t, want, at[:n], "%q", text)
		n, got = marksByWords(at, text, base, escapes)
		require.Equal(t, read, got, "%q by words", text)
		require.Equal(t, want, at[:n], "%q by words", text)
	}
}

func FuzzMarks(f *testing.F) {
	f.Add([]byte(`{"a":"{\"b\":\"c\",\"d\":1}"}` + "\n"))
	f.Add([]byte(`\\`))
	f.Add(bytes.Repeat([]byte{'"'}, 130))
	f.Fuzz(func(t *testing.T, text []byte) { checkMarks(t, text) })
}

// TestMarks puts every byte at every place of blocks and words.
func TestMarks(t *testing.T) {
	for size := range 140 {
		plain := bytes.Repeat([]byte(`a\"`), 50)[:size]
		checkMarks(t, plain)
		checkMarks(t, bytes.Repeat([]byte{'"'}, size))
		for _, c := range []byte{0, 0x1F, 0x20, '\n', '"', '\\', 0x7F, 0x80, 0xFF, 0x0B, 0x21, 0x23, 'Z'} {
			for i := range size {
				text := bytes.Repeat([]byte{'x'}, size)
				text[i] = c
				checkMarks(t, text)
				text = append(text[:0], plain...)
				text[i] = c
				checkMarks(t, text)
			}
		}
	}
}

func BenchmarkMarks(b *testing.B) {
	line := `{"topic":"trades","partition":0,"offset":0,"ts":1700000000000,"key":"SYM308","payload":"{\"trade_id\":1000000,\"symbol\":\"SYM308\",\"price\":564.2739,\"side\":\"BUY\"}"}` + "\n"
	text := bytes.Repeat([]byte(line), 200)
	at := make([]int32, len(text)+MarksRoom)
	for name, f := range map[string]func([]int32, []byte, int32, Escapes) (int, int){"blocks": Marks, "words": marksByWords} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				f(at, text, 0, QuoteEscapes)
			}
		})
	}
}
