package distinct

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/kept"
)

// Options of DISTINCT.
type Options struct {
	Columns []int // columns that make a row distinct
	Types   []arrow.DataType
	// Retention is distinct.retention in ms of event time: a key is remembered
	// until the watermark is that far beyond the time of its row; 0: for ever.
	Retention int64
	Time      int // column of the event time, TIMESTAMP ms; for Retention
	Ledger    *arrowexec.Ledger
	// Limit ends the run with an error when the state takes more bytes; 0: none.
	Limit int64
	Name  string // for errors
}

// Operator is DISTINCT.
type Operator struct {
	arrowexec.Stateless
	o     Options
	seen  *group.Table
	times []int64 // by key, with a retention
	full  int     // number of keys at which old ones are looked for
}

const leastFull = 8192

// New makes the operator; Types are those of Columns.
func New(o Options) *Operator {
	return &Operator{o: o, seen: group.New(o.Types), full: leastFull}
}

// Process keeps rows not seen before; the others are filtered.
func (d *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	n := b.Rows()
	if n == 0 {
		return emit(b)
	}
	keys := make([]*vec.Vec, len(d.o.Columns))
	for k, c := range d.o.Columns {
		keys[k] = b.Cols[c]
	}
	ids := vec.Slice[int32](b.Scope, b.N)
	next := int32(d.seen.Len())
	d.seen.Assign(b, keys, b.Sel, ids)
	var times []int64
	if d.o.Retention > 0 {
		times = vec.Values[int64](b.Scope.Flat(b.Cols[d.o.Time]))
	}
	out := vec.Slice[int32](b.Scope, n)[:0]
	for k := range n {
		i := k
		if b.Sel != nil {
			i = int(b.Sel[k])
		}
		id := ids[i]
		switch {
		case id == next: // numbers are given in the order of arrival
			next++
			if times != nil {
				d.times = append(d.times, times[i])
			}
		case times != nil && d.expired(id, b.MarkOf(i)):
			d.times[id] = times[i]
		default:
			continue
		}
		out = append(out, int32(i))
	}
	if len(out) == n {
		out = b.Sel
	}
	d.o.Ledger.Filtered += b.Weight(b.Sel) - b.Weight(vec.Sel(out))
	if times != nil && d.seen.Len() >= d.full {
		d.purge(b.Watermark)
	}
	if d.o.Limit > 0 {
		st := d.State()
		if err := st.Exceeds(d.o.Limit, d.o.Name, fmt.Sprintf("%d distinct rows", st.Keys), ", select fewer columns or set distinct.retention"); err != nil {
			return err
		}
	}
	return emit(b.With(b.Cols, vec.Sel(out)))
}

func (d *Operator) expired(id int32, mark int64) bool {
	return mark != arrowexec.NoWatermark && mark-d.o.Retention > d.times[id]
}

// purge forgets expired keys; a key that would be new anyhow.
func (d *Operator) purge(mark int64) {
	var ids []int32
	var times []int64
	for id, t := range d.times {
		if !d.expired(int32(id), mark) {
			ids, times = append(ids, int32(id)), append(times, t)
		}
	}
	d.full = max(leastFull, 2*len(ids))
	if len(ids) == len(d.times) {
		return
	}
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	cols := d.seen.Snapshot(sc, ids)
	d.seen.Reset()
	d.seen.Restore(sc, cols)
	d.times = times
	sc.Close()
	pool.Close()
}

// State tells how many keys are remembered.
func (d *Operator) State() arrowexec.State {
	return arrowexec.State{Keys: int64(d.seen.Len()), Bytes: d.seen.Bytes() + int64(cap(d.times))*8}
}

// Snapshot writes down the keys and their times.
func (d *Operator) Snapshot() ([]arrow.Record, error) {
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	defer sc.Close()
	ids := make([]int32, d.seen.Len())
	for k := range ids {
		ids[k] = int32(k)
	}
	times := d.times
	if d.o.Retention == 0 {
		times = make([]int64, len(ids))
	}
	return []arrow.Record{kept.Record(len(ids), append(d.seen.Snapshot(sc, ids), kept.Int64s(times)))}, nil
}

// Restore reads a snapshot into a fresh operator.
func (d *Operator) Restore(recs []arrow.Record) error {
	if len(recs) != 1 || int(recs[0].NumCols()) != len(d.o.Types)+3 {
		return errors.New("the snapshot is not of this DISTINCT")
	}
	if recs[0].NumRows() == 0 {
		return nil
	}
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	defer sc.Close()
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	last := len(cols) - 1
	d.seen.Restore(sc, cols[:last])
	if d.o.Retention > 0 {
		d.times = append(d.times, vec.Values[int64](cols[last])...)
	}
	return nil
}
