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

// file is a file whose columns are known.
type file struct {
	in     ingest.FileInput
	schema *arrow.Schema
	stored *arrow.Schema // as the file has it, of the file format

	mu     sync.Mutex // guards what follows: scans are opened by several pipelines
	tried  bool
	groups []int64
	placed *placed // nil: Arrow's own reader reads it, each scan opens it anew
	err    error
}

// mostGroups may be read on their own: as many messages are read before the first row.
const mostGroups = 1 << 16

func (f *file) Schema() *arrow.Schema { return f.schema }

// Close closes what scans have used.
func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.placed
	f.tried, f.placed, f.err = false, nil, nil
	if p == nil {
		return nil
	}
	return p.f.Close()
}

// place opens the file for reading it where it stands, once; nil if that cannot be.
func (f *file) place() (*placed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.tried && f.in.Map != nil && f.stored != nil {
		p, err := place(f.in, f.stored)
		if errors.Is(err, errForeign) {
			err = nil
		}
		if f.placed, f.err = p, err; p != nil {
			if n := len(p.foot.groups); n >= 2 && n <= mostGroups && f.groups == nil {
				f.groups = p.rowsOfGroups()
			}
		}
	}
	f.tried = true
	return f.placed, f.err
}

// Groups are the record batches of a file that is read in place.
func (f *file) Groups() []int64 {
	if _, err := f.place(); err != nil { // the scan will meet it
		return nil
	}
	return f.groups
}

// Scan begins with the first of some record batches.
func (f *file) Scan(want []arrow.Field, from, to int) (ingest.FileScan, error) {
	s := &scan{in: f.in, want: want, to: to, sound: make([][]byte, len(want))}
	for _, w := range want {
		s.at = append(s.at, ingest.Lookup(f.schema, w.Name))
		s.names = append(s.names, w.Name)
	}
	p, err := f.place()
	if err != nil {
		return nil, err
	}
	if p != nil {
		s.m = p.columns(s.at)
		s.m.between(from, to)
		return s, nil
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
	s.m.letGo()
	s.m, s.r = nil, r
	return nil
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

// Close gives the record at hand back, and closes what the scan has opened.
func (s *scan) Close() error {
	s.drop()
	if s.m != nil {
		s.m.letGo()
		return nil
	}
	return s.r.Close()
}
