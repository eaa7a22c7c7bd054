package window

import (
	"errors"
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/hashagg"
)

// holder is groups with the rows that wait to be added to them: a window, or a
// pane.
type holder struct {
	bounds
	g       *hashagg.Groups
	sel     []int32
	until   int64 // watermark at which nothing open covers it any more
	closed  bool
	changed changes
	ord     int64 // sequence number of the first row; math.MaxInt64: none yet

	absorbed bool // a pane that windows have been made of
	into     []int32
	owed     []owed // by group
}

// owed are input rows of a group of a pane that are in no emitted row, unless one
// has taken them since they were absorbed in a turn.
type owed struct{ n, turn int64 }

func (h *holder) at() bounds { return h.bounds }

// numbered gives the rows of a batch numbers of arrival in the place of their
// causes': rows that one row has caused have an order among each other, and
// windows are put together of states that each saw some of them.
func numbered(b *arrowexec.Batch, arrived *int64) *arrowexec.Batch {
	n := *b
	n.Seq, n.Ord = *arrived, nil
	*arrived += int64(b.N)
	return &n
}

// aligned is the operator of windows that stand fixed in time.
type aligned struct {
	o     Options
	shape shape
	panes bool // rows go to panes, windows are made of them
	ctx   expr.Ctx
	out   output
	part  hashagg.Rows // of the batch, being added to one holder

	mark    int64
	arrived int64
	windows map[bounds]*holder
	open    ordered[*holder]
	old     ordered[*holder]  // closed ones, kept for corrections
	pane    map[int64]*holder // panes that take rows
	sorted  []*holder         // panes by start
	fresh   []*holder         // those that no window was made of
	shared  *shared
	free    []*hashagg.Groups
	spare   []*holder // panes and windows of panes, to be used again
	touched []*holder // with rows that wait
	usual   int       // how many groups the last ones had
	lists   [][]int32 // for rows that wait: each of many panes would grow one of its own
	cur     *holder   // where the row before went
	other   *holder   // where one went before cur was that
	done    []*holder // closed ones whose coalesced rows are still to be given
	pace    pace
	late    lateRows

	b    *arrowexec.Batch
	rows *hashagg.Rows
	emit arrowexec.Emit
}

func newAligned(o Options) *aligned {
	a := &aligned{o: o, shape: newShape(&o), mark: arrowexec.NoWatermark, windows: map[bounds]*holder{}, pane: map[int64]*holder{}, pace: newPace(&o)}
	// A row counts in its open windows only, so a window kept for corrections may
	// lack rows of its panes.
	a.panes = o.Emission == Final && !a.shape.one() && o.Late != UpdatePrevious
	a.out = newOutput(&a.o)
	if a.panes {
		a.shared = newShared(&a.o)
	}
	return a
}

// Process adds the rows of a batch, closing windows as the watermark passes them.
func (a *aligned) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	a.b, a.emit = b, emit
	defer func() { a.b, a.rows, a.emit = nil, nil, nil }()
	if b.Rows() > 0 {
		if err := a.addRows(b); err != nil {
			return err
		}
	}
	if err := a.close(max(b.Watermark, a.mark), math.MaxInt); err != nil {
		return err
	}
	a.mark = max(a.mark, b.Watermark)
	if err := a.late.flush(b, &a.o, a.emit); err != nil {
		return err
	}
	if a.o.Limit > 0 {
		if err := a.o.full(a.State()); err != nil {
			return err
		}
	}
	if a.o.Emission != Coalesced {
		return a.out.pass(b, a.mark, emit)
	}
	if ord, due := a.pace.end(b); due {
		if err := a.emitChanged(ord); err != nil {
			return err
		}
	}
	return a.out.pass(b, a.pace.watermark(a.mark), emit)
}

