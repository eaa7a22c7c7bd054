package kafka

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// chunk is the records of one batch with all their bytes. The client holds on to
// them until they are acknowledged, longer than the batch lives; then the chunk
// is used again.
type chunk struct {
	recs    []kgo.Record
	headers []kgo.RecordHeader
	buf     []byte // payloads, then keys and header values
	ends    []int
	left    atomic.Int64
	done    func(*kgo.Record, error)
}

// maxMillis is the greatest time that the client can write: it counts ns in 64 bits.
const maxMillis = math.MaxInt64 / 1_000_000

// library is kafka.produce=client: rows become records of the client library, which
// gathers, compresses and sends them.
type library struct {
	s     *sink
	chunk sync.Pool // *chunk that the client no longer uses
}

func (l *library) send(ctx context.Context, b *arrowexec.Batch) error {
	c := l.take()
	if err := c.fill(l.s, b); err != nil {
		return err
	}
	n := b.Rows()
	c.left.Store(int64(n))
	l.s.handed(n)
	l.s.bytes.Add(int64(len(c.buf)))
	// Once the client has the records, the end of ctx must not cancel them.
	produce := context.WithoutCancel(ctx)
	for i := range c.recs[:n] {
		l.s.cl.Produce(produce, &c.recs[i], c.done)
	}
	return nil
}

func (l *library) flush(ctx context.Context) error { return l.s.cl.Flush(ctx) }

func (l *library) waiting() (records, bytes int64) {
	return l.s.cl.BufferedProduceRecords(), l.s.cl.BufferedProduceBytes()
}

// close has nothing to do: closing the client fails what is still buffered, and the
// promises run before that returns.
func (l *library) close() {}

func (l *library) take() *chunk {
	if c, ok := l.chunk.Get().(*chunk); ok {
		return c
	}
	c := &chunk{buf: make([]byte, 0, 4096)} // never nil: an empty payload is not a tombstone
	c.done = func(r *kgo.Record, err error) {
		if err != nil {
			l.s.fail(err, len(r.Key)+len(r.Value), r.Timestamp.UnixMilli())
		}
		// The client is done with a record when it calls this, and with the chunk
		// at the last of them.
		if c.left.Add(-1) == 0 {
			n := len(c.recs)
			l.chunk.Put(c)
			l.s.settled(n)
		}
	}
	return c
}

// fill makes the records of the selected rows.
func (c *chunk) fill(s *sink, b *arrowexec.Batch) error {
	n := b.Rows()
	var err error
	c.buf, c.ends, err = s.enc.Encode(c.buf[:0], c.ends[:0], b)
	if err != nil {
		return err
	}
	if len(c.ends) != n {
		return fmt.Errorf("bug: the encoder gave %d payloads for %d rows", len(c.ends), n)
	}
	if cap(c.recs) < n {
		c.recs = make([]kgo.Record, n)
	}
	c.recs = c.recs[:n]
	o := s.out
	c.room(o.Key, o.Headers, b)
	c.headers = c.headers[:0]
	from := 0
	for j := range n {
		i := j
		if b.Sel != nil {
			i = int(b.Sel[j])
		}
		r := &c.recs[j]
		*r = kgo.Record{Topic: s.cfg.Topic}
		r.Value = c.buf[from:c.ends[j]:c.ends[j]]
		from = c.ends[j]
		if o.Deleted >= 0 && !b.Cols[o.Deleted].IsNull(i) && b.Cols[o.Deleted].BoolAt(i) {
			r.Value = nil // a tombstone
		}
		if o.Key >= 0 && !b.Cols[o.Key].IsNull(i) {
			r.Key = c.copy(b.Cols[o.Key].BytesAt(i))
		}
		if o.Headers >= 0 && !b.Cols[o.Headers].IsNull(i) {
			r.Headers = c.headerList(b.Cols[o.Headers], i)
		}
		if o.Time >= 0 && !b.Cols[o.Time].IsNull(i) {
			ms := b.Cols[o.Time].Int64At(i)
			if ms < -maxMillis || ms > maxMillis {
				return fmt.Errorf("kafka: topic %q: the time %s of a row cannot be written: the client's times end with the year 2262: give the row another _event_time", s.cfg.Topic, time.UnixMilli(ms).UTC().Format(time.RFC3339))
			}
			r.Timestamp = time.UnixMilli(ms)
		}
	}
	return nil
}

// room grows the buffer once for all keys and header values: records point into
// it, so it must not move while they are made.
func (c *chunk) room(key, headers int, b *arrowexec.Batch) {
	need, count := 0, 0
	for j := range b.Rows() {
		i := j
		if b.Sel != nil {
			i = int(b.Sel[j])
		}
		if key >= 0 && !b.Cols[key].IsNull(i) {
			need += len(b.Cols[key].BytesAt(i))
		}
		if headers >= 0 && !b.Cols[headers].IsNull(i) {
			v := b.Cols[headers]
			from, to := v.Range(i)
			count += to - from
			for k := from; k < to; k++ {
				need += len(v.Children[0].BytesAt(k))
				if !v.Children[1].IsNull(k) {
					need += len(v.Children[1].BytesAt(k))
				}
			}
		}
	}
	if cap(c.buf)-len(c.buf) < need {
		c.buf = append(make([]byte, 0, len(c.buf)+need), c.buf...)
	}
	if cap(c.headers) < count {
		c.headers = make([]kgo.RecordHeader, 0, count)
	}
}

// copy never gives nil, which would be no key instead of an empty one.
func (c *chunk) copy(x []byte) []byte {
	at := len(c.buf)
	c.buf = append(c.buf, x...)
	return c.buf[at:len(c.buf):len(c.buf)]
}

func (c *chunk) headerList(v *vec.Vec, row int) []kgo.RecordHeader {
	from, to := v.Range(row)
	at := len(c.headers)
	for k := from; k < to; k++ {
		h := kgo.RecordHeader{Key: vec.Text(c.copy(v.Children[0].BytesAt(k)))}
		if !v.Children[1].IsNull(k) {
			h.Value = c.copy(v.Children[1].BytesAt(k))
		}
		c.headers = append(c.headers, h)
	}
	return c.headers[at:len(c.headers):len(c.headers)]
}
