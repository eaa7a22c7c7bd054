package kafka

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

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
	pending *records
	ends    []ending // the ranges that end with the pending records, in their order
	given   int      // records of the piece that are in batches
	marks   marks
	limit   limiter
	read    atomic.Int64
	bytes   atomic.Int64
	closed  bool
}

// Next reads the next records of the ranges, in the order of their timestamps.
func (s *rangeSource) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if s.share.last(s.piece) {
		if !s.begun {
			if err := s.share.wait(ctx, s.piece); err != nil {
				return nil, err
			}
			s.begun, s.cols.read = true, s.share.taken
		}
		taken, ended, err := s.share.next(ctx, s.limit.want(want))
		s.bytes.Add(s.share.told())
		if err != nil {
			return nil, err
		}
		defer taken.Return(false)
		s.limit.observe(taken.n, taken.bytes)
		return s.batch(sc, taken, taken.runs, taken.n, ended)
	}
	if !s.begun {
		s.begun = true
		var err error
		if s.pending, s.ends, err = s.share.take(ctx, s); err != nil {
			return nil, err
		}
		s.limit.observe(s.pending.n, s.pending.bytes)
	}
	if s.pending == nil || s.given == s.pending.n && len(s.ends) == 0 {
		return nil, io.EOF
	}
	n := min(s.limit.want(want), s.pending.n-s.given)
	if len(s.ends) > 0 { // no record follows the last of a range before its end is told
		n = min(n, s.ends[0].at-s.given)
	}
	runs := s.pending.part(s.given, s.given+n)
	s.given += n
	var ended []span
	for len(s.ends) > 0 && s.ends[0].at == s.given {
		ended, s.ends = append(ended, s.ends[0].span), s.ends[1:]
	}
	return s.batch(sc, s.pending, runs, n, ended)
}

// batch makes a batch of records that are held.
func (s *rangeSource) batch(sc *vec.Scope, held *records, runs []run, n int, ended []span) (*arrowexec.Batch, error) {
	s.read.Add(int64(n))
	b, err := s.cols.batch(sc, held, runs, n)
	if err != nil {
		return nil, err
	}
	m := newMark()
	if s.commit {
		for _, r := range runs {
			m.at(r.partition, r.Offsets[r.to-1]+1, r.Epoch)
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
		if s.pending != nil {
			s.pending.Return(false)
		}
		s.share.closed(s.cols)
	}
	return nil
}
