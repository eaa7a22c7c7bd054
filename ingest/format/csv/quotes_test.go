package csv

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A text needs quotes wherever the byte stands that makes it so, and whatever
// stands behind the text.
func TestQuotesAreFoundAtEveryPlace(t *testing.T) {
	for _, d := range []dialect{{delim: ',', quote: '"'}, {delim: '\t', quote: '\''}, {delim: '|', quote: '"', null: "NULL"}} {
		e := &encoder{d: d}
		special := []byte{d.delim, d.quote, '\n', '\r'}
		for n := 1; n < 20; n++ {
			for at := range n {
				for c := range 256 {
					s := []byte(strings.Repeat("x", n))
					s[at] = byte(c)
					want := bytes.IndexByte(special, byte(c)) >= 0
					require.Equal(t, want, e.quotes(s[:n:n]), "%q", s)
					long := append(append([]byte{}, s...), d.delim, d.quote, '\n', d.delim, d.delim, d.delim, d.delim, d.delim)
					require.Equal(t, want, e.quotes(long[:n]), "%q", s)
				}
			}
		}
		require.Equal(t, d.null != "", e.quotes([]byte("null")))
	}
}
