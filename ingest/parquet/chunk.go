package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// chunk reads one leaf of one row group. Its dictionary lives on Go's heap, for
// batches of many scopes share it.
type chunk struct {
	pages
	values
	leaf *leaf
	at   int // level of the page at hand
	bad  []badValue

	dictVec *vec.Vec
	dictBad map[int]error // entries that have no place in the column
}

func newChunk(src window, meta columnMeta, l *leaf, m memory) (*chunk, error) {
	if l.unread != nil {
		return nil, fmt.Errorf("column %q: %w", l.name, l.unread)
	}
	if err := supported(meta.codec); err != nil {
		return nil, fmt.Errorf("column %q: %w", l.name, err)
	}
	src.buf = m.window[:0]
	return &chunk{pages: pages{src: src, meta: meta, leaf: l, memory: m, left: meta.values}, values: values{leaf: l}, leaf: l}, nil
}

// wrap says where a column broke.
func (c *chunk) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: column %q near byte %d: %w", c.src.name, c.leaf.name, c.src.place(), err)
}

// more makes sure that a page with levels left is at hand; false at the end.
func (c *chunk) more() (bool, error) {
	for c.at == c.page.values {
		ok, err := c.next()
		if !ok || err != nil {
			return false, err
		}
		c.at = 0
		if c.dict != nil && c.dictVec == nil {
			if err := c.dictionary(); err != nil {
				return false, err
			}
		}
		if err := c.begin(c.page.enc, c.page.data, c.page.values); err != nil {
			return false, err
		}
		if c.coded() && c.dictVec == nil {
			return false, fmt.Errorf("%w: its dictionary is missing", errPage)
		}
	}
	return true, nil
}

// coded tells whether the page holds indices of the dictionary.
func (c *chunk) coded() bool {
	return c.page.enc == encDictionary || c.page.enc == encPlainDictionary
}

// dictionary decodes the dictionary page to a column of its values.
func (c *chunk) dictionary() error {
	if c.dictEnc != encPlain && c.dictEnc != encPlainDictionary {
		return fmt.Errorf("%w: a dictionary has encoding %d", errPage, c.dictEnc)
	}
	n := int(c.dictN)
	if n > len(c.dict)*8 && c.leaf.width() != 0 {
		return errValues
	}
	v := values{leaf: c.leaf}
	if err := v.begin(encPlain, c.dict, n); err != nil {
		return err
	}
	if c.leaf.typ == pByteArray && n > len(c.dict)/4 {
		return errValues
	}
	r, err := v.take(n)
	if err != nil {
		return err
	}
	t, _, _ := physical(c.leaf.element)
	var bad []badValue
	pool := vec.NewPool(nil, false) // never closed: the collector frees it with the chunk
	b := vec.NewBuilder(pool.Open(), t, n)
	if err := c.leaf.append(into{b: b, m: n, bad: &bad}, r, n); err != nil {
		return err
	}
	c.dictVec = &vec.Vec{}
	b.View(c.dictVec)
	for _, x := range bad {
		if c.dictBad == nil {
			c.dictBad = map[int]error{}
		}
		c.dictBad[x.at] = x.cause
	}
	return nil
}

func (l *leaf) width() int {
	v := values{leaf: l}
	return v.width()
}

// indices reads the next k indices, checked.
func (c *chunk) indices(k int) ([]uint32, error) {
	c.memory.idx = grown(c.memory.idx, k)
	idx := c.memory.idx
	if !c.values.idx.read(idx) {
		return nil, errValues
	}
	top := uint32(0)
	for _, x := range idx {
		top = max(top, x)
	}
	if k > 0 && int(top) >= c.dictVec.Len {
		return nil, fmt.Errorf("%w: index %d of a dictionary of %d", errValues, top, c.dictVec.Len)
	}
	return idx, nil
}

// levels counts the values that are there among the next m levels, and gives
// their definition levels, nil if all are there.
func (c *chunk) levels(m int) (k int, def []uint8) {
	if c.page.def == nil {
		return m, nil
	}
	most := uint8(c.leaf.def)
	def = c.page.def[c.at : c.at+m]
	for _, d := range def {
		if d == most {
			k++
		}
	}
	if k == m {
		return m, nil
	}
	return k, def
}

// append appends the next m levels' values to b.
func (c *chunk) append(b *vec.Builder, m int) error {
	k, def := c.levels(m)
	t := into{b: b, m: m, def: def, most: uint8(c.leaf.def), bad: &c.bad}
	if !c.coded() {
		r, err := c.take(k)
		if err != nil {
			return err
		}
		return c.leaf.append(t, r, k)
	}
	idx, err := c.indices(k)
	if err != nil {
		return err
	}
	if c.dictBad != nil {
		for i, x := range idx {
			if cause := c.dictBad[int(x)]; cause != nil {
				at := i
				if def != nil {
					at = t.place(i)
				}
				t.refuse(b.N+at, cause)
			}
		}
	}
	switch b.Kind.Width() {
	case 1:
		gather[int8](t, c.dictVec, idx)
	case 2:
		gather[int16](t, c.dictVec, idx)
	case 4:
		gather[int32](t, c.dictVec, idx)
	case 8:
		gather[int64](t, c.dictVec, idx)
	case 16:
		gather[decimal128.Num](t, c.dictVec, idx)
	default:
		if c.leaf.convert == asNull {
			for range m {
				b.Null()
			}
			return nil
		}
		return c.appendCoded(t, idx)
	}
	return nil
}

func gather[T vec.Fixed](t into, dict *vec.Vec, idx []uint32) {
	src := vec.Values[T](dict)
	fixed(t, len(idx), func(dst []T, _ int) {
		for i, x := range idx {
			dst[i] = src[x]
		}
	})
}

// appendCoded appends texts, bytes or booleans of the dictionary.
func (c *chunk) appendCoded(t into, idx []uint32) error {
	d, j := c.dictVec, 0
	if t.b.Kind != vec.Bool {
		size := 0
		for _, x := range idx {
			size += int(d.Offsets[x+1] - d.Offsets[x])
		}
		if size > vec.MaxData-t.b.DataLen() {
			return errTooMuch
		}
	}
	for i := range t.m {
		if t.def != nil && t.def[i] != t.most {
			t.b.Null()
			continue
		}
		t.b.AppendRow(d, int(idx[j]))
		j++
	}
	return nil
}
