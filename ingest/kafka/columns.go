package kafka

import (
	"slices"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/recordkey"
)

// columns turns polled records into batches: the payload's decoder makes the
// wanted columns, some may come from the message key, and the same rows get the
// system columns that the query reads. It belongs to one pipeline.
type columns struct {
	source string
	topic  string
	scan   ingest.Scan
	rows   *recordkey.Rows
	noTime int64 // the time of records that have none

	which          []int32 // records that may be rows
	keys, payloads [][]byte
	origins        []int32 // index of each row among the records
	faults         []fault
	sysBuild       vec.Builder
	read           int64 // records of the batches before
}

// fault is a record that gave no row.
type fault struct {
	record int32
	field  string
	cause  error
}

// batch decodes records, all of them read for the first time.
func (c *columns) batch(sc *vec.Scope, records []*kgo.Record) (*arrowexec.Batch, error) {
	c.rows.Begin(sc, len(records))
	skipped := c.choose(records)
	var err error
	if c.origins, err = c.rows.Decode(c.which, c.keys, c.payloads, c.bad); err != nil {
		return nil, err
	}
	if err := c.report(records); err != nil {
		return nil, err
	}
	if s := c.scan.Skipped; s != nil && skipped+c.rows.Unknown() > 0 {
		atomic.AddInt64(&s.Tombstones, skipped)
		atomic.AddInt64(&s.UnknownFields, c.rows.Unknown())
	}
	o := &origin{c: c, read: c.read, at: make([]int32, len(c.origins)), rows: make([]*kgo.Record, len(c.origins))}
	for i, k := range c.origins {
		o.at[i], o.rows[i] = k, records[k]
	}
	c.read += int64(len(records))
	cols, deleted := c.rows.Finish(sc)
	b := &arrowexec.Batch{Scope: sc, N: c.rows.N(), Origin: o, Cols: cols}
	for _, name := range c.scan.System {
		if name == ingest.ColDeleted {
			b.Cols = append(b.Cols, deleted)
			continue
		}
		b.Cols = append(b.Cols, c.system(sc, name, o.rows))
	}
	return b, nil
}

// choose gathers the records that may become rows: not deletions on a stream.
func (c *columns) choose(records []*kgo.Record) (skipped int64) {
	c.which, c.keys, c.payloads, c.faults = c.which[:0], c.keys[:0], c.payloads[:0], c.faults[:0]
	for i, r := range records {
		c.keys, c.payloads = append(c.keys, r.Key), append(c.payloads, r.Value)
		if c.rows.Passes(r.Value) {
			skipped++
			continue
		}
		c.which = append(c.which, int32(i))
	}
	return skipped
}

func (c *columns) bad(i int, field string, cause error) {
	c.faults = append(c.faults, fault{int32(i), field, cause})
}

// report passes on the faults of a batch in the order of the records, so that
// batch sizes do not show in logs and dead letters.
func (c *columns) report(records []*kgo.Record) error {
	if c.scan.Failures == nil || len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b fault) int { return int(a.record - b.record) })
	for _, f := range c.faults {
		r := records[f.record]
		e := &arrowexec.RowError{Position: c.position(r, c.read+int64(f.record)), Class: "decode", Field: f.field, Cause: f.cause}
		if err := c.scan.Failures.Record(e, record(r, c.noTime), 1); err != nil {
			return err
		}
	}
	return nil
}

func (c *columns) position(r *kgo.Record, read int64) arrowexec.Position {
	return arrowexec.Position{Source: c.source, Topic: c.topic, Partition: r.Partition, Offset: r.Offset, Read: read}
}

// system fills one system column.
func (c *columns) system(sc *vec.Scope, name string, rows []*kgo.Record) *vec.Vec {
	t, _ := ingest.SystemType(name)
	switch name {
	case ingest.ColTimestamp:
		v := sc.New(t, len(rows))
		out := vec.Values[int64](v)
		for i, r := range rows {
			out[i] = millis(r, c.noTime)
		}
		return v
	case ingest.ColOffset:
		v := sc.New(t, len(rows))
		out := vec.Values[int64](v)
		for i, r := range rows {
			out[i] = r.Offset
		}
		return v
	case ingest.ColPartition:
		v := sc.New(t, len(rows))
		out := vec.Values[int32](v)
		for i, r := range rows {
			out[i] = r.Partition
		}
		return v
	case ingest.ColTopic:
		return c.constant(sc, t, len(rows))
	case ingest.ColKey:
		return c.keyColumn(sc, t, rows)
	case ingest.ColHeaders:
		return c.headerColumn(sc, t, rows)
	}
	return sc.NullConst(t, len(rows)) // not reached: the registry knows these names only
}

func (c *columns) constant(sc *vec.Scope, t arrow.DataType, n int) *vec.Vec {
	b := &c.sysBuild
	b.Init(sc, t, 1)
	b.String(c.topic)
	return sc.Repeat(b.Finish(), n)
}

func (c *columns) keyColumn(sc *vec.Scope, t arrow.DataType, rows []*kgo.Record) *vec.Vec {
	b := vec.NewBuilder(sc, t, len(rows))
	for _, r := range rows {
		if r.Key == nil {
			b.Null()
		} else {
			b.Bytes(r.Key)
		}
	}
	return b.Finish()
}

func (c *columns) headerColumn(sc *vec.Scope, t arrow.DataType, rows []*kgo.Record) *vec.Vec {
	b := vec.NewBuilder(sc, t, len(rows))
	names, values := b.Children[0], b.Children[1]
	for _, r := range rows {
		for _, h := range r.Headers {
			names.String(h.Key)
			if h.Value == nil {
				values.Null()
			} else {
				values.Bytes(h.Value)
			}
		}
		b.EndList()
	}
	return b.Finish()
}

// millis is a record's timestamp in ms; records of the oldest format have none.
//
// The client makes its time.Time from ms × 10⁶ in 64 bits, which wraps beyond the
// year 2262. The product is undone exactly: 10⁶ is 2⁶ × 15625, and 15625 has an
// inverse modulo 2⁵⁸.
func millis(r *kgo.Record, none int64) int64 {
	if r.Attrs.TimestampType() < 0 {
		return none
	}
	const inverse = 76480200929599801
	return int64(uint64(r.Timestamp.UnixNano())>>6*inverse<<6) >> 6
}

// origin keeps the records of a batch's rows, for errors and dead letters.
type origin struct {
	c    *columns
	read int64   // records of the batches before
	at   []int32 // index of each row among those of the batch
	rows []*kgo.Record
}

// Position locates row i.
func (o *origin) Position(i int) arrowexec.Position {
	return o.c.position(o.rows[i], o.read+int64(o.at[i]))
}

// Record gives row i as it was on the topic.
func (o *origin) Record(i int) arrowexec.Record { return record(o.rows[i], o.c.noTime) }

func record(r *kgo.Record, noTime int64) arrowexec.Record {
	out := arrowexec.Record{Key: r.Key, Value: r.Value, Timestamp: millis(r, noTime)}
	if len(r.Headers) > 0 {
		out.Headers = make([]arrowexec.Header, len(r.Headers))
		for i, h := range r.Headers {
			out.Headers[i] = arrowexec.Header{Key: h.Key, Value: h.Value}
		}
	}
	return out
}
