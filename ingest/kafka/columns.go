package kafka

import (
	"slices"
	"sort"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/kafka/recordbatch"
	"github.com/velostream/velo/ingest/recordkey"
)

// columns turns records into batches: the payload's decoder makes the
// wanted columns, some may come from the message key, and the same rows get the
// system columns that the query reads. It belongs to one pipeline.
type columns struct {
	source string
	topic  string
	scan   ingest.Scan
	rows   *recordkey.Rows
	alike  *alikes // nil: each record is read by itself
	noTime int64   // the time of records that have none

	which          []int32 // records that may be rows
	keys, payloads [][]byte
	origins        []int32 // index of each row among the records
	base           int32   // index of the first record that is being read
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

// batch decodes n records of some that are held, all of them read for the first
// time. The scope borrows what holds them.
func (c *columns) batch(sc *vec.Scope, held *records, runs []run, n int) (*arrowexec.Batch, error) {
	sc.Borrow(held.hold())
	c.rows.Begin(sc, n)
	if c.rows.Blind() && !c.passing(runs) {
		c.rows.Take(n)
	} else if err := c.decode(runs, n); err != nil {
		return nil, err
	}
	if c.rows.N() != n {
		runs = narrow(runs, c.origins)
	}
	o := &origin{c: c, read: c.read, runs: runs}
	c.read += int64(n)
	cols, deleted := c.rows.Finish(sc)
	b := &arrowexec.Batch{Scope: sc, N: c.rows.N(), Origin: o, Cols: cols}
	for _, name := range c.scan.System {
		if name == ingest.ColDeleted {
			b.Cols = append(b.Cols, deleted)
			continue
		}
		b.Cols = append(b.Cols, c.system(sc, name, runs, b.N))
	}
	return b, nil
}

// decode makes the rows of n records.
func (c *columns) decode(runs []run, n int) error {
	c.faults = c.faults[:0]
	var skipped int64
	var err error
	if c.alike != nil {
		skipped, err = c.decodeAlike(runs, n)
	} else {
		skipped = c.choose(runs, n)
		c.origins, err = c.rows.Decode(c.which, c.keys, c.payloads, c.bad)
	}
	if err != nil {
		return err
	}
	if err := c.report(runs); err != nil {
		return err
	}
	if s := c.scan.Skipped; s != nil && skipped+c.rows.Unknown() > 0 {
		atomic.AddInt64(&s.Tombstones, skipped)
		atomic.AddInt64(&s.UnknownFields, c.rows.Unknown())
	}
	return nil
}

// passing tells that some records are no rows.
func (c *columns) passing(runs []run) bool {
	if !c.rows.Passes(nil) {
		return false
	}
	for _, r := range runs {
		for _, s := range r.Values[r.from:r.to] {
			if s.From < 0 {
				return true
			}
		}
	}
	return false
}

// choose gathers the payloads, the keys where they are needed, and which records may
// become rows: not deletions on a stream.
func (c *columns) choose(runs []run, n int) (skipped int64) {
	c.which, c.keys, c.payloads = slices.Grow(c.which[:0], n)[:n], c.keys[:0], slices.Grow(c.payloads[:0], n)[:n]
	k, at := 0, 0
	passes := c.rows.Passes(nil)
	for _, r := range runs {
		data := r.Data
		for _, s := range r.Values[r.from:r.to] {
			c.payloads[at] = nil
			if s.From >= 0 {
				c.payloads[at] = data[s.From:s.To] // with what stands behind it: decoders read words, and copy what they cannot
			} else if passes {
				skipped++
				at++
				continue
			}
			c.which[k] = int32(at)
			k++
			at++
		}
	}
	c.which = c.which[:k]
	if c.rows.NeedsKey() {
		for _, r := range runs {
			for i := r.from; i < r.to; i++ {
				c.keys = append(c.keys, r.Key(int(i)))
			}
		}
	}
	return skipped
}

func (c *columns) bad(i int, field string, cause error) {
	c.faults = append(c.faults, fault{c.base + int32(i), field, cause})
}

// report passes on the faults of a batch in the order of the records, so that
// batch sizes do not show in logs and dead letters.
func (c *columns) report(runs []run) error {
	if c.scan.Failures == nil || len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b fault) int { return int(a.record - b.record) })
	for _, f := range c.faults {
		r := runs[find(runs, int(f.record))]
		i := int(r.from + f.record - r.at)
		e := &arrowexec.RowError{Position: c.position(r, i, c.read), Class: "decode", Field: f.field, Cause: f.cause}
		if err := c.scan.Failures.Record(e, record(r, i, c.noTime), 1); err != nil {
			return err
		}
	}
	return nil
}

