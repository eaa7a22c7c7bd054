package csv

import (
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// encoder writes records with as few quotes as RFC 4180 allows.
type encoder struct {
	d       dialect
	names   []string
	scratch []byte
}

func newEncoder(d dialect, out ingest.Output) *encoder {
	e := &encoder{d: d}
	for _, f := range out.Payload() {
		e.names = append(e.names, f.Name)
	}
	return e
}

// Begin writes the header.
func (e *encoder) Begin(dst []byte) []byte {
	if !e.d.header {
		return dst
	}
	for i, n := range e.names {
		if i > 0 {
			dst = append(dst, e.d.delim)
		}
		dst = e.appendText(dst, []byte(n))
	}
	return append(dst, '\n')
}

// End writes nothing.
func (e *encoder) End(dst []byte) []byte { return dst }

// Encode appends one record for each selected row, without its newline.
func (e *encoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	cols := b.Cols[:len(e.names)]
	row := func(r int) {
		for i, v := range cols {
			if i > 0 {
				dst = append(dst, e.d.delim)
			}
			dst = e.appendField(dst, v, r)
		}
		ends = append(ends, len(dst))
	}
	if b.Sel == nil {
		for r := range b.N {
			row(r)
		}
		return dst, ends, nil
	}
	for _, r := range b.Sel {
		row(int(r))
	}
	return dst, ends, nil
}

func (e *encoder) appendField(dst []byte, v *vec.Vec, r int) []byte {
	if v.IsNull(r) {
		return dst
	}
	switch v.Kind {
	case vec.String:
		return e.appendText(dst, v.BytesAt(r))
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Bool:
		return text.AppendValue(dst, v, r)
	}
	e.scratch = text.AppendValue(e.scratch[:0], v, r)
	return e.appendText(dst, e.scratch)
}

// appendText quotes what could not be read back otherwise.
func (e *encoder) appendText(dst, s []byte) []byte {
	if e.d.quote == 0 || len(s) > 0 && !e.quotes(s) {
		return append(dst, s...)
	}
	dst = append(dst, e.d.quote)
	for _, x := range s {
		if x == e.d.quote {
			dst = append(dst, x)
		}
		dst = append(dst, x)
	}
	return append(dst, e.d.quote)
}

func (e *encoder) quotes(s []byte) bool {
	for _, x := range s {
		if x == e.d.delim || x == e.d.quote || x == '\n' || x == '\r' {
			return true
		}
	}
	return e.d.null != "" && strings.EqualFold(e.d.null, vec.Text(s))
}
