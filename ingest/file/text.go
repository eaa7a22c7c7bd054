package file

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

const (
	firstRecord = 128      // bytes of a record, before any was seen
	minBuffer   = 4 << 10  // bytes read at a time at least
	maxBuffer   = 16 << 20 // and at most, unless one record is longer
	maxRecord   = 1 << 30  // bytes of one record
	maxBatch    = 512 << 20
	partRecords = 16 << 10 // of CSV in a batch of a part: see textSource.open
)

// lineReader is a text file being read: buffers of whole bytes from which
// records are taken off the front.
type lineReader struct {
	in    *input
	r     *reader
	m     *mapping // instead of reading r
	carry []byte   // read, but of no record yet
	eof   bool
	err   error // how reading ended, other than by the end
	skip  int64 // lines to pass over at the start
	avg   int   // bytes of a record, lately
	line  int64 // lines before carry
	from  int64 // of the file, where reading began
	short bool  // carry is less than a record: read on before decoding
}

func newLineReader(in *input, from, to, skip int64) (*lineReader, error) {
	hold := held
	if in.codec == "snappy" {
		hold = 0 // each chunk has its checksum
	}
	r, err := openReader(in, from, to, hold)
	if err != nil {
		return nil, err
	}
	return &lineReader{in: in, r: r, skip: skip, from: from, avg: firstRecord}, nil
}

// newMappedReader is newLineReader for scans: plain files are mapped, and what
// reads them runs under [guard].
func newMappedReader(in *input, from, to, skip int64) (*lineReader, error) {
	l, err := newLineReader(in, from, to, skip)
	if err != nil {
		return nil, err
	}
	if f, ok := l.r.file.(*os.File); ok {
		l.m = newMapping(in, f, from, to)
	}
	return l, nil
}

// fill gives what is carried over and more, in memory of the scope, enough for
// some records. final tells that nothing follows.
func (l *lineReader) fill(sc *vec.Scope, records int) (buf []byte, final bool) {
	need := min(max(l.avg*records+l.avg*records/8, minBuffer), maxBuffer)
	if l.short {
		need = max(need, 2*len(l.carry))
	}
	need = max(need, len(l.carry)+minBuffer)
	if l.eof || l.err != nil {
		need = len(l.carry)
	}
	if l.m != nil {
		return l.passSkipped(l.mapped(sc, need)), l.eof
	}
	buf = sc.Bytes(need)
	n := copy(buf, l.carry)
	for n < need && !l.eof && l.err == nil {
		k, err := l.r.Read(buf[n:])
		n += k
		if err == io.EOF {
			l.eof = true
		} else if err != nil {
			l.err = err
		}
		if l.r.live && k > 0 {
			break
		}
	}
	return l.passSkipped(buf[:n]), l.eof
}

// mapped is fill for a file that is mapped: what was carried over is given again.
func (l *lineReader) mapped(sc *vec.Scope, need int) []byte {
	start := l.r.start
	l.r.start = false
	l.m.pos -= int64(len(l.carry))
	l.carry = nil
	buf, err := l.m.fill(sc, need)
	if err != nil {
		l.err = fmt.Errorf("%s: mapping at byte %d: %w", l.in.path, l.m.pos, err)
		return nil
	}
	l.r.read.Store(l.m.pos - l.from)
	l.eof = l.m.pos == l.m.to
	if start {
		if buf, err = withoutMark(l.in, buf); err != nil {
			l.err = err
		}
	}
	return buf
}

// passSkipped leaves out the lines to pass over.
func (l *lineReader) passSkipped(buf []byte) []byte {
	for l.skip > 0 {
		i := bytes.IndexByte(buf, '\n')
		if i < 0 {
			if l.eof {
				buf, l.skip = nil, 0
			}
			break
		}
		buf = buf[i+1:]
		l.skip--
		l.line++
	}
	return buf
}

// keep carries over what was not used of a buffer.
func (l *lineReader) keep(rest []byte, used int) {
	if l.m != nil {
		l.carry = rest // for its length; the mapping has it
	} else {
		l.carry = append(l.carry[:0], rest...)
	}
	l.short = used == 0
}

// learn follows lines and the length of records.
func (l *lineReader) learn(buf []byte, used int, spans []ingest.Span) {
	if n := len(spans); n > 0 {
		last := spans[n-1]
		l.line += int64(last.Line) - 1 + int64(bytes.Count(buf[last.From:used], newline))
		l.avg = max(used/n, 1)
		return
	}
	l.line += int64(bytes.Count(buf[:used], newline))
}

var newline = []byte{'\n'}

// header reads a file's header, for formats that have one. A file that is
// followed may not have all of it yet: errNotYet.
func (l *lineReader) header(sd ingest.StreamDecoder, sc *vec.Scope, follow bool) ([]byte, error) {
	h, ok := sd.(ingest.HeaderDecoder)
	if !ok {
		return nil, nil
	}
	for {
		buf, final := l.fill(sc, 1)
		if l.err != nil {
			return nil, l.err
		}
		used, ok, err := h.Header(buf, final && !follow)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.in.path, err)
		}
		if ok {
			head := append([]byte(nil), buf[:used]...)
			l.line += int64(bytes.Count(head, newline))
			l.keep(buf[used:], 1)
			return head, nil
		}
		if len(buf) > maxBuffer {
			return nil, ingest.Usage(fmt.Errorf("%s: the header is longer than %d bytes", l.in.path, maxBuffer))
		}
		if final && follow {
			return nil, errNotYet
		}
		l.keep(buf, 0)
	}
}

