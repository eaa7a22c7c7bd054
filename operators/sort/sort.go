package sort

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Key is one ORDER BY item.
type Key struct {
	Expr       expr.Expr
	Desc       bool
	NullsFirst bool // the default of SQL is first with DESC and last with ASC
}

// Options of a sort.
type Options struct {
	Keys   []Key
	Limit  int64 // rows to give; negative: all
	Offset int64 // rows to leave out first
	// Runs are input columns, the bounds of a window: neighbouring rows of a batch
	// with equal values are one result of its own, sorted and cut for itself and
	// given with the batch. Nil: the whole input is one result.
	Runs     []int
	Failures *arrowexec.Failures
	Ledger   *arrowexec.Ledger
	// Max ends the run with an error when the rows kept take more bytes; 0: no
	// limit.
	Max  int64
	Name string // for errors
}

// Operator is a sort.
type Operator struct {
	o     Options
	width int // columns of the input; the rows kept have after them the keys that are none
	more  int // keys that are no columns of the input
	ctx   expr.Ctx
	rows  kept.Rows
	lent  lent
	top   int64 // how many of the least rows matter; negative: all
	worst *uint64
	held  int64 // rows that a run that ended early has left here
	many  int   // rows are moved before they are sorted: clusterFrom
}

// chunk is how many rows an emitted batch has at most: the offsets of texts, one more, fill
// a block that way.
const chunk = 8191

// layout is that of snapshots: the first had the columns of all keys behind those of the
// input, and nothing in them told.
const layout = "sort 2"

// New makes a sort.
func New(o Options) *Operator {
	s := &Operator{o: o, top: -1, width: -1, many: clusterFrom}
	if o.Limit >= 0 && o.Limit < 1<<40 && o.Offset < 1<<40 { // more than that never comes
		s.top = o.Limit + o.Offset
	}
	for _, k := range o.Keys {
		if _, ok := k.Expr.(*expr.Column); !ok {
			s.more++
		}
	}
	s.rows.Lean, s.rows.Layout = s.top < 0, layout
	return s
}

// Process keeps the rows, or, with a limit, those that may be among the first.
func (s *Operator) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := s.rows.Open(b.Scope.Pool()); err != nil {
		return err
	}
	if b.Rows() == 0 {
		if s.o.Runs == nil {
			return nil
		}
		return emit(b)
	}
	s.ctx.Reset(b)
	s.width = len(b.Cols)
	cols := append(make([]*vec.Vec, 0, len(b.Cols)+len(s.o.Keys)), b.Cols...)
	for _, k := range s.o.Keys {
		if _, ok := k.Expr.(*expr.Column); !ok {
			cols = append(cols, k.Expr.Eval(&s.ctx, b.Sel))
		}
	}
	sel, err := s.ctx.Survivors(b.Sel, s.o.Failures)
	if err != nil {
		return err
	}
	if s.o.Runs != nil {
		return s.sortRuns(b, cols, sel, emit)
	}
	if s.worst != nil {
		sel = s.better(b, s.keyed(cols)[0], sel)
	}
	if !s.lend(b, cols, sel) {
		s.settle()
		s.rows.Append(b, cols, sel)
	}
	if s.top >= 0 && int64(s.rows.Len()) >= 2*s.top+chunk {
		s.prune()
	}
	if s.o.Max > 0 {
		st := s.State()
		if err := st.Exceeds(s.o.Max, s.o.Name, fmt.Sprintf("%d rows", st.Keys), ", filter the rows first or add LIMIT"); err != nil {
			return err
		}
	}
	return nil // the watermark waits for the rows: who reads them must not find them late
}

// better drops rows whose first key is beyond that of the last row that matters.
func (s *Operator) better(b *arrowexec.Batch, first *vec.Vec, sel vec.Sel) vec.Sel {
	if out, ok := s.betterValues(b, first, sel); ok {
		s.o.Ledger.Filtered += b.Weight(sel) - b.Weight(out)
		return out
	}
	v := b.Scope.Gather(b.Scope.Flat(first), sel)
	key := newKey(s.o.Keys[0], v)
	out := vec.Slice[int32](b.Scope, v.Len)[:0]
	for j := range v.Len {
		row := int32(j)
		if sel != nil {
			row = sel[j]
		}
		if v.IsNull(j) {
			if !key.nullsFirst { // the worst row that matters is not NULL
				continue
			}
		} else if key.prefix[j] > *s.worst {
			continue
		}
		out = append(out, row)
	}
	s.o.Ledger.Filtered += b.Weight(sel) - b.Weight(out)
	return out
}