// position locates record i of a run's block; read are the records before the batch.
func (c *columns) position(r run, i int, read int64) arrowexec.Position {
	return arrowexec.Position{Source: c.source, Topic: c.topic, Partition: r.partition, Offset: r.Offsets[i], Read: read + int64(r.at) + int64(i) - int64(r.from)}
}

// system fills one system column.
func (c *columns) system(sc *vec.Scope, name string, runs []run, n int) *vec.Vec {
	t, _ := ingest.SystemType(name)
	switch name {
	case ingest.ColTimestamp:
		v := sc.New(t, n)
		out := vec.Values[int64](v)
		for _, r := range runs {
			copy(out[r.row:], r.Times[r.from:r.to])
		}
		for i, x := range out[:n] {
			if x == recordbatch.NoTime {
				out[i] = c.noTime
			}
		}
		return v
	case ingest.ColOffset:
		v := sc.New(t, n)
		out := vec.Values[int64](v)
		for _, r := range runs {
			copy(out[r.row:], r.Offsets[r.from:r.to])
		}
		return v
	case ingest.ColPartition:
		v := sc.New(t, n)
		out := vec.Values[int32](v)
		for _, r := range runs {
			for i := range r.len() {
				out[int(r.row)+i] = r.partition
			}
		}
		return v
	case ingest.ColTopic:
		return c.constant(sc, t, n)
	case ingest.ColKey:
		return c.keyColumn(sc, t, runs, n)
	case ingest.ColHeaders:
		return c.headerColumn(sc, t, runs, n)
	}
	return sc.NullConst(t, n) // not reached: the registry knows these names only
}

func (c *columns) constant(sc *vec.Scope, t arrow.DataType, n int) *vec.Vec {
	b := &c.sysBuild
	b.Init(sc, t, 1)
	b.String(c.topic)
	return sc.Repeat(b.Finish(), n)
}

func (c *columns) keyColumn(sc *vec.Scope, t arrow.DataType, runs []run, n int) *vec.Vec {
	b := vec.NewBuilder(sc, t, n)
	for _, r := range runs {
		data := r.Data
		for _, s := range r.Keys[r.from:r.to] {
			if s.From < 0 {
				b.Null()
			} else {
				b.Bytes(data[s.From:s.To])
			}
		}
	}
	return b.Finish()
}

// headerColumn is a constant where no record has headers, as in most topics: a sink that
// passes headers on reads the column, which cost a seventh of a grouped topic.
func (c *columns) headerColumn(sc *vec.Scope, t arrow.DataType, runs []run, n int) *vec.Vec {
	if !slices.ContainsFunc(runs, func(r run) bool { return r.Headed }) {
		b := &c.sysBuild
		b.Init(sc, t, 1)
		b.EndList()
		return sc.Repeat(b.Finish(), n)
	}
	b := vec.NewBuilder(sc, t, n)
	names, values := b.Children[0], b.Children[1]
	for _, r := range runs {
		for i := int(r.from); i < int(r.to); i++ {
			for h := r.Header(i); h.Len() > 0; {
				key, value := h.Next()
				names.Bytes(key)
				if value == nil {
					values.Null()
				} else {
					values.Bytes(value)
				}
			}
			b.EndList()
		}
	}
	return b.Finish()
}

// origin keeps the records of a batch's rows, for errors and dead letters.
type origin struct {
	c    *columns
	read int64 // records of the batches before
	runs []run // of the rows
}

// at finds row i.
func (o *origin) at(i int) (run, int) {
	k := sort.Search(len(o.runs), func(k int) bool { return int(o.runs[k].row) > i }) - 1
	r := o.runs[k]
	return r, int(r.from) + i - int(r.row)
}

// Position locates row i.
func (o *origin) Position(i int) arrowexec.Position {
	r, j := o.at(i)
	return o.c.position(r, j, o.read)
}

// Record gives row i as it was on the topic.
func (o *origin) Record(i int) arrowexec.Record {
	r, j := o.at(i)
	return record(r, j, o.c.noTime)
}

func record(r run, i int, noTime int64) arrowexec.Record {
	out := arrowexec.Record{Key: r.Key(i), Value: r.Value(i), Timestamp: r.Times[i]}
	if out.Timestamp == recordbatch.NoTime {
		out.Timestamp = noTime
	}
	h := r.Header(i)
	if h.Len() > 0 {
		out.Headers = make([]arrowexec.Header, 0, h.Len())
	}
	for h.Len() > 0 {
		key, value := h.Next()
		out.Headers = append(out.Headers, arrowexec.Header{Key: string(key), Value: value})
	}
	return out
}
