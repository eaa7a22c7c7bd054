package file

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/recordkey"
)

type keyColumns struct{ recordkey.Fields }

func newKeyColumns(p ingest.Props, declared []string) (keyColumns, error) {
	f, err := recordkey.FieldsOf(p, declared)
	return keyColumns{f}, err
}

// envelope turns the records of a capture, however they are written, into rows:
// its fields are the system columns, the payload's format gives the others.
type envelope struct {
	c       *Connector
	s       ingest.Scan
	in      *input
	file    int // number of the file
	want    capture.Want
	recs    capture.Records
	rows    *recordkey.Rows
	sys     []*vec.Builder
	which   []int32            // present records that may be rows
	kept    []int32            // present records that are rows
	deleted int                // place of the column _deleted among the system columns, -1: not asked for
	faults  []fault            // of the present records, until they are reported in their order
	broken  []arrowexec.Absent // lines with a partition that are no record, by the record behind them
	absent  []arrowexec.Absent // of the present batch
	records int64

	// Of the present batch:
	tombstones int64
	sought     int64 // records outside of the seek
}

// fault is a record without a row.
type fault struct {
	at  int32 // place among the present records
	err *arrowexec.RowError
	rec arrowexec.Record
}

// report passes on the faults of the present records in their order, so that
// batch sizes do not show in logs and dead letters.
func (x *envelope) report() error {
	slices.SortStableFunc(x.faults, func(a, b fault) int { return int(a.at - b.at) })
	defer func() { x.faults = x.faults[:0] }()
	for _, f := range x.faults {
		if err := x.s.Failures.Record(f.err, f.rec, 1); err != nil {
			return err
		}
	}
	return nil
}

// fault notes that a record gave no row.
func (x *envelope) fault(at int32, p arrowexec.Position, rec arrowexec.Record, field string, cause error) {
	if x.s.Failures != nil {
		x.faults = append(x.faults, fault{at, &arrowexec.RowError{Position: p, Class: "decode", Field: field, Cause: cause}, rec})
	}
}

// prepare makes the decoders.
func (x *envelope) prepare() error {
	x.deleted = -1
	for i, n := range x.s.System {
		switch n {
		case ingest.ColDeleted:
			x.deleted = i
		case ingest.ColTimestamp:
			x.want.Timestamp = true
		case ingest.ColOffset:
			x.want.Offset = true
		case ingest.ColPartition:
			x.want.Partition = true
		case ingest.ColTopic:
			x.want.Topic = true
		case ingest.ColKey:
			x.want.Key = true
		case ingest.ColHeaders:
			x.want.Headers = true
		}
		x.sys = append(x.sys, &vec.Builder{})
	}
	f, err := x.c.reg.Format(x.in.form)
	if err != nil {
		return err
	}
	js, _ := x.c.reg.Format("json")
	x.rows, err = recordkey.NewRows(recordkey.RowsOptions{
		Columns: x.s.Columns, Key: x.c.keys.Fields, Format: f, Props: x.c.props, Schema: x.c.schema, JSON: js, Deletions: x.deleted >= 0,
	})
	if err != nil {
		return err
	}
	x.want.Key = x.want.Key || x.rows.NeedsKey()
	if x.s.Seek != nil {
		x.want.Partition, x.want.Offset, x.want.Timestamp = true, true, true
	}
	return nil
}

// number numbers the records of all files, by their place in their own.
func (x *envelope) number(place int64) int64 { return int64(x.file)<<40 + place }

// begin starts a batch.
func (x *envelope) begin(sc *vec.Scope, want int) {
	x.rows.Begin(sc, want)
	for i, n := range x.s.System {
		t, _ := ingest.SystemType(n)
		x.sys[i].Init(sc, t, want)
	}
	x.tombstones, x.sought = 0, 0
	x.absent = vec.Slice[arrowexec.Absent](sc, 0)
}

// decode turns the present records into rows and gives the record of each row. bad
// is told of records that give none.
func (x *envelope) decode(sc *vec.Scope, bad func(rec int, field string, cause error)) ([]int32, error) {
	x.kept = x.kept[:0]
	if err := x.decodeFrom(0, bad); err != nil {
		return nil, err
	}
	return x.decoded(sc), nil
}

