package baseline

import (
	"context"
	"fmt"
	"time"

	gojson "github.com/goccy/go-json"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The programs of topics have structs of the fields that they use, as one writes them by
// hand: for all eight the decoder takes up to 40 % more.

// Project is SELECT trade_id, symbol, price * quantity AS value, trader, timestamp FROM
// trades WHERE side = 'BUY', from a topic to another one.
func Project(ctx context.Context, broker, from, to string) error {
	type trade struct {
		TradeID   int64   `json:"trade_id"`
		Symbol    string  `json:"symbol"`
		Price     float64 `json:"price"`
		Quantity  int64   `json:"quantity"`
		Side      string  `json:"side"`
		Trader    string  `json:"trader"`
		Timestamp int64   `json:"timestamp"`
	}
	type row struct {
		TradeID   int64   `json:"trade_id"`
		Symbol    string  `json:"symbol"`
		Value     float64 `json:"value"`
		Trader    string  `json:"trader"`
		Timestamp int64   `json:"timestamp"`
	}
	return produce(ctx, broker, to, func(send func(row any) error) error {
		return Each(ctx, broker, from, func(r *kgo.Record) error {
			var t trade
			if err := gojson.Unmarshal(r.Value, &t); err != nil {
				return err
			}
			if t.Side != "BUY" {
				return nil
			}
			return send(&row{t.TradeID, t.Symbol, t.Price * float64(t.Quantity), t.Trader, t.Timestamp})
		})
	})
}

// Minutes is SELECT symbol, _window_start AS start, COUNT(*) AS n, SUM(quantity) AS
// quantity, AVG(price) AS price FROM trades WHERE side = 'BUY' AND price > 500 GROUP BY
// symbol WINDOW TUMBLING(60s), from a topic to another one. A window is written when all
// partitions are 10 s behind its end.
func Minutes(ctx context.Context, broker, from, to string) error {
	const delay, partitions = 10_000, 4
	type trade struct {
		Symbol    string  `json:"symbol"`
		Price     float64 `json:"price"`
		Quantity  int64   `json:"quantity"`
		Side      string  `json:"side"`
		Timestamp int64   `json:"timestamp"`
	}
	type group struct {
		n, quantity int64
		price       float64
	}
	type row struct {
		Symbol   string  `json:"symbol"`
		Start    int64   `json:"start"`
		N        int64   `json:"n"`
		Quantity int64   `json:"quantity"`
		Price    float64 `json:"price"`
	}
	return produce(ctx, broker, to, func(send func(row any) error) error {
		windows := map[int64]map[string]*group{}
		reached := map[int32]int64{} // the minute of each partition
		closed := int64(0)           // the windows that end up to here
		end := func(until int64) error {
			for start, groups := range windows {
				if start+60_000 > until {
					continue
				}
				for symbol, g := range groups {
					if err := send(&row{symbol, start, g.n, g.quantity, g.price / float64(g.n)}); err != nil {
						return err
					}
				}
				delete(windows, start)
			}
			closed = until
			return nil
		}
		err := Each(ctx, broker, from, func(r *kgo.Record) error {
			var t trade
			if err := gojson.Unmarshal(r.Value, &t); err != nil {
				return err
			}
			if minute := (t.Timestamp - delay) / 60_000 * 60_000; minute > reached[r.Partition] {
				reached[r.Partition] = minute
				until := minute
				for _, at := range reached {
					until = min(until, at)
				}
				if until > closed && len(reached) == partitions {
					if err := end(until); err != nil {
						return err
					}
				}
			}
			if t.Side != "BUY" || t.Price <= 500 {
				return nil
			}
			start := t.Timestamp / 60_000 * 60_000
			if start+60_000 <= closed {
				return fmt.Errorf("a record of %s is too late", time.UnixMilli(t.Timestamp).UTC())
			}
			groups := windows[start]
			if groups == nil {
				groups = map[string]*group{}
				windows[start] = groups
			}
			g := groups[t.Symbol]
			if g == nil {
				g = &group{}
				groups[t.Symbol] = g
			}
			g.n++
			g.quantity += t.Quantity
			g.price += t.Price
			return nil
		})
		if err != nil {
			return err
		}
		return end(1 << 62)
	})
}

// Updates is SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity FROM trades GROUP
// BY symbol EMIT CHANGES, from a topic to another one.
func Updates(ctx context.Context, broker, from, to string) error {
	type trade struct {
		Symbol   string `json:"symbol"`
		Quantity int64  `json:"quantity"`
	}
	type group struct {
		Symbol   string `json:"symbol"`
		N        int64  `json:"n"`
		Quantity int64  `json:"quantity"`
	}
	groups := map[string]*group{}
	return produce(ctx, broker, to, func(send func(row any) error) error {
		return Each(ctx, broker, from, func(r *kgo.Record) error {
			var t trade
			if err := gojson.Unmarshal(r.Value, &t); err != nil {
				return err
			}
			g := groups[t.Symbol]
			if g == nil {
				g = &group{Symbol: t.Symbol}
				groups[t.Symbol] = g
			}
			g.N++
			g.Quantity += t.Quantity
			return send(g)
		})
	})
}

// produce sends rows as JSON with the client library as it is meant to be used: it
// gathers and sends in the background, and a promise looks after errors.
func produce(ctx context.Context, broker, topic string, work func(send func(row any) error) error) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.DefaultProduceTopic(topic), kgo.DisableClientMetrics(),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return err
	}
	defer cl.Close()
	var failed error
	promise := func(_ *kgo.Record, err error) {
		if err != nil && failed == nil { // promises run one after another
			failed = err
		}
	}
	err = work(func(row any) error {
		value, err := gojson.MarshalNoEscape(row)
		if err == nil {
			cl.Produce(ctx, &kgo.Record{Value: value}, promise)
		}
		return err
	})
	if err == nil {
		err = cl.Flush(ctx)
	}
	if err == nil {
		err = failed
	}
	return err
}
