package arrowipc

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Formats are "arrow", files, and "arrows", streams; both are read under either
// name.
func Formats() []ingest.FileFormat {
	format := func(name string) ingest.FileFormat {
		return ingest.FileFormat{
			Name: name,
			Open: func(in ingest.FileInput) (ingest.FileReader, error) {
				r, err := Open(in)
				if err != nil {
					return nil, err
				}
				f := &file{in: in, schema: r.Schema()}
				if r.whole != nil {
					f.stored = r.whole.Schema()
				}
				return f, r.Close()
			},
			NewWriter: func(w io.Writer, _ ingest.Props, fields []arrow.Field) (ingest.FileWriter, error) {
				return NewWriter(w, fields, name == "arrow")
			},
		}
	}
	return []ingest.FileFormat{format("arrow"), format("arrows")}
}

// file is a file whose columns are known; each scan opens it anew.
type file struct {
	in     ingest.FileInput
	schema *arrow.Schema
	stored *arrow.Schema // as the file has it, of the file format
	once   sync.Once
	groups []int64
}

// mostGroups are read on their own: each reads the footer, which tells where all are.
const mostGroups = 1024

func (f *file) Schema() *arrow.Schema { return f.schema }
func (f *file) Close() error          { return nil }

// Groups are the record batches of a file that is read in place.
func (f *file) Groups() []int64 {
	f.once.Do(func() {
		if f.in.Map == nil || f.stored == nil {
			return
		}
		m, err := openMapped(f.in, f.stored, nil)
		if err != nil { // the scan will meet it
			return
		}
		defer m.close()
		if n := len(m.foot.groups); n >= 2 && n <= mostGroups {
			f.groups = m.rowsOfGroups()
		}
	})
	return f.groups
}

// Scan opens the file.
func (f *file) Scan(want []arrow.Field, from, to int) (ingest.FileScan, error) {
	s := &scan{in: f.in, want: want, to: to, sound: make([][]byte, len(want))}
	for _, w := range want {
		s.at = append(s.at, ingest.Lookup(f.schema, w.Name))
		s.names = append(s.names, w.Name)
	}
	if f.in.Map != nil && f.stored != nil {
		m, err := openMapped(f.in, f.stored, s.at)
		if err == nil {
			m.between(from, to)
			s.m = m
			return s, nil
		}
		if !errors.Is(err, errForeign) {
			return nil, err
		}
	}
	r, err := Open(f.in)
	s.r = r
	return s, err
}

// scan reads the records of a file, cut into batches.
type scan struct {
	in    ingest.FileInput
	want  []arrow.Field
	names []string
	at    []int
	to    int      // of groups; < 0: the end
	sound [][]byte // see checkTexts
	m     *mapped  // the file is read in place; else
	r     *Reader
	rec   arrow.Record
	off   int64
}

// Next gives the next rows of the record at hand.
func (s *scan) Next(sc *vec.Scope, want int) (rows ingest.FileRows, err error) {
	if s.m != nil {
		err = s.m.advance()
		if errors.Is(err, errForeign) { // from here on
			err = s.leave()
		}
	}
	if err != nil {
		return rows, err
	}
	if s.m != nil {
		rows, err = s.inPlace(sc, want)
	} else {
		rows, err = s.read(sc, want)
	}
	if err != nil {
		return rows, err
	}
	if checkTexts(&rows, s.names, s.sound); len(rows.Bad) > 0 {
		rows.DropBad(sc)
	}
	return rows, nil
}

// inPlace gives rows that stand in the file.
func (s *scan) inPlace(sc *vec.Scope, want int) (ingest.FileRows, error) {
	m := s.m
	n := min(int64(want), m.rows-m.off)
	m.w.Lend(sc)
	cols := make([]*vec.Vec, len(s.want))
	for i, f := range s.want {
		if s.at[i] < 0 {
			cols[i] = sc.NullConst(f.Type, int(n))
			continue
		}
		a, err := m.cols[i].rowsOf(sc, m.off, n)
		if err == nil {
			cols[i], err = fitted(sc, a, f)
		}
		if err != nil {
			return ingest.FileRows{}, fmt.Errorf("%s: record batch %d: column %q: %w", m.name, m.group-1, f.Name, err)
		}
	}
	m.off += n
	return ingest.FileRows{Cols: cols, N: int(n), Read: int(n)}, nil
}

// leave goes on with Arrow's own reader, at the record batch that cannot be read in place.
func (s *scan) leave() error {
	r, err := Open(s.in)
	if err != nil {
		return err
	}
	r.at = s.m.group
	err = s.m.close()
	s.m, s.r = nil, r
	return err
}

func (s *scan) read(sc *vec.Scope, want int) (ingest.FileRows, error) {
	for s.rec == nil || s.off == s.rec.NumRows() {
		s.drop()
		if s.to >= 0 && s.r.at >= s.to {
			return ingest.FileRows{}, io.EOF
		}
		rec, err := s.r.Next()
		if err != nil {
			return ingest.FileRows{}, err
		}
		s.rec, s.off = rec, 0
	}
	n := min(int64(want), s.rec.NumRows()-s.off)
	slice := s.rec.NewSlice(s.off, s.off+n)
	defer slice.Release()
	cols, err := Columns(sc, slice, s.want, s.at)
	s.off += n
	return ingest.FileRows{Cols: cols, N: int(n), Read: int(n)}, err
}

// Bytes is not known where Arrow's reader reads, which does not tell.
func (s *scan) Bytes() int64 {
	if s.m == nil {
		return 0
	}
	return s.m.end
}

func (s *scan) drop() {
	if s.rec != nil {
		s.rec.Release()
		s.rec = nil
	}
}

// Close gives the record at hand back and closes the file.
func (s *scan) Close() error {
	s.drop()
	if s.m != nil {
		return s.m.close()
	}
	return s.r.Close()
}
