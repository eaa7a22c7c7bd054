package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/velostream/velo/ingest"
)

// span is the range of offsets that a bounded read takes of one partition: from
// From up to but not including To.
type span struct {
	Partition int32
	From, To  int64
}

// ranges looks up what start and end mean for every partition, once: the read is
// the same however much is written meanwhile. Empty ranges are left out.
func (cl *client) ranges(ctx context.Context, partitions []int32, seek *ingest.Seek) ([]span, error) {
	c := cl.cfg
	low, err := cl.listed(ctx, Position{Kind: Earliest})
	if err != nil {
		return nil, err
	}
	high, err := cl.listed(ctx, Position{Kind: Latest})
	if err != nil {
		return nil, err
	}
	find := func(p Position, def map[int32]int64) (map[int32]int64, error) {
		switch p.Kind {
		case Earliest:
			return low, nil
		case Latest:
			return high, nil
		case AtTime:
			if p.Value < 0 {
				return low, nil // no broker takes records of before 1970
			}
			return cl.listed(ctx, p)
		case AtOffset, FromTail:
			m := map[int32]int64{}
			for _, n := range partitions {
				if m[n] = p.Value; p.Kind == FromTail {
					m[n] = high[n] - p.Value
				}
			}
			return m, nil
		}
		return def, nil
	}
	def, err := cl.startDefault(ctx, low, high)
	if err != nil {
		return nil, err
	}
	from, err := find(c.Start, def)
	if err != nil {
		return nil, err
	}
	to, err := find(c.End, high)
	if err != nil {
		return nil, err
	}
	var seekTime map[int32]int64
	if seek != nil && seek.FromTimestamp > 0 {
		if seekTime, err = cl.listed(ctx, Position{Kind: AtTime, Value: seek.FromTimestamp}); err != nil {
			return nil, err
		}
	}
	var out []span
	for _, n := range partitions {
		s := span{Partition: n, From: clamp(from[n], low[n], high[n]), To: clamp(to[n], low[n], high[n])}
		if seek != nil {
			if seek.Partitions != nil && !slices.Contains(seek.Partitions, n) {
				continue
			}
			s.From = max(s.From, seek.FromOffset)
			if seek.ToOffset >= 0 && seek.ToOffset < s.To {
				s.To = seek.ToOffset + 1
			}
			if at, ok := seekTime[n]; ok {
				s.From = max(s.From, at)
			}
		}
		if s.From < s.To {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b span) int { return int(a.Partition) - int(b.Partition) })
	return out, nil
}

func clamp(x, low, high int64) int64 { return min(max(x, low), high) }

// startDefault is where a bounded read without start begins: at the committed
// offsets if a group was named, else where auto.offset.reset says.
func (cl *client) startDefault(ctx context.Context, low, high map[int32]int64) (map[int32]int64, error) {
	c := cl.cfg
	def := low
	if c.resetName() == "latest" {
		def = high
	}
	if !c.GroupSet || c.Start.Kind != None {
		return def, nil
	}
	var got kadm.OffsetResponses
	err := c.retry(ctx, func() (err error) {
		got, err = cl.adm.FetchOffsetsForTopics(ctx, c.Group, c.Topic)
		if err == nil {
			err = got.Error()
		}
		return err
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("kafka: reading the committed offsets of group %q: %w", c.Group, err)
	}
	out := map[int32]int64{}
	for n, at := range def {
		if o, ok := got.Lookup(c.Topic, n); ok && o.At >= 0 {
			at = o.At
		} else if c.resetName() == "none" {
			return nil, fmt.Errorf("kafka: group %q has no committed offset for partition %d of topic %q, and auto.offset.reset is none: set start, or auto.offset.reset", c.Group, n, c.Topic)
		}
		out[n] = at
	}
	return out, nil
}

// listed asks the brokers for the offsets of a position in all partitions. With
// read_committed the end is the last stable offset, before any open transaction.
func (cl *client) listed(ctx context.Context, p Position) (map[int32]int64, error) {
	c := cl.cfg
	var got kadm.ListedOffsets
	err := c.retry(ctx, func() (err error) {
		switch {
		case p.Kind == Earliest:
			got, err = cl.adm.ListStartOffsets(ctx, c.Topic)
		case p.Kind == AtTime:
			// Gives the end of a partition without a record of that time or later.
			got, err = cl.adm.ListOffsetsAfterMilli(ctx, p.Value, c.Topic)
		case c.Isolation == "read_uncommitted":
			got, err = cl.adm.ListEndOffsets(ctx, c.Topic)
		default:
			got, err = cl.adm.ListCommittedOffsets(ctx, c.Topic)
		}
		if err == nil {
			err = got.Error()
		}
		return err
	})
	if err != nil {
		var auth *kadm.AuthError
		if errors.As(err, &auth) {
			return nil, c.topicError(auth.Err)
		}
		return nil, fmt.Errorf("kafka: looking up offsets of topic %q: %w", c.Topic, err)
	}
	out := map[int32]int64{}
	got.Each(func(o kadm.ListedOffset) { out[o.Partition] = o.Offset })
	return out, nil
}

// retry repeats a request while the broker says that it will pass: a coordinator
// that is being made, a leader that moved. It ends after three request timeouts.
func (c *Config) retry(ctx context.Context, ask func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 3*c.RequestTimeout)
	defer cancel()
	for fails := 1; ; fails++ {
		err := ask()
		var broker *kerr.Error
		if err == nil || !errors.As(err, &broker) || !broker.Retriable {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(c.backoff(fails)):
		}
	}
}
