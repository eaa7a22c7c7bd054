package file

import (
	"fmt"
	"io"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/captureipc"
)

// RowWriter writes the rows of batches to a stream in any format of the
// registry, arrow, arrows or capture; records of text formats end with a
// newline. It belongs to one goroutine.
type RowWriter struct {
	w     io.Writer
	enc   ingest.Encoder
	table ingest.FileWriter
	// records writes a capture as Arrow IPC, of the records that each gives.
	records *captureipc.Writer
	each    *capture.Encoder
	array   bool // a JSON array
	lines   bool // the encoder ends its records itself
	begun   bool
	bare    bool // no header: rows are appended to a file that has one
	rows    int64
	bytes   int64
	buf     []byte
	out     []byte
	ends    []int
}

// A capture as Arrow IPC, the file format or the stream format: what a capture is
// written as when the extension of its file says so.
const (
	captureArrow  = "capture.arrow"
	captureArrows = "capture.arrows"
)

// WriterKeys are the properties that NewRowWriter reads, besides those of the
// formats.
func WriterKeys() []ingest.Key {
	return []ingest.Key{
		{Name: "format", Default: "by extension, else json", Doc: "csv tsv json (lines; an array for .json) string raw arrow arrows parquet capture (lines, or Arrow IPC for .arrow and .arrows)"},
		{Name: "payload.format", Default: "json", Doc: "of a capture, the format of its payloads"},
		{Name: "topic", Default: "the name of the sink", Doc: "of a capture, the topic of its records"},
	}
}

// NewRowWriter makes a writer for the rows of a sink. array writes JSON as one
// array instead of lines; bare leaves out what a format puts before its rows.
func NewRowWriter(w io.Writer, r *ingest.Registry, spec ingest.SinkSpec, format string, array, bare bool) (*RowWriter, error) {
	x := &RowWriter{w: w, bare: bare}
	format = strings.ToLower(format)
	if a := aliases[format]; a != "" {
		format = a
	}
	fields := spec.Output.Payload()
	var err error
	if f, ok := r.FileFormat(format); ok {
		if x.table, err = f.NewWriter(counting{x}, spec.Props, fields); err != nil {
			err = fmt.Errorf("sink %q: %w", spec.Name, err)
		}
		return x, err
	}
	switch format {
	case "capture", captureArrow, captureArrows:
		f, err := r.Format(spec.Props.String("json", "payload.format"))
		if err != nil {
			return nil, ingest.Usage(fmt.Errorf("sink %q: %w", spec.Name, err))
		}
		enc, err := f.NewEncoder(spec.Props, spec.Output)
		if err != nil {
			return nil, fmt.Errorf("sink %q: %w", spec.Name, err)
		}
		x.each = capture.NewEncoder(enc, spec.Props.String(spec.Name, "topic"), spec.Output)
		if format != "capture" {
			x.records, err = captureipc.NewWriter(counting{x}, format == captureArrow)
			return x, err
		}
		x.enc, x.lines = x.each, true
		return x, nil
	}
	f, err := r.Format(format)
	if err != nil {
		return nil, ingest.Usage(fmt.Errorf("sink %q: %w", spec.Name, err))
	}
	if f.NewEncoder == nil {
		return nil, ingest.Usage(fmt.Errorf("sink %q: format %s cannot be written", spec.Name, format))
	}
	if f.NewStream == nil {
		return nil, ingest.Usage(fmt.Errorf("sink %q: format %s has no file form; write a topic, or format=capture with payload.format=%s", spec.Name, format, format))
	}
	out := spec.Output
	out.Fields = fields
	if x.enc, err = f.NewEncoder(spec.Props, out); err != nil {
		return nil, fmt.Errorf("sink %q: %w", spec.Name, err)
	}
	x.array = array && format == "json"
	return x, nil
}

// Write writes the selected rows of a batch.
func (x *RowWriter) Write(b *arrowexec.Batch) error {
	n := int64(b.Rows())
	if x.table != nil {
		x.rows += n
		return x.table.Write(b)
	}
	if x.records != nil {
		x.rows += n
		return x.each.Each(b, x.records.Append)
	}
	if l, ok := x.enc.(ingest.Liner); ok && !x.array {
		x.out = l.Lines(x.begin(x.out[:0]), b)
		x.rows += n
		return x.put(x.out)
	}
	var err error
	if x.buf, x.ends, err = x.enc.Encode(x.buf[:0], x.ends[:0], b); err != nil {
		return err
	}
	out := x.begin(x.out[:0])
	from := 0
	for i, to := range x.ends {
		if x.array && (i > 0 || x.rows > 0) {
			out = append(out, ",\n"...)
		}
		out = append(out, x.buf[from:to]...)
		if !x.lines && !x.array {
			out = append(out, '\n')
		}
		from = to
	}
	x.rows += n
	x.out = out
	return x.put(out)
}

func (x *RowWriter) begin(dst []byte) []byte {
	if x.begun {
		return dst
	}
	x.begun = true
	if f, ok := x.enc.(ingest.Framer); ok && !x.bare {
		dst = f.Begin(dst)
	}
	if x.array {
		dst = append(dst, "[\n"...)
	}
	return dst
}

// Flush writes what was held back to make larger record batches.
func (x *RowWriter) Flush() error {
	if x.records == nil {
		return nil
	}
	return x.records.Flush()
}

// Close writes what stands after the last row; w stays open. Without rows the
// output is complete all the same.
func (x *RowWriter) Close() error {
	if x.table != nil {
		return x.table.Close()
	}
	if x.records != nil {
		return x.records.Close()
	}
	out := x.begin(x.out[:0])
	if x.array {
		if x.rows > 0 {
			out = append(out, '\n')
		}
		out = append(out, "]\n"...)
	}
	if f, ok := x.enc.(ingest.Framer); ok {
		out = f.End(out)
	}
	return x.put(out)
}

// Rows and Bytes count what was written.
func (x *RowWriter) Rows() int64 { return x.rows }

// Bytes is the number of bytes before compression.
func (x *RowWriter) Bytes() int64 { return x.bytes }

func (x *RowWriter) put(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := x.w.Write(b)
	x.bytes += int64(n)
	return err
}

type counting struct{ x *RowWriter }

func (c counting) Write(b []byte) (int, error) {
	n, err := c.x.w.Write(b)
	c.x.bytes += int64(n)
	return n, err
}
