package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/fit"
)

// reader is a file whose footer was read. It implements [ingest.FileReader].
type reader struct {
	name    string
	file    io.Closer
	r       io.ReaderAt
	size    int64
	meta    fileMeta
	columns []*node
	leaves  []*leaf
	schema  *arrow.Schema

	mu    sync.Mutex
	spare map[*leaf][]memory // of scans that are closed
}

const magic = "PAR1"

var errNoParquet = errors.New("this is no Parquet file")

// Open reads the footer. A file that cannot be read at any place is held in
// memory.
func Open(in ingest.FileInput) (ingest.FileReader, error) {
	f, err := in.Open()
	if err != nil {
		return nil, err
	}
	r := &reader{name: in.Name, file: f, spare: map[*leaf][]memory{}}
	if err := r.open(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	return r, nil
}

func (r *reader) open(f io.ReadCloser) error {
	at, ok := f.(ingest.RandomAccess)
	if !ok {
		all, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		r.r, r.size = bytes.NewReader(all), int64(len(all))
	} else {
		size, err := at.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		r.r, r.size = at, size
	}
	head, tail := make([]byte, 4), make([]byte, 8)
	if r.size == 0 {
		return fmt.Errorf("%w: it is empty", errNoParquet)
	}
	if r.size < 12 {
		return errNoParquet
	}
	if _, err := r.r.ReadAt(head, 0); err != nil {
		return err
	}
	if _, err := r.r.ReadAt(tail, r.size-8); err != nil {
		return err
	}
	switch {
	case string(head) == "PARE" || string(tail[4:]) == "PARE":
		return errors.New("the file is encrypted, which velo does not read")
	case string(head) != magic:
		return errNoParquet
	case string(tail[4:]) != magic:
		return fmt.Errorf("the footer is missing at byte %d; the file is cut or was never closed", r.size)
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if n > r.size-12 {
		return fmt.Errorf("the footer is said to have %d bytes, and the file has %d", n, r.size)
	}
	footer := make([]byte, n)
	if _, err := r.r.ReadAt(footer, r.size-8-n); err != nil {
		return err
	}
	t := thrift{buf: footer}
	r.meta = readFileMeta(&t)
	if t.err != nil {
		return fmt.Errorf("the footer at byte %d is corrupt: %w", r.size-8-n, t.err)
	}
	return r.describe()
}

// describe turns the footer into columns.
func (r *reader) describe() error {
	b := schemaBuilder{elements: r.meta.schema}
	var err error
	if r.columns, err = b.columns(); err != nil {
		return err
	}
	r.leaves = b.leaves
	for g, group := range r.meta.groups {
		if group.rows < 0 || len(group.columns) != len(r.leaves) {
			return fmt.Errorf("row group %d has %d columns, and the schema %d", g, len(group.columns), len(r.leaves))
		}
		for i, l := range r.leaves {
			if v := group.columns[i].values; v != group.rows && (l.rep == 0 || v < group.rows) {
				return fmt.Errorf("row group %d has %d rows, and %d values in column %q", g, group.rows, v, l.name)
			}
		}
	}
	fields := make([]arrow.Field, len(r.columns))
	for i, c := range r.columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.typ, Nullable: true}
	}
	r.schema = arrow.NewSchema(fields, nil)
	return nil
}

// Schema implements [ingest.FileReader].
func (r *reader) Schema() *arrow.Schema { return r.schema }

// Groups implements [ingest.FileReader].
func (r *reader) Groups() []int64 {
	out := make([]int64, len(r.meta.groups))
	for i, g := range r.meta.groups {
		out[i] = g.rows
	}
	return out
}

// Close implements [ingest.FileReader].
func (r *reader) Close() error { return r.file.Close() }

// Scan implements [ingest.FileReader].
func (r *reader) Scan(want []arrow.Field, from, to int) (ingest.FileScan, error) {
	if to < 0 || to > len(r.meta.groups) {
		to = len(r.meta.groups)
	}
	s := &scan{r: r, want: want, group: from, to: to}
	for _, f := range want {
		var n *node
		if i := ingest.Lookup(r.schema, f.Name); i >= 0 {
			n = r.columns[i].prune(f.Type)
		}
		s.nodes = append(s.nodes, n)
	}
	return s, nil
}

// scan reads row groups one after the other.
type scan struct {
	r         *reader
	want      []arrow.Field
	nodes     []*node // nil: the file has no such column
	group, to int
	left      int64 // rows of the group at hand
	chunks    map[*leaf]*chunk
	read      atomic.Int64
}

