package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

// Sink is kafka_sink: rows become records with key, headers and time.
func Sink() ingest.SinkType {
	return ingest.SinkType{
		Type:    "kafka_sink",
		Schemes: []string{"kafka"},
		Keys:    sideKeys(sinkSide),
		Formats: payloads,
		Open: func(ctx context.Context, r *ingest.Registry, s ingest.SinkSpec) (arrowexec.Sink, error) {
			return openSink(ctx, r, s)
		},
		Check: func(_ *ingest.Registry, s ingest.SinkSpec) error {
			_, err := parse(s.Name, s.Props, s.Env, sinkSide)
			return err
		},
	}
}

// sender is a way to send, kafka.produce.
type sender interface {
	// send takes over the selected rows.
	send(ctx context.Context, b *arrowexec.Batch) error
	// flush sends what is held back, and returns when all is acknowledged or the sink failed.
	flush(ctx context.Context) error
	// waiting tells how much is not acknowledged.
	waiting() (records, bytes int64)
	close()
}

// sink writes batches to a topic. They are sent in the background: what Write took is safe
// when Flush returns.
type sink struct {
	cl    *client
	cfg   Config
	out   ingest.Output
	enc   ingest.Encoder
	by    sender
	freed chan struct{} // there is room

	rows, bytes atomic.Int64
	pending     atomic.Int64 // records not acknowledged
	acked       atomic.Int64 // ns since began when records were last acknowledged, or the first ones waited
	began       time.Time
	off         atomic.Pointer[error] // why a broker last put records off; nil: it takes them

	mu     sync.Mutex
	failed error // the first delivery error; the sink is of no more use
	closed bool
}

func openSink(ctx context.Context, r *ingest.Registry, s ingest.SinkSpec) (*sink, error) {
	cfg, err := parse(s.Name, s.Props, s.Env, sinkSide)
	if err != nil {
		return nil, ingest.Usage(err)
	}
	f, err := r.Format(s.Props.String("json", "format"))
	if err != nil {
		return nil, ingest.Usage(err)
	}
	if f.NewEncoder == nil {
		return nil, ingest.Usage(fmt.Errorf("format %q cannot be written", f.Name))
	}
	enc, err := f.NewEncoder(s.Props, s.Output)
	if err != nil {
		return nil, err
	}
	if err := cfg.checkFiles(); err != nil {
		return nil, err
	}
	k := &sink{cfg: cfg, out: s.Output, enc: enc, began: time.Now(), freed: make(chan struct{}, 1)}
	if k.cl, err = dial(ctx, &k.cfg, s.Env, k.cfg.produceOpts()...); err != nil {
		return nil, err
	}
	t, err := k.cl.found(ctx)
	if err != nil {
		k.cl.Close()
		return nil, err
	}
	if cfg.Produce != "raw" {
		k.by = &library{s: k}
		return k, nil
	}
	if err := k.cl.takesBatches(ctx); err != nil {
		k.cl.Close()
		return nil, err
	}
	p := newProducer(k)
	p.open(t)
	k.by = p
	return k, nil
}

// Write hands the selected rows over. It waits only while too many wait for the broker.
func (s *sink) Write(ctx context.Context, b *arrowexec.Batch) error {
	if err := s.check(); err != nil {
		return err
	}
	n := b.Rows()
	if n == 0 {
		return nil
	}
	if err := s.room(ctx); err != nil {
		return err
	}
	return s.by.send(ctx, b)
}

// handed notes that n records wait for the broker from now on.
func (s *sink) handed(n int) {
	if s.pending.Add(int64(n)) == int64(n) {
		s.acked.Store(int64(time.Since(s.began)))
	}
	s.rows.Add(int64(n))
}

// room waits until what waits for the broker is below the limits; the batch that
// comes then may pass them once. The client itself has no limits, for it would
// wait without an end for a broker that is gone.
func (s *sink) room(ctx context.Context) error {
	for {
		records, bytes := s.by.waiting()
		if records < int64(s.cfg.BufferRecords) && bytes < int64(s.cfg.BufferBytes) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.freed:
		case <-time.After(100 * time.Millisecond):
		}
		if err := s.check(); err != nil {
			return err
		}
	}
}

