package kafka

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// columns turns polled records into batches: the payload's decoder makes the
// wanted columns, and the same rows get the system columns that the query reads.
// It belongs to one pipeline.
type columns struct {
	source     string
	topic      string
	scan       ingest.Scan
	decoder    ingest.Decoder // nil: no payload column is read
	tombstones bool           // a record without payload is a row
	noTime     int64          // the time of records that have none

	builders []vec.Builder
	rows     ingest.Rows
	payloads [][]byte
	took     []int32 // index of each payload among the records
	sysBuild vec.Builder
}

func newColumns(source, topic string, s ingest.Scan, d ingest.Decoder, tombstones bool, noTime int64) *columns {
	c := &columns{source: source, topic: topic, scan: s, decoder: d, tombstones: tombstones, noTime: noTime}
	c.builders = make([]vec.Builder, len(s.Columns))
	for i := range c.builders {
		c.rows.Cols = append(c.rows.Cols, &c.builders[i])
	}
	return c
}

// batch decodes records, all of them read for the first time.
func (c *columns) batch(sc *vec.Scope, records []*kgo.Record) (*arrowexec.Batch, error) {
	c.payloads, c.took = c.payloads[:0], c.took[:0]
	skipped := int64(0)
	for i, r := range records {
		if r.Value == nil && !c.tombstones {
			skipped++
			continue
		}
		c.payloads = append(c.payloads, r.Value)
		c.took = append(c.took, int32(i))
	}
	kept, err := c.decode(sc, records)
	if err != nil {
		return nil, err
	}
	if s := c.scan.Skipped; s != nil && skipped+c.rows.Unknown > 0 {
		atomic.AddInt64(&s.Tombstones, skipped)
		atomic.AddInt64(&s.UnknownFields, c.rows.Unknown)
	}
	o := &origin{source: c.source, topic: c.topic, noTime: c.noTime, rows: make([]*kgo.Record, len(kept))}
	for i, k := range kept {
		o.rows[i] = records[k]
	}
	b := &arrowexec.Batch{Scope: sc, N: len(kept), Origin: o, Cols: make([]*vec.Vec, 0, len(c.builders)+len(c.scan.System))}
	if c.decoder != nil {
		for i := range c.builders {
			b.Cols = append(b.Cols, c.builders[i].Finish())
		}
	}
	for _, name := range c.scan.System {
		b.Cols = append(b.Cols, c.system(sc, name, o.rows))
	}
	return b, nil
}

// decode gives the indices of the records that became rows.
func (c *columns) decode(sc *vec.Scope, records []*kgo.Record) ([]int32, error) {
	c.rows.N, c.rows.Kept, c.rows.Unknown = 0, c.rows.Kept[:0], 0
	if c.decoder == nil {
		// A query of system columns alone does not look at payloads.
		return c.took, nil
	}
	for i := range c.builders {
		c.builders[i].Init(sc, c.scan.Columns[i].Type, len(c.payloads))
	}
	c.rows.Bad = func(i int, field string, cause error) error {
		if c.scan.Failures == nil {
			return nil
		}
		r := records[c.took[i]]
		return c.scan.Failures.Record(&arrowexec.RowError{
			Position: c.position(r), Class: "decode", Field: field, Cause: cause,
		}, record(r, c.noTime), 1)
	}
	if err := c.decoder.Decode(c.payloads, &c.rows); err != nil {
		return nil, err
	}
	for i, k := range c.rows.Kept {
		c.rows.Kept[i] = c.took[k]
	}
	return c.rows.Kept, nil
}

func (c *columns) position(r *kgo.Record) arrowexec.Position {
	return arrowexec.Position{Source: c.source, Topic: c.topic, Partition: r.Partition, Offset: r.Offset}
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
	source, topic string
	noTime        int64
	rows          []*kgo.Record
}

// Position locates row i.
func (o *origin) Position(i int) arrowexec.Position {
	r := o.rows[i]
	return arrowexec.Position{Source: o.source, Topic: o.topic, Partition: r.Partition, Offset: r.Offset}
}

// Record gives row i as it was on the topic.
func (o *origin) Record(i int) arrowexec.Record { return record(o.rows[i], o.noTime) }

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
