package bench

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	gojson "github.com/goccy/go-json"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo"
	"github.com/velostream/velo/bench/baseline"
	"github.com/velostream/velo/bench/dataset"
)

// streams are the workloads from one topic to another. What they write is read back, and
// is the answer.
func streams() []*Workload {
	return []*Workload{
		{
			Name: "kafka-project", About: "JSON from a topic, lz4, filter of one row in two, 5 columns, JSON to a topic",
			SQL:     "SELECT trade_id, symbol, price * quantity AS value, trader, timestamp FROM trades WHERE side = 'BUY'",
			Dataset: "trades", Source: "kafka", Format: "jsonl", Columns: []string{"trade_id", "symbol", "price", "quantity", "side", "trader", "timestamp"}, Keys: 1,
			Stream: baseline.Project, To: []string{"trade_id", "symbol", "value", "trader", "timestamp"}, Fold: hashed, Bars: []Bar{{Peer: byHand, Ratio: 2.5}}, expect: projected,
			Flink: "CREATE TABLE answer (trade_id BIGINT, symbol STRING, `value` DOUBLE, trader STRING, `timestamp` BIGINT) WITH ('connector' = 'kafka', $SINK, 'format' = 'json');\n" +
				"INSERT INTO answer SELECT trade_id, symbol, price * quantity, trader, `timestamp` FROM trades WHERE side = 'BUY'",
			FlinkBars: []Bar{{Ratio: 6}},
		},
		{
			Name: "kafka-tumbling", About: "JSON from a topic, lz4, filter, GROUP BY 500 symbols, WINDOW TUMBLING(60s), JSON to a topic",
			SQL:     "SELECT symbol, _window_start AS start, COUNT(*) AS n, SUM(quantity) AS quantity, AVG(price) AS price FROM trades WHERE side = 'BUY' AND price > 500 GROUP BY symbol WINDOW TUMBLING(60s)",
			Dataset: "trades", Source: "kafka", Format: "jsonl", Columns: []string{"symbol", "quantity", "price", "side", "timestamp"}, Keys: 2,
			Props: map[string]string{
				"event.time.field": "timestamp", "watermark.strategy": "bounded_out_of_orderness", "watermark.max_out_of_orderness": "10s",
			},
			Stream: baseline.Minutes, To: []string{"symbol", "start", "n", "quantity", "price"}, Bars: []Bar{{Peer: byHand, Ratio: 5}}, expect: buysByMinute,
			Flink: "CREATE TABLE answer (symbol STRING, `start` BIGINT, n BIGINT, quantity BIGINT, price DOUBLE) WITH ('connector' = 'kafka', $SINK, 'format' = 'json');\n" +
				"INSERT INTO answer SELECT symbol, CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', window_start) AS BIGINT) * 1000, COUNT(*), SUM(quantity), AVG(price) " +
				"FROM TABLE(TUMBLE(TABLE trades, DESCRIPTOR(ts), INTERVAL '60' SECOND)) WHERE side = 'BUY' AND price > 500 GROUP BY symbol, window_start, window_end",
			FlinkBars: []Bar{{Ratio: 12}},
		},
		{
			Name: "kafka-changes", About: "JSON from a topic, lz4, GROUP BY 500 symbols, EMIT CHANGES: for each row the new one of its group as JSON to a topic",
			SQL:     "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity FROM trades GROUP BY symbol EMIT CHANGES",
			Dataset: "trades", Source: "kafka", Format: "jsonl", Columns: []string{"symbol", "quantity"}, Keys: 1,
			Stream: baseline.Updates, To: []string{"symbol", "n", "quantity"}, Fold: lastOfEach, Bars: []Bar{{Peer: byHand, Ratio: 2.5}}, expect: totals,
			Flink: "CREATE TABLE answer (symbol STRING, n BIGINT, quantity BIGINT, PRIMARY KEY (symbol) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', $SINK, 'key.format' = 'json', 'value.format' = 'json');\n" +
				"INSERT INTO answer SELECT symbol, COUNT(*), SUM(quantity) FROM trades GROUP BY symbol",
			FlinkBars: []Bar{{Ratio: 6}},
		},
	}
}

func projected(d *dataset.Dataset) *answer {
	id, symbol, price, quantity := d.Index("trade_id"), d.Index("symbol"), d.Index("price"), d.Index("quantity")
	side, trader, at := d.Index("side"), d.Index("trader"), d.Index("timestamp")
	var sum checksum
	return &answer{
		add: func(row []dataset.Cell) {
			if row[side].S == "BUY" {
				sum.add([]any{row[id].I, row[symbol].S, row[price].Float() * float64(row[quantity].I), row[trader].S, row[at].I})
			}
		},
		rows: sum.rows,
	}
}

// hashed makes one row of many, in any order: how many there are, and a sum of their
// hashes. As many rows kept beside the runs would be most of what the collector looks at.
func hashed(rows [][]any) [][]any {
	var sum checksum
	for _, r := range rows {
		sum.add(r)
	}
	return sum.rows()
}

type checksum struct{ n, sum int64 }

// add takes numbers of all kinds as doubles.
func (c *checksum) add(row []any) {
	h := fnv.New64a()
	for _, x := range row {
		if i, ok := x.(int64); ok {
			x = float64(i)
		}
		fmt.Fprint(h, x, "\x00")
	}
	c.n++
	c.sum += int64(h.Sum64() >> 1)
}

