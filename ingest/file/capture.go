package file

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
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

// captureContent reads the records of one capture file: the envelope gives the
// system columns, the payload's format the others.
type captureContent struct {
	c       *Connector
	s       ingest.Scan
	in      *input
	lr      *lineReader
	scan    *capture.Scanner
	recs    capture.Records
	dec     ingest.Decoder // nil: no payload column is read
	nulls   bool           // a null payload is a row
	payload []int          // wanted columns from the payload
	fromKey []int          // and from the message key
	key     *recordkey.Columns
	builds  []*vec.Builder // of the payload's columns
	keyCols []*vec.Builder
	sys     []*vec.Builder
	took    []int32 // payloads given to the decoder → records
	values  [][]byte
	rows    ingest.Rows
	faults  []fault // of the present buffer, until they are reported in their order
	records int64
	sought  int64 // records outside of the seek, of the present batch
}

// fault is a line without a row.
type fault struct {
	at  int32 // place in the buffer
	err *arrowexec.RowError
	rec arrowexec.Record
}

// report passes on the faults of a buffer in the order of their lines, so that
// batch sizes do not show in logs and dead letters.
func (x *captureContent) report() error {
	slices.SortStableFunc(x.faults, func(a, b fault) int { return int(a.at - b.at) })
	defer func() { x.faults = x.faults[:0] }()
	for _, f := range x.faults {
		if err := x.s.Failures.Record(f.err, f.rec, 1); err != nil {
			return err
		}
	}
	return nil
}

func (x *captureContent) open() error {
	lr, err := newLineReader(x.in, 0, -1, x.c.skipLines)
	if err != nil {
		return err
	}
	x.lr = lr
	want := capture.Want{}
	for _, n := range x.s.System {
		switch n {
		case ingest.ColTimestamp:
			want.Timestamp = true
		case ingest.ColOffset:
			want.Offset = true
		case ingest.ColPartition:
			want.Partition = true
		case ingest.ColTopic:
			want.Topic = true
		case ingest.ColKey:
			want.Key = true
		case ingest.ColHeaders:
			want.Headers = true
		}
		x.sys = append(x.sys, &vec.Builder{})
	}
	var payload, fromKey []arrow.Field
	for i, f := range x.s.Columns {
		if x.c.keys.Index(f.Name) >= 0 {
			x.fromKey = append(x.fromKey, i)
			fromKey = append(fromKey, f)
			x.keyCols = append(x.keyCols, &vec.Builder{})
			continue
		}
		x.payload = append(x.payload, i)
		payload = append(payload, f)
		x.builds = append(x.builds, &vec.Builder{})
	}
	f, err := x.c.reg.Format(x.in.form)
	if err != nil {
		return err
	}
	x.nulls = f.Fixed != nil
	if len(payload) > 0 {
		if x.dec, err = f.NewDecoder(x.c.props, x.c.schema, payload); err != nil {
			return err
		}
	}
	if len(fromKey) > 0 {
		want.Key = true
		js, _ := x.c.reg.Format("json")
		if x.key, err = recordkey.New(x.c.keys.Fields, fromKey, js); err != nil {
			return err
		}
	}
	if x.s.Seek != nil {
		want.Partition, want.Offset, want.Timestamp = true, true, true
	}
	x.scan = capture.NewScanner(want, x.c.topic)
	return nil
}

func (x *captureContent) next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if x.lr == nil {
		if err := x.open(); err != nil {
			return nil, err
		}
	}
	lr := x.lr
	o := &captureOrigin{x: x}
	x.rows = ingest.Rows{Cols: x.builds, Kept: x.rows.Kept}
	for i, j := range x.payload {
		x.builds[i].Init(sc, x.s.Columns[j].Type, want)
	}
	for i, j := range x.fromKey {
		x.keyCols[i].Init(sc, x.s.Columns[j].Type, want)
	}
	for i, n := range x.s.System {
		t, _ := ingest.SystemType(n)
		x.sys[i].Init(sc, t, want)
	}
	kept := vec.Slice[int32](sc, want)[:0] // rows → records given to the key's columns
	read, size, tombstones, keyed := 0, 0, int64(0), 0
	for read < want && size < maxBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if (lr.eof || lr.err != nil) && (len(lr.carry) == 0 || lr.short) {
			break
		}
		buf, final := lr.fill(sc, want-read)
		x.recs.Reset(sc)
		bad := 0
		used, err := x.scan.Scan(buf, final, want-read, &x.recs, func(b capture.Bad) error {
			bad++
			return x.badLine(buf, b)
		})
		if err != nil {
			return nil, err
		}
		n := x.recs.Len()
		g := &segment{buf: buf, line: lr.line, first: x.rows.N}
		g.spans = append(vec.Slice[ingest.Span](sc, n)[:0], x.recs.Spans...)
		if tombstones, err = x.decode(sc, g, tombstones); err != nil {
			return nil, err
		}
		if err := x.report(); err != nil {
			return nil, err
		}
		for _, k := range x.rows.Kept {
			kept = append(kept, int32(keyed)+k)
		}
		keyed += len(x.values)
		o.segments = append(o.segments, g)
		lr.learn(buf, used, g.spans)
		lr.keep(buf[used:], used)
		read += n + bad
		size += used
		if final && used == len(buf) || lr.r.live && read > 0 {
			break
		}
	}
	if read == 0 {
		if lr.err != nil {
			return nil, lr.err
		}
		if lr.eof && (len(lr.carry) == 0 || lr.short) {
			return nil, io.EOF
		}
	}
	x.records += int64(read)
	x.c.skipped(x.s, x.rows.Unknown, tombstones, x.sought)
	x.sought = 0
	return x.batch(sc, o, kept), nil
}

