package window

import (
	"cmp"
	"errors"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/hashagg"
	"github.com/velostream/velo/operators/kept"
)

var errSnapshot = errors.New("the snapshot is not of this window operator")

// Snapshot writes down the open windows, or panes: first a record with a row for
// each and a row for the watermark, then a record with the groups of each.
func (a *aligned) Snapshot() ([]arrow.Record, error) {
	var hs []*holder
	for _, h := range a.windows {
		hs = append(hs, h)
	}
	slices.SortFunc(hs, func(x, y *holder) int { return cmp.Or(cmp.Compare(x.end, y.end), cmp.Compare(x.start, y.start)) })
	windows := len(hs)
	hs = append(hs, a.sorted...)
	panes := len(hs)
	hs = append(hs, a.done...)
	var table [7][]int64
	row := func(x ...int64) {
		for c, v := range x {
			table[c] = append(table[c], v)
		}
	}
	ps := a.pace.state()
	row(a.mark, ps[0], ps[1], ps[2], a.arrived, 0, 0)
	recs := []arrow.Record{nil}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	for k, h := range hs {
		row(h.start, h.end, h.until, truth(h.closed), truth(k >= windows)+truth(k >= panes), truth(h.g != nil), h.ord)
		if h.g == nil {
			continue
		}
		sc := pool.Open()
		if h.absorbed {
			a.shared.giveBack(h)
		}
		ids := h.g.Table.Order()
		ord := make([]int64, len(ids))
		for k, id := range ids {
			ord[k] = -1
			if int(id) < len(h.changed.ord) {
				ord[k] = h.changed.ord[id]
			}
		}
		recs = append(recs, kept.Record(len(ids), append(h.g.Snapshot(sc, ids), kept.Int64s(ord))))
		sc.Close()
		if h.absorbed {
			a.shared.takeOver(h)
		}
	}
	recs[0] = int64Record(table[:])
	return recs, nil
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func int64Record(table [][]int64) arrow.Record {
	var cols []*vec.Vec
	for _, c := range table {
		cols = append(cols, kept.Int64s(c))
	}
	return kept.Record(len(table[0]), cols)
}

// readInt64s reads a record made by int64Record.
func readInt64s(sc *vec.Scope, rec arrow.Record, columns int) ([][]int64, error) {
	if int(rec.NumCols()) != columns {
		return nil, errSnapshot
	}
	cols, err := kept.Columns(sc, rec)
	if err != nil {
		return nil, err
	}
	out := make([][]int64, columns)
	for c, v := range cols {
		if v.Kind != vec.Int64 {
			return nil, errSnapshot
		}
		out[c] = slices.Clone(vec.Values[int64](v))
	}
	return out, nil
}

// Restore reads a snapshot into a fresh operator.
func (a *aligned) Restore(recs []arrow.Record) error {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	if len(recs) == 0 {
		return errSnapshot
	}
	t, err := readInt64s(sc, recs[0], 7)
	if err != nil || len(t[0]) == 0 {
		return cmp.Or(err, errSnapshot)
	}
	a.mark, a.arrived = t[0][0], t[4][0]
	a.pace.restore(t[1][0], t[2][0], t[3][0])
	next := 1
	for k := 1; k < len(t[0]); k++ {
		h := &holder{bounds: bounds{t[0][k], t[1][k]}, until: t[2][k], closed: t[3][k] != 0, ord: t[6][k]}
		if t[5][k] != 0 {
			if next == len(recs) {
				return errSnapshot
			}
			if err := a.restoreGroups(sc, h, recs[next]); err != nil {
				return err
			}
			next++
		}
		switch {
		case t[4][k] == 2:
			a.done = append(a.done, h)
			continue
		case t[4][k] != 0:
			a.pane[h.start] = h
			a.sorted = append(a.sorted, h)
			a.fresh = append(a.fresh, h)
			continue
		case !h.closed:
			a.open.push(h)
		case a.o.Retention > 0:
			a.old.push(h)
		}
		a.windows[h.bounds] = h
	}
	return nil
}

func (a *aligned) restoreGroups(sc *vec.Scope, h *holder, rec arrow.Record) error {
	h.g = hashagg.NewGroups(a.o.Spec, a.o.Emission == Changes)
	if rec.NumRows() == 0 {
		return nil
	}
	cols, err := kept.Columns(sc, rec)
	if err != nil {
		return err
	}
	n := len(cols) - 1
	if err := h.g.Restore(sc, cols[:n]); err != nil {
		return err
	}
	for id, ord := range vec.Values[int64](cols[n]) {
		if ord >= 0 {
			h.changed.note(int32(id), ord)
		}
	}
	return nil
}

// Snapshot writes down the sessions: the watermark, the keys, and the sessions
// with their states, in the order in which they began.
func (s *sessions) Snapshot() ([]arrow.Record, error) {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	all := make([]int32, s.keys.Len())
	for k := range all {
		all[k] = int32(k)
	}
	keys := kept.Record(len(all), s.keys.Snapshot(sc, all))
	var ids []int32
	var t [7][]int64
	for id := range s.all {
		x := &s.all[id]
		if !x.live {
			continue
		}
		ord := int64(-1)
		if id < len(s.changed.ord) {
			ord = s.changed.ord[id]
		}
		for c, v := range []int64{x.start, x.end, x.ord, int64(x.key), truth(x.closed), ord, x.first} {
			t[c] = append(t[c], v)
		}
		ids = append(ids, int32(id))
	}
	cols := s.g.SnapshotNumbered(sc, ids)
	for _, c := range t {
		cols = append(cols, kept.Int64s(c))
	}
	ps := s.pace.state()
	return []arrow.Record{int64Record([][]int64{{s.mark}, {ps[0]}, {ps[1]}, {ps[2]}, {s.arrived}}), keys, kept.Record(len(ids), cols)}, nil
}

// Restore reads a snapshot into a fresh operator.
func (s *sessions) Restore(recs []arrow.Record) error {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	if len(recs) != 3 {
		return errSnapshot
	}
	first, err := readInt64s(sc, recs[0], 5)
	if err != nil || len(first[0]) != 1 {
		return cmp.Or(err, errSnapshot)
	}
	s.mark, s.arrived = first[0][0], first[4][0]
	s.pace.restore(first[1][0], first[2][0], first[3][0])
	if recs[1].NumRows() == 0 {
		return nil
	}
	keys, err := kept.Columns(sc, recs[1])
	if err != nil {
		return err
	}
	if len(keys) != len(s.keys.Types())+2 {
		return errSnapshot
	}
	s.keys.Restore(sc, keys)
	s.head = slices.Repeat([]int32{-1}, s.keys.Len())
	n := int(recs[2].NumRows())
	if n == 0 {
		return nil
	}
	cols, err := kept.Columns(sc, recs[2])
	if err != nil || len(cols) < 9 {
		return cmp.Or(err, errSnapshot)
	}
	var t [7][]int64
	for c := range t {
		t[c] = vec.Values[int64](cols[len(cols)-7+c])
	}
	for k := range n {
		id := s.start(int32(t[3][k]), bounds{t[0][k], t[1][k]}, t[2][k], t[6][k], t[4][k] != 0)
		if t[4][k] != 0 && s.o.Late != UpdatePrevious {
			s.done = append(s.done, id)
		}
		if t[5][k] >= 0 {
			s.changed.note(id, t[5][k])
		}
	}
	s.g = hashagg.NewGroups(s.o.Spec, true)
	return s.g.RestoreNumbered(sc, cols[:len(cols)-7])
}

var (
	_ arrowexec.Snapshotter = (*aligned)(nil)
	_ arrowexec.Snapshotter = (*sessions)(nil)
)