func (c *checksum) rows() [][]any { return [][]any{{c.n, c.sum}} }

func buysByMinute(d *dataset.Dataset) *answer {
	type key struct {
		symbol string
		start  int64
	}
	type group struct{ n, quantity, price int64 }
	symbol, quantity, price, side, at := d.Index("symbol"), d.Index("quantity"), d.Index("price"), d.Index("side"), d.Index("timestamp")
	groups := map[key]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			if row[side].S != "BUY" || row[price].I <= 500*1e4 {
				return
			}
			k := key{row[symbol].S, row[at].I / 60_000 * 60_000}
			g := entry(groups, k)
			g.n++
			g.quantity += row[quantity].I
			g.price += row[price].I
		},
		rows: func() (out [][]any) {
			for k, g := range groups {
				out = append(out, []any{k.symbol, k.start, g.n, g.quantity, float64(g.price) / 1e4 / float64(g.n)})
			}
			return out
		},
	}
}

// totals has for each group how many updates there are and what the last one says. What
// the others say depends on the order in which partitions are read.
func totals(d *dataset.Dataset) *answer {
	type group struct{ n, quantity int64 }
	symbol, quantity := d.Index("symbol"), d.Index("quantity")
	groups := map[string]*group{}
	return &answer{
		add: func(row []dataset.Cell) {
			g := entry(groups, row[symbol].S)
			g.n++
			g.quantity += row[quantity].I
		},
		rows: func() (out [][]any) {
			for s, g := range groups {
				out = append(out, []any{s, g.n, g.n, g.quantity})
			}
			return out
		},
	}
}

// lastOfEach makes those of updates: a group's count says which is the last.
func lastOfEach(rows [][]any) (out [][]any) {
	at := map[any]int{}
	for _, r := range rows {
		i, ok := at[r[0]]
		if !ok {
			i = len(out)
			at[r[0]] = i
			out = append(out, []any{r[0], int64(0), int64(0), int64(0)})
		}
		g := out[i]
		g[1] = g[1].(int64) + 1
		if n, ok := r[1].(int64); ok && n > g[2].(int64) {
			g[2], g[3] = n, r[2]
		}
	}
	return out
}

// emptied makes a topic to write to, with a name of its own.
func (b *bed) emptied(ctx context.Context) (topic string, err error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.o.Broker), kgo.DisableClientMetrics())
	if err != nil {
		return "", err
	}
	defer cl.Close()
	topic = fmt.Sprintf("velo-bench-out-%d", time.Now().UnixNano())
	resp, err := kadm.NewClient(cl).CreateTopic(ctx, partitions, 1, nil, topic)
	if err = errors.Join(err, resp.Err); err != nil {
		return "", fmt.Errorf("making a topic at %s: %w", b.o.Broker, err)
	}
	return topic, nil
}

// stream runs the workload once from its topic to another.
func (b *bed) stream(ctx context.Context, to string) (velo.Report, error) {
	eng, err := velo.Open(velo.WithThreads(b.o.Threads))
	if err != nil {
		return velo.Report{}, err
	}
	sql, in := b.inputs()
	keys := fmt.Sprintf("'result.type' = 'kafka_sink', 'result.topic' = '%s', 'result.bootstrap.servers' = '%s'", to, b.o.Broker)
	if b.o.Produce != "" {
		keys += fmt.Sprintf(", 'result.kafka.produce' = '%s'", b.o.Produce)
	}
	j, err := eng.Start(ctx, fmt.Sprintf("CREATE STREAM result AS %s WITH (%s)", sql, keys), in...)
	if err != nil {
		return velo.Report{}, err
	}
	return j.Wait(ctx)
}

// streamed runs what writes to a topic inside of in, and checks what it wrote outside.
func (b *bed) streamed(ctx context.Context, in func(func() error) error, run func(to string) error) error {
	to, err := b.emptied(ctx)
	if err != nil {
		return err
	}
	defer deleteTopic(b.o.Broker, to)
	if err := in(func() error { return run(to) }); err != nil {
		return err
	}
	var kinds []any
	if len(b.want) > 0 {
		kinds = b.want[0]
	}
	rows, err := written(ctx, b.o.Broker, to, b.w.To, kinds)
	if err != nil {
		return err
	}
	return b.check(rows)
}

// written reads a topic of JSON.
func written(ctx context.Context, broker, topic string, columns []string, kinds []any) (rows [][]any, err error) {
	err = baseline.Each(ctx, broker, topic, func(r *kgo.Record) error {
		var fields map[string]any
		if err := gojson.UnmarshalNoEscape(r.Value, &fields, gojson.DecodeFieldPriorityFirstWin()); err != nil {
			return fmt.Errorf("%w: %s", err, r.Value)
		}
		row := make([]any, len(columns))
		for i, c := range columns {
			row[i] = fields[c]
			if x, ok := row[i].(float64); ok && i < len(kinds) {
				if _, ok := kinds[i].(int64); ok && x == float64(int64(x)) {
					row[i] = int64(x)
				}
			}
			if s, ok := row[i].(string); ok {
				row[i] = strings.Clone(s)
			}
		}
		if len(fields) != len(columns) {
			return fmt.Errorf("wrong answer: a row has %d fields, and %d are right: %s", len(fields), len(columns), r.Value)
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}
