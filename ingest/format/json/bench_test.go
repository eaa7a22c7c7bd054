package json

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	gojson "github.com/goccy/go-json"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/alike"
)

type trade struct {
	TradeID   int64   `json:"trade_id"`
	Symbol    string  `json:"symbol"`
	Price     float64 `json:"price"`
	Quantity  int64   `json:"quantity"`
	Side      string  `json:"side"`
	Trader    string  `json:"trader"`
	Timestamp int64   `json:"timestamp"`
	EventTime string  `json:"event_time"`
}

var tradeFields = []arrow.Field{
	{Name: "trade_id", Type: vec.TypeInt64, Nullable: true}, {Name: "symbol", Type: vec.TypeString, Nullable: true},
	{Name: "price", Type: vec.TypeFloat64, Nullable: true}, {Name: "quantity", Type: vec.TypeInt64, Nullable: true},
	{Name: "side", Type: vec.TypeString, Nullable: true}, {Name: "trader", Type: vec.TypeString, Nullable: true},
	{Name: "timestamp", Type: vec.TypeInt64, Nullable: true}, {Name: "event_time", Type: vec.TypeTimestamp, Nullable: true},
}

// trades makes records in one of several key orders.
func trades(n, orders int) [][]byte {
	rnd := rand.New(rand.NewPCG(7, 7))
	perms := [][]int{{0, 1, 2, 3, 4, 5, 6, 7}}
	for len(perms) < orders {
		perms = append(perms, rnd.Perm(8))
	}
	out := make([][]byte, n)
	var all []byte
	for i := range n {
		ts := 1700000000000 + int64(i)*7
		parts := []string{
			fmt.Sprintf(`"trade_id":%d`, 10000000+i), fmt.Sprintf(`"symbol":"SYM%04d"`, rnd.IntN(500)),
			fmt.Sprintf(`"price":%.4f`, 50+rnd.Float64()*200), fmt.Sprintf(`"quantity":%d`, 1+rnd.IntN(1000)),
			fmt.Sprintf(`"side":"%s"`, []string{"BUY", "SELL"}[rnd.IntN(2)]), fmt.Sprintf(`"trader":"trader%04d"`, rnd.IntN(2000)),
			fmt.Sprintf(`"timestamp":%d`, ts), fmt.Sprintf(`"event_time":"%s"`, time.UnixMilli(ts).UTC().Format("2006-01-02T15:04:05.000Z")),
		}
		from := len(all)
		for j, f := range perms[i%orders] {
			all = append(all, "{,"[min(j, 1)])
			all = append(all, parts[f]...)
		}
		all = append(all, '}')
		out[i] = all[from:len(all):len(all)]
	}
	return out
}

func decodeLoop(b *testing.B, recs [][]byte, want []arrow.Field) {
	d, err := NewDecoder(arrow.NewSchema(tradeFields, nil), want)
	if err != nil {
		b.Fatal(err)
	}
	pool := vec.NewPool(nil, false)
	rows := ingest.Rows{Bad: func(i int, f string, err error) error { return err }}
	for range want {
		rows.Cols = append(rows.Cols, &vec.Builder{})
	}
	size := 0
	for _, r := range recs {
		size += len(r)
	}
	b.ReportAllocs()
	b.SetBytes(int64(size / len(recs)))
	for n := 0; n < b.N; n += len(recs) {
		sc := pool.Open()
		for c, f := range want {
			rows.Cols[c].Init(sc, f.Type, len(recs))
		}
		rows.N, rows.Kept = 0, rows.Kept[:0]
		if err := d.Decode(recs, &rows); err != nil {
			b.Fatal(err)
		}
		for _, c := range rows.Cols {
			c.Finish()
		}
		sc.Close()
	}
}

func BenchmarkDecode(b *testing.B) {
	b.Run("8of8", func(b *testing.B) { decodeLoop(b, trades(4096, 1), tradeFields) })
	b.Run("2of8", func(b *testing.B) { decodeLoop(b, trades(4096, 1), tradeFields[1:3]) })
	b.Run("two orders", func(b *testing.B) { decodeLoop(b, trades(4096, 2), tradeFields) })
	b.Run("any order", func(b *testing.B) { decodeLoop(b, trades(4096, 1000), tradeFields) })
}