// prune drops all rows but the first that matter.
func (s *Operator) prune() {
	keys := s.keys(s.rows.Columns())
	idx := order(keys, ascending(s.rows.Len()))
	keep := idx[:s.top]
	for _, i := range idx[s.top:] {
		s.o.Ledger.Filtered += s.rows.Weights[i]
	}
	s.worst = nil
	if len(keep) > 0 && len(keys) > 0 {
		if last := keep[len(keep)-1]; !keys[0].col.IsNull(int(last)) {
			w := keys[0].prefix[last]
			s.worst = &w
		}
	}
	keep = append([]int32(nil), keep...)
	arrival(keep)
	s.rows.Keep(keep)
}

// keyed gives the columns of the keys among those of the rows kept.
func (s *Operator) keyed(cols []*vec.Vec) []*vec.Vec {
	list := make([]*vec.Vec, len(s.o.Keys))
	own := cols[len(cols)-s.more:]
	for k, key := range s.o.Keys {
		if c, ok := key.Expr.(*expr.Column); ok {
			list[k] = cols[c.Index]
		} else {
			list[k], own = own[0], own[1:]
		}
	}
	return list
}

func (s *Operator) keys(cols []*vec.Vec) []sortKey {
	keys := make([]sortKey, len(s.o.Keys))
	for k, col := range s.keyed(cols) {
		keys[k] = newKey(s.o.Keys[k], col)
	}
	return keys
}

// Flush gives all rows in order.
func (s *Operator) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := s.rows.Open(last.Scope.Pool()); err != nil {
		return err
	}
	defer s.rows.Close()
	defer s.lent.close()
	if s.rows.Len()+s.lent.n == 0 {
		return nil
	}
	own := last.Scope.Pool().Open()
	defer own.Close()
	out := s.sort(own)
	for from := 0; from < len(out.order); from += chunk {
		sc := last.Scope.Pool().Open()
		err := emit(s.batch(sc, last, out, from, min(from+chunk, len(out.order))))
		sc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// cut applies LIMIT and OFFSET to sorted rows; what is cut off is filtered.
func (s *Operator) cut(idx []int32, weight func(int) int64) []int32 {
	from := int(min(s.o.Offset, int64(len(idx))))
	to := len(idx)
	if s.top >= 0 {
		to = int(min(s.top, int64(to)))
	}
	for _, part := range [][]int32{idx[:from], idx[to:]} {
		for _, i := range part {
			s.o.Ledger.Filtered += weight(int(i))
		}
	}
	return idx[from:to]
}

func ascending(n int) []int32 {
	idx := make([]int32, n)
	for i := range idx {
		idx[i] = int32(i)
	}
	return idx
}

// Holds is the first row kept.
func (s *Operator) Holds() (int64, bool) {
	if s.lent.n > 0 {
		return s.lent.seq, true
	}
	return s.rows.MinOrd()
}

// Close drops the rows kept when a run ends before its input.
func (s *Operator) Close() {
	for i := range s.rows.Len() {
		s.held += s.rows.Weigh(i)
	}
	s.held += int64(s.lent.n)
	s.lent.close()
	s.rows.Close()
}

// Fate is that of the rows that were kept when the run ended before its input.
func (s *Operator) Fate() (filtered, held int64) { return 0, s.held }

// State tells how many rows are kept.
func (s *Operator) State() arrowexec.State {
	return arrowexec.State{Keys: int64(s.rows.Len() + s.lent.n), Bytes: s.rows.Bytes() + s.lent.bytes}
}

// Snapshot writes down the rows kept.
func (s *Operator) Snapshot() ([]arrow.Record, error) {
	s.settle()
	if s.rows.Len() == 0 {
		return nil, nil
	}
	return []arrow.Record{s.rows.Snapshot()}, nil
}

// Restore reads a snapshot.
func (s *Operator) Restore(recs []arrow.Record) error {
	if len(recs) == 0 {
		return nil
	}
	if len(recs) > 1 {
		return errors.New("the snapshot is not of a sort")
	}
	return s.rows.Restore(recs[0])
}
