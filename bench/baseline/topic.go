package baseline

import (
	"context"
	"fmt"

	gojson "github.com/goccy/go-json"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Count is SELECT COUNT(*) over a topic: nothing but the fetching of records.
func Count(ctx context.Context, broker, topic string) ([][]any, error) {
	n := int64(0)
	err := Each(ctx, broker, topic, func(*kgo.Record) error { n++; return nil })
	return [][]any{{n}}, err
}

// Buys is the same query as [JSON] as a consumer of a topic would be written by hand:
// the fastest decoder that there is for structs, one struct used again.
func Buys(ctx context.Context, broker, topic string) ([][]any, error) {
	type trade struct {
		Symbol   string  `json:"symbol"`
		Price    float64 `json:"price"`
		Quantity int64   `json:"quantity"`
		Side     string  `json:"side"`
	}
	type group struct {
		n, quantity int64
		price       float64
	}
	groups := map[string]*group{}
	err := Each(ctx, broker, topic, func(r *kgo.Record) error {
		var t trade
		if err := gojson.Unmarshal(r.Value, &t); err != nil {
			return err
		}
		if t.Side != "BUY" || t.Price <= 500 {
			return nil
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
	var out [][]any
	for symbol, g := range groups {
		out = append(out, []any{symbol, g.n, g.quantity, g.price / float64(g.n)})
	}
	return out, err
}

// Each polls a topic from its start to its end with the client library as it is meant
// to be used for speed: pools of records and buffers, everything given back.
func Each(ctx context.Context, broker, topic string, f func(*kgo.Record) error) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.WithPools(&pool{}), kgo.DisableClientMetrics())
	if err != nil {
		return err
	}
	defer cl.Close()
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	for left > 0 {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("polling: %w", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			left--
			if err == nil {
				err = f(r)
			}
			r.Recycle()
		})
		if err != nil {
			return err
		}
	}
	return nil
}
