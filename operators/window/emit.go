package window

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/hashagg"
)

// part is rows of some Groups, as columns.
type part struct {
	g    *hashagg.Groups
	ids  []int32
	cols *hashagg.Columns
}

// entry is one row to emit: row k of a part, caused by an input row.
type entry struct {
	part, k int32
	cause   int32 // row of the batch
	ord     int64
	mark    int64 // watermark before the cause
	weight  int64 // of the cause, when own
	w       bounds
}

// output emits rows of windows.
type output struct {
	o     *Options
	out   hashagg.Output
	shift int64 // how far the watermark of the output is behind that of the input
	late  int32 // row of the batch that corrects closed windows; -1: none

	// Used again by the next rows: a receiver copies what it keeps of a batch.
	entries []entry
	keys    []*vec.Builder
	groups  []*hashagg.Groups
	batch   arrowexec.Batch
	cols    []*vec.Vec
	none    []*vec.Vec // of no rows, made when first asked for
}

func newOutput(o *Options) output {
	// A row of a window that closes late has a time before the watermark; who reads
	// the rows must not find them late.
	shift := o.Lateness
	if o.Kind == Session {
		shift++
	}
	return output{o: o, out: hashagg.Output{Having: o.Having, Failures: o.Failures, Deletes: o.Deletes}, shift: shift, late: -1}
}

// whole lists all rows of the only part, of one window and caused by one row.
func (w *output) whole(p part, at bounds, ord, mark int64) []entry {
	w.entries = w.entries[:0]
	for k := range p.cols.N {
		w.entries = append(w.entries, entry{k: int32(k), ord: ord, mark: mark, w: at})
	}
	return w.entries
}

// send emits the entries in their order. own tells that the weights of the
// causes are still to be added.
func (w *output) send(ref *arrowexec.Batch, sc *vec.Scope, parts []part, es []entry, own bool, emit arrowexec.Emit) error {
	n := len(es)
	if n == 0 {
		return nil
	}
	b := &w.batch
	*b = arrowexec.Batch{Scope: sc, N: n, Seq: ref.Seq, Now: ref.Now, Ord: vec.Slice[int64](sc, n), Marks: vec.Slice[int64](sc, n)}
	var failed []hashagg.Failed
	b.Cols, failed = w.columns(sc, parts, es)
	start, end := sc.New(vec.TypeInt64, n), sc.New(vec.TypeInt64, n)
	starts, ends := vec.Values[int64](start), vec.Values[int64](end)
	ids, gs := vec.Slice[int32](sc, n), slices.Grow(w.groups[:0], n)[:n]
	w.groups = gs
	var weights []int64
	var causes []int32
	if own {
		weights, causes = vec.Slice[int64](sc, n), vec.Slice[int32](sc, n)
	}
	for j, e := range es {
		p := &parts[e.part]
		starts[j], ends[j] = e.w.start, e.w.end
		b.Ord[j], b.Marks[j] = e.ord, sub(e.mark, w.shift)
		ids[j], gs[j] = p.ids[e.k], p.g
		if own {
			weights[j], causes[j] = e.weight, e.cause
		}
	}
	b.Watermark = b.Marks[n-1]
	b.Cols = append(b.Cols, start, end)
	if w.o.OutputTime {
		t := sc.New(vec.TypeTimestamp, n)
		for j, x := range ends {
			vec.Values[int64](t)[j] = x - 1
		}
		b.Cols = append(b.Cols, t)
	}
	if w.out.Deletes {
		w.out.Blank = func(b *arrowexec.Batch, rows []int32) { w.blank(ref, b, rows, causes) }
	}
	return w.out.SendEach(b, failed, gs, ids, weights, causes, emit)
}

