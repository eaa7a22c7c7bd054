package file

import (
	"bytes"
	"io"
	"os"
	"sort"
	"sync"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// segment is one buffer of a batch and the records in it.
type segment struct {
	buf    []byte
	spans  []ingest.Span
	kept   []int32 // rows → spans
	first  int     // row of the batch that kept begins with
	line   int64   // lines before buf
	record int64   // records before buf
}

func (g *segment) position(t *textSource, spans []ingest.Span, rec int) (arrowexec.Position, []byte) {
	p := arrowexec.Position{Source: t.c.name, Topic: t.in.path, Offset: g.record + int64(rec)}
	if t.from > 0 {
		p.Offset = -1 // a part of a file does not know how many rows stand before it
	}
	if rec >= len(spans) {
		return p, nil
	}
	s := spans[rec]
	p.Line = t.c.linesBefore(t.in, t.from) + g.line + int64(s.Line)
	return p, g.bytes(s)
}

// bytes copies a record, which may stand in a file that is mapped; none if that
// was cut since.
func (g *segment) bytes(s ingest.Span) (b []byte) {
	_ = guard(func() error {
		b = bytes.Clone(g.buf[s.From:s.To])
		return nil
	})
	return b
}

// textOrigin locates the rows of a batch of a text file.
type textOrigin struct {
	t        *textSource
	segments []*segment
}

func (o *textOrigin) find(row int) (*segment, int) {
	i := sort.Search(len(o.segments), func(i int) bool { return o.segments[i].first > row }) - 1
	g := o.segments[i]
	return g, int(g.kept[row-g.first])
}

// Position implements [arrowexec.Origin].
func (o *textOrigin) Position(row int) arrowexec.Position {
	g, rec := o.find(row)
	p, _ := g.position(o.t, g.spans, rec)
	return p
}

// Record implements [arrowexec.Origin].
func (o *textOrigin) Record(row int) arrowexec.Record {
	g, rec := o.find(row)
	_, v := g.position(o.t, g.spans, rec)
	return arrowexec.Record{Value: v, Timestamp: o.t.c.env.Start}
}

// lineCounts remembers how many lines stand before the parts of files; they are
// counted when a row of a part failed.
type lineCounts struct {
	mu sync.Mutex
	n  map[lineCount]int64
}

type lineCount struct {
	in   *input
	from int64
}

func (c *Connector) linesBefore(in *input, from int64) int64 {
	if from == 0 {
		return 0
	}
	c.lines.mu.Lock()
	defer c.lines.mu.Unlock()
	k := lineCount{in, from}
	n, ok := c.lines.n[k]
	if !ok {
		n = countLines(in.path, from)
		if c.lines.n == nil {
			c.lines.n = map[lineCount]int64{}
		}
		c.lines.n[k] = n
	}
	return n
}

func countLines(path string, to int64) (n int64) {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	r := io.LimitReader(f, to)
	for {
		k, err := r.Read(buf)
		n += int64(bytes.Count(buf[:k], newline))
		if err != nil {
			return n
		}
	}
}

// systemColumns makes the system columns of files without an envelope.
type systemColumns struct {
	start int64
}

func (y *systemColumns) column(sc *vec.Scope, name, path string, n int, o *textOrigin) *vec.Vec {
	if name == ingest.ColOffset {
		v := sc.New(vec.TypeInt64, n)
		out, i := vec.Values[int64](v), 0
		for _, g := range o.segments {
			for _, k := range g.kept {
				out[i] = g.record + int64(k)
				i++
			}
		}
		return v
	}
	return y.constant(sc, name, path, n)
}

func (y *systemColumns) constant(sc *vec.Scope, name, path string, n int) *vec.Vec {
	t, _ := ingest.SystemType(name)
	b := vec.NewBuilder(sc, t, 1)
	switch name {
	case ingest.ColTimestamp:
		b.Int64(y.start)
	case ingest.ColPartition:
		b.Int32(0)
	case ingest.ColTopic:
		b.String(path)
	default: // no key, no headers
		return sc.NullConst(t, n)
	}
	return sc.Repeat(b.Finish(), n)
}
