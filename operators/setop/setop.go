package setop

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/kept"
)

// Options of a set operation.
type Options struct {
	Except bool // else INTERSECT
	All    bool
	// Types are those of the columns that are compared, the first of both inputs;
	// what the left input has behind them goes on with its rows.
	Types  []arrow.DataType
	Ledger *arrowexec.Ledger
	// Limit ends the run with an error when the state takes more bytes; 0: none.
	Limit int64
}

// Op is INTERSECT or EXCEPT. Both ports run on one goroutine.
type Op struct {
	o     Options
	table *group.Table
	// right counts the rows of the right input by group and sums their weights;
	// left counts the rows of the left one.
	right, left  []int64
	rightWeights []int64
	rows         kept.Rows // of the left input
	ids          []int32   // group of each row kept
	open         int       // inputs that have not ended
}

// chunk is how many rows an emitted batch has at most.
const chunk = 8192

// New makes the operator.
func New(o Options) *Op { return &Op{o: o, table: group.New(o.Types), open: 2} }

// Left and Right are the operators for the inputs.
func (s *Op) Left() arrowexec.Operator { return &port{s: s} }

// Right is the port of the right input.
func (s *Op) Right() arrowexec.Operator { return &port{s: s, right: true} }

type port struct {
	s     *Op
	right bool
}

// Process numbers the rows; those of the left input are kept.
func (p *port) Process(b *arrowexec.Batch, _ arrowexec.Emit) error {
	s := p.s
	if err := s.rows.Open(b.Scope.Pool()); err != nil {
		return err
	}
	if b.Rows() == 0 {
		return nil
	}
	ids := vec.Slice[int32](b.Scope, b.N)
	s.table.Assign(b, b.Cols[:len(s.o.Types)], b.Sel, ids)
	s.right, s.left, s.rightWeights = grown(s.right, s.table.Len()), grown(s.left, s.table.Len()), grown(s.rightWeights, s.table.Len())
	if p.right {
		each(b, func(i int) {
			s.right[ids[i]]++
			s.rightWeights[ids[i]] += b.WeightOf(i)
		})
	} else {
		s.keep(b, ids)
	}
	if n := s.State().Bytes; s.o.Limit > 0 && n > s.o.Limit {
		return fmt.Errorf("state of %s takes %d bytes for %d rows, more than the limit of %d bytes; raise the limit or filter the inputs", s.name(), n, s.table.Len(), s.o.Limit)
	}
	return nil
}

// keep copies the rows of the left input that may be in the result.
func (s *Op) keep(b *arrowexec.Batch, ids []int32) {
	sel := vec.Slice[int32](b.Scope, b.Rows())[:0]
	each(b, func(i int) {
		id := ids[i]
		if s.left[id]++; s.left[id] > 1 && !s.o.All {
			s.o.Ledger.Filtered += b.WeightOf(i)
			return
		}
		sel = append(sel, int32(i))
		s.ids = append(s.ids, id)
	})
	s.rows.Append(b, b.Cols, sel)
}

func (s *Op) name() string {
	if s.o.Except {
		return "EXCEPT"
	}
	return "INTERSECT"
}

// Flush of the port that ends last gives the result.
func (p *port) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	s := p.s
	if err := s.rows.Open(last.Scope.Pool()); err != nil {
		return err
	}
	if s.open--; s.open > 0 {
		return nil
	}
	defer s.close()
	order := s.result()
	cols := s.rows.Columns()
	for from := 0; from < len(order); from += chunk {
		part := order[from:min(from+chunk, len(order))]
		sc := last.Scope.Pool().Open()
		// The rows are those of a read that is over, none of them is late.
		out := &arrowexec.Batch{Scope: sc, N: len(part), Seq: last.Seq, Watermark: arrowexec.NoWatermark, Now: last.Now,
			Ord: vec.Slice[int64](sc, len(part)), Weights: vec.Slice[int64](sc, len(part))}
		for _, v := range cols {
			g := vec.NewBuilder(sc, v.Type, len(part))
			g.AppendSel(v, part)
			out.Cols = append(out.Cols, g.Finish())
		}
		for j, i := range part {
			out.Ord[j], out.Weights[j] = s.rows.Ord[i], s.rows.Weights[i]
		}
		err := emit(out)
		sc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// result picks the rows that stay. Rows that do not, and right rows that no row
// of the result stands for, are filtered.
func (s *Op) result() vec.Sel {
	var out vec.Sel
	for k, id := range s.ids {
		if !s.stays(id) {
			s.o.Ledger.Filtered += s.rows.Weights[k]
			continue
		}
		if !s.o.Except { // the first stands for the equal rows on the right
			s.rows.Weights[k] += s.rightWeights[id]
			s.rightWeights[id] = 0
		}
		out = append(out, int32(k))
	}
	for _, w := range s.rightWeights {
		s.o.Ledger.Filtered += w
	}
	return out
}

// stays decides about the next row of a group.
func (s *Op) stays(id int32) bool {
	switch {
	case !s.o.All:
		return (s.right[id] == 0) == s.o.Except
	case s.o.Except:
		if s.left[id] <= s.right[id] {
			return false
		}
		s.left[id]--
		return true
	}
	if s.right[id] == 0 {
		return false
	}
	s.right[id]--
	return true
}

// Holds is the first row kept.
func (p *port) Holds() (int64, bool) {
	if p.right {
		return 0, false
	}
	return p.s.rows.MinOrd()
}

// Close drops the rows kept when a run ends before its inputs.
func (p *port) Close() { p.s.close() }

func (s *Op) close() {
	s.rows.Close()
	s.ids = nil
}

// State of the operator is told by the left port.
func (p *port) State() arrowexec.State {
	if p.right {
		return arrowexec.State{}
	}
	return p.s.State()
}

// State tells how many distinct rows are known and what they take.
func (s *Op) State() arrowexec.State {
	return arrowexec.State{Keys: int64(s.table.Len()), Bytes: s.table.Bytes() + s.rows.Bytes() + int64(cap(s.left)+cap(s.right)+cap(s.rightWeights))*8 + int64(cap(s.ids))*4}
}

func grown(x []int64, n int) []int64 {
	for len(x) < n {
		x = append(x, 0)
	}
	return x
}

func each(b *arrowexec.Batch, f func(int)) {
	if b.Sel == nil {
		for i := range b.N {
			f(i)
		}
	}
	for _, i := range b.Sel {
		f(int(i))
	}
}
