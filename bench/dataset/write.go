package dataset

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/format/avro"
	"github.com/velostream/velo/ingest/parquet"
)

// Formats are the file forms a dataset can be written in.
var Formats = []string{"jsonl", "csv", "arrow", "arrows", "parquet", "avro", "capture"}

// CheckFormat refuses what cannot be written, by name.
func CheckFormat(format string) error {
	for _, f := range Formats {
		if f == format {
			return nil
		}
	}
	return fmt.Errorf("there is no format %q; formats: %s", format, strings.Join(Formats, ", "))
}

// Write writes the dataset in a format. each, if not nil, sees every row.
func (d *Dataset) Write(w io.Writer, format string, o Options, each func(row []Cell)) error {
	if err := CheckFormat(format); err != nil {
		return err
	}
	switch format {
	case "arrow", "arrows":
		return d.writeColumns(arrowipc.Formats()[slices.Index([]string{"arrow", "arrows"}, format)], w, o, each)
	case "parquet":
		return d.writeColumns(parquet.Format(), w, o, each)
	case "avro":
		return d.writeColumns(avro.FileFormat(), w, o, each)
	}
	out := bufio.NewWriterSize(w, 1<<20)
	var buf []byte
	if format == "csv" && !d.NoHeader {
		for i, c := range d.Columns {
			if i > 0 {
				buf = append(buf, d.Delimiter)
			}
			buf = append(buf, c.Name...)
		}
		buf = append(buf, '\n')
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	object := d.AppendJSON
	if d.objects != nil {
		object = d.objects(d, rand.New(rand.NewPCG(o.Seed, 0x6a736f6e)))
	}
	line := object
	switch format {
	case "csv":
		line = d.AppendCSV
	case "capture":
		line = d.envelopes(object)
	}
	err := d.Each(o, func(row []Cell) error {
		if each != nil {
			each(row)
		}
		buf = append(line(buf[:0], row), '\n')
		_, err := out.Write(buf)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// AppendJSON appends the row as an object.
func (d *Dataset) AppendJSON(dst []byte, row []Cell) []byte {
	for i, c := range d.Columns {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		dst = c.field(append(dst, sep), row[i])
	}
	return append(dst, '}')
}

// field appends the name and the value of an object's field.
func (c Column) field(dst []byte, v Cell) []byte {
	dst = append(dst, '"')
	dst = append(dst, c.Name...)
	dst = append(dst, '"', ':')
	switch {
	case v.Null:
		return append(dst, "null"...)
	case c.Kind == Text || c.Kind == ISOTime:
		return append(c.append(append(dst, '"'), v), '"') // no text of a dataset needs an escape
	}
	return c.append(dst, v)
}

// AppendCSV appends the row without its end of line.
func (d *Dataset) AppendCSV(dst []byte, row []Cell) []byte {
	for i, c := range d.Columns {
		if i > 0 {
			dst = append(dst, d.Delimiter)
		}
		if !row[i].Null {
			dst = c.append(dst, row[i])
		}
	}
	return dst
}

// Text is a value as it is written.
func (c Column) Text(v Cell) string { return string(c.append(nil, v)) }

func (c Column) append(dst []byte, v Cell) []byte {
	switch c.Kind {
	case Text:
		return append(dst, v.S...)
	case ISOTime:
		return time.UnixMilli(v.I).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	case Decimal, Exact:
		return strconv.AppendFloat(dst, v.Float(), 'f', c.Scale, 64)
	}
	return strconv.AppendInt(dst, v.I, 10)
}

// writeColumns writes a file of a format that has columns.
func (d *Dataset) writeColumns(f ingest.FileFormat, w io.Writer, o Options, each func([]Cell)) error {
	out := bufio.NewWriterSize(w, 1<<20)
	fields := d.Schema(d.Columns).Fields()
	fw, err := f.NewWriter(out, ingest.NewProps(), fields)
	if err != nil {
		return err
	}
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	err = d.records(o, d.Columns, each, func(rec arrow.Record) error {
		defer rec.Release()
		sc := pool.Open()
		defer sc.Close()
		b := &arrowexec.Batch{Scope: sc, N: int(rec.NumRows())}
		for _, c := range rec.Columns() {
			v, err := vec.FromArrow(sc, c)
			if err != nil {
				return err
			}
			b.Cols = append(b.Cols, v)
		}
		return fw.Write(b)
	})
	if err != nil {
		return err
	}
	if err := fw.Close(); err != nil {
		return err
	}
	return out.Flush()
}