// textSource reads the records of one file, or of a part of one.
type textSource struct {
	c       *Connector
	s       ingest.Scan
	in      *input
	from    int64
	to      int64
	mapped  *window
	plain   bool
	cut     bool   // the cutter has gone over the text
	most    int    // records of a batch, 0: as asked for
	head    []byte // of a later part: the header of the file
	lr      *lineReader
	sd      ingest.StreamDecoder
	rows    ingest.Rows
	sys     *systemColumns
	base    int64 // rows of the files before
	records int64
	follow  bool // the end of the file is not the end of the source
}

func (t *textSource) open(sc *vec.Scope) error {
	skip := t.c.skipLines
	if t.from > 0 {
		skip = 0
	}
	open := newMappedReader
	if t.c.watch { // a file that grows is read
		open = newLineReader
	}
	lr, err := open(t.in, t.from, t.to, skip)
	if err != nil {
		return err
	}
	t.lr = lr
	if lr.m != nil {
		lr.m.w, t.mapped = t.mapped, nil
	}
	if t.sd, err = t.c.stream(t.in, t.c.schema, t.s.Columns); err != nil {
		return err
	}
	for range t.s.Columns {
		t.rows.Cols = append(t.rows.Cols, &vec.Builder{})
	}
	if t.from > 0 {
		if h, ok := t.sd.(ingest.HeaderDecoder); ok {
			_, _, err = h.Header(t.head, true)
		}
	} else {
		_, err = lr.header(t.sd, sc, t.follow)
	}
	if sp, ok := t.sd.(ingest.Splitter); ok && t.cut {
		// Columns of 65,536 records are 4 MiB for each pipeline, and push out of the third
		// cache what the cutter has read: 0.96 of the time in 1BRC, 0.97 where there are 8 fields.
		if t.most = partRecords; t.plain {
			sp.Plain()
		}
	}
	return err
}

// next reads up to want records; io.EOF at the end.
func (t *textSource) next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if t.lr == nil {
		if err := t.open(sc); err != nil {
			return nil, err
		}
	}
	if t.most > 0 {
		want = min(want, t.most)
	}
	lr := t.lr
	o := &textOrigin{t: t}
	t.rows.N, t.rows.Unknown = 0, 0
	for i, f := range t.s.Columns {
		t.rows.Cols[i].Init(sc, f.Type, want)
	}
	read, size := 0, 0
	for read < want && size < maxBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		done := (lr.eof || lr.err != nil) && !t.follow
		if done && (len(lr.carry) == 0 || lr.short) {
			break
		}
		buf, final := lr.fill(sc, want-read)
		final = final && !t.follow
		g := &segment{buf: buf, first: t.rows.N, line: lr.line, record: t.base + t.records}
		room := min(want-read, len(buf)/2+1)
		spans := vec.Slice[ingest.Span](sc, room)[:0]
		t.rows.Kept = vec.Slice[int32](sc, room)[:0]
		t.rows.Bad = func(rec int, field string, cause error) error { return t.bad(g, spans, rec, field, cause) }
		used, err := t.sd.DecodeStream(buf, final, want-read, &t.rows, &spans)
		if err != nil {
			return nil, err
		}
		g.spans, g.kept = spans, t.rows.Kept
		o.segments = append(o.segments, g)
		lr.learn(buf, used, spans)
		lr.keep(buf[used:], used)
		lr.short = len(spans) == 0 || lr.short
		read += len(spans)
		size += used
		t.records += int64(len(spans))
		if len(spans) == 0 && len(buf) > maxRecord {
			return nil, fmt.Errorf("%s line %d: a record is longer than %d bytes; is a quote not closed?", t.in.path, lr.line+1, maxRecord)
		}
		if final && len(spans) == 0 || lr.r.live && read > 0 || t.follow && lr.eof {
			break
		}
	}
	if read == 0 && !t.follow {
		if lr.err != nil {
			return nil, lr.err
		}
		return nil, io.EOF
	}
	return t.batch(sc, o), nil
}

func (t *textSource) batch(sc *vec.Scope, o *textOrigin) *arrowexec.Batch {
	t.c.skipped(t.s, t.rows.Unknown, 0, 0)
	b := &arrowexec.Batch{Scope: sc, N: t.rows.N, Origin: o}
	for _, c := range t.rows.Cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	for _, name := range t.s.System {
		b.Cols = append(b.Cols, t.sys.column(sc, name, t.in.path, b.N, o))
	}
	return b
}

func (t *textSource) bad(g *segment, spans []ingest.Span, rec int, field string, cause error) error {
	if t.s.Failures == nil {
		return nil
	}
	pos, value := g.position(t, spans, rec)
	e := &arrowexec.RowError{Position: pos, Class: "decode", Field: field, Cause: cause}
	return t.s.Failures.Record(e, arrowexec.Record{Value: value, Timestamp: t.c.env.Start}, 1)
}

func (t *textSource) stats() (records, bytes int64) { return t.records, t.lr.bytesRead() }

func (l *lineReader) bytesRead() int64 {
	if l == nil {
		return 0
	}
	return l.r.read.Load()
}

func (t *textSource) close() error {
	if t.mapped != nil {
		t.mapped.Close()
	}
	if t.lr == nil {
		return nil
	}
	return t.lr.close()
}

func (l *lineReader) close() error {
	if l.m != nil {
		l.m.close()
	}
	return l.r.Close()
}
