package over

import (
	"math"
	"math/bits"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// buffers are those of one window, for each partition the last rows in the
// window's order. All stand in one array; each partition has a place in it, along
// which its rows move, and a larger one when it is too small.
type buffers struct {
	w     *Window
	size  int32
	part  *partitions
	calls []*bufferedCall
	row   []int32 // position → row of the log
	run   []int32 // as in view; nil without ORDER BY
	place         // by partition
	// begin and end are, by partition, its rows' bounds in row.
	begin, end []int32
	// mixed tells that the order is not that of arrival. Then every row that comes
	// makes a copy, behind arena, until the end of the batch.
	mixed []bool
	last  []int64   // greatest event time, for EXPIRE
	free  [][]int32 // places without a partition, by the logarithm of their room
	arena int
	order ordering
	time  *vec.Vec
	now   entries // of calls that do not look ahead
	fresh []int32 // rows of the batch by partition, while they are counted
	dirty []int32 // partitions that are mixed and were touched
	// dropped is, by partition, the first row that a window with Trim still needs.
	dropped []int32
	pos     int32 // where the row that came last stands
	unrun   bool  // run is to be computed: the rows were restored
	v       view  // for looking at bounds
}

// bufferedCall is a call with what it keeps. When rows are held, values has its
// values so far and at, by row of the log, the number of the row's, −1 while it
// was not asked for.
type bufferedCall struct {
	*Call
	state *state
	ahead
	values kept.Rows
	at     []int32
}

func newBuffers(w *Window, part *partitions) *buffers {
	b := &buffers{w: w, part: part, size: int32(min(w.Buffer, 1<<30)), free: make([][]int32, 32)}
	for i := range w.Calls {
		c := &w.Calls[i]
		b.calls = append(b.calls, &bufferedCall{Call: c, state: newState(c), ahead: newAhead(c)})
	}
	return b
}

// see takes notice of the columns of the log.
func (w *buffers) see(p *Buffered) {
	w.now.clear()
	if len(p.cols) == 0 && len(p.exprs) > 0 { // there are no rows
		return
	}
	keys := make([]*vec.Vec, len(w.w.Order))
	for i, k := range w.w.Order {
		keys[i] = p.column(k.Expr)
	}
	w.order = newOrdering(w.w.Order, keys)
	if w.w.Time != nil {
		w.time = p.column(w.w.Time)
	}
	w.v = view{column: p.column}
	if w.unrun {
		w.unrun = false
		for g, begin := range w.begin {
			for p := begin; p < w.end[g]; p++ {
				if w.run[p] = 0; p > begin {
					w.run[p] = w.run[p-1]
					if w.order.compare(w.row[p-1], w.row[p]) != 0 {
						w.run[p]++
					}
				}
			}
		}
	}
}

// view is what calls are computed over for some entries.
func (w *buffers) view(p *Buffered, sc *vec.Scope, e entries) *view {
	return &view{sc: sc, column: p.column, row: w.row, run: w.run, entries: e, place: w.place}
}

const noTime = -1 << 63

// reserve makes room for the rows of the batch.
func (w *buffers) reserve() {
	n := w.part.table.Len()
	for len(w.begin) < n {
		w.begin, w.end, w.off, w.room = append(w.begin, 0), append(w.end, 0), append(w.off, 0), append(w.room, 0)
		w.mixed, w.fresh = append(w.mixed, false), append(w.fresh, 0)
		if w.w.Trim {
			w.dropped = append(w.dropped, 0)
		}
		if w.w.Expire > 0 {
			w.last = append(w.last, noTime)
		}
	}
	for _, c := range w.calls {
		c.state.grow(n)
		c.ahead.grow(n)
	}
	for _, g := range w.part.ids {
		w.fresh[g]++
	}
	for _, g := range w.part.ids {
		if w.fresh[g] > 0 && w.end[g]+w.fresh[g] > w.off[g]+w.room[g] {
			w.move(g, w.fresh[g])
		}
		w.fresh[g] = 0
	}
	w.arena = len(w.row)
}

// move brings a partition to the front of its place, or to a new one, so that
// more rows fit behind it.
func (w *buffers) move(g, more int32) {
	begin, live := w.begin[g], w.end[g]-w.begin[g]
	off := w.off[g]
	if live+more > w.room[g] || begin-off < live {
		class := bits.Len32(uint32(max(2*live+more, 4) - 1))
		if old := w.room[g]; old > 0 {
			c := bits.Len32(uint32(old - 1))
			w.free[c] = append(w.free[c], off)
		}
		w.room[g] = 1 << class
		if f := w.free[class]; len(f) > 0 {
			off = f[len(f)-1]
			w.free[class] = f[:len(f)-1]
		} else {
			off = int32(len(w.row))
			w.row = append(w.row, make([]int32, 1<<class)...)
			if len(w.w.Order) > 0 {
				w.run = append(w.run, make([]int32, 1<<class)...)
			}
		}
		w.off[g] = off
	}
	copy(w.row[off:], w.row[begin:begin+live])
	if w.run != nil && live > 0 {
		base := w.run[begin]
		copy(w.run[off:], w.run[begin:begin+live])
		for p := off; p < off+live; p++ {
			w.run[p] -= base
		}
	}
	for _, c := range w.calls {
		c.state.move(g, begin, begin-off, off)
		c.ahead.move(g, begin-off)
	}
	w.begin[g], w.end[g] = off, off+live
}

// take adds a row, after those that expire have gone, and asks for its values.
func (w *buffers) take(h *held, r, g int32) {
	if w.w.Expire > 0 && w.expires(r, g) {
		if h != nil {
			w.letGo(h, g)
		}
		w.begin[g] = w.end[g]
	}
	w.arrive(r, g)
	if w.w.Trim {
		w.now.add(w.pos, w.begin[g], 0, 0, 0, g)
		return
	}
	first, past := w.peers(w.pos, w.begin[g], w.end[g])
	w.now.add(w.pos, w.begin[g], w.end[g], first, past, g)
	if h == nil {
		return
	}
	for _, c := range w.calls {
		if c.waits {
			w.look(h, c, g, false)
		}
	}
}

// arrive puts a row into the buffer of its partition; the oldest one leaves a
// full buffer.
func (w *buffers) arrive(r, g int32) {
	begin, end := w.begin[g], w.end[g]
	if w.mixed[g] || len(w.w.Order) > 0 && end > begin && w.order.compare(w.row[end-1], r) > 0 {
		w.insert(r, g)
		return
	}
	if end-begin == w.size {
		begin++
		w.begin[g] = begin
	}
	w.row[end] = r
	if w.run != nil {
		switch {
		case end == w.off[g]:
			w.run[end] = 0
		case begin == end:
			w.run[end] = w.run[end-1] + 1
		case w.order.compare(w.row[end-1], r) == 0:
			w.run[end] = w.run[end-1]
		default:
			w.run[end] = w.run[end-1] + 1
		}
	}
	w.end[g], w.pos = end+1, end
}

// insert makes a copy of a buffer with a row in its place.
func (w *buffers) insert(r, g int32) {
	begin, end := w.begin[g], w.end[g]
	drop := int32(-1)
	if end-begin == w.size {
		drop = w.oldest(begin, end)
	}
	at := search(begin, end, func(p int32) bool { return w.order.compare(w.row[p], r) <= 0 })
	from := int32(len(w.row))
	run, last := int32(0), int32(-1) // last is the row put before
	put := func(row int32, same bool) {
		if last >= 0 && !same {
			run++
		}
		w.row, w.run, last = append(w.row, row), append(w.run, run), row
	}
	prev := int32(-1) // position of the row put before, if it stood in the buffer
	for p := begin; p <= end; p++ {
		if p == at {
			w.pos = int32(len(w.row))
			put(r, last >= 0 && w.order.compare(last, r) == 0)
			prev = -1
		}
		if p == end || p == drop {
			continue
		}
		same := last >= 0 && prev < 0 && w.order.compare(last, w.row[p]) == 0
		if prev >= 0 {
			same = w.run[prev] == w.run[p]
		}
		put(w.row[p], same)
		prev = p
	}
	w.begin[g], w.end[g] = from, int32(len(w.row))
	if !w.mixed[g] || w.begin[g] >= int32(w.arena) && begin < int32(w.arena) {
		w.dirty = append(w.dirty, g)
	}
	w.mixed[g] = true
}

// oldest is the position of the row that came first.
func (w *buffers) oldest(begin, end int32) int32 {
	at := begin
	for p := begin + 1; p < end; p++ {
		if w.row[p] < w.row[at] {
			at = p
		}
	}
	return at
}

// peers gives the bounds of the rows that are not told apart from that at a
// position.
func (w *buffers) peers(pos, begin, end int32) (first, past int32) {
	if w.run == nil {
		return begin, end
	}
	run := w.run[pos]
	first, past = pos, pos+1
	if first > begin && w.run[first-1] == run {
		first = search(begin, pos, func(p int32) bool { return w.run[p] < run })
	}
	if past < end && w.run[past] == run {
		past = search(past, end, func(p int32) bool { return w.run[p] == run })
	}
	return first, past
}

// expires tells whether a row came so long after the others of its partition that
// they expire, and notes its time.
func (w *buffers) expires(r, g int32) bool {
	if w.time.IsNull(int(r)) {
		return false
	}
	t, last := w.time.Int64At(int(r)), w.last[g]
	w.last[g] = max(t, last)
	return last != noTime && t > last && uint64(t-last) > uint64(w.w.Expire)
}

// complete gives the entries of a window with Trim, whose peers have all come,
// their bounds.
func (w *buffers) complete() {
	for k, g := range w.now.group {
		w.now.end[k] = w.end[g]
		w.now.first[k], w.now.past[k] = w.peers(w.now.pos[k], w.now.begin[k], w.end[g])
	}
}

// trim drops the rows before the frames of the last row of each partition.
func (w *buffers) trim(v *view) {
	for _, g := range v.group {
		w.dropped[g] = math.MaxInt32
	}
	for i := range w.w.Calls {
		f := &w.w.Calls[i].Frame
		lo := v.bound(f, &f.Start, false)
		for k := len(lo) - 1; k >= 0; k-- { // the last row of a partition comes first
			if g := v.group[k]; v.pos[k] == w.end[g]-1 {
				w.dropped[g] = min(w.dropped[g], lo[k])
			}
		}
	}
	for _, g := range v.group {
		w.begin[g] = min(max(w.begin[g], w.dropped[g]), w.end[g])
	}
}

// settle ends a batch: copies go back to their partition's place.
func (w *buffers) settle() {
	for _, g := range w.dirty {
		begin, live := w.begin[g], w.end[g]-w.begin[g]
		off := w.off[g]
		w.mixed[g] = false
		for p := range live {
			w.row[off+p], w.run[off+p] = w.row[begin+p], w.run[begin+p]
			w.mixed[g] = w.mixed[g] || p > 0 && w.row[off+p] < w.row[off+p-1]
		}
		w.begin[g], w.end[g] = off, off+live
		for _, c := range w.calls {
			c.state.reset(g)
			c.ahead.restart(g, off)
		}
	}
	w.dirty = w.dirty[:0]
	w.row = w.row[:w.arena]
	if w.run != nil {
		w.run = w.run[:w.arena]
	}
}

func (w *buffers) bytes() int64 {
	n := int64(cap(w.row)+cap(w.run))*4 + int64(cap(w.begin))*17 + int64(cap(w.last))*8
	for _, c := range w.calls {
		n += c.state.bytes() + int64(cap(c.next))*4
	}
	return n
}

// column of an expression for looking ahead.
func (w *buffers) column(e expr.Expr) *vec.Vec { return w.v.column(e) }
