package kafka

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/ingest/recordkey"
)

var tradeColumns = []arrow.Field{
	{Name: "id", Type: vec.TypeInt64, Nullable: true}, {Name: "symbol", Type: vec.TypeString, Nullable: true}, {Name: "price", Type: vec.TypeFloat64},
}

// tradeReader makes rows of trades, many at once if it may.
func tradeReader(t *testing.T, many *int) *columns {
	t.Helper()
	c := &columns{source: "s", topic: "t", noTime: 7, scan: ingest.Scan{Columns: tradeColumns, System: allSystem, Skipped: &ingest.Skipped{}}}
	var err error
	c.rows, err = recordkey.NewRows(recordkey.RowsOptions{Columns: tradeColumns, Format: json.Format(), Schema: arrow.NewSchema(tradeColumns, nil)})
	require.NoError(t, err)
	if many != nil {
		dec, rows := c.rows.Alike()
		require.NotNil(t, dec)
		c.alike = newAlikes(&counter{dec, many}, rows)
	}
	return c
}

// counter counts the records that are read many at once.
type counter struct {
	ingest.AlikeDecoder
	n *int
}

func (c *counter) Shut(rows *ingest.Rows, n int) {
	*c.n += n
	c.AlikeDecoder.Shut(rows, n)
}

// words gives a batch in words, and what was bad.
func (c *columns) words(t *testing.T, pool *vec.Pool, held *records, runs []run, n int) (out []string) {
	t.Helper()
	sc := pool.Open()
	defer sc.Close()
	c.scan.Failures = &arrowexec.Failures{Policy: arrowexec.DeadLetter, Letter: func(l arrowexec.Letter) error {
		out = append(out, fmt.Sprintf("%v %q %q", l.Err, l.Value, l.Key))
		return nil
	}}
	b, err := c.batch(sc, held, runs, n)
	require.NoError(t, err)
	for i, v := range b.Cols {
		require.Equal(t, b.N, v.Len)
		out = append(out, fmt.Sprint(i, vec.ToArrow(memory.DefaultAllocator, v, v.Len, nil)))
	}
	for i := range b.N {
		out = append(out, fmt.Sprint(b.Origin.Position(i), string(b.Origin.Record(i).Value)))
	}
	return append(out, fmt.Sprint(*c.scan.Skipped))
}

// TestAlikePayloads reads the same blocks many records at once and one by one.
func TestAlikePayloads(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pool := vec.NewPool(nil, true)
	all, alike := 0, 0
	single, many := tradeReader(t, nil), tradeReader(t, &alike)
	for round := range 60 {
		held := newRecords()
		var free blocks
		odd := []int{10, 100, 1 << 40}[round%3]
		for p := range int32(1 + r.IntN(3)) {
			b := free.get(p)
			n := 1 + r.IntN(500)
			for i := range int64(n) {
				v := fmt.Appendf(nil, `{"id":%d,"symbol":"S%d","price":%d.%02d,"side":"BUY"}`, r.IntN(1e6), r.IntN(300), r.IntN(500), r.IntN(100))
				if r.IntN(odd) == 0 {
					switch r.IntN(5) {
					case 0:
						v = nil
					case 1:
						v = v[:r.IntN(len(v))]
					case 2:
						v = []byte(`{"price":null}`)
					case 3:
						v = []byte(`{"symbol":"é","price":1,"new":[2],"newer":3}`)
					default:
						v[r.IntN(len(v))] = byte(r.Uint32())
					}
				}
				b.Add(i, 1000+i, []byte("key"), v, r.IntN(2), func(int) (string, []byte) { return "h", []byte("v") })
			}
			all += n
			held.add(b, 0, n/2)
			held.add(b, n/2, n)
		}
		for from := 0; from < held.n; {
			to := min(from+1+r.IntN(held.n), held.n)
			if r.IntN(2) == 0 {
				to = min(from+1+r.IntN(4), held.n)
			}
			want := single.words(t, pool, held, held.part(from, to), to-from)
			require.Equal(t, want, many.words(t, pool, held, held.part(from, to), to-from))
			from = to
		}
	}
	require.Greater(t, alike, all/3, "of %d records", all)
}
