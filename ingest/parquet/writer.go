package parquet

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

const (
	groupRows  = 122_880
	groupBytes = 128 << 20 // memory of a row group that is being collected
)

// writer collects row groups and writes them. It implements [ingest.FileWriter].
type writer struct {
	w        io.Writer
	at       int64
	codec    int32
	packer   packer
	fields   []arrow.Field
	shapes   []*shape
	leaves   []*leafOut
	elements []element
	pool     *vec.Pool
	sc       *vec.Scope
	cols     []*vec.Builder
	groups   []groupOut
	rows     int64
	closed   bool
}

type groupOut struct {
	chunks []chunkOut
	rows   int64
}

// newWriter begins a file.
func newWriter(w io.Writer, p ingest.Props, fields []arrow.Field) (ingest.FileWriter, error) {
	name, err := p.Enum("snappy", []string{"none", "snappy", "gzip", "zstd", "lz4"}, "compression.type")
	if err != nil {
		return nil, ingest.Usage(err)
	}
	if len(fields) == 0 {
		return nil, ingest.Usage(fmt.Errorf("a Parquet file needs a column"))
	}
	x := &writer{w: w, fields: fields, pool: vec.NewPool(nil, false)}
	x.codec = map[string]int32{"none": codecNone, "snappy": codecSnappy, "gzip": codecGzip, "zstd": codecZstd, "lz4": codecLZ4Raw}[name]
	if x.shapes, x.leaves, x.elements, err = shapes(fields); err != nil {
		return nil, err
	}
	for range fields {
		x.cols = append(x.cols, &vec.Builder{})
	}
	x.open()
	return x, x.put([]byte(magic))
}

func (x *writer) open() {
	x.sc = x.pool.Open()
	for i, f := range x.fields {
		x.cols[i].Init(x.sc, f.Type, 0)
	}
}

func (x *writer) put(b []byte) error {
	n, err := x.w.Write(b)
	x.at += int64(n)
	return err
}

// Write implements [ingest.FileWriter].
func (x *writer) Write(b *arrowexec.Batch) error {
	for i, c := range x.cols {
		h := b.Cols[i]
		if h.Len != b.N {
			h = x.sc.Header(h)
			h.Len = b.N
		}
		c.AppendSel(h, b.Sel)
	}
	if x.cols[0].N >= groupRows || x.sc.Held() > groupBytes {
		return x.flush()
	}
	return nil
}

// flush writes the row group that was collected.
func (x *writer) flush() error {
	rows := x.cols[0].N
	if rows == 0 {
		return nil
	}
	g := groupOut{rows: int64(rows)}
	for i, s := range x.shapes {
		v := x.cols[i].Finish()
		s.collect(v, rows)
		var err error
		s.each(func(l *leafOut) {
			if err != nil {
				return
			}
			if err = x.chunk(l); err != nil {
				err = fmt.Errorf("column %q: %w", x.fields[i].Name, err)
			}
			g.chunks = append(g.chunks, l.meta)
			l.def, l.rep, l.sel, l.starts, l.vals = l.def[:0], l.rep[:0], l.sel[:0], l.starts[:0], nil
		})
		if err != nil {
			return err
		}
	}
	x.groups = append(x.groups, g)
	x.rows += int64(rows)
	x.sc.Close()
	x.open()
	return nil
}

// Close writes the last row group and the footer.
func (x *writer) Close() error {
	if x.closed {
		return nil
	}
	x.closed = true
	defer func() {
		x.sc.Close()
		x.pool.Close()
		x.packer.close()
	}()
	if err := x.flush(); err != nil {
		return err
	}
	footer := x.footer()
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return x.put(append(footer, magic...))
}

// footer is the metadata of the file.
func (x *writer) footer() []byte {
	var t thriftOut
	t.begin()
	t.i32(1, 2)
	t.list(2, tStruct, len(x.elements))
	for i := range x.elements {
		x.elements[i].write(&t, i == 0)
	}
	t.i64(3, x.rows)
	t.list(4, tStruct, len(x.groups))
	for _, g := range x.groups {
		t.begin()
		t.list(1, tStruct, len(g.chunks))
		total := int64(0)
		for i := range g.chunks {
			g.chunks[i].write(&t, x.leaves[i], x.codec)
			total += g.chunks[i].size
		}
		t.i64(2, total)
		t.i64(3, g.rows)
		t.end()
	}
	t.string(6, "velo")
	t.end()
	return t.buf
}

// collect takes the levels and values of all rows of a column to its leaves.
func (s *shape) collect(v *vec.Vec, rows int) {
	if s.leaf != nil { // flat: levels are the validity
		l := s.leaf
		l.vals = v
		for i := range rows {
			if v.IsNull(i) {
				l.def = append(l.def, 0)
			} else {
				l.def = append(l.def, 1)
				l.sel = append(l.sel, int32(i))
			}
		}
		return
	}
	for i := range rows {
		s.each(func(l *leafOut) { l.starts = append(l.starts, int32(len(l.def))) })
		s.row(v, i, 0, 0)
	}
}

// row takes value i of v, whose parent is there at level def.
func (s *shape) row(v *vec.Vec, i int, def, rep uint8) {
	if s.leaf != nil {
		s.leaf.vals = v
	}
	if !s.required {
		if v.IsNull(i) {
			s.absent(def, rep)
			return
		}
		def++
	}
	switch s.kind {
	case vec.Struct:
		for c, child := range s.children {
			child.row(v.Children[c], i, def, rep)
		}
	case vec.List, vec.Map:
		from, to := v.Range(i)
		if from == to {
			s.absent(def, rep)
			return
		}
		for e := from; e < to; e++ {
			for c, child := range s.children {
				child.row(v.Children[c], e, def+1, rep)
			}
			rep = s.rep
		}
	default:
		l := s.leaf
		l.def, l.rep, l.sel = append(l.def, def), append(l.rep, rep), append(l.sel, int32(i))
	}
}

// absent notes in all leaves that nothing is there beyond level def.
func (s *shape) absent(def, rep uint8) {
	s.each(func(l *leafOut) { l.def, l.rep = append(l.def, def), append(l.rep, rep) })
}

// each calls f for the leaves in their order.
func (s *shape) each(f func(*leafOut)) {
	if s.leaf != nil {
		f(s.leaf)
	}
	for _, c := range s.children {
		c.each(f)
	}
}
