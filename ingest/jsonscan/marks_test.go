package jsonscan

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// marksByBytes says what Marks finds, a byte at a time.
func marksByBytes(text []byte, escapes Escapes) (at []int32, read int) {
	at = []int32{}
	for i, c := range text {
		if c == '\\' && escapes == NoEscapes || c != '\n' && (c < 0x20 || c >= 0x80) || i > 0 && text[i-1] == '\\' && c != '"' {
			return at, i
		}
		if c == '"' || c == '\n' {
			at = append(at, int32(i))
		}
	}
	return at, len(text)
}

func checkMarks(t *testing.T, text []byte) {
	t.Helper()
	at := make([]int32, 3*(len(text)+1)+MarksRoom)
	for _, escapes := range []Escapes{QuoteEscapes, NoEscapes} {
		want, read := marksByBytes(text, escapes)
		n, got := Marks(at, text, escapes)
		require.Equal(t, read, got, "%q", text)
		require.Equal(t, want, at[:n], "%q", text)
		n, got = marksByWords(at, text, 0, escapes)
		require.Equal(t, read, got, "%q by words", text)
		require.Equal(t, want, at[:n], "%q by words", text)
		if escapes == NoEscapes {
			checkMarksOf(t, at, text, len(want))
		}
	}
}

// checkMarksOf looks at the text as the second of three records, the others of which are
// right.
func checkMarksOf(t *testing.T, at []int32, text []byte, each int) {
	t.Helper()
	good := bytes.Repeat([]byte{'"'}, each)
	buf := append(append(append(append([]byte{0xFF}, good...), 0), text...), '"')
	third := int32(len(buf))
	buf = append(append(buf, good...), 7)
	from, to := []int32{1, int32(each) + 2, third}, []int32{1 + int32(each), third - 1, third + int32(each)}
	if each == 0 {
		from, to = from[1:2], to[1:2] // an empty record is none
	}
	right := len(from)
	var want []int32
	for i, a := range from {
		marks, read := marksByBytes(buf[a:to[i]], NoEscapes)
		if len(marks) != each || read < int(to[i]-a) || read == 0 {
			right = i
			break
		}
		for _, m := range marks {
			want = append(want, a+m)
		}
		want = append(want, to[i])
	}
	for name, f := range map[string]func([]int32, []byte, []int32, []int32, int) int{"blocks": MarksOf, "words": marksOfByWords} {
		n := f(at, buf, from, to, each)
		require.Equal(t, right, n, "%q by %s", text, name)
		require.Equal(t, want, append([]int32(nil), at[:n*(each+1)]...), "%q by %s", text, name)
		if len(from) > 1 {
			require.LessOrEqual(t, f(at, buf, from, to, each+1), 0)
		}
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
	for name, f := range map[string]func() (int, int){
		"blocks": func() (int, int) { return Marks(at, text, QuoteEscapes) }, "words": func() (int, int) { return marksByWords(at, text, 0, QuoteEscapes) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				f()
			}
		})
	}
}
