package hashagg

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// snapshotRows is how many groups a record of a snapshot has at most: offsets
// of strings have 32 bits.
const snapshotRows = 1 << 19

// marks are what is known of a group by HAVING, for a snapshot.
func (g *Groups) marks(id int32) (m int8) {
	if int(id) < len(g.dropped) && g.dropped[id] {
		m = 1
	}
	if g.shows(id) {
		m |= 2
	}
	return m
}

// mark reads them back.
func (g *Groups) mark(id int32, m int8) {
	if m&1 != 0 {
		g.refuse(id)
	}
	if m&2 != 0 {
		g.show(id, true)
	}
}

// Snapshot writes groups down as columns: keys, stamps, order among equal
// stamps, pending rows, whether HAVING refused a row and whether one stands
// emitted, and the states.
func (g *Groups) Snapshot(sc *vec.Scope, ids []int32) []*vec.Vec {
	g.part()
	cols := g.Table.Snapshot(sc, ids)
	pending, dropped := sc.New(vec.TypeInt64, len(ids)), sc.New(vec.TypeInt8, len(ids))
	p, d := vec.Values[int64](pending), vec.Values[int8](dropped)
	for k, id := range ids {
		p[k], d[k] = g.Pending(id), g.marks(id)
	}
	cols = append(cols, pending, dropped)
	for i, s := range g.states {
		if g.lead[i] {
			cols = append(cols, s.Snapshot(sc, ids)...)
		}
	}
	return cols
}

// Restore fills empty groups from the columns of Snapshot: row k becomes group k.
func (g *Groups) Restore(sc *vec.Scope, cols []*vec.Vec) error {
	k := len(g.spec.Keys)
	if len(cols) < k+4 {
		return fmt.Errorf("snapshot has %d columns, at least %d expected: it is of another query", len(cols), k+4)
	}
	g.part()
	g.Table.Restore(sc, cols[:k+2])
	g.pending = append(g.pending[:0], vec.Values[int64](cols[k+2])...)
	for id, x := range vec.Values[int8](cols[k+3]) {
		g.mark(int32(id), x)
	}
	g.counted = false
	at := k + 4
	for i, s := range g.states {
		if !g.lead[i] {
			continue
		}
		n := len(s.Snapshot(sc, nil))
		if at+n > len(cols) {
			return fmt.Errorf("snapshot has %d columns, more expected: it is of another query", len(cols))
		}
		s.Restore(cols[at : at+n])
		at += n
	}
	if at != len(cols) {
		return fmt.Errorf("snapshot has %d columns, %d expected: it is of another query", len(cols), at)
	}
	return nil
}

// Snapshot writes the operator's state down. Once its input has ended there is none:
// the rows have their fates, which a restored operator would give them again.
func (p *Op) Snapshot() ([]arrow.Record, error) {
	var order []int32
	if !p.settled {
		for _, g := range p.parts {
			p.g.Merge(g)
		}
		p.parts = nil
		order = p.g.Table.Order()
	}
	return p.write(order), nil
}

// renumber forgets the groups that have ended and that nobody waits for.
func (p *Op) renumber() error {
	order := slices.DeleteFunc(p.g.Table.Order(), func(id int32) bool {
		return p.lives.ended(id) && (int(id) >= len(p.touched.at) || p.touched.at[id] == 0)
	})
	recs := p.write(order)
	p.g, p.lives, p.touched = p.groups(), newLives(&p.o), touches{}
	err := p.Restore(recs)
	for _, r := range recs {
		r.Release()
	}
	return err
}

// write gives the groups listed as records.
func (p *Op) write(order []int32) []arrow.Record {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	var recs []arrow.Record
	for from := 0; from == 0 || from < len(order); from += snapshotRows {
		ids := order[from:min(from+snapshotRows, len(order))]
		sc := pool.Open()
		cols := p.g.Snapshot(sc, ids)
		place, ord := sc.New(vec.TypeInt64, len(ids)), sc.New(vec.TypeInt64, len(ids))
		a, o := vec.Values[int64](place), vec.Values[int64](ord)
		for k, id := range ids {
			a[k], o[k] = 0, 0
			if int(id) < len(p.touched.at) && p.touched.at[id] > 0 {
				a[k] = int64(p.touched.at[id])
				o[k] = p.touched.list[p.touched.at[id]-1].ord
			}
		}
		interval, begun := p.ticks.State()
		if !begun {
			interval = arrowexec.NoWatermark
		}
		now, held := sc.New(vec.TypeInt64, len(ids)), sc.New(vec.TypeInt64, len(ids))
		for k := range ids {
			vec.Values[int64](now)[k] = interval
			vec.Values[int64](held)[k] = p.held
		}
		cols = append(cols, place, ord, now, held)
		if p.lives != nil {
			cols = append(cols, p.lives.columns(sc, ids)...)
		}
		recs = append(recs, record(cols, len(ids)))
		sc.Close()
	}
	return recs
}

func record(cols []*vec.Vec, n int) arrow.Record {
	fields, arrs := make([]arrow.Field, len(cols)), make([]arrow.Array, len(cols))
	for i, c := range cols {
		arrs[i] = vec.ToArrow(memory.DefaultAllocator, c, n, nil)
		fields[i] = arrow.Field{Name: fmt.Sprintf("c%d", i), Type: arrs[i].DataType(), Nullable: true}
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), arrs, int64(n))
	for _, a := range arrs {
		a.Release()
	}
	return rec
}

// Restore reads the records of Snapshot into a fresh operator of the same plan.
func (p *Op) Restore(recs []arrow.Record) error {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	var list []touch
	for i, rec := range recs {
		if rec.NumRows() == 0 {
			continue
		}
		sc := pool.Open()
		cols := make([]*vec.Vec, rec.NumCols())
		for c := range cols {
			v, err := vec.FromArrow(sc, rec.Column(c))
			if err != nil {
				sc.Close()
				return fmt.Errorf("snapshot of %s: %w", p.name(), err)
			}
			cols[c] = v
		}
		g, n := p.g, len(cols)-4
		if p.lives != nil {
			n -= 4
		}
		if i > 0 {
			g = p.groups()
		}
		if err := g.Restore(sc, cols[:max(n, 0)]); err != nil {
			sc.Close()
			return fmt.Errorf("snapshot of %s: %w", p.name(), err)
		}
		var into []int32
		if i > 0 {
			into = p.g.Merge(g)
		}
		if p.lives != nil {
			p.lives.restore(cols[n+4:], into, p.g.Len())
		}
		place, ord := vec.Values[int64](cols[n]), vec.Values[int64](cols[n+1])
		for k, at := range place {
			if at == 0 {
				continue
			}
			id := int32(k)
			if into != nil {
				id = into[k]
			}
			for len(list) < int(at) {
				list = append(list, touch{id: -1})
			}
			list[at-1] = touch{id, ord[k]}
		}
		interval := vec.Values[int64](cols[n+2])[0]
		p.ticks.Restore(interval, interval != arrowexec.NoWatermark)
		p.held = vec.Values[int64](cols[n+3])[0]
		sc.Close()
	}
	p.touched.list = list
	p.touched.at = make([]int32, p.g.Len())
	for _, x := range list {
		if x.id < 0 {
			p.touched.gone++
		}
	}
	p.touched.compact()
	return nil
}
