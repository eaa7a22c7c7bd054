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

// rangeSource is a bounded read: exact ranges, known when it starts.
type rangeSource struct {
	r      *rangeReader
	cols   *columns
	commit bool // positions belong to a group that was named
	marks  marks
	limit  limiter
	ended  []int32
	open   []*part // not reported as ended yet
	read   atomic.Int64
	closed bool
}

// Next reads the next records of the ranges, in the order of their timestamps.
func (s *rangeSource) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	s.ended = s.ended[:0]
	if len(s.open) == 0 {
		return nil, io.EOF
	}
	records, err := s.r.take(ctx, s.limit.want(want))
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
	still := s.open[:0]
	for _, p := range s.open {
		if p.drained() {
			s.ended = append(s.ended, p.Partition)
			m.at(p.Partition, p.To, -1) // beyond the markers and gaps at the end
		} else {
			still = append(still, p)
		}
	}
	s.open = still
	if s.commit {
		s.marks.add(m, b.N)
	}
	return b, nil
}

// Partitions are the ranges that hold something; how many records is not known
// before, for offsets have gaps.
func (s *rangeSource) Partitions() []arrowexec.PartitionInfo {
	var out []arrowexec.PartitionInfo
	for _, p := range s.r.parts {
		out = append(out, arrowexec.PartitionInfo{Topic: s.r.topic, Partition: p.Partition, Records: -1})
	}
	return out
}

// Ended gives the partitions whose last record was in the last batch.
func (s *rangeSource) Ended() []int32 { return s.ended }

// groupRange is a bounded read that commits: the statement names a group. Without
// one a bounded read leaves no trace on the broker.
type groupRange struct{ *rangeSource }

// Ack commits the positions of acknowledged batches.
func (s groupRange) Ack(ctx context.Context, rows int64) error {
	offsets := kadm.Offsets{}
	for n, o := range s.marks.take(rows) {
		offsets.AddOffset(s.r.topic, n, o.Offset, o.Epoch)
	}
	if len(offsets) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	c := s.r.cl.cfg
	if err := c.retry(ctx, func() error { return s.r.cl.adm.CommitAllOffsets(ctx, c.Group, offsets) }); err != nil {
		return fmt.Errorf("kafka: committing offsets for group %q: %w: a bounded read can commit only while no member of that group is running", c.Group, err)
	}
	return nil
}

// commitTimeout bounds a commit on the way out, when nothing else can end it.
const commitTimeout = 30 * time.Second

// Stats counts records taken and bytes fetched.
func (s *rangeSource) Stats() arrowexec.SourceStats {
	return arrowexec.SourceStats{Rows: s.read.Load(), Bytes: s.r.cl.w.bytes.Load()}
}

// Close ends the client.
func (s *rangeSource) Close() error {
	if !s.closed {
		s.closed = true
		s.r.close()
	}
	return nil
}
