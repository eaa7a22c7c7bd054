package union

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/kept"
)

// Union joins k inputs. All ports run on one goroutine.
type Union struct {
	marks []int64 // watermark of each port; EndOfTime once it has ended
	mark  int64   // the least of them, as passed on
	types []arrow.DataType
}

var errSnapshot = errors.New("the snapshot is not of this union")

// New makes a union of k inputs, whose columns have the types.
func New(k int, types []arrow.DataType) *Union {
	u := &Union{marks: make([]int64, k), mark: arrowexec.NoWatermark, types: types}
	for p := range u.marks {
		u.marks[p] = arrowexec.NoWatermark
	}
	return u
}

// Port is the operator for input p, from 0.
func (u *Union) Port(p int) arrowexec.Operator { return &port{u: u, p: p} }

type port struct {
	arrowexec.Stateless
	u *Union
	p int
}

// others is the least watermark of the other ports.
func (p *port) others() int64 {
	least := int64(arrowexec.EndOfTime)
	for i, m := range p.u.marks {
		if i != p.p {
			least = min(least, m)
		}
	}
	return least
}

// Process passes rows on under the watermark of the union.
func (p *port) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	others := p.others()
	out := b.With(b.Cols, b.Sel)
	if b.Marks != nil {
		marks := vec.Slice[int64](b.Scope, len(b.Marks))
		for i, m := range b.Marks { // those of rows that are not selected only say which row moved it
			marks[i] = max(min(m, others), p.u.mark)
		}
		out.Marks = marks
	}
	p.u.marks[p.p] = max(p.u.marks[p.p], b.Watermark)
	p.u.mark = max(p.u.mark, min(p.u.marks[p.p], others))
	out.Watermark = p.u.mark
	return emit(out)
}

// Flush ends the port: it no longer holds the watermark of the others. The last
// port leaves the end of time to the flush of what follows.
func (p *port) Flush(last *arrowexec.Batch, emit arrowexec.Emit) error {
	p.u.marks[p.p] = arrowexec.EndOfTime
	others := p.others()
	if others == arrowexec.EndOfTime || others <= p.u.mark {
		return nil
	}
	p.u.mark = others
	out := &arrowexec.Batch{Scope: last.Scope, Seq: last.Seq, Now: last.Now, Watermark: others}
	for _, t := range p.u.types { // operators look into the columns of a batch without rows, too
		out.Cols = append(out.Cols, vec.Empty(t))
	}
	return emit(out)
}

// Snapshot of the first port writes down all watermarks; the others have none.
func (p *port) Snapshot() ([]arrow.Record, error) {
	if p.p != 0 {
		return nil, nil
	}
	return []arrow.Record{kept.Record(len(p.u.marks)+1, []*vec.Vec{kept.Int64s(append([]int64{p.u.mark}, p.u.marks...))})}, nil
}

// Restore reads a snapshot.
func (p *port) Restore(recs []arrow.Record) error {
	if p.p != 0 {
		return nil
	}
	if len(recs) != 1 || recs[0].NumRows() != int64(len(p.u.marks)+1) {
		return errSnapshot
	}
	sc := vec.NewPool(nil, false).Open()
	defer sc.Close()
	cols, err := kept.Columns(sc, recs[0])
	if err != nil {
		return err
	}
	all := vec.Values[int64](cols[0])
	p.u.mark = all[0]
	copy(p.u.marks, all[1:])
	return nil
}
