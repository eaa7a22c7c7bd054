package upsert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/eventtime"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/kept"
)

// Options of a table.
type Options struct {
	Keys  []int    // columns of the PRIMARY KEY
	Names []string // theirs, for errors
	Types []arrow.DataType
	// Again says that the table is read again whenever a run begins: its rows hold no
	// position.
	Again bool
	// NullKeys takes a NULL key like any other; else such a row is a row error.
	NullKeys bool
	Deleted  int // BOOLEAN column: the row is a deletion, which has its key only; -1: none
	// Final gives the table's rows once, at the end of its input, in the order in
	// which their keys came; else every change is given at once.
	Final bool
	// Stamp and Time are the columns of the records' timestamps, BIGINT of ms, and of
	// their event times in Format; -1: none. They make [arrowexec.Batch.Causes].
	Stamp, Time int
	Format      eventtime.Format
	Failures    *arrowexec.Failures
	Ledger      *arrowexec.Ledger
	Limit       int64  // bytes of state, 0: no limit
	Name        string // for errors
}

// Operator is a table.
type Operator struct {
	arrowexec.Stateless
	o     Options
	keys  *group.Table
	rows  kept.Rows
	row   []int32 // by key: its row, -1: none
	since []int64 // by key: number of its arrival
	next  int64
	live  int
	ended bool
	// lost and held are the fates of rows of a run that has ended.
	lost, held int64
	closed     bool
}

const noRow = -1

// New makes the operator. Types are those of all columns of its input.
func New(o Options) *Operator {
	types := make([]arrow.DataType, len(o.Keys))
	for k, c := range o.Keys {
		types[k] = o.Types[c]
	}
	if o.Failures == nil {
		o.Failures = &arrowexec.Failures{Ledger: o.Ledger}
	}
	return &Operator{o: o, keys: group.New(types)}
}

// Process takes the rows of a batch over and, unless the rows are asked for at the
// end, gives what they change.
func (t *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := t.rows.Open(b.Scope.Pool()); err != nil {
		return err
	}
	keys := make([]*vec.Vec, len(t.o.Keys))
	for k, c := range t.o.Keys {
		keys[k] = b.Cols[c]
	}
	sel := b.Sel
	if b.Rows() > 0 {
		var err error
		if sel, err = t.keyed(b, keys); err != nil {
			return err
		}
	}
	if sel.Count(b.N) == 0 {
		if t.o.Final {
			return nil
		}
		return emit(b.With(b.Cols, vec.Sel{}))
	}
	ids := vec.Slice[int32](b.Scope, b.N)
	t.keys.Assign(b, keys, sel, ids)
	for len(t.row) < t.keys.Len() {
		t.row, t.since = append(t.row, noRow), append(t.since, 0)
	}
	c := t.take(b, sel, ids)
	if !t.o.Final {
		if err := t.emit(b, c, emit); err != nil {
			return err
		}
	}
	t.compact()
	return t.full()
}

// keyed takes rows without a key out, which are row errors.
func (t *Operator) keyed(b *arrowexec.Batch, keys []*vec.Vec) (vec.Sel, error) {
	for _, k := range keys {
		if t.o.NullKeys || !k.HasNulls() {
			return b.Sel, nil
		}
	}
	out := vec.Slice[int32](b.Scope, b.Rows())[:0]
	var failed error
	each(b, func(i int) {
		for _, k := range keys {
			if !k.IsNull(i) {
				out = append(out, int32(i))
				return
			}
		}
		if failed == nil {
			failed = t.o.Failures.Row(b, i, "key", t.o.Names[0], fmt.Errorf("the PRIMARY KEY (%s) of a table's row is NULL; neither the payload nor the message key gives it", strings.Join(t.o.Names, ", ")))
		}
	})
	return vec.Sel(out), failed
}

// changes are what the rows of a batch change: rows of the table in the order in
// which they go and come.
type changes struct {
	rows     []int32
	by       []int32 // row of the batch
	retracts []int64
	plain    bool // every row is new: nothing goes
}

