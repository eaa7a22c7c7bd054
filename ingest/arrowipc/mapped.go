package arrowipc

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// placed is a file of the file format that is read where it stands. It is opened once,
// and its footer read once, for all scans: with a scan for each record batch that was a
// twelfth of the time of two pipelines.
type placed struct {
	name string
	f    ingest.MappedFile
	foot footer
	all  []column // of the file
}

// mapped reads the wanted columns of some record batches, whose values are not copied.
type mapped struct {
	*placed
	cols  []column // those wanted
	group int      // next, and
	to    int      // the end of those to read
	w     ingest.Window
	rows  int64 // of the record batch at hand
	off   int64
	end   int64 // of what was read, in the file
	dicts map[int64]arrow.ArrayData
}

// column is one of the wanted columns in the record batch at hand.
type column struct {
	at        int // among the file's; -1: it has none of that name
	node, buf int // where its array begins
	t         arrow.DataType
	field     table // of the schema, for the id of a dictionary
	array     arrow.Array
	texts     // instead of array
}

// texts is a column of STRING or BINARY, whose offsets are checked as they are read.
type texts struct{ valid, offsets, data []byte }

// place opens a file, whose columns are known; errForeign when Arrow's own reader is to
// read it.
func place(in ingest.FileInput, schema *arrow.Schema) (p *placed, err error) {
	f, err := in.Map()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	p = &placed{name: in.Name, f: f}
	if p.foot, err = readFooter(f); err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	if p.foot.foreign || len(p.foot.fields) != schema.NumFields() {
		return nil, errForeign
	}
	nodes, buffers := 0, 0
	for i, field := range schema.Fields() {
		p.all = append(p.all, column{at: i, node: nodes, buf: buffers, t: field.Type, field: p.foot.fields[i]})
		n, b, ok := extent(field.Type)
		if !ok {
			return nil, errForeign
		}
		nodes, buffers = nodes+n, buffers+b
	}
	return p, nil
}

// columns begins a scan of the columns at the given places; -1 is one that the file lacks.
func (p *placed) columns(at []int) *mapped {
	m := &mapped{placed: p, dicts: map[int64]arrow.ArrayData{}}
	for _, i := range at {
		c := column{at: -1}
		if i >= 0 {
			c = p.all[i]
		}
		m.cols = append(m.cols, c)
	}
	return m
}

// between leaves the record batches from one to before another, < 0: to the end.
func (m *mapped) between(from, to int) {
	m.group, m.to = from, to
	if n := len(m.foot.groups); to < 0 || to > n {
		m.to = n
	}
}

// rowsOfGroups gives the rows of each record batch; nil if one does not tell.
func (p *placed) rowsOfGroups() []int64 {
	rows := make([]int64, len(p.foot.groups))
	for i, b := range p.foot.groups {
		meta, err := copied(p.f, b.at, b.meta)
		if err != nil {
			return nil
		}
		if rows[i], err = rowsOf(meta); err != nil {
			return nil
		}
	}
	return rows
}

// advance goes to the next record batch that has rows.
func (m *mapped) advance() error {
	for m.off == m.rows {
		m.letGo()
		if m.group >= m.to {
			return io.EOF
		}
		if err := m.enter(m.foot.groups[m.group]); err != nil {
			if errors.Is(err, errForeign) {
				return err
			}
			return fmt.Errorf("%s: record batch %d: %w", m.name, m.group, err)
		}
		m.group++
	}
	return nil
}

// enter maps a record batch and finds its columns.
func (m *mapped) enter(b block) (err error) {
	defer broken(&err)
	if m.w, err = m.f.Window(b.at, int(b.meta+b.body)); err != nil {
		return err
	}
	msg, err := readMessage(bytes.Clone(m.w.Bytes()[:b.meta]), isRecords)
	if err != nil {
		return err
	}
	if msg.foreign {
		return errForeign
	}
	l := loader{m: &msg, body: m.w.Bytes()[b.meta:], shift: b.at + b.meta}
	if msg.rows < 0 || msg.rows > most {
		return fmt.Errorf("it is said to have %d rows", msg.rows)
	}
	for i := range m.cols {
		c := &m.cols[i]
		if c.at < 0 {
			continue
		}
		l.node, l.buf = c.node, c.buf
		l.dict = func(t *arrow.DictionaryType) (arrow.ArrayData, error) { return m.dictionary(c.field, t) }
		if c.t.ID() == arrow.STRING || c.t.ID() == arrow.BINARY {
			err = c.texts.find(&l, msg.rows)
		} else {
			var d arrow.ArrayData
			if d, err = l.load(c.t, msg.rows); err == nil {
				c.array = array.MakeFromData(d)
			}
		}
		if err != nil {
			return fmt.Errorf("column %d: %w", c.at+1, err)
		}
	}
	m.rows, m.off, m.end = msg.rows, 0, b.at+b.meta+b.body
	return nil
}

