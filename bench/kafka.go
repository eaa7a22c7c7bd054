package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/bench/baseline"
	"github.com/velostream/velo/bench/dataset"
)

const partitions = 4

// topics are the workloads over topics.
func topics() []*Workload {
	return []*Workload{
		{
			Name: "kafka-group", About: "JSON from a topic of 4 partitions, lz4, filter, GROUP BY 500 symbols",
			SQL:     "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS quantity, AVG(price) AS price FROM trades WHERE side = 'BUY' AND price > 500 GROUP BY symbol",
			Dataset: "trades", Source: "kafka", Format: "jsonl", Columns: []string{"symbol", "quantity", "price", "side"}, Keys: 1,
			Client: baseline.Buys, Bars: []Bar{{Peer: "kafka.fetch=poll", Ratio: 1.8}}, expect: buys,
		},
		{
			Name: "kafka-fetch", About: "a topic of 4 partitions, lz4: nothing but its records are fetched and counted",
			SQL:     "SELECT COUNT(*) AS n FROM trades",
			Dataset: "trades", Source: "kafka", Format: "jsonl", Columns: []string{"symbol"}, Keys: 0,
			Client: baseline.Count, Bars: []Bar{{Peer: byHand, Ratio: 2.5}}, expect: counted,
		},
	}
}

func counted(*dataset.Dataset) *answer {
	n := int64(0)
	return &answer{add: func([]dataset.Cell) { n++ }, rows: func() [][]any { return [][]any{{n}} }}
}

// produce fills a topic of its own; it is deleted at the end. Without a broker
// one is made in this process, and its work counts as the engine's.
func (b *bed) produce(ctx context.Context, size dataset.Options, a *answer) error {
	if b.o.Broker == "" {
		c, err := kfake.NewCluster(kfake.NumBrokers(1))
		if err != nil {
			return err
		}
		b.close = append(b.close, c.Close)
		b.o.Broker = c.ListenAddrs()[0]
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.o.Broker), kgo.DisableClientMetrics(), kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return err
	}
	defer cl.Close()
	b.topic = fmt.Sprintf("velo-bench-%d", time.Now().UnixNano())
	resp, err := kadm.NewClient(cl).CreateTopic(ctx, partitions, 1, nil, b.topic)
	if err = errors.Join(err, resp.Err); err != nil {
		return fmt.Errorf("making the topic at %s: %w", b.o.Broker, err)
	}
	broker, topic := b.o.Broker, b.topic
	b.close = append([]func(){func() { deleteTopic(broker, topic) }}, b.close...)
	var n int64
	var failed error
	promise := func(_ *kgo.Record, err error) {
		if err != nil && failed == nil { // promises run one after another
			failed = err
		}
	}
	err = b.d.Each(size, func(row []dataset.Cell) error {
		a.add(row)
		v := b.d.AppendJSON(nil, row)
		b.bytes += int64(len(v))
		// Runs of rows keep the producer's batches full.
		cl.Produce(ctx, &kgo.Record{Topic: b.topic, Partition: int32(n / 1000 % partitions), Value: v}, promise)
		n++
		return nil
	})
	return errors.Join(err, cl.Flush(ctx), failed)
}

func deleteTopic(broker, topic string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.DisableClientMetrics())
	if err != nil {
		return
	}
	defer cl.Close()
	// A topic that cannot be deleted is left: it has a name of its own.
	_, _ = kadm.NewClient(cl).DeleteTopics(ctx, topic)
}
