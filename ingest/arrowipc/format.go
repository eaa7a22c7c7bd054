package arrowipc

import (
	"io"

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
				schema := r.Schema()
				return &file{in: in, schema: schema}, r.Close()
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
}

func (f *file) Schema() *arrow.Schema { return f.schema }
func (f *file) Groups() []int64       { return nil }
func (f *file) Close() error          { return nil }

// Scan opens the file; it has one group.
func (f *file) Scan(want []arrow.Field, _, _ int) (ingest.FileScan, error) {
	r, err := Open(f.in)
	if err != nil {
		return nil, err
	}
	s := &scan{r: r, want: want}
	for _, w := range want {
		s.at = append(s.at, ingest.Lookup(r.Schema(), w.Name))
	}
	return s, nil
}

// scan reads the records of a file, cut into batches.
type scan struct {
	r    *Reader
	want []arrow.Field
	at   []int
	rec  arrow.Record
	off  int64
}

// Next gives the next rows of the record at hand.
func (s *scan) Next(sc *vec.Scope, want int) (ingest.FileRows, error) {
	for s.rec == nil || s.off == s.rec.NumRows() {
		s.drop()
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

// Bytes is not known: Arrow's reader does not tell.
func (s *scan) Bytes() int64 { return 0 }

func (s *scan) drop() {
	if s.rec != nil {
		s.rec.Release()
		s.rec = nil
	}
}

// Close gives the record at hand back and closes the file.
func (s *scan) Close() error {
	s.drop()
	return s.r.Close()
}
