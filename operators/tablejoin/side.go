package tablejoin

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// What is known of a row that is kept.
const (
	used    uint8 = 1 << iota // it came out, or its weight did
	broken                    // a condition on one of its pairs could not be computed
	settled                   // its fate is counted
	gone                      // the row that takes it back has come
	linked                    // it is in the list of its key
	stands                    // as far as events have been gone through it is in the table
	touched                   // the group at hand may change whether it stands alone
	undone                    // taken back by the record that added it
)

// side is one input. Rows of a table are numbered as they come; -1 is no row.
type side struct {
	table bool
	outer bool // preserved
	right bool
	first int // place of its first column among those of both sides
	types []arrow.DataType
	on    expr.Expr
	keys  []expr.Expr
	safe  []bool // keys where NULL equals NULL
	time  int    // column of the event time, -1: none
	keep  []int  // columns that are kept
	at    []int  // place of a column among them, -1: not kept

	ctx   expr.Ctx
	rows  kept.Rows  // by sequence number, ascending
	cols  []*vec.Vec // views of them; nil: to be made anew
	all   []*vec.Vec // the same by column of the input
	ids   []int32    // key of a row, -1: it matches nothing
	prev  []int32    // in the list of the key, as they were added
	next  []int32
	flags []uint8
	// Of a preserved side of two tables: how many pairs each row is in, those whose
	// condition failed included, and the sequence number under which it stands alone
	// in the result, -1 when it does not.
	matches []int32
	alone   []int64

	head, tail []int32 // by key
	garbage    int     // rows that are gone
	near       int     // rows of one record before it are gone

	changes []change // that have come and are not applied
	moved   bool     // the watermark has
	mark    int64    // watermark, as far as changes have been gone through
	read    int64    // watermark, as far as they have been read
	ended   bool
}

// change is a row of a table that comes or goes. Without a row (-1) it is of one
// that is not kept.
type change struct {
	ord, mark int64
	weight    int64 // of the input rows it stands for, unless the row has it
	cause     int64 // event time of the record, noTime: it is not known
	row       int32
	back      bool
}

// counts tells that matches are counted: it is a preserved side of two tables.
func (j *Join) counts(s *side) bool { return s.outer && j.tables() }

// take keeps the rows of a batch of a table and lines its changes up.
func (j *Join) take(s *side, b *arrowexec.Batch) error {
	if b.Watermark > s.read {
		s.read, s.moved = b.Watermark, true
	}
	if b.Rows() == 0 {
		return nil
	}
	alive, can, keys, err := j.judge(s, b)
	if err != nil {
		return err
	}
	ids := none(b)
	back, come := s.split(b, can)
	number(j.keys, b, keys, come, ids)
	if len(back) > 0 {
		j.keys.Lookup(b.Scope, keys, b.N, back, ids)
		for _, i := range back {
			if ids[i] < 0 {
				ids[i] = -2 // a row of this key was never kept
			}
		}
	}
	sel := come
	if s.outer { // those that match nothing stand alone
		_, sel = s.split(b, alive)
	}
	row := int32(s.rows.Len())
	j.append(s, b, sel, ids)
	k, n, first := 0, sel.Count(b.N), len(s.changes)
	s.changes = slices.Grow(s.changes, alive.Count(b.N))
	for q := range alive.Count(b.N) {
		i := at(alive, q)
		c := change{ord: b.OrdOf(int(i)), mark: b.MarkOf(int(i)), row: -1, cause: s.cause(b, int(i))}
		switch {
		case b.Retracted(int(i)):
			c.back, c.weight = true, b.WeightOf(int(i))
			if s.outer || ids[i] >= 0 {
				c.row = s.find(b, int(i), ids[i])
			}
		case k < n && at(sel, k) == i:
			c.row = row
			row++
			k++
		default:
			c.weight = b.WeightOf(int(i))
		}
		s.changes = append(s.changes, c)
	}
	if !j.tables() {
		j.passOn(s, s.changes[first:])
	}
	return j.full()
}

// passOn gives the weight of rows taken back, and of those not kept, to the first
// row that the same record adds: beside a stream changes come out only with that.
func (j *Join) passOn(s *side, list []change) {
	for len(list) > 0 {
		n := same(list, list[0].ord)
		w, to := int64(0), int32(-1)
		for _, c := range list[:n] {
			w += c.weight
			if to < 0 && !c.back {
				to = c.row
			}
		}
		if to >= 0 {
			s.rows.Weights[to] += w
		} else {
			j.o.Ledger.Filtered += w
		}
		list = list[n:]
	}
}

// noTime is the event time that is not known.
const noTime = arrowexec.NoWatermark

// cause is the event time of the record that row i of a batch comes from. What is
// taken back has that of the record that had added it.
func (s *side) cause(b *arrowexec.Batch, i int) int64 {
	switch {
	case b.Causes != nil:
		return b.Causes[i]
	case s.time < 0 || b.Retracted(i) || b.Cols[s.time].IsNull(i):
		return noTime
	}
	return b.Cols[s.time].Int64At(i)
}

// split tells rows taken back from those added.
func (s *side) split(b *arrowexec.Batch, sel vec.Sel) (back, come vec.Sel) {
	if b.Retracts == nil {
		return nil, sel
	}
	n := sel.Count(b.N)
	back, come = vec.Slice[int32](b.Scope, n)[:0], vec.Slice[int32](b.Scope, n)[:0]
	for q := range n {
		if i := at(sel, q); b.Retracts[i] == arrowexec.Added {
			come = append(come, i)
		} else {
			back = append(back, i)
		}
	}
	return back, come
}

