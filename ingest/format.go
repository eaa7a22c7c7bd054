package ingest

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Rows collects the rows of one batch while a decoder makes them: a builder for
// each wanted column, every one of which gets exactly one append a row.
type Rows struct {
	Cols []*vec.Builder
	// N is the number of rows so far; a decoder adds to it.
	N int
	// Kept has, for each row, the index of its record among those given to the
	// decoder; it lets the source fill the system columns of rows only.
	Kept []int32
	// Bad is called for each record that gave no row, with its index, the column
	// to blame ("" if none) and the cause. Its error ends the batch.
	Bad func(record int, field string, cause error) error
	// Unknown counts fields that the schema does not have.
	Unknown int64
}

// Decoder turns records into rows. It is made for one scan and one pipeline,
// and may keep what it learnt (the order of keys) from batch to batch.
type Decoder interface {
	// Decode appends a row for each record that can be read, and reports every
	// other to rows.Bad, taking back what it had appended. Record bytes are
	// borrowed: values are copied to the builders.
	Decode(records [][]byte, rows *Rows) error
}

// StreamDecoder finds the records itself, in a piece of a file.
type StreamDecoder interface {
	// DecodeStream reads up to want records from the start of buf, which begins
	// at the start of a record, and tells how many bytes it used. Unless final is
	// set, a last record that might go on beyond buf is left for the next call.
	// Spans gets the byte range of each record read, bad ones included, and its
	// 1-based line counted from the start of buf in Line.
	DecodeStream(buf []byte, final bool, want int, rows *Rows, spans *[]Span) (used int, err error)
	// Boundary finds the first start of a record at or after from, for splitting a
	// file into chunks; ok is false when it cannot be told from buf alone.
	Boundary(buf []byte, from int) (at int, ok bool)
}

// Span is one record of a buffer.
type Span struct {
	From, To int32
	Line     int32
}

// Inferrer finds columns in the first records of a source without declaration.
type Inferrer interface {
	// Add takes a record; bad ones are passed over.
	Add(record []byte)
	// Schema gives the columns found; nil when there was no record.
	Schema() *arrow.Schema
}

// Encoder turns rows into records.
type Encoder interface {
	// Encode appends the selected rows of b to dst, and to ends the offset in dst
	// after each. Only the payload columns of the output are written.
	Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error)
}

// Liner is an encoder that writes records as lines without being told where each ends.
type Liner interface {
	// Lines appends the selected rows of b to dst, a newline behind each.
	Lines(dst []byte, b *arrowexec.Batch) []byte
}

// Format is a payload format: json, csv, string, raw …
type Format struct {
	Name string
	// Keys are the property names that the format reads, for the check of unknown
	// keys and the documentation.
	Keys []Key
	// Check tells what is wrong with the values of the keys; nil: whatever reads or
	// writes records does.
	Check func(Props) error
	// Fixed gives the columns of a format that needs neither declaration nor
	// inference (raw and string have one column, value); nil otherwise.
	Fixed func(Props) (*arrow.Schema, error)
	// ReadSchema gives the columns of a schema in the format's own language: the
	// text of the key schema, or of the file that schema.file names, which is then
	// under schema as well when decoders and encoders are made. nil: the format has
	// no such language, and these keys hold column lists.
	ReadSchema func(p Props, text string) (*arrow.Schema, error)
	// SchemaFiles are the extensions of files in that language: ".avsc".
	SchemaFiles []string
	// NewInferrer may be nil: the format needs declared columns.
	NewInferrer func(Props) (Inferrer, error)
	// NewFileInferrer is NewInferrer for whole files, where a format's file form
	// tells more than its payloads do (a header); nil: NewInferrer serves both.
	NewFileInferrer func(Props) (Inferrer, error)
	// NewDecoder makes a decoder of payloads for the wanted columns; declared is
	// the whole schema of the source.
	NewDecoder func(p Props, declared *arrow.Schema, want []arrow.Field) (Decoder, error)
	// NewStream makes a decoder of whole files; nil: the format has no file form
	// of its own.
	NewStream func(p Props, declared *arrow.Schema, want []arrow.Field) (StreamDecoder, error)
	// NewEncoder makes an encoder for the payload columns of an output.
	NewEncoder func(p Props, out Output) (Encoder, error)
}

// NoColumns is the error for a source that neither declares columns nor has a
// format that can tell them.
func (f Format) NoColumns(source string) error {
	if f.ReadSchema != nil {
		return fmt.Errorf("format %s needs the schema of its records: add the key schema, or schema.file with a %s file", f.Name, strings.Join(f.SchemaFiles, " or "))
	}
	return fmt.Errorf("format %s needs declared columns: CREATE STREAM %s (…), or the key columns='a BIGINT, b STRING'", f.Name, source)
}

// Key documents one property.
type Key struct {
	Name    string
	Default string
	Doc     string
	// Of tells which side reads the key of a format; none: both do.
	Of Side
}

// Side is a side of a format: records are read or written.
type Side uint8

// The sides.
const (
	BothSides Side = iota
	Reading
	Writing
)
