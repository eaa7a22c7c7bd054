package arrowexec

import (
	"context"

	"github.com/velostream/velo/arrowexec/vec"
)

// deliverTo pushes rows [f.at, to) of the current batch, see [Graph.Apart].
func (r *runner) deliverTo(ctx context.Context, f *feed, to int) error {
	if !r.g.Apart {
		err := r.deliverPart(ctx, f, to, whole)
		f.at = to
		return err
	}
	for {
		for f.absent < len(f.b.Absent) && int(f.b.Absent[f.absent].Row) <= f.at { // each may end a partition
			if err := r.deliverPart(ctx, f, f.at, one); err != nil {
				return err
			}
		}
		if f.at == f.b.N && len(f.b.Ended) > 0 {
			if err := r.deliverPart(ctx, f, f.at, whole); err != nil {
				return err
			}
		}
		if f.at == to {
			return nil
		}
		next := to
		if f.absent < len(f.b.Absent) {
			next = min(next, int(f.b.Absent[f.absent].Row))
		}
		with := rows
		if f.b.Absent == nil && f.b.Ended == nil {
			with = whole
		}
		err := r.deliverPart(ctx, f, next, with)
		f.at = next
		if err != nil {
			return err
		}
	}
}

// deliverPart pushes rows [f.at, to) of the current batch as a batch of their
// own, with a scope of its own: what a stretch of rows costs depends on its
// length alone, however finely the inputs are interleaved.
func (r *runner) deliverPart(ctx context.Context, f *feed, to int, p part) error {
	if f.at == 0 && f.absent == 0 && to == f.b.N && p == whole {
		return r.deliver(ctx, f, f.take(), to)
	}
	sc := r.pool.Open()
	defer sc.Close()
	b := f.b.With(f.cols[:0], nil)
	b.Absent = nil
	if p != rows {
		b.Absent = f.absents(sc, to, p == one)
	}
	if f.at > 0 || to == 0 {
		b.Began = nil // partitions begin with the first row
	}
	if to < f.b.N || p != whole {
		b.Ended = nil // and end with the last
	}
	for _, c := range f.b.Cols {
		b.Cols = append(b.Cols, sc.Slice(c, f.at, to))
	}
	f.cols = b.Cols
	b.Scope, b.N, b.Seq = sc, to-f.at, r.seq
	if f.b.Origin != nil {
		b.Origin = shifted{f.b.Origin, f.at}
	}
	return r.deliver(ctx, f, b, to-f.at)
}

// part says what goes with the rows of a stretch.
type part uint8

const (
	rows  part = iota // nothing
	one               // the next record without a row
	whole             // all records without a row, and the ends, up to there
)

// absents gives the records without a row that stand before row to and were not
// given yet, or the first of them alone, as those of a batch that begins with the next
// row.
func (f *feed) absents(sc *vec.Scope, to int, first bool) []Absent {
	from := f.absent
	for f.absent < len(f.b.Absent) && int(f.b.Absent[f.absent].Row) <= to {
		f.absent++
		if first {
			break
		}
	}
	out := vec.Slice[Absent](sc, f.absent-from)
	for i, a := range f.b.Absent[from:f.absent] {
		out[i] = Absent{Row: a.Row - int32(f.at), Partition: a.Partition, Failed: a.Failed}
	}
	return out
}

// shifted is the origin of a stretch of a batch.
type shifted struct {
	o  Origin
	at int
}

func (s shifted) Position(i int) Position { return s.o.Position(s.at + i) }
func (s shifted) Record(i int) Record     { return s.o.Record(s.at + i) }