// append keeps rows, in no list yet.
func (j *Join) append(s *side, b *arrowexec.Batch, sel vec.Sel, ids []int32) {
	n := sel.Count(b.N)
	if n == 0 {
		return
	}
	list := make([]*vec.Vec, len(s.keep))
	for i, c := range s.keep {
		list[i] = b.Cols[c]
	}
	s.rows.Append(b, list, sel)
	s.cols = nil
	for q := range n {
		s.ids = append(s.ids, ids[at(sel, q)])
	}
	s.extend(j.counts(s))
}

// extend gives the rows that were appended what is known of a new row.
func (s *side) extend(counts bool) {
	for range s.rows.Len() - len(s.flags) {
		s.flags, s.prev, s.next = append(s.flags, 0), append(s.prev, -1), append(s.next, -1)
		if counts {
			s.matches, s.alone = append(s.matches, 0), append(s.alone, -1)
		}
	}
}

// columns views the rows.
func (s *side) columns() []*vec.Vec {
	if s.cols == nil {
		s.cols, s.all = s.rows.Columns(), nil
	}
	return s.cols
}

// wide views the rows as columns of the input, nil for those that are not kept.
func (s *side) wide() []*vec.Vec {
	cols := s.columns()
	if s.all != nil {
		return s.all
	}
	s.all = make([]*vec.Vec, len(s.types))
	for k, v := range cols { // none while there are no rows
		s.all[s.keep[k]] = v
	}
	return s.all
}

// find gives the row that row i of a batch takes back, of equal rows the first; -1
// when there is none. It looks among the rows that the same record had added and
// among those of the key, in step, so that the cost is that of the fewer.
func (s *side) find(b *arrowexec.Batch, i int, id int32) int32 {
	ord := b.Retracts[i]
	start, ok := slices.BinarySearch(s.rows.Ord, ord)
	if !ok {
		return -1
	}
	n := s.rows.Len()
	if k := s.near; k > start && k < n && s.rows.Ord[k] == ord { // those before are gone
		start = k
	}
	x := s.list(id)
	for row := start; row < n && s.rows.Ord[row] == ord; row++ {
		if s.is(row, b, i, id) {
			return s.found(start, row)
		}
		if x < 0 {
			continue
		}
		if s.rows.Ord[x] == ord && s.is(int(x), b, i, id) {
			return s.found(start, int(x))
		}
		x = s.next[x]
	}
	return -1
}

// found notes that a row goes. Records that take back what another one added do so
// in its order, most often: the next search begins behind the rows that are gone.
func (s *side) found(start, row int) int32 {
	s.flags[row] |= gone
	s.garbage++
	if row == start {
		s.near = row + 1
	}
	return int32(row)
}

// is tells whether a row that is kept is row i of a batch.
func (s *side) is(row int, b *arrowexec.Batch, i int, id int32) bool {
	if s.flags[row]&gone != 0 || s.ids[row] != id {
		return false
	}
	for k, v := range s.columns() {
		w := b.Cols[s.keep[k]]
		null := v.IsNull(row)
		if null != w.IsNull(i) || !null && expr.CompareRows(v, row, w, i) != 0 {
			return false
		}
	}
	return true
}

// link puts a row at the end of the list of its key.
func (s *side) link(row int32) {
	s.flags[row] |= linked
	id := s.ids[row]
	if id < 0 {
		return
	}
	for int(id) >= len(s.head) {
		s.head, s.tail = append(s.head, -1), append(s.tail, -1)
	}
	last := s.tail[id]
	s.prev[row], s.next[row], s.tail[id] = last, -1, row
	if last >= 0 {
		s.next[last] = row
	} else {
		s.head[id] = row
	}
}

// unlink takes a row out of the list of its key.
func (s *side) unlink(row int32) {
	s.flags[row] &^= linked
	id := s.ids[row]
	if id < 0 {
		return
	}
	before, after := s.prev[row], s.next[row]
	if before >= 0 {
		s.next[before] = after
	} else {
		s.head[id] = after
	}
	if after >= 0 {
		s.prev[after] = before
	} else {
		s.tail[id] = before
	}
}

// list is the first row of a key, -1 for none.
func (s *side) list(id int32) int32 {
	if id < 0 || int(id) >= len(s.head) {
		return -1
	}
	return s.head[id]
}

// settle counts the fate of a row that is forgotten.
func (j *Join) settle(s *side, row int32) {
	if s.flags[row]&(used|settled) != 0 {
		return
	}
	s.flags[row] |= settled
	if s.flags[row]&broken != 0 {
		j.o.Ledger.Failed += s.rows.Weights[row]
	} else {
		j.o.Ledger.Filtered += s.rows.Weights[row]
	}
}

// settleChanges forgets the changes, and counts the fate of the rows that are
// gone with them.
func (j *Join) settleChanges(s *side) {
	for _, c := range s.changes {
		if c.back && c.row >= 0 {
			j.settle(s, c.row)
		}
	}
	s.changes, s.moved = s.changes[:0], false
}

// see notes that a row comes out and gives its weight the first time.
func (s *side) see(row int32) int64 {
	if s.flags[row]&used != 0 {
		return 0
	}
	s.flags[row] |= used
	return s.rows.Weights[row]
}