// decode turns the records of one buffer into rows.
func (x *captureContent) decode(sc *vec.Scope, g *segment, tombstones int64) (int64, error) {
	x.values, x.took = x.values[:0], x.took[:0]
	seek := x.s.Seek
	for i, p := range x.recs.Payloads {
		if seek != nil && !seek.Has(x.recs.Partitions[i], x.recs.Offsets[i], x.time(x.recs.Timestamps[i])) {
			x.sought++
			continue
		}
		if p == nil && !x.nulls {
			tombstones++
			continue
		}
		if x.key != nil {
			if field, cause := x.key.Append(x.recs.Keys[i], x.keyCols); cause != nil {
				if err := x.badRow(g, i, field, cause); err != nil {
					return tombstones, err
				}
				continue
			}
		}
		x.values = append(x.values, p)
		x.took = append(x.took, int32(i))
	}
	x.rows.Kept = x.rows.Kept[:0]
	if x.dec == nil {
		for i := range x.values {
			x.rows.Kept = append(x.rows.Kept, int32(i))
		}
		x.rows.N += len(x.values)
	} else {
		x.rows.Bad = func(i int, field string, cause error) error {
			return x.badRow(g, int(x.took[i]), field, cause)
		}
		if err := x.dec.Decode(x.values, &x.rows); err != nil {
			return tombstones, err
		}
	}
	g.kept = vec.Slice[int32](sc, len(x.rows.Kept))
	for j, k := range x.rows.Kept {
		g.kept[j] = x.took[k]
	}
	for i, n := range x.s.System {
		x.system(x.sys[i], n, g.kept)
	}
	return tombstones, nil
}