// Next implements [ingest.FileScan].
func (s *scan) Next(sc *vec.Scope, want int) (rows ingest.FileRows, err error) {
	for s.left == 0 {
		if s.group == s.to {
			return rows, io.EOF
		}
		if err := s.begin(); err != nil {
			return rows, err
		}
	}
	n := int(min(s.left, int64(want)))
	rows = ingest.FileRows{N: n, Read: n}
	for i, f := range s.want {
		v, bad, err := s.column(sc, s.nodes[i], f, n)
		if err != nil {
			return rows, err
		}
		for _, b := range bad {
			rows.Bad = append(rows.Bad, ingest.BadRow{Row: b.at, Field: f.Name, Cause: b.cause})
		}
		rows.Cols = append(rows.Cols, v)
	}
	s.left -= int64(n)
	if len(rows.Bad) > 0 {
		rows.DropBad(sc)
	}
	return rows, nil
}

// begin opens the chunks of the next row group.
func (s *scan) begin() error {
	g := s.r.meta.groups[s.group]
	s.closeChunks()
	s.group++
	if s.left = g.rows; s.left == 0 {
		return nil
	}
	var err error
	for _, n := range s.nodes {
		if n == nil {
			continue
		}
		n.each(func(l *leaf) {
			if err != nil || s.chunks[l] != nil {
				return
			}
			m := g.columns[l.index]
			start := m.data
			if m.dict > 0 && m.dict < start {
				start = m.dict
			}
			if m.typ != l.typ || start < 4 || m.compressed < 0 || start+m.compressed > s.r.size || m.values < 0 {
				err = fmt.Errorf("%s: row group %d: the footer says nothing sensible of column %q", s.r.name, s.group-1, l.name)
				return
			}
			var c *chunk
			w := window{name: s.r.name, r: s.r.r, at: start, end: start + m.compressed, read: &s.read}
			if c, err = newChunk(w, m, l, s.r.used(l)); err == nil {
				s.chunks[l] = c
			} else {
				err = fmt.Errorf("%s: %w", s.r.name, err)
			}
		})
	}
	return err
}

// column reads n rows of one wanted column.
func (s *scan) column(sc *vec.Scope, n *node, f arrow.Field, rows int) (*vec.Vec, []badValue, error) {
	if n == nil {
		return sc.NullConst(f.Type, rows), nil, nil
	}
	var v *vec.Vec
	var bad []badValue
	var err error
	if n.leaf != nil && n.leaf.rep == 0 {
		c := s.chunks[n.leaf]
		c.bad = c.bad[:0]
		if v, err = c.flat(sc, n, rows); err != nil {
			return nil, nil, c.wrap(err)
		}
		bad = c.bad
	} else {
		a := assembly{sc: sc, of: map[*leaf]*levels{}}
		if err := s.levels(sc, n, rows, &a); err != nil {
			return nil, nil, err
		}
		if v, err = a.column(n, 0, 0); err == nil && v.Len != rows {
			err = errShape
		}
		if err != nil {
			return nil, nil, s.chunks[n.first()].wrap(err)
		}
		bad = a.bad
	}
	out, err := fit.Column(sc, v, f.Type)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: column %q: %w", s.r.name, f.Name, err)
	}
	return out, bad, nil
}

func (s *scan) levels(sc *vec.Scope, n *node, rows int, a *assembly) error {
	if n.leaf != nil {
		c := s.chunks[n.leaf]
		lv, err := c.nestedRows(sc, n, rows)
		a.of[n.leaf] = lv
		return c.wrap(err)
	}
	for _, child := range n.children {
		if err := s.levels(sc, child, rows, a); err != nil {
			return err
		}
	}
	return nil
}

// Bytes implements [ingest.FileScan].
func (s *scan) Bytes() int64 { return s.read.Load() }

// closeChunks leaves the memory of the chunks for those of the next row group, of
// whichever scan.
func (s *scan) closeChunks() {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	for l, c := range s.chunks {
		c.pages.close()
		s.r.spare[l] = append(s.r.spare[l], c.leave())
	}
	s.chunks = map[*leaf]*chunk{}
}

// used gives memory that a chunk of the column has left.
func (r *reader) used(l *leaf) (m memory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.spare[l]); n > 0 {
		m, r.spare[l] = r.spare[l][n-1], r.spare[l][:n-1]
	}
	return m
}

// Close implements [ingest.FileScan].
func (s *scan) Close() error {
	s.closeChunks()
	return nil
}
