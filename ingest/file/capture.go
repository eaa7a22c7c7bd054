package file

import (
	"context"
	"fmt"
	"io"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
)

// captureContent reads the records of one capture file, or of a part of one, a line
// each.
type captureContent struct {
	envelope
	from, to int64
	lr       *lineReader
	scan     *capture.Scanner
	runs     *capture.Runs // nil: each line is read by itself
	direct   *ingest.Rows  // of the runs
}

func (x *captureContent) open() error {
	skip := x.c.skipLines
	if x.from > 0 {
		skip = 0
	}
	lr, err := newMappedReader(x.in, x.from, x.to, skip)
	if err != nil {
		return err
	}
	x.lr = lr
	if err := x.prepare(); err != nil {
		return err
	}
	x.scan = capture.NewScanner(x.want, x.c.topic)
	if dec, rows := x.rows.Alike(); dec != nil && x.s.Seek == nil && !x.want.Headers {
		x.runs, x.direct = capture.NewRuns(dec, x.want, x.c.topic), rows
	}
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
	x.begin(sc, want)
	read, size := 0, 0
	for more := true; more && read < want && size < maxBatch; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if (lr.eof || lr.err != nil) && (len(lr.carry) == 0 || lr.short) {
			break
		}
		n, used, final, err := x.some(sc, min(want-read, captureRows), o)
		if err != nil {
			return nil, err
		}
		read += n
		size += used
		more = !final && !(lr.r.live && read > 0)
	}
	if read == 0 {
		if lr.err != nil {
			return nil, lr.err
		}
		if lr.eof && (len(lr.carry) == 0 || lr.short) {
			return nil, io.EOF
		}
	}
	return x.batch(sc, o, read), nil
}

// some reads up to want records into the batch. What is unescaped of them lives in
// memory of its own, which is used again at once: batches that wait for their turn do
// not hold it.
func (x *captureContent) some(sc *vec.Scope, want int, o *captureOrigin) (read, used int, final bool, err error) {
	lr := x.lr
	text := sc.Pool().Open()
	defer text.Close()
	buf, end := lr.fill(sc, want)
	x.recs.Reset(text)
	bad := 0
	badLine := func(b capture.Bad) error {
		bad++
		if b.Partition >= 0 {
			x.lost(b.Partition)
		}
		x.badLine(buf, b)
		return nil
	}
	g := &segment{buf: buf, line: lr.line, first: x.rows.N()}
	badRow := func(rec int, field string, cause error) { x.badRow(g, rec, field, cause) }
	if x.kept = x.kept[:0]; x.runs != nil {
		x.runs.Begin(buf)
	}
	for used < len(buf) && x.recs.Len()+bad < want {
		alone := want - x.recs.Len() - bad
		if x.runs != nil {
			n, next, others := x.runs.Read(used, alone, &x.recs, x.direct)
			for i := range n {
				x.kept = append(x.kept, int32(x.recs.Len()-n+i))
			}
			x.rows.Take(n)
			if used, alone = next, min(others, alone-n); alone == 0 {
				continue
			}
		}
		before, first := used, x.recs.Len()
		if used, err = x.scan.Scan(buf, used, end, alone, &x.recs, badLine); err != nil {
			return 0, 0, false, err
		}
		g.spans = x.recs.Spans
		if err = x.decodeFrom(first, badRow); err != nil {
			return 0, 0, false, err
		}
		if used == before {
			break
		}
	}
	n := x.recs.Len()
	g.spans = append(vec.Slice[ingest.Span](sc, n)[:0], x.recs.Spans...)
	g.kept = x.decoded(sc)
	if err = x.report(); err != nil {
		return 0, 0, false, err
	}
	o.segments = append(o.segments, g)
	lr.learn(buf, used, g.spans)
	lr.keep(buf[used:], used)
	return n + bad, used, end && used == len(buf), nil
}

// captureRows is how many records are taken apart before their payloads are decoded. Of
// 1,024, 4,096 and 16,384 the last took the least time, by 8 %.
const captureRows = 16384

// badLine reports a line that is no record.
func (x *captureContent) badLine(buf []byte, b capture.Bad) {
	pos := arrowexec.Position{Source: x.c.name, Topic: x.in.path, Line: x.c.linesBefore(x.in, x.from) + x.lr.line + int64(b.Span.Line), Offset: -1}
	pos.Read = x.number(pos.Line)
	if b.Partition >= 0 {
		pos.Topic, pos.Partition = b.Topic, b.Partition
	}
	x.fault(b.Span.From, pos, arrowexec.Record{Value: buf[b.Span.From:b.Span.To], Timestamp: x.c.env.Start}, "", b.Cause)
}

// badRow reports a record whose payload, or key, cannot be read.
func (x *captureContent) badRow(g *segment, rec int, field string, cause error) {
	if x.s.Failures == nil {
		return
	}
	r, pos := x.reread(g, rec)
	x.fault(g.spans[rec].From, pos, r, field, cause)
}

// reread scans the line of one record again, for all of its envelope.
func (x *captureContent) reread(g *segment, rec int) (arrowexec.Record, arrowexec.Position) {
	s := g.spans[rec]
	pos := arrowexec.Position{Source: x.c.name, Topic: x.in.path, Line: x.c.linesBefore(x.in, x.from) + g.line + int64(s.Line)}
	pos.Read = x.number(pos.Line)
	var r capture.Records
	r.Reset(vec.NewPool(nil, false).Open())
	_, err := capture.NewScanner(capture.All, "").Scan(g.bytes(s), 0, true, 1, &r, func(b capture.Bad) error { return b.Cause })
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
	return x.lr.close()
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

// Places implements [arrowexec.Placer]: the lines of the files, one behind the other.
func (o *captureOrigin) Places(sc *vec.Scope) []int64 {
	out := vec.Slice[int64](sc, o.x.rows.N())[:0]
	for _, g := range o.segments {
		for _, k := range g.kept {
			out = append(out, o.x.number(g.line+int64(g.spans[k].Line)))
		}
	}
	return out
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
		used, err := scan.Scan(buf, 0, final, int(c.inferN-n), &recs, func(capture.Bad) error { return nil })
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
