package eventtime

import (
	"math"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Options of event time.
type Options struct {
	// Field is the event time in the source's columns: event.time.field, or the
	// column of a window. Nil: the record's timestamp.
	Field  expr.Expr
	Format Format
	// Timestamp is the column of _timestamp (BIGINT ms), for when Field is nil.
	Timestamp int
	// Deleted is BOOLEAN: rows for which it is TRUE are deletions, which have the
	// record's timestamp and no Field. Nil: there are none.
	Deleted expr.Expr

	// Delay is watermark.max_out_of_orderness in ms; 0 for ascending.
	Delay int64
	// Inherit leaves the watermarks as they come: the input is another statement,
	// a union or a join.
	Inherit bool
	// Partition is the column of _partition (INT); -1: the source is one partition.
	Partition int
	// Partitions is asked once, before the first row, for what is known of the
	// partitions of a bounded read; nil, or a nil answer: nothing.
	Partitions func() []arrowexec.PartitionInfo
	// IdleTimeout in ms lets a partition of an unbounded read that was silent for
	// so long no longer hold the watermark; 0: never.
	IdleTimeout int64
	// OnIdle is told when a partition falls silent, and when it comes back.
	OnIdle func(partition int32, idle bool)
}

// Operator stands right after a source, or above what makes event times of its rows:
// those that a batch does not select then move nothing.
type Operator struct {
	arrowexec.Stateless
	o     Options
	ctx   expr.Ctx
	parts partitions
	known bool
	mark  int64
	col   *vec.Vec // of the current batch
	marks []int64
	// absent are the records of the batch without a row that still stand ahead.
	absent []arrowexec.Absent
}

// New makes the operator.
func New(o Options) *Operator {
	return &Operator{o: o, mark: arrowexec.NoWatermark}
}

// Process adds the event time and sets the watermarks of a batch.
func (e *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	e.start(b.Now)
	from, to := stretch(b)
	e.column(b)
	out := b.With(append(b.Cols[:len(b.Cols):len(b.Cols)], e.col), b.Sel)
	if e.o.Inherit {
		return emit(out)
	}
	for _, id := range b.Began {
		e.parts.begin(id, b.Now)
	}
	if e.idle(b.Now) {
		e.move()
	}
	// Marks end behind the last row of the stretch, which tells who looks for the
	// row that moved the watermark where to stop.
	out.Marks = e.marks[:to]
	e.absent = b.Absent
	e.watermarks(b, from, to)
	e.passed(to, b.Now)
	for _, id := range b.Ended {
		e.parts.end(e.parts.find(id))
		e.move()
	}
	out.Began, out.Ended, out.Absent = nil, nil, nil // they mean nothing above the source
	out.Watermark = e.mark
	return emit(out)
}

func (e *Operator) start(now int64) {
	if e.known {
		return
	}
	e.known = true
	if e.o.Partitions == nil {
		return
	}
	for _, p := range e.o.Partitions() {
		i, ok := e.parts.byID[p.Partition]
		if !ok {
			e.parts.all[e.parts.add(p.Partition, p.Records)].seen = now
			continue
		}
		if x := &e.parts.all[i]; x.left >= 0 && p.Records >= 0 { // of another topic of a capture
			x.left += p.Records
		}
	}
}

// stretch is the range of rows that a batch selects.
func stretch(b *arrowexec.Batch) (from, to int) {
	if b.Sel == nil {
		return 0, b.N
	}
	if len(b.Sel) == 0 {
		return 0, 0
	}
	return int(b.Sel[0]), int(b.Sel[len(b.Sel)-1]) + 1
}

// column makes the event times of a batch.
func (e *Operator) column(b *arrowexec.Batch) {
	if e.o.Field == nil {
		e.col = Format{kind: epochMillis}.Column(b.Scope, b.Cols[e.o.Timestamp])
	} else {
		all := b.With(b.Cols, nil)
		e.ctx.Reset(all) // a row whose expression fails is NULL, and Require says why
		e.col = e.o.Format.Column(b.Scope, e.o.Field.Eval(&e.ctx, nil))
		if e.o.Deleted != nil {
			e.deletions(b)
		}
	}
	if !e.o.Inherit {
		e.marks = vec.Slice[int64](b.Scope, b.N)
	}
}

// deletions have the timestamps of their records.
func (e *Operator) deletions(b *arrowexec.Batch) {
	gone := e.o.Deleted.Eval(&e.ctx, nil)
	if gone.Const && gone.IsNull(0) {
		return
	}
	sc := b.Scope
	gone = sc.Flat(gone)
	stamps := vec.Values[int64](sc.Flat(b.Cols[e.o.Timestamp]))
	times := sc.Flat(e.col)
	was := vec.Values[int64](times)
	out := vec.NewBuilder(sc, times.Type, b.N)
	for i := range b.N {
		switch {
		case !gone.IsNull(i) && gone.BoolAt(i):
			out.Int64(stamps[i])
		case times.IsNull(i):
			out.Null()
		default:
			out.Int64(was[i])
		}
	}
	e.col = out.Finish()
}

// watermarks sets the watermark before each row of a stretch.
func (e *Operator) watermarks(b *arrowexec.Batch, from, to int) {
	if from == to {
		return
	}
	var ids []int32
	var one int32
	var part *vec.Vec
	if e.o.Partition >= 0 {
		part = b.Cols[e.o.Partition]
		if part.Const {
			one = int32(part.Int64At(0))
		} else if part.Kind == vec.Int32 && part.Dict == nil {
			ids = vec.Values[int32](part)
		} else { // another integer type, or a dictionary
			ids = vec.Slice[int32](b.Scope, b.N)
			for i := from; i < to; i++ {
				ids[i] = int32(part.Int64At(i))
			}
		}
	}
	picked := e.picked(b, from, to)
	if ids == nil {
		p := e.parts.find(one)
		x := &e.parts.all[p]
		if len(e.parts.all) == 1 && len(b.Absent) == 0 && !x.idle && (x.left < 0 || x.left > int64(to-from)) {
			if x.left > 0 {
				x.left -= int64(to - from)
			}
			e.single(x, from, to, picked, b.Now)
			return
		}
	}
	flat := b.Scope.Flat(e.col)
	valid, times := flat.Valid, vec.Values[int64](flat)
	for i := from; i < to; i++ {
		if len(e.absent) > 0 {
			e.passed(i, b.Now)
		}
		e.marks[i] = e.mark
		if picked != nil && !picked.Get(i) {
			continue
		}
		id := one
		if ids != nil {
			id = ids[i]
		}
		p := e.parts.find(id)
		back := e.parts.all[p].idle
		e.parts.row(p, times[i], valid == nil || valid.Get(i), b.Now)
		if back && e.o.OnIdle != nil {
			e.o.OnIdle(id, false)
		}
		e.move()
		if ids != nil && picked == nil && len(e.absent) == 0 {
			i = e.run(&e.parts.all[p], ids, times, valid, i+1, to) - 1
		}
	}
}

// run takes the rows of a partition that follow one of it, before the last that is known to
// come, and gives the first that it left. Topics bring records partition by partition: a row
// at a time cost five times as much.
func (e *Operator) run(x *partition, ids []int32, times []int64, valid vec.Bitmap, from, to int) int {
	if x.place < 0 {
		return from
	}
	if x.left >= 0 {
		to = min(to, from+int(min(x.left-1, math.MaxInt32)))
	}
	others, greatest, mark := e.parts.others(x), x.greatest, e.mark
	i := from
	for ; i < to && ids[i] == x.id; i++ {
		e.marks[i] = mark
		if t := times[i]; t > greatest && (valid == nil || valid.Get(i)) {
			greatest = t
			if others != arrowexec.NoWatermark {
				mark = max(mark, e.delayed(min(t, others)))
			}
		}
	}
	if x.left > 0 {
		x.left -= int64(i - from)
	}
	x.greatest, e.mark = greatest, mark
	e.parts.down(x.place)
	return i
}

// passed takes the records without a row that stand before row to. They have no
// time, but a partition may end with one.
func (e *Operator) passed(to int, now int64) {
	for len(e.absent) > 0 && int(e.absent[0].Row) <= to {
		e.parts.row(e.parts.find(e.absent[0].Partition), 0, false, now)
		e.absent = e.absent[1:]
		e.move()
	}
}

// picked are the rows that a batch selects, with a time, where there are others
// among them: a filter below has left those out, and they move nothing. nil: all.
func (e *Operator) picked(b *arrowexec.Batch, from, to int) vec.Bitmap {
	if b.Sel == nil || len(b.Sel) == to-from {
		return nil
	}
	p := vec.Bitmap(b.Scope.Zeroed(vec.BitmapBytes(b.N)))
	for _, i := range b.Sel {
		if !e.col.IsNull(int(i)) {
			p.Set(int(i))
		}
	}
	return p
}

// single is the loop of a source with one partition.
func (e *Operator) single(x *partition, from, to int, picked vec.Bitmap, now int64) {
	times := vec.Values[int64](e.col)
	greatest, mark := x.greatest, e.mark
	if e.col.Const {
		for i := from; i < to; i++ {
			e.marks[i] = mark
			if greatest < times[0] && !e.col.IsNull(0) {
				greatest = times[0]
				mark = max(mark, e.delayed(greatest))
			}
		}
	} else {
		valid := e.col.Valid
		if picked != nil {
			valid = picked
		}
		for i := from; i < to; i++ {
			e.marks[i] = mark
			if t := times[i]; t > greatest && (valid == nil || valid.Get(i)) {
				greatest = t
				mark = max(mark, e.delayed(greatest))
			}
		}
	}
	x.seen, x.greatest, e.mark = now, greatest, mark
}

func (e *Operator) delayed(t int64) int64 {
	if t < math.MinInt64+1+e.o.Delay {
		return math.MinInt64 + 1
	}
	return min(t-e.o.Delay, arrowexec.EndOfTime-1)
}

// move brings the watermark to the least of the live partitions; it never goes
// back, and stays when none is live: the end of the input closes the rest.
func (e *Operator) move() {
	if t, ok := e.parts.least(); ok && t != arrowexec.NoWatermark {
		e.mark = max(e.mark, e.delayed(t))
	}
}

// idle takes silent partitions out of the watermark.
func (e *Operator) idle(now int64) (changed bool) {
	if e.o.IdleTimeout <= 0 {
		return false
	}
	for i := range e.parts.all {
		x := &e.parts.all[i]
		if x.idle || x.ended || now-x.seen < e.o.IdleTimeout {
			continue
		}
		x.idle, changed = true, true
		e.parts.remove(i)
		if e.o.OnIdle != nil {
			e.o.OnIdle(x.id, true)
		}
	}
	return changed
}

// Mark is one partition's part in the watermark, for statistics.
type Mark struct {
	Partition   int32
	Watermark   int64 // NoWatermark before its first row
	Ended, Idle bool
}

// Marks tells the watermark and where each partition stands.
func (e *Operator) Marks() (watermark int64, parts []Mark) {
	for i := range e.parts.all {
		x := &e.parts.all[i]
		m := Mark{Partition: x.id, Watermark: arrowexec.NoWatermark, Ended: x.ended, Idle: x.idle}
		if x.greatest != arrowexec.NoWatermark {
			m.Watermark = e.delayed(x.greatest)
		}
		parts = append(parts, m)
	}
	return e.mark, parts
}
