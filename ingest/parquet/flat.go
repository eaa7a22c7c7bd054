package parquet

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/vec"
)

// flat reads the next rows of a leaf that does not repeat.
func (c *chunk) flat(sc *vec.Scope, n *node, rows int) (*vec.Vec, error) {
	ok, err := c.more()
	if err != nil {
		return nil, err
	}
	if ok && c.coded() && (n.kind == vec.String || n.kind == vec.Binary) && c.dictBad == nil && c.leaf.convert != asNull &&
		c.dictVec.Len > 0 && c.dictVec.Len <= rows {
		return c.dictionaryRows(sc, n, rows)
	}
	return c.plainRows(vec.NewBuilder(sc, n.typ, rows), rows)
}

// plainRows appends to b until it has so many rows.
func (c *chunk) plainRows(b *vec.Builder, rows int) (*vec.Vec, error) {
	for b.N < rows {
		m, err := c.levelsAtHand(rows - b.N)
		if err != nil {
			return nil, err
		}
		if err := c.append(b, m); err != nil {
			return nil, err
		}
		c.at += m
	}
	return b.Finish(), nil
}

// levelsAtHand is how many of the wanted levels the page at hand has.
func (c *chunk) levelsAtHand(want int) (int, error) {
	ok, err := c.more()
	if err == nil && !ok {
		err = fmt.Errorf("%w: the column has fewer values than its row group has rows", errPage)
	}
	return min(want, c.page.values-c.at), err
}

// dictionaryRows gives rows as indices of the dictionary, or spelt out when a
// page without indices comes.
func (c *chunk) dictionaryRows(sc *vec.Scope, n *node, rows int) (*vec.Vec, error) {
	out := vec.Slice[int32](sc, rows)
	h := sc.Header(&vec.Vec{Type: n.typ, Kind: n.kind, Len: rows, Buf: vec.BytesOf(out), Dict: c.dictVec})
	for at := 0; at < rows; {
		m, err := c.levelsAtHand(rows - at)
		if err != nil {
			return nil, err
		}
		if !c.coded() {
			b := vec.NewBuilder(sc, n.typ, rows)
			h.Len, h.Buf = at, h.Buf[:at*4]
			b.AppendSel(h, nil)
			return c.plainRows(b, rows)
		}
		k, def := c.levels(m)
		idx, err := c.indices(k)
		if err != nil {
			return nil, err
		}
		if def == nil {
			for i, x := range idx {
				out[at+i] = int32(x)
			}
		} else {
			valid, j := sc.SetValid(h), 0
			for i, d := range def {
				if d == uint8(c.leaf.def) {
					out[at+i] = int32(idx[j])
					j++
				} else {
					out[at+i] = 0
					valid.Clear(at + i)
				}
			}
		}
		c.at += m
		at += m
	}
	return h, nil
}
