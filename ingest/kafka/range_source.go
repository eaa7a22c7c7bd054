package kafka

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// rangeSource is one piece of a bounded read of exact ranges, which are known
// when it starts. It takes its records in one go, so that the next piece can take
// its own while they are decoded; the last piece takes what remains bit by bit.
type rangeSource struct {
	share   *share
	piece   int
	cols    *columns
	commit  bool // positions belong to a group that was named
	begun   bool
	pending []*kgo.Record
	ends    []ending // the ranges that end with the pending records, in their order
	given   int      // records of the piece
	marks   marks
	limit   limiter
	read    atomic.Int64
	bytes   atomic.Int64
	closed  bool
}

// Next reads the next records of the ranges, in the order of their timestamps.
func (s *rangeSource) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	records, ended, err := s.records(ctx, s.limit.want(want))
	if err != nil {
		return nil, err
	}
	s.limit.observe(records)
	s.read.Add(int64(len(records)))
	b, err := s.cols.batch(sc, records)
	if err != nil {
		return nil, err
	}
	m := newMark()
	if s.commit {
		for _, r := range records {
			m.at(r.Partition, r.Offset+1, r.LeaderEpoch)
		}
	}
	for _, p := range ended {
		b.Ended = append(b.Ended, p.Partition)
		m.at(p.Partition, p.To, -1) // beyond the markers and gaps at the end
	}
	if s.commit {
		s.marks.add(m)
	}
	return b, nil
}

func (s *rangeSource) records(ctx context.Context, want int) (records []*kgo.Record, ended []span, err error) {
	if s.share.last(s.piece) {
		if !s.begun {
			if err := s.share.wait(ctx, s.piece); err != nil {
				return nil, nil, err
			}
			s.begun, s.cols.read = true, s.share.taken
		}
		records, ended, err := s.share.next(ctx, want)
		s.bytes.Add(s.share.told())
		return records, ended, err
	}
	if !s.begun {
		s.begun = true
		if s.pending, s.ends, err = s.share.take(ctx, s); err != nil {
			return nil, nil, err
		}
	}
	if len(s.pending) == 0 && len(s.ends) == 0 {
		return nil, nil, io.EOF
	}
	n := min(want, len(s.pending))
	if len(s.ends) > 0 { // no record follows the last of a range before its end is told
		n = min(n, s.ends[0].at-s.given)
	}
	records, s.pending = s.pending[:n], s.pending[n:]
	s.given += n
	for len(s.ends) > 0 && s.ends[0].at == s.given {
		ended, s.ends = append(ended, s.ends[0].span), s.ends[1:]
	}
	return records, ended, nil
}

// Partitions are the ranges that hold something; how many records is not known
// before, for offsets have gaps.
func (s *rangeSource) Partitions() []arrowexec.PartitionInfo {
	var out []arrowexec.PartitionInfo
	for _, p := range s.share.spans {
		out = append(out, arrowexec.PartitionInfo{Topic: s.share.cfg.Topic, Partition: p.Partition, Records: -1})
	}
	return out
}

// groupRange is a bounded read that commits: the statement names a group. Without
// one a bounded read leaves no trace on the broker.
type groupRange struct{ *rangeSource }

// Ack commits the positions of acknowledged batches.
func (s groupRange) Ack(ctx context.Context, batches int64) error {
	c, offsets := s.share.cfg, kadm.Offsets{}
	for n, o := range s.marks.take(batches) {
		offsets.AddOffset(c.Topic, n, o.Offset, o.Epoch)
	}
	if len(offsets) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	adm := s.share.r.cl.adm
	if err := c.retry(ctx, func() error { return adm.CommitAllOffsets(ctx, c.Group, offsets) }); err != nil {
		return fmt.Errorf("kafka: committing offsets for group %q: %w: a bounded read can commit only while no member of that group is running", c.Group, err)
	}
	return nil
}

// commitTimeout bounds a commit on the way out, when nothing else can end it.
const commitTimeout = 30 * time.Second

// Stats counts records taken and bytes fetched.
func (s *rangeSource) Stats() arrowexec.SourceStats {
	return arrowexec.SourceStats{Rows: s.read.Load(), Bytes: s.bytes.Load()}
}

// Close ends the client, if this is the last piece of the read.
func (s *rangeSource) Close() error {
	if !s.closed {
		s.closed = true
		s.share.closed()
	}
	return nil
}