// take stores the rows and notes what changes.
func (t *Operator) take(b *arrowexec.Batch, sel vec.Sel, ids []int32) changes {
	n := sel.Count(b.N)
	deleted := func(int) bool { return false }
	if t.o.Deleted >= 0 {
		if d := b.Cols[t.o.Deleted]; !d.Const || !d.IsNull(0) {
			d = b.Scope.Flat(d)
			deleted = func(i int) bool { return !d.IsNull(i) && d.BoolAt(i) }
		}
	}
	added := vec.Slice[int32](b.Scope, n)[:0]
	c := changes{rows: vec.Slice[int32](b.Scope, 2*n)[:0], by: vec.Slice[int32](b.Scope, 2*n)[:0], retracts: vec.Slice[int64](b.Scope, 2*n)[:0], plain: true}
	ord := t.rows.Ord
	slot := int32(len(ord))
	base := slot
	was := func(row int32) int64 {
		if row < base {
			return ord[row]
		}
		return b.OrdOf(int(added[row-base]))
	}
	one := func(i int) {
		id := ids[i]
		old := t.row[id]
		if old != noRow {
			c.rows, c.by, c.retracts, c.plain = append(c.rows, old), append(c.by, int32(i)), append(c.retracts, was(old)), false
			t.live--
		}
		if deleted(i) {
			c.plain = false
			t.row[id] = noRow
			if old == noRow || t.o.Final {
				t.o.Ledger.Filtered += b.WeightOf(i)
			}
			return
		}
		if old == noRow {
			t.since[id] = t.next
			t.next++
		}
		t.row[id] = slot
		t.live++
		added = append(added, int32(i))
		c.rows, c.by, c.retracts = append(c.rows, slot), append(c.by, int32(i)), append(c.retracts, arrowexec.Added)
		slot++
	}
	if sel == nil {
		for i := range b.N {
			one(i)
		}
	} else {
		for _, i := range sel {
			one(int(i))
		}
	}
	t.rows.Append(b, b.Cols, vec.Sel(added))
	if t.o.Final {
		for k, r := range c.retracts { // an earlier row comes out no more
			if r != arrowexec.Added {
				t.o.Ledger.Filtered += t.rows.Weights[c.rows[k]]
			}
		}
	}
	return c
}

// emit gives the changes of a batch: its own rows when all are new.
func (t *Operator) emit(b *arrowexec.Batch, c changes, emit arrowexec.Emit) error {
	if c.plain {
		out := b.With(b.Cols, sameRows(b, c.by))
		out.Causes = t.causes(b, nil)
		return emit(out)
	}
	sc, n := b.Scope, len(c.rows)
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: b.Seq, Watermark: b.Watermark, Now: b.Now, Retracts: c.retracts, Began: b.Began, Ended: b.Ended}
	for _, v := range t.rows.Columns() {
		out.Cols = append(out.Cols, sc.Gather(v, vec.Sel(c.rows)))
	}
	for k := len(out.Cols); k < len(t.o.Types); k++ { // only deletions so far
		out.Cols = append(out.Cols, sc.NullConst(t.o.Types[k], n))
	}
	out.Ord, out.Weights = vec.Slice[int64](sc, n), vec.Slice[int64](sc, n)
	if b.Marks != nil {
		out.Marks = vec.Slice[int64](sc, n)
	}
	out.Causes = t.causes(b, c.by)
	out.Origin = b.OriginOf(c.by)
	for k, i := range c.by {
		out.Ord[k], out.Weights[k] = b.OrdOf(int(i)), b.WeightOf(int(i))
		if k+1 < n && c.by[k+1] == i { // the new row follows and stands for the record
			out.Weights[k] = 0
		}
		if b.Marks != nil {
			out.Marks[k] = b.Marks[i]
		}
	}
	return emit(out)
}

// causes are the event times of the records that rows come from: that of the payload,
// else of the record. by are the rows of the batch, nil all of them.
func (t *Operator) causes(b *arrowexec.Batch, by []int32) []int64 {
	if t.o.Stamp < 0 {
		return nil
	}
	sc := b.Scope
	stamps := vec.Values[int64](sc.Flat(b.Cols[t.o.Stamp]))
	if by == nil && t.o.Time < 0 {
		return stamps[:b.N]
	}
	if by == nil {
		by = vec.Slice[int32](sc, b.N)
		for i := range by {
			by[i] = int32(i)
		}
	}
	out := vec.Slice[int64](sc, len(by))
	for k, i := range by {
		out[k] = stamps[i]
	}
	if t.o.Time < 0 {
		return out
	}
	v := sc.Flat(t.o.Format.Column(sc, b.Cols[t.o.Time]))
	times := vec.Values[int64](v)
	for k, i := range by {
		if !v.IsNull(int(i)) {
			out[k] = times[i]
		}
	}
	return out
}