// find takes the buffers of a column.
func (x *texts) find(l *loader, rows int64) error {
	n, err := l.next(rows)
	if err != nil {
		return err
	}
	valid, err := l.valid(n)
	if err != nil {
		return err
	}
	if x.valid = nil; valid != nil {
		x.valid = valid.Bytes()
	}
	least := (rows + 1) * 4
	if rows == 0 {
		least = 0
	}
	if x.offsets, err = l.bytes(least); err != nil {
		return err
	}
	x.data, err = l.bytes(0)
	return err
}

// rowsOf gives rows [off, off+n) of the record batch at hand.
func (c *column) rowsOf(sc *vec.Scope, off, n int64) (arrow.Array, error) {
	if c.array != nil {
		return array.NewSlice(c.array, off, off+n), nil
	}
	// Offsets are copied and checked in one go over bytes that the first cache has then;
	// from a multiple of 8 rows on, where the bitmap has a byte of its own.
	from := off &^ 7
	size := int(off + n - from)
	src, dst := vec.Values[int32](&vec.Vec{Buf: c.offsets})[from:][:size+1], vec.Slice[int32](sc, size+1)
	last, bad := src[0], src[0]
	dst[0] = last
	for i, at := range src[1:] {
		bad |= (at - last) | at // its sign tells of a place that is less than the one before
		dst[i+1] = at
		last = at
	}
	if bad < 0 || int(dst[size]) > len(c.data) {
		for i, at := range dst[1:] {
			if at < dst[i] || int(at) > len(c.data) {
				return nil, fmt.Errorf("the text of row %d is from byte %d to %d of %d", from+int64(i), dst[i], at, len(c.data))
			}
		}
		return nil, fmt.Errorf("the text of row %d is from byte %d on", from, dst[0])
	}
	bufs := []*memory.Buffer{nil, memory.NewBufferBytes(vec.BytesOf(dst)), memory.NewBufferBytes(c.data)}
	nulls := 0
	if c.valid != nil {
		bufs[0], nulls = memory.NewBufferBytes(c.valid[from>>3:]), array.UnknownNullCount
	}
	return array.MakeFromData(array.NewData(c.t, int(n), bufs, nil, nulls, int(off-from))), nil
}

// dictionary gives the values of a column that is one; they are copied out of the file.
func (m *mapped) dictionary(field table, t *arrow.DictionaryType) (arrow.ArrayData, error) {
	enc, ok := field.table(4)
	if !ok {
		return nil, errLayout
	}
	id := enc.int64(0)
	if d := m.dicts[id]; d != nil {
		return d, nil
	}
	var found arrow.ArrayData
	for _, b := range m.foot.dicts {
		buf, err := copied(m.f, b.at, b.meta+b.body)
		if err != nil {
			return nil, err
		}
		msg, err := readMessage(buf[:b.meta], isDict)
		if err != nil {
			return nil, err
		}
		if msg.foreign {
			return nil, errForeign
		}
		if msg.dict != id {
			continue
		}
		if found != nil {
			return nil, errForeign
		}
		l := loader{m: &msg, body: buf[b.meta:], shift: b.meta, dict: func(*arrow.DictionaryType) (arrow.ArrayData, error) { return nil, errForeign }}
		if found, err = l.load(t.ValueType, msg.rows); err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, fmt.Errorf("the file has no dictionary %d", id)
	}
	m.dicts[id] = found
	return found, nil
}

// letGo lets go of the record batch at hand.
func (m *mapped) letGo() {
	if m.w != nil {
		m.w.Close()
		m.w = nil
	}
}