func (a *aligned) addRows(b *arrowexec.Batch) error {
	rows, err := a.o.Spec.Eval(&a.ctx, numbered(b, &a.arrived), a.o.Failures)
	if err != nil {
		return err
	}
	a.rows = rows
	col := b.Scope.Flat(b.Cols[a.o.Time])
	times := vec.Values[int64](col)
	n := rows.Sel.Count(b.N)
	for k := 0; k < n; k++ {
		if a.cur != nil && b.Marks != nil && a.pace.every == 0 {
			if k = a.run(col, times, k, n); k == n {
				break
			}
		}
		i := k
		if rows.Sel != nil {
			i = int(rows.Sel[k])
		}
		mark := b.MarkOf(i)
		if a.due(mark) {
			if err := a.close(mark, i+1); err != nil {
				return err
			}
		}
		if ord, due := a.pace.row(b, i); due {
			if err := a.flush(); err != nil {
				return err
			}
			if err := a.emitChanged(ord); err != nil {
				return err
			}
		}
		t := times[i]
		if !col.IsNull(i) && (a.cur.takes(t, mark) || a.other.takes(t, mark)) {
			if !a.cur.takes(t, mark) {
				a.cur, a.other = a.other, a.cur
			}
			a.wait(a.cur, i)
			continue
		}
		if col.IsNull(i) {
			if err := a.o.Failures.Row(b, i, "event_time", "", errors.New("event time is NULL")); err != nil {
				return err
			}
			continue
		}
		if err := a.place(i, t, mark); err != nil {
			return err
		}
	}
	return a.flush()
}

// takes tells that a row at t goes to h, if mark is the watermark before it.
func (h *holder) takes(t, mark int64) bool {
	return h != nil && t >= h.start && t < h.end && mark < h.until
}

// run takes the rows from place k on that go where the row before went, as long
// as nothing closes, and gives the place of the first that does not: mostly all
// rows of a batch but a few.
func (a *aligned) run(col *vec.Vec, times []int64, k, n int) int {
	c, from := a.cur, k
	marks, limit := a.b.Marks, min(c.until, a.limit())
	width := uint64(c.end - c.start)
	sel := a.rows.Sel
	switch {
	case col.Valid != nil:
		return k
	case sel == nil:
		for k < n && uint64(times[k]-c.start) < width && marks[k] < limit {
			k++
		}
	default:
		for k < n && uint64(times[sel[k]]-c.start) < width && marks[sel[k]] < limit {
			k++
		}
	}
	if k == from {
		return k
	}
	if sel != nil {
		a.wait(c, int(sel[from]))
		c.sel = append(c.sel, sel[from+1:k]...)
		return k
	}
	a.wait(c, from)
	at := len(c.sel)
	c.sel = slices.Grow(c.sel, k-from-1)[:at+k-from-1]
	for i := range c.sel[at:] {
		c.sel[at+i] = int32(from + 1 + i)
	}
	return k
}

// limit is the least watermark at which something is due.
func (a *aligned) limit() int64 {
	limit := int64(math.MaxInt64)
	if a.open.len() > 0 {
		limit = add(a.open.items[0].end, a.o.Lateness)
	}
	if a.old.len() > 0 {
		limit = min(limit, a.expiry(a.old.items[0]))
	}
	return limit
}

func (a *aligned) due(mark int64) bool {
	return a.open.len() > 0 && mark >= add(a.open.items[0].end, a.o.Lateness) ||
		a.old.len() > 0 && mark >= a.expiry(a.old.items[0])
}

func (a *aligned) expiry(h *holder) int64 {
	return add(add(h.end, a.o.Lateness), a.o.Retention)
}

// wait puts a row to those that will be added to a holder together.
func (a *aligned) wait(h *holder, i int) {
	if len(h.sel) == 0 {
		a.touched = append(a.touched, h)
		if k := len(a.lists) - 1; k >= 0 && cap(h.sel) == 0 {
			h.sel, a.lists = a.lists[k], a.lists[:k]
		}
	}
	h.sel = append(h.sel, int32(i))
	if h.ord == math.MaxInt64 {
		h.ord = a.b.OrdOf(i)
	}
	if a.o.Emission == Coalesced {
		a.pace.touch(a.b.MarkOf(i))
	}
}

// place finds where a row goes; mark is the watermark before it.
func (a *aligned) place(i int, t, mark int64) error {
	last := a.shape.last(t)
	until := add(last.end, a.o.Lateness)
	if mark >= until {
		return a.lateRow(i, t, mark, last)
	}
	switch {
	case a.panes:
		a.cur, a.other = a.paneOf(t, mark), a.cur
		a.wait(a.cur, i)
	case a.shape.one():
		a.cur, a.other = a.window(last, false), a.cur
		a.cur.until = until
		a.wait(a.cur, i)
	default:
		for w := a.shape.first(t); w.end <= last.end; w = a.shape.next(w) {
			if mark < add(w.end, a.o.Lateness) {
				a.wait(a.window(w, false), i)
			}
		}
	}
	return nil
}

