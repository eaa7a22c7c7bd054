package jsonscan

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// unescapeBoth reads a string with and without room for the quick way.
func unescapeBoth(t *testing.T, buf []byte, i int) {
	t.Helper()
	want, at := Unescape(nil, buf, i)
	room := make([]byte, 3, 3+len(buf)+UnescapeRoom)
	copy(room, "abc")
	guard := room[:cap(room)]
	got, end := Unescape(room, buf, i)
	require.Equal(t, at, end, "%q", buf)
	require.Equal(t, "abc"+string(want), string(got), "%q", buf)
	require.Equal(t, "abc", string(guard[:3]))
	got, end, ascii := UnescapeQuotes(room, buf, i)
	require.Equal(t, at, end, "%q", buf)
	require.Equal(t, "abc"+string(want), string(got), "%q", buf)
	require.True(t, !ascii || ASCII(want), "%q", buf)
}

func TestUnescapeWithRoom(t *testing.T) {
	parts := []string{`\"`, `\"`, `\"`, `\\`, `\n`, `\u00e9`, `\ud83d\ude00`, `\ud800`, `\x`, `"`, "\x1f", "é", "a", "0123456789", `{\"symbol\":\"SYM001\",\"price\":12.5}`}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		b := []byte{'"'}
		few := 1 + r.IntN(len(parts))
		for n := r.IntN(40); n > 0; n-- {
			b = append(b, parts[r.IntN(len(parts))%few]...)
		}
		if r.IntN(3) > 0 {
			b = append(b, '"')
		}
		b = append(b, bytes.Repeat([]byte{'x'}, r.IntN(100))...)
		unescapeBoth(t, b, 0)
	}
	for n := range 300 { // every alignment of what ends a string
		for _, end := range []string{`"`, `\"`, `\`, `\"\`, "\n", `\\"`, `\\\"`, ``} {
			unescapeBoth(t, append(bytes.Repeat([]byte("a"), n), end...), -1)
			unescapeBoth(t, append(bytes.Repeat([]byte("a"), n), end+`bc"`...), -1)
			unescapeBoth(t, append(bytes.Repeat([]byte(`\"`), n/2), end+string(bytes.Repeat([]byte("c"), 80))...), -1)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	f.Add([]byte(`{\"a\":\"b\",\"c\":1}" and more of the line that it stands in, to fill a block of 64`))
	f.Fuzz(func(t *testing.T, text []byte) {
		buf := append([]byte{'"'}, text...)
		unescapeBoth(t, buf, 0)
		if out, at := Unescape(make([]byte, 0, len(buf)+UnescapeRoom), buf, 0); at > 0 && UTF8(buf) {
			var want string
			require.NoError(t, json.Unmarshal(buf[:at], &want))
			require.Equal(t, want, string(out))
		}
	})
}

func BenchmarkUnescape(b *testing.B) {
	payload := []byte(`"{\"trade_id\":1000000,\"symbol\":\"SYM001\",\"price\":123.4567,\"quantity\":500,\"side\":\"BUY\",\"trader\":\"trader0001\",\"timestamp\":1700000000000,\"event_time\":\"2023-11-14T22:13:20.000Z\"}"}`)
	for name, room := range map[string]int{"room": UnescapeRoom, "none": 8} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, len(payload)+room)
			for b.Loop() {
				Unescape(dst, payload, 0)
			}
		})
	}
	b.Run("quotes", func(b *testing.B) {
		dst := make([]byte, 0, len(payload)+UnescapeRoom)
		for b.Loop() {
			UnescapeQuotes(dst, payload, 0)
		}
	})
}
