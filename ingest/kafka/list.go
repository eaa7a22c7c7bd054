package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/velostream/velo/ingest"
)

// topics lists the topics of the brokers that properties lead to, internal ones
// left out.
func topics(ctx context.Context, s ingest.SourceSpec) ([]ingest.Part, error) {
	cfg, err := parse(s.Name, s.Props, s.Env, sourceSide)
	if err != nil {
		return nil, ingest.Usage(err)
	}
	cl, err := dial(ctx, &cfg, s.Env)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	all, err := cl.adm.ListTopics(ctx)
	if err != nil {
		return nil, fmt.Errorf("kafka: listing topics: %w", err)
	}
	return cl.parts(ctx, all.Names()...)
}

// Parts lists the partitions of the topic.
func (c *connector) Parts(ctx context.Context) ([]ingest.Part, error) {
	cl, err := dial(ctx, &c.cfg, c.spec.Env)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	if _, err := cl.partitions(ctx); err != nil { // waits for a topic that is not there yet
		return nil, err
	}
	return cl.parts(ctx, c.cfg.Topic)
}

// parts asks for the offsets of all partitions of topics.
func (cl *client) parts(ctx context.Context, names ...string) ([]ingest.Part, error) {
	var out []ingest.Part
	if len(names) == 0 {
		return out, nil
	}
	low, err := cl.adm.ListStartOffsets(ctx, names...)
	if err == nil {
		err = low.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("kafka: looking up offsets: %w", err)
	}
	high, err := cl.adm.ListEndOffsets(ctx, names...)
	if err == nil {
		err = high.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("kafka: looking up offsets: %w", err)
	}
	for topic, parts := range low {
		for n, o := range parts {
			p := ingest.Part{Topic: topic, Partition: n, First: o.Offset, Next: o.Offset}
			if h, ok := high.Lookup(topic, n); ok {
				p.Next = h.Offset
			}
			p.Records = p.Next - p.First
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b ingest.Part) int {
		if n := strings.Compare(a.Topic, b.Topic); n != 0 {
			return n
		}
		return int(a.Partition) - int(b.Partition)
	})
	return out, nil
}