// blank leaves to rows that delete their key, and gives them the event times of
// their causes, which are rows of ref.
func (w *output) blank(ref, b *arrowexec.Batch, rows, causes []int32) {
	var times []int64
	if causes != nil || w.late >= 0 {
		of := vec.Values[int64](ref.Scope.Flat(ref.Cols[w.o.Time]))
		times = vec.Slice[int64](b.Scope, b.N)
		for j := range times {
			if times[j] = of[max(w.late, 0)]; causes != nil {
				times[j] = of[causes[j]]
			}
		}
	}
	w.o.Spec.Blank(b, rows, times)
	if w.o.OutputTime && times != nil {
		x := vec.Values[int64](b.Cols[len(b.Cols)-1])
		for _, k := range rows {
			x[k] = times[k]
		}
	}
}

// columns gives the columns of the entries: those of the only part as they are,
// or rows of several parts brought to one order.
func (w *output) columns(sc *vec.Scope, parts []part, es []entry) ([]*vec.Vec, []hashagg.Failed) {
	if len(parts) == 1 && len(es) == parts[0].cols.N {
		return parts[0].cols.Cols, parts[0].cols.Failed
	}
	types := w.o.Spec.Types()
	cols := make([]*vec.Vec, len(types), len(types)+3)
	for c, t := range types {
		bl := vec.NewBuilder(sc, t, len(es))
		for _, e := range es {
			bl.AppendRow(parts[e.part].cols.Cols[c], int(e.k))
		}
		cols[c] = bl.Finish()
	}
	var failed []hashagg.Failed
	for j, e := range es {
		for _, f := range parts[e.part].cols.Failed {
			if f.Row == e.k {
				failed = append(failed, hashagg.Failed{Row: int32(j), Err: f.Err})
			}
		}
	}
	return cols, failed
}

// keyColumns gives the columns of keys, with room for those of the calls and of the
// window behind them.
func (w *output) keyColumns(t *group.Table, sc *vec.Scope, keys []int32) []*vec.Vec {
	cols := slices.Grow(w.cols[:0], len(t.Types())+len(w.o.Spec.Calls)+3)
	w.cols = cols
	for k, x := range t.Types() {
		if k == len(w.keys) {
			w.keys = append(w.keys, &vec.Builder{})
		}
		w.keys[k].Init(sc, x, len(keys))
	}
	t.Keys(keys, w.keys)
	for _, b := range w.keys {
		cols = append(cols, b.Finish())
	}
	return cols
}

// pass passes on a watermark with no rows.
func (w *output) pass(b *arrowexec.Batch, mark int64, emit arrowexec.Emit) error {
	return emit(&arrowexec.Batch{Scope: b.Scope, Seq: b.Seq, Now: b.Now, Sel: vec.Sel{}, Watermark: sub(mark, w.shift),
		Cols: w.empty()})
}

func (w *output) empty() []*vec.Vec {
	if w.none != nil {
		return w.none
	}
	var cols []*vec.Vec
	for _, t := range w.o.Spec.Types() {
		cols = append(cols, vec.Empty(t))
	}
	cols = append(cols, vec.Empty(vec.TypeInt64), vec.Empty(vec.TypeInt64))
	if w.o.OutputTime {
		cols = append(cols, vec.Empty(vec.TypeTimestamp))
	}
	w.none = cols[:len(cols):len(cols)] // who appends makes a list of its own
	return w.none
}

// moved finds the row of b that brought the watermark to at least to, among the
// rows before position at: its sequence number, and the watermarks before and
// after it. mark is the watermark before position at.
func moved(b *arrowexec.Batch, at int, mark, known, to int64) (ord, before, after int64) {
	ms := b.Marks[:min(at, len(b.Marks))]
	if b.Marks == nil && b.N > 0 {
		return b.OrdOf(b.N - 1), known, mark
	}
	p := len(ms) - 1 // mostly the last of them
	if p < 1 || ms[p] < to || ms[p-1] >= to {
		p, _ = slices.BinarySearch(ms, to)
	}
	after = mark
	if p < len(ms) {
		after = ms[p]
	}
	if p == 0 { // before this batch
		ord = b.Seq - 1
		if b.N > 0 {
			ord = b.OrdOf(0) - 1
		}
		return ord, known, after
	}
	return b.OrdOf(p - 1), ms[p-1], after
}