// system fills one system column for the records that became rows.
func (x *captureContent) system(b *vec.Builder, name string, kept []int32) {
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

func (x *captureContent) time(ms int64) int64 {
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

func (x *captureContent) batch(sc *vec.Scope, o *captureOrigin, kept []int32) *arrowexec.Batch {
	b := &arrowexec.Batch{Scope: sc, N: x.rows.N, Origin: o, Cols: make([]*vec.Vec, len(x.s.Columns), len(x.s.Columns)+len(x.sys))}
	for i, j := range x.payload {
		b.Cols[j] = x.builds[i].Finish()
	}
	for i, j := range x.fromKey {
		v := x.keyCols[i].Finish()
		if v.Len != b.N {
			v = sc.Gather(v, vec.Sel(kept))
		}
		b.Cols[j] = v
	}
	for _, s := range x.sys {
		b.Cols = append(b.Cols, s.Finish())
	}
	return b
}

// badLine reports a line that is no record.
func (x *captureContent) badLine(buf []byte, b capture.Bad) error {
	if x.s.Failures == nil {
		return nil
	}
	pos := arrowexec.Position{Source: x.c.name, Topic: x.in.path, Line: x.lr.line + int64(b.Span.Line), Offset: -1}
	if b.Partition >= 0 {
		pos.Topic, pos.Partition = b.Topic, b.Partition
	}
	e := &arrowexec.RowError{Position: pos, Class: "decode", Cause: b.Cause}
	x.faults = append(x.faults, fault{b.Span.From, e, arrowexec.Record{Value: buf[b.Span.From:b.Span.To], Timestamp: x.c.env.Start}})
	return nil
}

// badRow reports a record whose payload, or key, cannot be read.
func (x *captureContent) badRow(g *segment, rec int, field string, cause error) error {
	if x.s.Failures == nil {
		return nil
	}
	r, pos := x.reread(g, rec)
	e := &arrowexec.RowError{Position: pos, Class: "decode", Field: field, Cause: cause}
	x.faults = append(x.faults, fault{g.spans[rec].From, e, r})
	return nil
}

// reread scans the line of one record again, for all of its envelope.
func (x *captureContent) reread(g *segment, rec int) (arrowexec.Record, arrowexec.Position) {
	s := g.spans[rec]
	pos := arrowexec.Position{Source: x.c.name, Topic: x.in.path, Line: g.line + int64(s.Line)}
	var r capture.Records
	r.Reset(vec.NewPool(nil, false).Open())
	_, err := capture.NewScanner(capture.All, "").Scan(g.buf[s.From:s.To:s.To], true, 1, &r, func(b capture.Bad) error { return b.Cause })
	if err != nil || r.Len() != 1 {
		return arrowexec.Record{}, pos
	}
	pos.Topic, pos.Partition, pos.Offset = r.Topics[0], r.Partitions[0], r.Offsets[0]
	return arrowexec.Record{Key: r.Keys[0], Value: r.Payloads[0], Headers: r.HeadersOf(0), Timestamp: x.time(r.Timestamps[0])}, pos
}

func (x *captureContent) stats() (records, bytes int64) { return x.records, x.lr.bytesRead() }

func (x *captureContent) close() error {
	if x.lr == nil {
		return nil
	}
	return x.lr.r.Close()
}

// captureOrigin locates the rows of a batch of a capture.
type captureOrigin struct {
	x        *captureContent
	segments []*segment
}

// Position implements [arrowexec.Origin].
func (o *captureOrigin) Position(row int) arrowexec.Position {
	g, rec := (&textOrigin{segments: o.segments}).find(row)
	_, p := o.x.reread(g, rec)
	return p
}

// Record implements [arrowexec.Origin].
func (o *captureOrigin) Record(row int) arrowexec.Record {
	g, rec := (&textOrigin{segments: o.segments}).find(row)
	r, _ := o.x.reread(g, rec)
	return r
}

// captureChain is a chain that knows the partitions of its captures.
type captureChain struct{ *chain }

// Partitions implements [arrowexec.Partitions] by a light pass over the files;
// nil when one of them can be read only once.
func (ch captureChain) Partitions() []arrowexec.PartitionInfo {
	total := capture.Counts{Topic: ch.c.topic}
	if ch.c.max > 0 || ch.c.watch {
		return nil
	}
	for _, in := range ch.c.inputs {
		if in.stdin != nil || in.kind != "capture" {
			return nil
		}
		if err := ch.count(in, &total); err != nil {
			return nil // the scan will meet the same error, and report it
		}
	}
	return total.Partitions
}

func (ch captureChain) count(in *input, total *capture.Counts) error {
	lr, err := newLineReader(in, 0, -1, ch.c.skipLines)
	if err != nil {
		return err
	}
	defer lr.r.Close()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	lr.avg = 4096
	for {
		sc := pool.Open()
		buf, final := lr.fill(sc, 256)
		used := total.Add(buf, final)
		lr.keep(buf[used:], used)
		sc.Close()
		if lr.err != nil {
			return lr.err
		}
		if final {
			return nil
		}
	}
}

// inferCapture shows payloads to an inferrer.
func (c *Connector) inferCapture(in *input, inf ingest.Inferrer) error {
	r, err := lookAt(in)
	if err != nil {
		return err
	}
	defer r.Close()
	lr := &lineReader{in: in, r: r, skip: c.skipLines, avg: 512}
	scan := capture.NewScanner(capture.Want{}, c.topic)
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	var recs capture.Records
	for n, size := int64(0), 0; n < c.inferN && size < inferBytes; {
		sc := pool.Open()
		buf, final := lr.fill(sc, 256)
		recs.Reset(sc)
		used, err := scan.Scan(buf, final, int(c.inferN-n), &recs, func(capture.Bad) error { return nil })
		if err != nil {
			sc.Close()
			return fmt.Errorf("%s: %w", in.path, err)
		}
		for _, p := range recs.Payloads {
			if p != nil {
				inf.Add(p)
				n++
			}
		}
		lr.keep(buf[used:], used)
		size += used
		sc.Close()
		if final && used == len(buf) || lr.err != nil && used == 0 || len(buf) > inferBytes {
			return nil
		}
	}
	return nil
}
