package file_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/ingesttest"
)

// One changed bit anywhere in a container gives no row that was not written: rows
// whose checksum is not reached are held back. It is 1 MiB at most, so these files
// are shorter.
func TestDamagedContainersGiveNoGarbage(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,name\n")
	for i := range 4000 {
		fmt.Fprintf(&text, "%d,name %d\n", i, i*7919%1000)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, codec := range []string{"gz", "zst", "lz4", "sz"} {
		packed := pack(t, codec, text.String())
		dir := write(t, nil)
		for range 25 {
			bad := []byte(packed)
			at := rnd.IntN(len(bad))
			bad[at] ^= 1 << rnd.IntN(8)
			name := fmt.Sprintf("%d.csv.%s", at, codec)
			put(t, dir, name, string(bad))
			spec := source(dir, "path", name)
			spec.Columns = columnsOf("id BIGINT", "name STRING")
			got := read(t, ingesttest.Options{}, spec)
			require.NotErrorIs(t, got.Err, ingest.ErrUsage)
			if got.Err == nil { // a bit that says nothing, of the header
				require.Len(t, got.Rows, 4000, "%s byte %d", codec, at)
			}
			for i, r := range got.Rows {
				require.Equal(t, fmt.Sprintf("%d|name %d", i, i*7919%1000), r, "%s byte %d", codec, at)
			}
			require.Empty(t, got.Errors)
		}
	}
}

// A gzip file of several members has a checksum for each: all rows before the
// damaged member are read, and none of its own.
func TestDamagedMember(t *testing.T) {
	var file, last string
	for m := range 5 {
		var text strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&text, "{\"id\":%d}\n", m*1000+i)
		}
		last = pack(t, "gz", text.String())
		file += last
	}
	dir := write(t, map[string]string{"good.jsonl.gz": file, "cut.jsonl.gz": file[:len(file)-len(last)/2]})
	require.Len(t, read(t, ingesttest.Options{}, source(dir, "path", "good.jsonl.gz")).Rows, 5000)
	require.Greater(t, len(read(t, ingesttest.Options{}, source(dir, "path", "cut.jsonl.gz")).Rows), 4000)
	bad := []byte(file)
	bad[len(file)-6] ^= 1 // of the last member's checksum
	put(t, dir, "bad.jsonl.gz", string(bad))
	got := read(t, ingesttest.Options{Want: 64}, source(dir, "path", "bad.jsonl.gz"))
	require.Len(t, got.Rows, 4000)
	require.ErrorContains(t, got.Err, "bad.jsonl.gz: the gzip data are corrupt near byte")
}
