package memory

import (
	"context"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
)

const (
	leastRows = 64 << 10 // of a piece: half of it took 4 % more CPU where a row takes 6 ns
	perThread = 64       // pieces for each pipeline at most, so that all end at one time; and
	lastRows  = 16 << 10 // of a piece at the end, where pieces become smaller
)

// pieces cuts records at hand into stretches of rows for several pipelines. The order of
// dead letters is that of one reader.
func (c *Connector) pieces(s ingest.Scan, at []int) (out []arrowexec.Piece) {
	size, threads := max(c.rows, 1), int64(1)
	if s.Threads > 1 && (s.Failures == nil || s.Failures.Policy != arrowexec.DeadLetter) {
		threads = int64(s.Threads)
		size = max((c.rows+perThread*threads-1)/(perThread*threads), leastRows)
	}
	for from, n := int64(0), int64(0); from == 0 || from < c.rows; from += n {
		if n = size; threads > 1 {
			n = min(size, max((c.rows-from)/(2*threads), lastRows))
		}
		to := from + n
		out = append(out, func(context.Context) (arrowexec.Source, error) {
			l := newList(c.kept, from, to)
			return &source{c: c, s: s, at: at, feed: l, base: from, lasts: true}, nil
		})
	}
	return out
}

func retained(records []arrow.Record) []arrow.Record {
	for _, rec := range records {
		rec.Retain()
	}
	return slices.Clip(slices.Clone(records))
}

func release(records []arrow.Record) {
	for _, rec := range records {
		rec.Release()
	}
}

// list gives a stretch of the rows of records at hand.
type list struct{ rest []arrow.Record }

// newList takes rows from to to, counted from the first record on.
func newList(records []arrow.Record, from, to int64) *list {
	l := &list{}
	for _, rec := range records {
		n := rec.NumRows()
		switch a, b := max(from, 0), min(to, n); {
		case a == 0 && b == n:
			rec.Retain()
			l.rest = append(l.rest, rec)
		case a < b:
			l.rest = append(l.rest, rec.NewSlice(a, b))
		}
		from, to = from-n, to-n
	}
	return l
}

func (f *list) next(context.Context) (arrow.Record, error) {
	if len(f.rest) == 0 {
		return nil, io.EOF
	}
	rec := f.rest[0]
	f.rest = f.rest[1:]
	return rec, nil
}

func (f *list) close() {
	release(f.rest)
	f.rest = nil
}
