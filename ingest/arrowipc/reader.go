package arrowipc

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Reader reads the records of one IPC file or stream.
type Reader struct {
	name   string
	file   io.Closer
	whole  *ipc.FileReader
	at     int
	bytes  stored // of whole, and
	groups []block
	dicts  int64 // bytes of the dictionaries
	mem    *limited
	stream *ipc.Reader
	tail   *tail
	schema *arrow.Schema
}

var magic = []byte("ARROW1")

// Open reads the schema. Which of the two formats a file has is told by its
// first bytes. One of the file format is read in place if it can be read at any
// place, else it is held in memory.
func Open(in ingest.FileInput) (r *Reader, err error) {
	f, err := in.Open()
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // Arrow's reader panics on some broken metadata
			err = fmt.Errorf("%s: no readable Arrow IPC: %v", in.Name, p)
		}
		if err != nil {
			f.Close()
		}
	}()
	r = &Reader{name: in.Name, file: f}
	head := make([]byte, 8)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		if err == io.EOF {
			err = errors.New("the file is empty")
		}
		return nil, fmt.Errorf("%s: no Arrow IPC: %w", in.Name, err)
	}
	if bytes.HasPrefix(head[:n], magic) {
		at, ok := f.(ipc.ReadAtSeeker)
		if !ok {
			all, err := io.ReadAll(f)
			if err != nil {
				return nil, err
			}
			at = bytes.NewReader(append(head[:n:n], all...))
		}
		if err = r.look(at); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
		if r.whole, err = ipc.NewFileReader(at, ipc.WithAllocator(r.mem)); err != nil {
			return nil, fmt.Errorf("%s: the Arrow file has no readable footer; it is cut or was never closed: %v", in.Name, err)
		}
		r.schema = r.whole.Schema()
	} else {
		size := order.Uint32(head)
		if size == continued {
			size = order.Uint32(head[4:])
		}
		if size > longestMeta {
			return nil, fmt.Errorf("%s: no Arrow IPC stream: it is said to begin with a message of %d bytes", in.Name, size)
		}
		var first bytes.Buffer // grows with what there is, whatever is said of it
		first.Write(head[:n])
		if _, err = io.CopyN(&first, f, int64(size)); err != nil && err != io.EOF {
			return nil, fmt.Errorf("%s: no Arrow IPC stream: %w", in.Name, err)
		}
		r.tail = &tail{r: io.MultiReader(&first, f)}
		if err == io.EOF && first.Len() < int(size) {
			return nil, fmt.Errorf("%s: no Arrow IPC stream: its first message is said to have %d bytes, and %d are there; it is cut", in.Name, size, first.Len())
		}
		r.mem = &limited{memory.NewGoAllocator(), longestStreamed}
		if r.stream, err = ipc.NewReader(r.tail, ipc.WithAllocator(r.mem)); err != nil {
			return nil, fmt.Errorf("%s: no Arrow IPC stream: %v", in.Name, err)
		}
		r.schema = r.stream.Schema()
	}
	r.schema, err = canonical(r.schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	return r, nil
}

// look finds the record batches of a file that is sound so far.
func (r *Reader) look(f ipc.ReadAtSeeker) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	r.bytes = stored{f, size}
	ft, need, err := soundFile(r.bytes)
	r.groups, r.dicts = ft.groups, need
	r.mem = &limited{memory.NewGoAllocator(), need}
	return err
}

// canonical gives the columns as they are inside the engine; repeated names are
// numbered.
func canonical(s *arrow.Schema) (*arrow.Schema, error) {
	fields := make([]arrow.Field, s.NumFields())
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		t, ok := vec.Canonical(f.Type)
		if !ok {
			return nil, fmt.Errorf("column %q has the Arrow type %s, which has no SQL type", f.Name, f.Type)
		}
		names[i] = f.Name
		fields[i] = arrow.Field{Type: t, Nullable: true}
	}
	for i, n := range ingest.UniqueNames(names) {
		fields[i].Name = n
	}
	return arrow.NewSchema(fields, nil), nil
}

// Schema gives the columns, of engine types.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

// Next gives the next record, which the caller releases; io.EOF at the end. A
// stream without its end mark is cut, and an error.
func (r *Reader) Next() (rec arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			rec, err = nil, fmt.Errorf("%s: the Arrow data are corrupt: %v", r.name, p)
		}
	}()
	if r.whole != nil {
		if r.at == r.whole.NumRecords() {
			return nil, io.EOF
		}
		need, err := soundBlock(r.bytes, r.groups[r.at], isRecords)
		if err == nil {
			r.mem.most = r.dicts + need
			rec, err = r.whole.RecordAt(r.at)
		}
		if err == nil {
			err = checkRecord(rec)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: record batch %d: %w", r.name, r.at, err)
		}
		r.at++
		return rec, nil
	}
	if r.stream.Next() {
		rec := r.stream.Record()
		if err := checkRecord(rec); err != nil {
			return nil, fmt.Errorf("%s: the Arrow stream is corrupt before byte %d: %w", r.name, r.tail.n, err)
		}
		rec.Retain()
		return rec, nil
	}
	if err := r.stream.Err(); err != nil {
		return nil, fmt.Errorf("%s: the Arrow stream is corrupt or cut at byte %d: %v", r.name, r.tail.n, err)
	}
	if r.tail.eof {
		return nil, fmt.Errorf("%s: the Arrow stream ends without its end mark, at byte %d; it is cut", r.name, r.tail.n)
	}
	return nil, io.EOF
}

// Close gives everything back.
func (r *Reader) Close() error {
	if r.stream != nil {
		r.stream.Release()
		r.stream = nil
	}
	if r.whole != nil {
		r.whole.Close() // its own error cannot be more than that of the file
		r.whole = nil
	}
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// tail knows whether the reader ran into the end of the input: Arrow's reader
// takes that for the end of the stream, and does not look for more once it has
// read the end mark.
type tail struct {
	r   io.Reader
	n   int64
	eof bool
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	t.eof = t.eof || n == 0 && err == io.EOF
	return n, err
}
