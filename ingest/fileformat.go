package ingest

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// FileFormat is a kind of file that has columns rather than records: Arrow IPC,
// Parquet. Its name is the extension of its files.
type FileFormat struct {
	Name string
	// Keys are the property names that its writer reads.
	Keys []Key
	// Open reads what tells the columns.
	Open func(in FileInput) (FileReader, error)
	// NewWriter begins a file of the given columns; w stays open.
	NewWriter func(w io.Writer, p Props, fields []arrow.Field) (FileWriter, error)
}

// FileInput is a file to read.
type FileInput struct {
	Name string
	// Open gives the unpacked bytes. They can be read at any place if the result is
	// a [RandomAccess].
	Open func() (io.ReadCloser, error)
	// Map, if set, opens a file whose bytes can be read where they are.
	Map func() (MappedFile, error)
}

// MappedFile is a file that is mapped into memory. Where it is cut meanwhile are no
// bytes: who reads them there faults, and the run ends with an error.
type MappedFile interface {
	io.ReaderAt
	Size() int64
	// Window gives n bytes, which the file must have.
	Window(at int64, n int) (Window, error)
	Close() error
}

// Window is a part of a file that is mapped. It stays until it is closed, and every
// scope that it was lent to.
type Window interface {
	Bytes() []byte
	Lend(sc *vec.Scope)
	Close()
}

// RandomAccess is a file that can be read at any place.
type RandomAccess interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// FileReader is an open file. Its scans may be used at the same time by
// different goroutines.
type FileReader interface {
	// Schema gives the columns, of engine types, names made unique.
	Schema() *arrow.Schema
	// Groups has the number of rows of each part that can be read on its own; nil
	// when there is one, of unknown length.
	Groups() []int64
	// Scan reads the wanted columns of groups [from, to); to < 0 is the end. A
	// column that the file lacks is NULL.
	Scan(want []arrow.Field, from, to int) (FileScan, error)
	Close() error
}

// FileScan reads rows in their order.
type FileScan interface {
	// Next reads up to want rows; io.EOF at the end.
	Next(sc *vec.Scope, want int) (FileRows, error)
	// Bytes is how much of the file was read so far.
	Bytes() int64
	Close() error
}

// FileRows are some rows of a file.
type FileRows struct {
	Cols []*vec.Vec
	N    int // rows of Cols
	Read int // rows read: those of Cols and those that are bad
	// Kept has, for each row of Cols, its place among those read; nil: all are kept.
	Kept []int32
	Bad  []BadRow
}

// BadRow is a row that has no place in the wanted columns.
type BadRow struct {
	Row   int // among those read
	Field string
	Cause error
}

// DropBad leaves out the rows of Bad; a row is blamed once, for its first column.
func (rows *FileRows) DropBad(sc *vec.Scope) {
	slices.SortStableFunc(rows.Bad, func(a, b BadRow) int { return a.Row - b.Row })
	rows.Bad = slices.CompactFunc(rows.Bad, func(a, b BadRow) bool { return a.Row == b.Row })
	keep := vec.Slice[int32](sc, rows.N)[:0]
	b := 0
	for i := range rows.N {
		if b < len(rows.Bad) && rows.Bad[b].Row == i {
			b++
			continue
		}
		keep = append(keep, int32(i))
	}
	for i, c := range rows.Cols {
		rows.Cols[i] = sc.Gather(c, keep)
	}
	rows.Kept, rows.N = keep, len(keep)
}

// FileWriter writes batches to a file.
type FileWriter interface {
	// Write writes the selected rows of the first columns of b.
	Write(b *arrowexec.Batch) error
	// Close writes the end of the file. One that is not closed is not whole, and
	// shows it.
	Close() error
}

// FileFormat finds a file format by name.
func (r *Registry) FileFormat(name string) (FileFormat, bool) {
	for _, f := range r.Files {
		if f.Name == strings.ToLower(name) {
			return f, true
		}
	}
	return FileFormat{}, false
}

// Lookup finds a column by exact name, else by the only one that differs in
// case; -1 when there is none.
func Lookup(s *arrow.Schema, name string) int {
	found, n := -1, 0
	for i, f := range s.Fields() {
		if f.Name == name {
			return i
		}
		if strings.EqualFold(f.Name, name) {
			found = i
			n++
		}
	}
	if n == 1 {
		return found
	}
	return -1
}

// UniqueNames numbers names that repeat (_2, _3) and names empty ones columnN.
func UniqueNames(names []string) []string {
	seen := map[string]bool{}
	out := make([]string, len(names))
	for i, n := range names {
		if n == "" {
			n = "column" + strconv.Itoa(i+1)
		}
		for base, k := n, 2; seen[n]; k++ {
			n = base + "_" + strconv.Itoa(k)
		}
		seen[n] = true
		out[i] = n
	}
	return out
}
