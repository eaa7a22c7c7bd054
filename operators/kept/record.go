package kept

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/velostream/velo/arrowexec/vec"
)

// Record copies columns of n rows, in any layout, to a record of the caller's.
func Record(n int, cols []*vec.Vec) arrow.Record {
	fields := make([]arrow.Field, len(cols))
	arrs := make([]arrow.Array, len(cols))
	for c, v := range cols {
		fields[c] = arrow.Field{Name: fmt.Sprintf("c%d", c), Type: v.Type, Nullable: true}
		arrs[c] = vec.ToArrow(memory.DefaultAllocator, v, n, nil)
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), arrs, int64(n))
	for _, a := range arrs {
		a.Release()
	}
	return rec
}

// Columns views the columns of a record, which must outlive the scope's use.
func Columns(s *vec.Scope, rec arrow.Record) ([]*vec.Vec, error) {
	out := make([]*vec.Vec, rec.NumCols())
	for c := range out {
		v, err := vec.FromArrow(s, rec.Column(c))
		if err != nil {
			return nil, fmt.Errorf("column %d of a snapshot: %w", c, err)
		}
		out[c] = v
	}
	return out, nil
}

// Int64s is a BIGINT column over a slice of the caller's.
func Int64s(x []int64) *vec.Vec {
	return &vec.Vec{Type: vec.TypeInt64, Kind: vec.Int64, Len: len(x), Buf: vec.BytesOf(x)}
}

// Snapshot copies the rows to a record: columns, then weights and sequence
// numbers.
func (r *Rows) Snapshot() arrow.Record {
	if r.pending != nil {
		r.pending.Retain()
		return r.pending
	}
	cols := r.Columns()
	for c := len(cols); c < len(r.types); c++ {
		cols = append(cols, vec.Empty(r.types[c]))
	}
	r.full()
	rec := Record(r.Len(), append(cols, Int64s(r.Weights), Int64s(r.Ord)))
	if r.Layout == "" {
		return rec
	}
	defer rec.Release()
	about := arrow.NewMetadata([]string{layout}, []string{r.Layout})
	return array.NewRecord(arrow.NewSchema(rec.Schema().Fields(), &about), rec.Columns(), rec.NumRows())
}

const layout = "layout" // in the metadata of a snapshot

// Restore reads a snapshot into an empty Rows. The columns are read when
// [Rows.Open] gives a pool; until then the record is retained.
func (r *Rows) Restore(rec arrow.Record) error {
	n := int(rec.NumCols()) - 2
	if n < 0 {
		return fmt.Errorf("a snapshot of kept rows has %d columns; it belongs to another operator", rec.NumCols())
	}
	about := rec.Schema().Metadata()
	if have, _ := about.GetValue(layout); have != r.Layout {
		return fmt.Errorf("a snapshot of kept rows has the layout %q, and this build reads %q; start without it", have, r.Layout)
	}
	if rec.NumRows() == 0 {
		return nil
	}
	w, ok1 := rec.Column(n).(*array.Int64)
	o, ok2 := rec.Column(n + 1).(*array.Int64)
	if !ok1 || !ok2 {
		return fmt.Errorf("a snapshot of kept rows lacks its weights; it belongs to another operator")
	}
	r.Weights = append(r.Weights, w.Int64Values()...)
	r.Ord = append(r.Ord, o.Int64Values()...)
	r.n = len(r.Ord)
	rec.Retain()
	r.pending = rec
	return nil
}

// Open gives the pool that the rows' memory comes from; an operator calls it
// before it touches the rows of a batch.
func (r *Rows) Open(p *vec.Pool) error {
	if r.pending == nil {
		return nil
	}
	rec := r.pending
	r.pending = nil
	defer rec.Release()
	s := p.Open()
	defer s.Close()
	cols, err := Columns(s, rec)
	if err != nil {
		return err
	}
	cols = cols[:len(cols)-2]
	r.open(p, cols, int(rec.NumRows()))
	for c, v := range cols {
		r.cols[c].AppendSel(v, nil)
	}
	return nil
}