// linesLoop reads records as the lines of a file, many at once if they are alike, or not.
func linesLoop(b *testing.B, recs [][]byte, want []arrow.Field, many bool) {
	d, err := NewDecoder(arrow.NewSchema(tradeFields, nil), want)
	if err != nil {
		b.Fatal(err)
	}
	d.lines = true
	l := &Lines{d: d}
	if many {
		l = newLines(d)
	}
	var text []byte
	for _, r := range recs {
		text = append(append(text, r...), '\n')
	}
	pool := vec.NewPool(nil, false)
	rows := ingest.Rows{Bad: func(i int, f string, err error) error { return err }}
	for range want {
		rows.Cols = append(rows.Cols, &vec.Builder{})
	}
	var spans []ingest.Span
	b.ReportAllocs()
	b.SetBytes(int64(len(text) / len(recs)))
	for n := 0; n < b.N; n += len(recs) {
		sc := pool.Open()
		for c, f := range want {
			rows.Cols[c].Init(sc, f.Type, len(recs))
		}
		rows.N, rows.Kept, spans = 0, rows.Kept[:0], spans[:0]
		if _, err := l.DecodeStream(text, true, len(recs), &rows, &spans); err != nil || rows.N != len(recs) {
			b.Fatal(err, rows.N)
		}
		for _, c := range rows.Cols {
			c.Finish()
		}
		sc.Close()
	}
}

// payloadsLoop reads records that stand in one buffer, 20 bytes between them, as those of a
// topic do.
func payloadsLoop(b *testing.B, recs [][]byte, want []arrow.Field) {
	d, err := NewDecoder(arrow.NewSchema(tradeFields, nil), want)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	var from, to []int32
	for _, r := range recs {
		buf = append(buf, make([]byte, 20)...)
		from = append(from, int32(len(buf)))
		buf = append(buf, r...)
		to = append(to, int32(len(buf)))
	}
	buf = append(buf, make([]byte, 100)...)
	pool := vec.NewPool(nil, false)
	rows := ingest.Rows{Bad: func(i int, f string, err error) error { return err }}
	for range want {
		rows.Cols = append(rows.Cols, &vec.Builder{})
	}
	p := alike.NewPayloads(d)
	b.ReportAllocs()
	b.SetBytes(int64(len(recs[0])))
	one := make([][]byte, 0, len(recs))
	for n := 0; n < b.N; n += len(recs) {
		sc := pool.Open()
		for c, f := range want {
			rows.Cols[c].Init(sc, f.Type, len(recs))
		}
		rows.N = 0
		p.Begin(buf, &rows)
		for i := 0; i < len(recs); {
			k, alone := p.Records(from, to, i, len(recs)-i)
			i += k
			one = one[:0]
			for range min(alone, len(recs)-i) {
				one = append(one, buf[from[i]:to[i]])
				i++
			}
			rows.Kept = rows.Kept[:0]
			if err := d.Decode(one, &rows); err != nil {
				b.Fatal(err)
			}
		}
		if rows.N != len(recs) {
			b.Fatal(rows.N)
		}
		for _, c := range rows.Cols {
			c.Finish()
		}
		sc.Close()
	}
}

// BenchmarkAlike reads records many at once where they are alike; "single" does not.
func BenchmarkAlike(b *testing.B) {
	for _, c := range []struct {
		name   string
		orders int
		want   []arrow.Field
	}{{"8of8", 1, tradeFields}, {"4of8", 1, tradeFields[1:5]}, {"2of8", 1, tradeFields[1:3]}, {"two orders", 2, tradeFields}, {"any order", 1000, tradeFields}} {
		recs := trades(4096, c.orders)
		b.Run(c.name+"/lines", func(b *testing.B) { linesLoop(b, recs, c.want, true) })
		b.Run(c.name+"/lines single", func(b *testing.B) { linesLoop(b, recs, c.want, false) })
		b.Run(c.name+"/payloads", func(b *testing.B) { payloadsLoop(b, recs, c.want) })
		b.Run(c.name+"/payloads single", func(b *testing.B) { decodeLoop(b, recs, c.want) })
	}
}

func BenchmarkLibraries(b *testing.B) {
	recs := trades(4096, 1)
	for name, decode := range map[string]func([]byte, any) error{"std": json.Unmarshal, "goccy": gojson.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := range b.N {
				var t trade
				if err := decode(recs[n%len(recs)], &t); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	recs := trades(4096, 1)
	d, _ := NewDecoder(nil, tradeFields)
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	rows := ingest.Rows{}
	for _, f := range tradeFields {
		rows.Cols = append(rows.Cols, vec.NewBuilder(sc, f.Type, len(recs)))
	}
	if err := d.Decode(recs, &rows); err != nil {
		b.Fatal(err)
	}
	batch := &arrowexec.Batch{N: rows.N, Scope: sc}
	for _, c := range rows.Cols {
		batch.Cols = append(batch.Cols, c.Finish())
	}
	e := NewEncoder(tradeFields, false)
	var out []byte
	var ends []int
	out, ends, _ = e.Encode(out, ends, batch)
	b.SetBytes(int64(len(out) / len(recs)))
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(recs) {
		out, ends, _ = e.Encode(out[:0], ends[:0], batch)
	}
}
