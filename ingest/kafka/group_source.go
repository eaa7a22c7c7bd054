package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// livePoll is how long an unbounded source waits for records before it hands the
// loop an empty batch.
const livePoll = 100 * time.Millisecond

// leaveTimeout bounds the farewell to a group whose broker may be gone.
const leaveTimeout = 5 * time.Second

// withdrawAfter is how long a member that leaves may take to end its session.
const withdrawAfter = 500 * time.Millisecond

// groupSource is an unbounded read by a member of a consumer group. A partition never
// goes away between a record and its mark: polls block rebalances until the batch and
// its positions are noted, and a raw fetch has a lock for it. What a partition had in
// marks is forgotten when it goes, and the next owner reads it again.
type groupSource struct {
	cl     *client
	end    context.CancelFunc // of what the client does
	again  func(ctx context.Context) (*client, error)
	cols   *columns
	marks  marks
	limit  limiter
	blocks blocks    // of polled records
	raw    *rawGroup // nil for kafka.fetch=poll
	read   atomic.Int64
	closed bool

	mu    sync.Mutex
	moved map[int32]bool // partitions that came (true) or went since the last batch
}

func openGroup(ctx context.Context, c *Config, env ingest.Env, cols *columns) (*groupSource, error) {
	s := &groupSource{cols: cols, moved: map[int32]bool{}}
	if c.Fetch == "raw" {
		s.raw = &rawGroup{held: map[int32]*heldBlock{}}
	}
	gone := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
		if s.raw != nil {
			s.raw.gone(lost[c.Topic], s.marks.forget)
		} else {
			s.marks.forget(lost[c.Topic])
		}
		s.move(lost[c.Topic], false)
	}
	came := func(_ context.Context, _ *kgo.Client, got map[string][]int32) { s.move(got[c.Topic], true) }
	opts := append(c.fetchOpts(), c.groupOpts()...)
	opts = append(opts, kgo.OnPartitionsAssigned(came), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone))
	if s.raw != nil {
		opts = append(opts, s.raw.options(c)...)
	} else {
		opts = append(opts, kgo.BlockRebalanceOnPoll())
	}
	living, end := context.WithCancel(context.Background())
	s.end = end
	s.again = func(ctx context.Context) (*client, error) { return dial(ctx, c, env) }
	var err error
	if s.cl, err = dial(ctx, c, env, append(opts, kgo.WithContext(living))...); err != nil {
		end()
		return nil, err
	}
	if s.raw != nil {
		s.raw.open(s.cl)
	}
	return s, nil
}

// Next reads what has come, or an empty batch after about 100 ms.
func (s *groupSource) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	taken := newRecords()
	defer taken.Return(false)
	var err error
	if s.raw != nil {
		defer s.raw.gate.Unlock()
		err = s.raw.take(ctx, taken, s.limit.want(want))
	} else {
		defer s.cl.AllowRebalance()
		err = s.poll(ctx, taken, s.limit.want(want))
	}
	if err != nil {
		return nil, err
	}
	s.limit.observe(taken.n, taken.bytes)
	s.read.Add(int64(taken.n))
	b, err := s.cols.batch(sc, taken, taken.runs, taken.n)
	if err != nil {
		return nil, err
	}
	m := newMark()
	for _, r := range taken.runs {
		m.at(r.partition, r.Offsets[r.to-1]+1, r.Epoch)
	}
	s.marks.add(m)
	b.Began, b.Ended = s.moves()
	return b, nil
}

// poll takes what the client library has.
func (s *groupSource) poll(ctx context.Context, taken *records, want int) error {
	pctx, cancel := context.WithTimeout(ctx, livePoll)
	fetches := s.cl.PollRecords(pctx, want)
	cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	if fetches.IsClientClosed() {
		return errors.New("kafka: the source was closed while it was read")
	}
	if err := s.cl.cfg.pollError(fetches); err != nil {
		return err
	}
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		var b *block
		for _, rec := range f.Records {
			next := s.blocks.room(b, rec)
			if next != b && b != nil {
				taken.add(b, 0, b.Len())
				b.release(false)
			}
			b = next
			add(b, rec)
		}
		if b != nil {
			taken.add(b, 0, b.Len())
			b.release(false)
		}
	})
	return nil
}

func (s *groupSource) move(partitions []int32, came bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range partitions {
		s.moved[p] = came
	}
}

// moves gives the partitions that came and went since the last batch: what came
// holds the watermark before its first record, for that may be old.
func (s *groupSource) moves() (came, went []int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, in := range s.moved {
		if in {
			came = append(came, p)
		} else {
			went = append(went, p)
		}
	}
	clear(s.moved)
	slices.Sort(came)
	slices.Sort(went)
	return came, went
}

// Ack commits the positions after the first batches that this source returned.
func (s *groupSource) Ack(ctx context.Context, batches int64) error {
	next := s.marks.take(batches)
	if len(next) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	var failed error
	s.cl.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{s.cl.cfg.Topic: next},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			if err != nil {
				failed = err
				return
			}
			for _, t := range resp.Topics {
				for _, p := range t.Partitions {
					if err := kerr.ErrorForCode(p.ErrorCode); err != nil && failed == nil {
						failed = fmt.Errorf("partition %d: %w", p.Partition, err)
					}
				}
			}
		})
	switch {
	case failed == nil:
		return nil
	case rebalanced(failed):
		// The group moved on without this commit: whoever owns the partitions now
		// reads these records again, which at least once allows.
		return nil
	}
	return fmt.Errorf("kafka: committing offsets of topic %q for group %q: %w", s.cl.cfg.Topic, s.cl.cfg.Group, failed)
}

func rebalanced(err error) bool {
	for _, e := range []error{kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.StaleMemberEpoch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Stats counts records read and bytes fetched.
func (s *groupSource) Stats() arrowexec.SourceStats {
	return arrowexec.SourceStats{Rows: s.read.Load(), Bytes: s.cl.w.bytes.Load()}
}

// Close leaves the group, so that others take the partitions at once; a static
// member stays until its session times out, to come back without a rebalance.
func (s *groupSource) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.cl.AllowRebalance()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	err := s.leave(ctx)
	if s.raw != nil {
		s.raw.close()
	}
	s.cl.CloseAllowingRebalance()
	s.end()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !rebalanced(err) && s.cl.w.lastError() == nil {
		return fmt.Errorf("kafka: leaving group %q: %w", s.cl.cfg.Group, err)
	}
	return nil
}

// leave leaves the group. A member that is still joining waits for those that were there
// before, up to the session timeout of one that is gone, and the client does not give
// that up: it is ended, and the group is told by another that the member is not coming.
func (s *groupSource) leave(ctx context.Context) error {
	left := make(chan error, 1)
	go func() { left <- s.cl.LeaveGroupContext(ctx) }()
	select {
	case err := <-left:
		return err
	case <-time.After(withdrawAfter):
	}
	cfg := s.cl.cfg
	id, _ := s.cl.GroupMetadata()
	if id == "" || cfg.InstanceID != "" || cfg.GroupProtocol == "consumer" {
		return <-left
	}
	s.end()
	cl, err := s.again(ctx)
	if err != nil {
		return err
	}
	defer cl.Close()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.MemberID = cfg.Group, id // the second is for brokers before Kafka 2.4
	m := kmsg.NewLeaveGroupRequestMember()
	m.MemberID = id
	req.Members = append(req.Members, m)
	_, err = req.RequestWith(ctx, cl.Client)
	return err
}