// decodeFrom turns the present records from one on into rows.
func (x *envelope) decodeFrom(first int, bad func(rec int, field string, cause error)) error {
	x.which = x.which[:0]
	for i := first; i < x.recs.Len(); i++ {
		switch {
		case x.beyond(i):
			x.sought++
		case x.passed(i):
			x.tombstones++
		default:
			x.which = append(x.which, int32(i))
		}
	}
	kept, err := x.rows.Decode(x.which, x.recs.Keys, x.recs.Payloads, bad)
	x.kept = append(x.kept, kept...)
	return err
}

// decoded gives the record of each row of the present records, all of which have been
// decoded, and fills the system columns.
func (x *envelope) decoded(sc *vec.Scope) []int32 {
	rows := append(vec.Slice[int32](sc, len(x.kept))[:0], x.kept...)
	x.missing(sc, rows, x.rows.N()-len(rows))
	for i, n := range x.s.System {
		x.system(x.sys[i], n, rows)
	}
	return rows
}

// beyond tells that a record is outside of the seek.
func (x *envelope) beyond(i int) bool {
	s := x.s.Seek
	return s != nil && !s.Has(x.recs.Partitions[i], x.recs.Offsets[i], x.time(x.recs.Timestamps[i]))
}

// passed tells that a record is passed over: it is no row, and no failure either.
func (x *envelope) passed(i int) bool {
	return x.rows.Passes(x.recs.Payloads[i]) || x.beyond(i)
}

// missing notes the present records that gave no row, among rows of which so many
// stand before these records.
func (x *envelope) missing(sc *vec.Scope, rows []int32, before int) {
	n, broken := x.recs.Len(), x.broken
	x.broken = x.broken[:0]
	if !x.want.Partition || n == len(rows) && len(broken) == 0 {
		return
	}
	list := vec.Slice[arrowexec.Absent](sc, len(x.absent)+n-len(rows)+len(broken))[:0]
	list = append(list, x.absent...)
	row := 0
	for i := range n + 1 {
		for len(broken) > 0 && int(broken[0].Row) == i {
			list = append(list, arrowexec.Absent{Row: int32(before + row), Partition: broken[0].Partition, Failed: true})
			broken = broken[1:]
		}
		if row < len(rows) && int(rows[row]) == i {
			row++
		} else if i < n {
			list = append(list, arrowexec.Absent{Row: int32(before + row), Partition: x.recs.Partitions[i], Failed: !x.passed(i)})
		}
	}
	x.absent = list
}

// lost notes a line that is no record, but has a partition: it was counted.
func (x *envelope) lost(partition int32) {
	x.broken = append(x.broken, arrowexec.Absent{Row: int32(x.recs.Len()), Partition: partition})
}

// system fills one system column for the records that became rows.
func (x *envelope) system(b *vec.Builder, name string, kept []int32) {
	r := &x.recs
	switch name {
	case ingest.ColTimestamp:
		for _, i := range kept {
			b.Int64(x.time(r.Timestamps[i]))
		}
	case ingest.ColOffset:
		for _, i := range kept {
			b.Int64(r.Offsets[i])
		}
	case ingest.ColPartition:
		for _, i := range kept {
			b.Int32(r.Partitions[i])
		}
	case ingest.ColTopic:
		for _, i := range kept {
			b.String(r.Topics[i])
		}
	case ingest.ColKey:
		for _, i := range kept {
			bytesOrNull(b, r.Keys[i])
		}
	case ingest.ColHeaders:
		for _, i := range kept {
			for _, h := range r.HeadersOf(int(i)) {
				b.Children[0].String(h.Key)
				bytesOrNull(b.Children[1], h.Value)
			}
			b.EndList()
		}
	}
}

func (x *envelope) time(ms int64) int64 {
	if ms == capture.NoTimestamp {
		return x.c.env.Start
	}
	return ms
}

func bytesOrNull(b *vec.Builder, v []byte) {
	if v == nil {
		b.Null()
	} else {
		b.Bytes(v)
	}
}

// batch ends a batch of so many records.
func (x *envelope) batch(sc *vec.Scope, o arrowexec.Origin, records int) *arrowexec.Batch {
	x.records += int64(records)
	x.c.skipped(x.s, x.rows.Unknown(), x.tombstones, x.sought)
	cols, deleted := x.rows.Finish(sc)
	b := &arrowexec.Batch{Scope: sc, N: x.rows.N(), Origin: o, Absent: x.absent, Cols: cols}
	for i, s := range x.sys {
		if i == x.deleted {
			b.Cols = append(b.Cols, deleted)
			continue
		}
		b.Cols = append(b.Cols, s.Finish())
	}
	return b
}
