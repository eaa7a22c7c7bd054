package union

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Ordered joins k inputs that end, one after the other: the rows of an input that
// comes before its turn are kept until those before it have ended. It moves no
// watermark. All ports run on one goroutine.
type Ordered struct {
	rows  []kept.Rows
	ended []bool
	turn  int
	types []arrow.DataType
	limit int64
}

// NewOrdered makes a union of k inputs, whose columns have the types. It may keep
// limit bytes, 0: no limit.
func NewOrdered(k int, types []arrow.DataType, limit int64) *Ordered {
	return &Ordered{rows: make([]kept.Rows, k), ended: make([]bool, k), types: types, limit: limit}
}

// Port is the operator for input p, from 0.
func (u *Ordered) Port(p int) arrowexec.Operator { return &orderedPort{u: u, p: p} }

type orderedPort struct {
	arrowexec.Stateless
	u *Ordered
	p int
}

// Process passes the rows on when it is their turn, and keeps them until then.
func (p *orderedPort) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	u := p.u
	if err := u.rows[p.p].Open(b.Scope.Pool()); err != nil {
		return err
	}
	if p.p == u.turn && u.rows[p.p].Len() == 0 {
		out := b.With(b.Cols, b.Sel)
		out.Marks, out.Watermark = nil, arrowexec.NoWatermark
		return emit(out)
	}
	if b.Rows() > 0 {
		u.rows[p.p].Append(b, b.Cols, b.Sel)
	}
	st := p.State()
	return st.Exceeds(u.limit, "UNION ALL", "rows of a later member", ", let the member that takes longest stand last")
}

// Flush ends the input and gives the turn to the next one.
func (p *orderedPort) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	u := p.u
	u.ended[p.p] = true
	for u.turn < len(u.ended) && u.ended[u.turn] {
		if u.turn++; u.turn == len(u.ended) {
			break
		}
		if err := u.release(&u.rows[u.turn], last, emit); err != nil {
			return err
		}
	}
	return nil
}

// chunk is how many rows are given at once.
const chunk = 8192

func (u *Ordered) release(r *kept.Rows, last *arrowexec.Batch, emit arrowexec.Emit) error {
	if err := r.Open(last.Scope.Pool()); err != nil {
		return err
	}
	defer r.Close()
	cols, n := r.Columns(), r.Len()
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		sc := last.Scope.Pool().Open()
		out := &arrowexec.Batch{Scope: sc, N: to - from, Seq: last.Seq, Now: last.Now, Watermark: arrowexec.NoWatermark, Ord: r.Ord[from:to], Weights: r.Weights[from:to]}
		for _, v := range cols {
			out.Cols = append(out.Cols, sc.Slice(v, from, to))
		}
		err := emit(out)
		sc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Close drops the rows kept when a run ends early.
func (p *orderedPort) Close() { p.u.rows[p.p].Close() }

// State is what the port keeps.
func (p *orderedPort) State() arrowexec.State {
	r := &p.u.rows[p.p]
	return arrowexec.State{Keys: int64(r.Len()), Bytes: r.Bytes()}
}

// Fate tells of rows that are kept when a run ends early.
func (p *orderedPort) Fate() (filtered, held int64) {
	for _, w := range p.u.rows[p.p].Weights {
		held += w
	}
	return 0, held
}

// Holds is the first row kept.
func (p *orderedPort) Holds() (int64, bool) { return p.u.rows[p.p].MinOrd() }

// Snapshot writes down whether the input has ended, and its rows.
func (p *orderedPort) Snapshot() ([]arrow.Record, error) {
	var ended int64
	if p.u.ended[p.p] {
		ended = 1
	}
	return []arrow.Record{kept.Record(1, []*vec.Vec{kept.Int64s([]int64{ended})}), p.u.rows[p.p].Snapshot()}, nil
}

// Restore reads a snapshot into a fresh port. The ports of ended inputs have had
// their turn.
func (p *orderedPort) Restore(recs []arrow.Record) error {
	if len(recs) != 2 || recs[0].NumCols() != 1 || recs[0].NumRows() != 1 {
		return errSnapshot
	}
	c, ok := recs[0].Column(0).(*array.Int64)
	if !ok {
		return errSnapshot
	}
	u := p.u
	u.ended[p.p] = c.Value(0) != 0
	u.turn = 0
	for u.turn < len(u.ended) && u.ended[u.turn] {
		u.turn++
	}
	return u.rows[p.p].Restore(recs[1])
}

var _ arrowexec.Snapshotter = (*orderedPort)(nil)
