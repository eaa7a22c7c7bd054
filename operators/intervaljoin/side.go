package intervaljoin

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// What is known of a row that is kept.
const (
	matched uint8 = 1 << iota // it came out in a pair
	broken                    // a condition on one of its pairs could not be computed
	settled                   // its fate is counted
)

// side is one input. Rows are numbered as they are kept; -1 is no row.
type side struct {
	outer bool
	types []arrow.DataType
	on    expr.Expr
	keys  []expr.Expr
	safe  []bool // keys where NULL equals NULL
	time  int    // column of the event time
	// A row at t matches rows of the other side from t+lower to t+upper.
	lower, upper int64
	keep         []int // columns that are kept
	at           []int // place of a column among them, -1: not kept

	ctx      expr.Ctx
	rows     kept.Rows
	times    []int64
	arrivals []int64
	ids      []int32 // key of a row, -1: it matches nothing
	prev     []int32 // in the list of the key, by time and arrival
	next     []int32
	flags    []uint8
	tail     []int32 // by key
	live     int     // rows after the last compaction

	mark  int64 // watermark, as far as the rows have been gone through
	read  int64 // watermark, as far as they have been read
	ended bool

	waiting []arrival
}

// arrival is a row on its way in, or, without a row, a move of the watermark.
type arrival struct {
	row           int32
	ord           int64
	before, after int64 // the side's watermark
}

// add is a + b, or the nearest that there is.
func add(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	if b < 0 && a < math.MinInt64-b {
		return math.MinInt64
	}
	return a + b
}

// eligible narrows a batch to the rows that did not fail, and to those of them
// that can match.
func (s *side) eligible(b *arrowexec.Batch, f *arrowexec.Failures) (alive, can vec.Sel, keys []*vec.Vec, err error) {
	s.ctx.Reset(b)
	can = b.Sel
	if s.on != nil {
		can = expr.Filter(&s.ctx, s.on, can)
	}
	for _, k := range s.keys {
		keys = append(keys, k.Eval(&s.ctx, can))
	}
	alive = b.Sel
	if len(s.ctx.Failed()) > 0 {
		if alive, err = s.ctx.Survivors(alive, f); err != nil {
			return nil, nil, nil, err
		}
	}
	times := b.Cols[s.time]
	out := vec.Slice[int32](b.Scope, can.Count(b.N))[:0]
	k := 0
	each(b.N, can, func(i int32) {
		if alive != nil {
			for k < len(alive) && alive[k] < i {
				k++
			}
			if k == len(alive) || alive[k] != i {
				return
			}
		}
		if times.IsNull(int(i)) {
			return
		}
		for c, v := range keys {
			if !s.safe[c] && v.IsNull(int(i)) {
				return
			}
		}
		out = append(out, i)
	})
	return alive, vec.Sel(out), keys, nil
}

func each(n int, sel vec.Sel, f func(int32)) {
	if sel == nil {
		for i := range n {
			f(int32(i))
		}
		return
	}
	for _, i := range sel {
		f(i)
	}
}

// take keeps the rows of a batch and lines them up, with the moves of the
// watermark between them.
func (j *Join) take(s *side, b *arrowexec.Batch) error {
	if err := j.open(b.Scope.Pool()); err != nil {
		return err
	}
	alive, can, keys, err := s.eligible(b, j.o.Failures)
	if err != nil {
		return err
	}
	ids := vec.Slice[int32](b.Scope, b.N)
	j.table.Assign(b, keys, can, ids)
	sel := can
	if s.outer {
		sel = alive
	} else {
		j.o.Ledger.Filtered += b.Weight(alive) - b.Weight(can)
	}
	cols := make([]*vec.Vec, len(s.keep))
	for i, c := range s.keep {
		cols[i] = b.Cols[c]
	}
	first := int32(s.rows.Len())
	s.rows.Append(b, cols, sel)
	times := b.Cols[s.time]
	k := 0
	each(b.N, sel, func(i int32) {
		for k < len(can) && can[k] < i {
			k++
		}
		id, t := int32(-1), int64(math.MinInt64)
		if k < len(can) && can[k] == i {
			id = ids[i]
		}
		if !times.IsNull(int(i)) {
			t = times.Int64At(int(i))
		}
		s.times, s.ids, s.flags = append(s.times, t), append(s.ids, id), append(s.flags, 0)
		s.prev, s.next = append(s.prev, -1), append(s.next, -1)
		s.arrivals = append(s.arrivals, 0)
	})
	s.line(b, sel, first)
	return j.full()
}

// line lines up the rows of a batch that were kept, the first as number row.
func (s *side) line(b *arrowexec.Batch, sel vec.Sel, row int32) {
	add := func(a arrival) {
		s.waiting = append(s.waiting, a)
		s.read = max(s.read, a.after)
	}
	if b.Marks == nil {
		each(b.N, sel, func(i int32) {
			add(arrival{row: row, ord: b.OrdOf(int(i)), before: s.read, after: s.read})
			row++
		})
	}
	if len(b.Marks) > 0 && b.Marks[0] > s.read { // it moved behind the row before this batch
		add(arrival{row: -1, ord: b.OrdOf(0) - 1, before: s.read, after: b.Marks[0]})
	}
	k := 0
	n := sel.Count(b.N)
	for p := range b.Marks {
		after := b.Watermark
		if p+1 < len(b.Marks) {
			after = b.Marks[p+1]
		}
		before := max(s.read, b.Marks[p])
		after = max(after, before)
		if after == arrowexec.EndOfTime { // the flush says so
			after = before
		}
		if k < n && (sel == nil || sel[k] == int32(p)) {
			add(arrival{row: row, ord: b.OrdOf(p), before: before, after: after})
			row++
			k++
		} else if after > s.read {
			add(arrival{row: -1, ord: b.OrdOf(p), before: before, after: after})
		}
	}
	if b.Watermark > s.read && b.Watermark != arrowexec.EndOfTime {
		ord := b.Seq - 1
		if b.N > 0 {
			ord = b.OrdOf(b.N - 1)
		}
		add(arrival{row: -1, ord: ord, before: s.read, after: b.Watermark})
	}
}

// insert puts a row into the list of its key.
func (s *side) insert(row int32) {
	id := s.ids[row]
	for int(id) >= len(s.tail) {
		s.tail = append(s.tail, -1)
	}
	t := s.times[row]
	after := s.tail[id]
	before := int32(-1)
	for after >= 0 && s.times[after] > t {
		before, after = after, s.prev[after]
	}
	s.prev[row], s.next[row] = after, before
	if after >= 0 {
		s.next[after] = row
	}
	if before >= 0 {
		s.prev[before] = row
	} else {
		s.tail[id] = row
	}
}

// deadline is the watermark that a row waits for: once it is passed, nothing that
// is not late can match the row.
func (s *side) deadline(row int32, lateness int64) int64 {
	return add(add(s.times[row], s.upper), lateness)
}
