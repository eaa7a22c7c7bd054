package raw

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Column is the name of the one column.
const Column = "value"

// Format is raw: the payload as BYTES.
func Format() ingest.Format { return format("raw", vec.TypeBinary) }

// String is string: the payload as STRING.
func String() ingest.Format { return format("string", vec.TypeString) }

func format(name string, t arrow.DataType) ingest.Format {
	schema := arrow.NewSchema([]arrow.Field{{Name: Column, Type: t, Nullable: true}}, nil)
	open := func(declared *arrow.Schema, want []arrow.Field) (decoder, error) {
		if declared != nil && declared.NumFields() != 1 {
			return decoder{}, ingest.Usage(fmt.Errorf("format %s gives one column, and %d are declared", name, declared.NumFields()))
		}
		for _, f := range want {
			if k := vec.KindOf(f.Type); k != vec.String && k != vec.Binary {
				return decoder{}, ingest.Usage(fmt.Errorf("column %q: format %s gives STRING or BYTES, not %s", f.Name, name, k))
			}
		}
		return decoder{want: want}, nil
	}
	return ingest.Format{
		Name:  name,
		Fixed: func(ingest.Props) (*arrow.Schema, error) { return schema, nil },
		NewDecoder: func(_ ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
			return open(declared, want)
		},
		NewStream: func(_ ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.StreamDecoder, error) {
			d, err := open(declared, want)
			return lines{d}, err
		},
		NewEncoder: func(_ ingest.Props, out ingest.Output) (ingest.Encoder, error) {
			fields := out.Payload()
			if n := len(fields); n != 1 {
				return nil, ingest.Usage(fmt.Errorf("format %s writes one column, and the query has %d; select one, or use another format", name, n))
			}
			if k := vec.KindOf(fields[0].Type); name == "raw" && k != vec.Binary && k != vec.String {
				return nil, ingest.Usage(fmt.Errorf("format raw writes BYTES or STRING, and column %q is %s; CAST it, or use format string", fields[0].Name, k))
			}
			return encoder{}, nil
		},
	}
}

type decoder struct{ want []arrow.Field }

var (
	errUTF8     = errors.New("not valid UTF-8; use format raw")
	errRequired = errors.New("NULL in a NOT NULL column")
)

// Decode makes a row of every record; a nil one is NULL.
func (d decoder) Decode(records [][]byte, rows *ingest.Rows) error {
	for i, rec := range records {
		if cause := d.check(rec); cause != nil {
			if err := rows.Bad(i, d.want[0].Name, cause); err != nil {
				return err
			}
			continue
		}
		for _, b := range rows.Cols {
			if rec == nil {
				b.Null()
			} else {
				b.Bytes(rec)
			}
		}
		rows.N++
		rows.Kept = append(rows.Kept, int32(i))
	}
	return nil
}

func (d decoder) check(rec []byte) error {
	for _, f := range d.want {
		switch {
		case rec == nil && !f.Nullable:
			return errRequired
		case f.Type.ID() == arrow.STRING && !utf8.Valid(rec):
			return errUTF8
		}
	}
	return nil
}

// lines decodes files: a record ends at its newline, and an empty line is an
// empty text.
type lines struct{ decoder }

// DecodeStream reads lines.
func (d lines) DecodeStream(buf []byte, final bool, want int, rows *ingest.Rows, spans *[]ingest.Span) (used int, err error) {
	var one [1][]byte
	for n := 0; n < want && used < len(buf); n++ {
		to, next := len(buf), len(buf)
		if i := bytes.IndexByte(buf[used:], '\n'); i >= 0 {
			to, next = used+i, used+i+1
		} else if !final {
			return used, nil
		}
		if to > used && buf[to-1] == '\r' {
			to--
		}
		*spans = append(*spans, ingest.Span{From: int32(used), To: int32(to), Line: int32(n + 1)})
		one[0] = buf[used:to:to]
		if cause := d.check(one[0]); cause != nil {
			if err := rows.Bad(n, d.want[0].Name, cause); err != nil {
				return next, err
			}
		} else {
			for _, b := range rows.Cols {
				b.Bytes(one[0])
			}
			rows.N++
			rows.Kept = append(rows.Kept, int32(n))
		}
		used = next
	}
	return used, nil
}

// Boundary is the next line.
func (d lines) Boundary(buf []byte, from int) (at int, ok bool) {
	if from == 0 {
		return 0, true
	}
	if i := bytes.IndexByte(buf[from-1:], '\n'); i >= 0 {
		return from + i, true
	}
	return 0, false
}

type encoder struct{}

// Encode appends the text form of the column's values; bytes as they are, NULL
// as nothing.
func (encoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	v := b.Cols[0]
	for j := range b.Rows() {
		r := j
		if b.Sel != nil {
			r = int(b.Sel[j])
		}
		switch {
		case v.IsNull(r):
		case v.Kind == vec.Binary:
			dst = append(dst, v.BytesAt(r)...)
		default:
			dst = text.AppendValue(dst, v, r)
		}
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}
