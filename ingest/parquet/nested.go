package parquet

import (
	"errors"
	"fmt"

	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/mapkeys"
)

// levels are the rows of one leaf of a nested column: its levels, and the values
// that are there, dense.
type levels struct {
	def, rep []uint8 // rep nil: one level a row
	vals     *vec.Vec
	bad      []badValue // at counts values
	most     uint8
}

// repeated at level i?
func (l *levels) repAt(i int) uint8 {
	if l.rep == nil {
		return 0
	}
	return l.rep[i]
}

// nestedRows reads the levels of the next rows of a leaf.
func (c *chunk) nestedRows(sc *vec.Scope, n *node, rows int) (*levels, error) {
	out := &levels{most: uint8(c.leaf.def)}
	b := vec.NewBuilder(sc, n.typ, rows)
	c.bad = c.bad[:0]
	for got := 0; ; {
		ok, err := c.more()
		if err != nil {
			return nil, err
		}
		if !ok {
			if got < rows {
				return nil, fmt.Errorf("%w: the column has fewer rows than its row group", errPage)
			}
			break
		}
		m := c.page.values - c.at
		if c.leaf.rep == 0 {
			m = min(m, rows-got)
			got += m
		} else {
			for i, r := range c.page.rep[c.at:] {
				if r != 0 {
					continue
				}
				if got == rows {
					m = i
					break
				}
				got++
			}
			out.rep = append(out.rep, c.page.rep[c.at:c.at+m]...)
		}
		if m == 0 {
			break
		}
		if err := c.dense(b, m); err != nil {
			return nil, err
		}
		if c.page.def != nil {
			out.def = append(out.def, c.page.def[c.at:c.at+m]...)
		} else {
			for range m {
				out.def = append(out.def, out.most)
			}
		}
		if c.at += m; c.leaf.rep == 0 && got == rows {
			break
		}
	}
	if len(out.rep) > 0 && out.rep[0] != 0 {
		return nil, errLevels
	}
	out.vals = b.Finish()
	out.bad = append(out.bad, c.bad...)
	c.bad = c.bad[:0]
	return out, nil
}

// dense appends the values that are there among the next m levels.
func (c *chunk) dense(b *vec.Builder, m int) error {
	k, _ := c.levels(m)
	keep := c.page.def
	c.page.def = nil // as if all were there
	err := c.append(b, k)
	c.page.def = keep
	return err
}

// assembly makes the columns of one batch out of levels.
type assembly struct {
	sc   *vec.Scope
	of   map[*leaf]*levels
	bad  []badValue // at counts rows
	keys mapkeys.Keys
}

var errShape = fmt.Errorf("%w: the columns of one group do not have the same rows", errPage)

// column makes the values of a node for each slot: a level whose repetition is at
// most rep and whose definition is at least def.
func (a *assembly) column(n *node, def, rep uint8) (*vec.Vec, error) {
	if n.leaf != nil {
		return a.scalar(n, def, rep)
	}
	lv := a.of[n.first()]
	out := a.sc.Header(&vec.Vec{Type: n.typ, Kind: n.kind})
	var valid []bool
	nulls := false
	if n.kind == vec.Struct {
		for i, d := range lv.def {
			if lv.repAt(i) <= rep && d >= def {
				valid = append(valid, d >= uint8(n.def))
				nulls = nulls || d < uint8(n.def)
			}
		}
		out.Len = len(valid)
		for _, c := range n.children {
			v, err := a.column(c, def, rep)
			if err != nil {
				return nil, err
			}
			if v.Len != out.Len {
				return nil, errShape
			}
			out.Children = append(out.Children, v)
		}
		a.validity(out, valid, nulls)
		return out, nil
	}
	var offsets []int32
	elems := int32(0)
	for i, d := range lv.def {
		if lv.repAt(i) <= rep && d >= def {
			offsets = append(offsets, elems)
			valid = append(valid, d >= uint8(n.def))
			nulls = nulls || d < uint8(n.def)
		}
		if d >= uint8(n.elemDef) && lv.repAt(i) <= rep+1 {
			if len(offsets) == 0 {
				return nil, errLevels
			}
			elems++
		}
	}
	out.Offsets, out.Len = append(offsets, elems), len(valid)
	for _, c := range n.children {
		v, err := a.column(c, uint8(n.elemDef), rep+1)
		if err != nil {
			return nil, err
		}
		if v.Len != int(elems) {
			return nil, errShape
		}
		out.Children = append(out.Children, v)
	}
	a.validity(out, valid, nulls)
	if n.kind == vec.Map {
		return a.lastKeys(out, lv, def, rep), nil
	}
	return out, nil
}

func (a *assembly) validity(v *vec.Vec, valid []bool, nulls bool) {
	if !nulls {
		return
	}
	bits := a.sc.SetValid(v)
	for i, ok := range valid {
		bits.Put(i, ok)
	}
}

// scalar spreads the values of a leaf over its slots.
func (a *assembly) scalar(n *node, def, rep uint8) (*vec.Vec, error) {
	lv := a.of[n.leaf]
	b := vec.NewBuilder(a.sc, n.typ, len(lv.def))
	k, row, bad := 0, -1, lv.bad
	for i, d := range lv.def {
		if lv.repAt(i) == 0 {
			row++
		}
		switch {
		case d == lv.most && lv.repAt(i) <= rep:
			if k >= lv.vals.Len {
				return nil, errShape
			}
			for len(bad) > 0 && bad[0].at == k {
				a.bad = append(a.bad, badValue{row, bad[0].cause})
				bad = bad[1:]
			}
			b.AppendRow(lv.vals, k)
			k++
		case d >= def && lv.repAt(i) <= rep:
			b.Null()
		}
	}
	return b.Finish(), nil
}

func (n *node) first() *leaf {
	for n.leaf == nil {
		n = n.children[0]
	}
	return n.leaf
}

var errNullKey = errors.New("a MAP has a NULL key")

// lastKeys keeps of keys that repeat in one MAP the last one, and notes rows with
// a NULL key.
func (a *assembly) lastKeys(m *vec.Vec, lv *levels, def, rep uint8) *vec.Vec {
	keys := m.Children[0]
	var drop []bool
	var key []byte
	slot, row := -1, -1
	for i, d := range lv.def {
		if lv.repAt(i) == 0 {
			row++
		}
		if lv.repAt(i) > rep || d < def {
			continue
		}
		slot++
		from, to := int(m.Offsets[slot]), int(m.Offsets[slot+1])
		mark := a.keys.Mark()
		for e := from; e < to; e++ {
			if keys.IsNull(e) {
				a.bad = append(a.bad, badValue{row, errNullKey})
			}
			if to-from > 1 {
				key = text.AppendValue(key[:0], keys, e)
				a.keys.Push(key)
			}
		}
		if to-from > 1 {
			for k, again := range a.keys.Repeated(mark) {
				if again {
					if drop == nil {
						drop = make([]bool, keys.Len)
					}
					drop[from+k] = true
				}
			}
		}
		a.keys.Pop(mark)
	}
	if drop == nil {
		return m
	}
	b := vec.NewBuilder(a.sc, m.Type, m.Len)
	for r := range m.Len {
		if m.IsNull(r) {
			b.Null()
			continue
		}
		for e := int(m.Offsets[r]); e < int(m.Offsets[r+1]); e++ {
			if !drop[e] {
				b.Children[0].AppendRow(keys, e)
				b.Children[1].AppendRow(m.Children[1], e)
			}
		}
		b.EndList()
	}
	return b.Finish()
}