// window finds or makes a window; closed makes it one that is closed already.
func (a *aligned) window(w bounds, closed bool) *holder {
	if h := a.windows[w]; h != nil {
		return h
	}
	h := a.holder()
	h.bounds, h.closed, h.ord = w, closed, math.MaxInt64
	if !a.panes {
		h.g = a.groups()
	}
	a.windows[w] = h
	if !closed {
		a.open.push(h)
	} else if a.o.Retention > 0 {
		a.old.push(h)
	}
	return h
}

// holder gives an empty one, with the memory of one that has ended if there is any.
func (a *aligned) holder() *holder {
	k := len(a.spare)
	if k == 0 {
		return &holder{}
	}
	h := a.spare[k-1]
	a.spare = a.spare[:k-1]
	return h
}

func (a *aligned) groups() *hashagg.Groups {
	if n := len(a.free); n > 0 {
		g := a.free[n-1]
		a.free = a.free[:n-1]
		return g
	}
	return hashagg.NewGroups(a.o.Spec, a.o.Emission == Changes)
}

// flush adds the rows that wait.
func (a *aligned) flush() error {
	if len(a.touched) == 0 {
		return nil
	}
	var err error
	if a.o.Emission == Changes {
		err = a.addEach()
	} else {
		for _, h := range a.touched {
			a.addTo(h)
		}
	}
	for _, h := range a.touched {
		a.lists, h.sel = append(a.lists, h.sel[:0]), nil
	}
	a.touched = a.touched[:0]
	return err
}

// addTo adds the waiting rows of one holder.
func (a *aligned) addTo(h *holder) {
	sel := vec.Sel(h.sel)
	if a.rows.Sel == nil && len(sel) == a.b.N {
		sel = nil
	} else if len(sel) == len(a.rows.Sel) {
		sel = a.rows.Sel
	}
	rows := a.rows
	if !a.panes && !a.shape.one() {
		rows = a.weighted(h)
	}
	var sc *vec.Scope
	if len(a.touched) > 1 {
		sc = a.b.Scope.Pool().Open()
		rows = rows.In(a.o.Spec, sc, &a.part)
	}
	h.g.Reserve(min(4*len(h.sel), a.usual)) // out of order, a pane gets one row and then a quarter of all
	ids := h.g.Update(rows, sel)
	a.usual = max(h.g.Len(), a.usual-a.usual/8)
	if a.o.Emission == Coalesced {
		for _, i := range h.sel {
			h.changed.note(ids[i], a.b.OrdOf(int(i)))
		}
	}
	if sc != nil {
		sc.Close()
	}
}

// weighted gives the rows with weights only where h is the last window of the
// row: a row counts in many windows and is used once.
func (a *aligned) weighted(h *holder) *hashagg.Rows {
	b := *a.rows.Batch
	b.Weights = vec.Slice[int64](b.Scope, b.N)
	times := vec.Values[int64](b.Scope.Flat(b.Cols[a.o.Time]))
	for _, i := range h.sel {
		b.Weights[i] = 0
		if t := times[i]; t < h.start || a.shape.last(t) == h.bounds { // or a late row, in h only
			b.Weights[i] = a.b.WeightOf(int(i))
		}
	}
	rows := *a.rows
	rows.Batch = &b
	return &rows
}

// Flush closes everything: the input has ended.
func (a *aligned) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	a.b, a.emit = last, emit
	defer func() { a.b, a.emit = nil, nil }()
	if a.o.Emission == Coalesced {
		if err := a.emitChanged(a.pace.last(last)); err != nil {
			return err
		}
	}
	if err := a.close(arrowexec.EndOfTime, math.MaxInt); err != nil {
		return err
	}
	for _, h := range a.windows { // kept for corrections without end
		a.forget(h)
	}
	clear(a.windows)
	if a.panes {
		a.dropPanes(func(*holder) bool { return true })
	}
	a.mark = arrowexec.EndOfTime
	return nil
}