// broken tells that nothing more is to be sent.
func (s *sink) broken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed != nil || s.closed
}

// check gives the delivery error, or finds that the broker has been silent for
// longer than delivery.timeout.ms with records waiting.
func (s *sink) check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	if s.closed {
		return errors.New("kafka: the sink is closed")
	}
	waited := time.Since(s.began) - time.Duration(s.acked.Load())
	if s.pending.Load() > 0 && waited > s.cfg.DeliveryTimeout {
		s.failed = s.timeout(s.pending.Load())
		return s.failed
	}
	return nil
}

// late ends the sink for n records that have waited for delivery.timeout.ms.
func (s *sink) late(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && !s.closed {
		s.failed = s.timeout(n)
	}
}

func (s *sink) timeout(n int64) error {
	why := "it does not answer"
	if err := s.cl.w.lastError(); err != nil {
		why = err.Error()
	} else if err := s.off.Load(); err != nil {
		why = (*err).Error()
	}
	return fmt.Errorf("kafka: topic %q: %d records wait for the broker since more than delivery.timeout.ms=%d: %s", s.cfg.Topic, n, s.cfg.DeliveryTimeout.Milliseconds(), why)
}

// Flush returns when every record is acknowledged.
func (s *sink) Flush(ctx context.Context) error {
	for {
		if err := s.check(); err != nil {
			return err
		}
		if s.pending.Load() == 0 {
			return nil
		}
		// In slices, so that a broker that went silent is noticed.
		slice, cancel := context.WithTimeout(ctx, min(time.Second, s.cfg.DeliveryTimeout))
		err := s.by.flush(slice)
		cancel()
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return s.check()
		}
	}
}

// Close ends the client. Records that are not acknowledged are dropped if commit
// is false.
func (s *sink) Close(ctx context.Context, commit bool) error {
	s.mu.Lock()
	done := s.closed
	s.mu.Unlock()
	if done {
		return nil
	}
	var err error
	if commit {
		err = s.Flush(ctx)
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.by.close()
	s.cl.Close()
	return err
}

// Stats counts what was handed over.
func (s *sink) Stats() arrowexec.SinkStats {
	return arrowexec.SinkStats{Rows: s.rows.Load(), Bytes: s.bytes.Load()}
}

// fail keeps the first delivery error. It is of a record with so many bytes in key and
// payload, 0 for several, and a time in ms.
func (s *sink) fail(err error, size int, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && !s.closed {
		s.failed = s.explain(err, size, at)
	}
}

// settled notes that n records wait no more.
func (s *sink) settled(n int) {
	s.acked.Store(int64(time.Since(s.began)))
	s.pending.Add(-int64(n))
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

func (s *sink) explain(err error, size int, at int64) error {
	switch {
	case errors.Is(err, kerr.MessageTooLarge) && size == 0:
		return fmt.Errorf("kafka: topic %q refused a batch of records as too large: lower batch.size here, or raise max.message.bytes of the topic", s.cfg.Topic)
	case errors.Is(err, kerr.MessageTooLarge):
		return fmt.Errorf("kafka: topic %q refused a record of %d bytes as too large: raise batch.size here and max.message.bytes of the topic", s.cfg.Topic, size)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Errorf("kafka: user %q may not write to topic %q: ask for the permission, or check sasl.username", s.cfg.User, s.cfg.Topic)
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		return fmt.Errorf("kafka: user %q may not write idempotently: ask for IDEMPOTENT_WRITE, or set enable.idempotence=false", s.cfg.User)
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return fmt.Errorf("kafka: topic %q was deleted while it was written: %w", s.cfg.Topic, err)
	case errors.Is(err, kerr.InvalidRecord):
		return fmt.Errorf("kafka: topic %q refused a record: a compacted topic takes no record without a key: give the query a key (PRIMARY KEY or AS _key): %w", s.cfg.Topic, err)
	case errors.Is(err, kerr.InvalidTimestamp):
		return fmt.Errorf("kafka: topic %q refused the time %s of a record: see message.timestamp.before.max.ms and .after.max.ms of the topic: %w", s.cfg.Topic, time.UnixMilli(at).UTC().Format(time.RFC3339), err)
	}
	return fmt.Errorf("kafka: writing to topic %q: %w", s.cfg.Topic, err)
}