func sameRows(b *arrowexec.Batch, rows []int32) vec.Sel {
	if len(rows) == b.N {
		return nil
	}
	return vec.Sel(rows)
}

func each(b *arrowexec.Batch, f func(int)) {
	if b.Sel == nil {
		for i := range b.N {
			f(i)
		}
		return
	}
	for _, i := range b.Sel {
		f(int(i))
	}
}

// compact drops the rows that have been replaced once they are more than the others,
// and the keys without a row with them.
func (t *Operator) compact() {
	if gone := t.rows.Len() - t.live; gone < 4096 || gone <= t.live {
		return
	}
	ids := t.byArrival()
	rows := make([]int32, len(ids))
	since := make([]int64, len(ids))
	for k, id := range ids {
		rows[k], since[k] = t.row[id], t.since[id]
	}
	t.rows.Keep(rows)
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	cols := t.keys.Snapshot(sc, ids)
	t.keys.Reset()
	if len(ids) > 0 {
		t.keys.Restore(sc, cols)
	}
	sc.Close()
	pool.Close()
	t.row, t.since = t.row[:0], since
	for k := range ids {
		t.row = append(t.row, int32(k))
	}
}

// byArrival are the keys that have a row, in the order in which they came.
func (t *Operator) byArrival() []int32 {
	ids := make([]int32, 0, t.live)
	for id, r := range t.row {
		if r != noRow {
			ids = append(ids, int32(id))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int {
		if t.since[a] < t.since[b] {
			return -1
		}
		return 1
	})
	return ids
}

const maxRows = 8192

// Flush gives the rows of the table as it is at the end.
func (t *Operator) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	t.ended = true
	defer t.forget()
	if !t.o.Final {
		return nil
	}
	if err := t.rows.Open(last.Scope.Pool()); err != nil {
		return err
	}
	ids := t.byArrival()
	cols := t.rows.Columns()
	for from := 0; from < len(ids); from += maxRows {
		part := ids[from:min(from+maxRows, len(ids))]
		if err := t.send(last, cols, part, emit); err != nil {
			return err
		}
	}
	return nil
}

// forget drops the rows; a cut behind the end finds none.
func (t *Operator) forget() {
	t.rows.Close()
	t.keys.Reset()
	t.row, t.since, t.live = nil, nil, 0
}

func (t *Operator) send(last *arrowexec.Batch, cols []*vec.Vec, ids []int32, emit arrowexec.Emit) error {
	sc := last.Scope.Pool().Open()
	defer sc.Close()
	n := len(ids)
	rows := vec.Slice[int32](sc, n)
	out := &arrowexec.Batch{Scope: sc, N: n, Seq: last.Seq, Watermark: arrowexec.NoWatermark, Now: last.Now}
	out.Ord, out.Weights = vec.Slice[int64](sc, n), vec.Slice[int64](sc, n)
	for k, id := range ids {
		rows[k] = t.row[id]
		out.Ord[k], out.Weights[k] = last.Seq, t.rows.Weights[rows[k]]
	}
	for _, v := range cols {
		out.Cols = append(out.Cols, sc.Gather(v, vec.Sel(rows)))
	}
	return emit(out)
}

// Holds is the first row kept.
func (t *Operator) Holds() (int64, bool) {
	if t.o.Again {
		return 0, false
	}
	return t.rows.MinOrd()
}

// Fate tells of the rows that are kept when a run ends early: those of a table
// whose rows come at the end are held.
func (t *Operator) Fate() (filtered, held int64) {
	if t.closed {
		return t.lost, t.held
	}
	if !t.o.Final || t.ended {
		return 0, 0
	}
	for _, r := range t.row {
		if r != noRow {
			held += t.rows.Weights[r]
		}
	}
	return 0, held
}

// Close gives the rows back.
func (t *Operator) Close() {
	t.lost, t.held = t.Fate()
	t.closed = true
	t.rows.Close()
}

// State is the number of rows and their memory.
func (t *Operator) State() arrowexec.State {
	return arrowexec.State{Keys: int64(t.live), Bytes: t.rows.Bytes() + t.keys.Bytes() + int64(cap(t.row))*4 + int64(cap(t.since))*8}
}

func (t *Operator) full() error {
	if t.o.Limit <= 0 {
		return nil
	}
	st := t.State()
	return st.Exceeds(t.o.Limit, t.o.Name, fmt.Sprintf("%d rows", st.Keys), "")
}
