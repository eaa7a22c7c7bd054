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
	source     string
	topic      string
	scan       ingest.Scan
	decoder    ingest.Decoder     // nil: no payload column is read
	key        *recordkey.Columns // nil: no column comes from the key
	tombstones bool               // a record without payload is a row
	noTime     int64              // the time of records that have none

	payloadAt, keyAt []int // places of the columns in the scan
	keyCols          []*vec.Builder
	rows             ingest.Rows
	payloads         [][]byte
	took             []int32 // index of each payload among the records
	origins          []int32 // index of each row among the records
	faults           []fault
	sysBuild         vec.Builder
	read             int64 // records of the batches before
}

// fault is a record that gave no row.
type fault struct {
	record int32
	field  string
	cause  error
}

// split tells which columns of the scan come from the key.
func (c *columns) split(f recordkey.Fields) (payload, key []arrow.Field) {
	for i, x := range c.scan.Columns {
		if f.Index(x.Name) >= 0 {
			c.keyAt = append(c.keyAt, i)
			c.keyCols = append(c.keyCols, &vec.Builder{})
			key = append(key, x)
			continue
		}
		c.payloadAt = append(c.payloadAt, i)
		c.rows.Cols = append(c.rows.Cols, &vec.Builder{})
		payload = append(payload, x)
	}
	return payload, key
}

// batch decodes records, all of them read for the first time.
func (c *columns) batch(sc *vec.Scope, records []*kgo.Record) (*arrowexec.Batch, error) {
	for i, j := range c.payloadAt {
		c.rows.Cols[i].Init(sc, c.scan.Columns[j].Type, len(records))
	}
	for i, j := range c.keyAt {
		c.keyCols[i].Init(sc, c.scan.Columns[j].Type, len(records))
	}
	skipped := c.choose(records)
	if err := c.decode(); err != nil {
		return nil, err
	}
	if err := c.report(records); err != nil {
		return nil, err
	}
	if s := c.scan.Skipped; s != nil && skipped+c.rows.Unknown > 0 {
		atomic.AddInt64(&s.Tombstones, skipped)
		atomic.AddInt64(&s.UnknownFields, c.rows.Unknown)
	}
	o := &origin{c: c, read: c.read, at: make([]int32, len(c.origins)), rows: make([]*kgo.Record, len(c.origins))}
	for i, k := range c.origins {
		o.at[i], o.rows[i] = k, records[k]
	}
	c.read += int64(len(records))
	wanted := len(c.scan.Columns)
	b := &arrowexec.Batch{Scope: sc, N: c.rows.N, Origin: o, Cols: make([]*vec.Vec, wanted, wanted+len(c.scan.System))}
	for i, j := range c.payloadAt {
		b.Cols[j] = c.rows.Cols[i].Finish()
	}
	for i, j := range c.keyAt {
		v := c.keyCols[i].Finish()
		if v.Len != b.N { // payloads after their keys were found bad
			v = sc.Gather(v, vec.Sel(c.rows.Kept))
		}
		b.Cols[j] = v
	}
	for _, name := range c.scan.System {
		b.Cols = append(b.Cols, c.system(sc, name, o.rows))
	}
	return b, nil
}

// choose gathers the payloads that may become rows: not those of tombstones on a
// stream, nor of records whose key cannot be read.
func (c *columns) choose(records []*kgo.Record) (skipped int64) {
	c.payloads, c.took, c.faults = c.payloads[:0], c.took[:0], c.faults[:0]
	for i, r := range records {
		if r.Value == nil && !c.tombstones {
			skipped++
			continue
		}
		if c.key != nil {
			if field, cause := c.key.Append(r.Key, c.keyCols); cause != nil {
				c.faults = append(c.faults, fault{int32(i), field, cause})
				continue
			}
		}
		c.payloads = append(c.payloads, r.Value)
		c.took = append(c.took, int32(i))
	}
	return skipped
}

// decode makes rows of the payloads and notes which record each came from.
func (c *columns) decode() error {
	c.rows.N, c.rows.Kept, c.rows.Unknown = 0, c.rows.Kept[:0], 0
	c.origins = c.origins[:0]
	if c.decoder == nil {
		// A query of keys and system columns alone does not look at payloads.
		c.rows.N = len(c.payloads)
		c.origins = append(c.origins, c.took...)
		return nil
	}
	c.rows.Bad = c.bad
	if err := c.decoder.Decode(c.payloads, &c.rows); err != nil {
		return err
	}
	for _, k := range c.rows.Kept {
		c.origins = append(c.origins, c.took[k])
	}
	return nil
}

func (c *columns) bad(i int, field string, cause error) error {
	c.faults = append(c.faults, fault{c.took[i], field, cause})
	return nil
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
