package csv

import (
	"bytes"
	"encoding/binary"
	"strconv"
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
	cols    []writer
	plain   bool // texts of numbers and times never need quotes
	scratch []byte
}

// writer writes one column of the batch at hand.
type writer struct {
	v       *vec.Vec
	kind    vec.Kind
	flat    bool // neither constant nor a dictionary
	valid   vec.Bitmap
	ints    []int64
	floats  []float64
	offsets []int32
	data    []byte
	micros  bool
}

// unquoted are the bytes that numbers and times are written with.
const unquoted = "0123456789+-:.eETZNaInfity"

func newEncoder(d dialect, out ingest.Output) *encoder {
	e := &encoder{d: d}
	for _, f := range out.Payload() {
		e.names = append(e.names, f.Name)
	}
	e.cols = make([]writer, len(e.names))
	e.plain = d.null == "" && strings.IndexByte(unquoted, d.delim) < 0 && strings.IndexByte(unquoted, d.quote) < 0
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
	for i := range e.cols {
		e.cols[i].ready(b.Cols[i])
	}
	for i := range b.Rows() {
		row := i
		if b.Sel != nil {
			row = int(b.Sel[i])
		}
		dst = e.row(dst, row)
		ends = append(ends, len(dst))
	}
	clear(e.cols) // keep nothing of the batch
	return dst, ends, nil
}

func (w *writer) ready(v *vec.Vec) {
	*w = writer{v: v, kind: v.Kind, valid: v.Valid, flat: !v.Const && v.Dict == nil}
	if !w.flat {
		return
	}
	switch v.Kind {
	case vec.Int64:
		w.ints = vec.Values[int64](v)
	case vec.Timestamp:
		w.ints, w.micros = vec.Values[int64](v), vec.Micros(v.Type)
	case vec.Float64:
		w.floats = vec.Values[float64](v)
	case vec.String:
		w.offsets, w.data = v.Offsets, v.Data
	}
}

func (e *encoder) row(dst []byte, row int) []byte {
	for i := range e.cols {
		if i > 0 {
			dst = append(dst, e.d.delim)
		}
		w := &e.cols[i]
		switch {
		case !w.flat:
			dst = e.appendField(dst, w.v, row)
		case w.valid != nil && !w.valid.Get(row):
		case w.kind == vec.String:
			dst = e.appendText(dst, w.data[w.offsets[row]:w.offsets[row+1]])
		case w.kind == vec.Int64:
			dst = strconv.AppendInt(dst, w.ints[row], 10)
		case w.kind == vec.Float64 && e.plain:
			dst = text.AppendFloat64(dst, w.floats[row])
		case w.kind == vec.Timestamp && e.plain:
			dst = text.AppendTimestamp(dst, w.ints[row], w.micros)
		default:
			dst = e.appendField(dst, w.v, row)
		}
	}
	return dst
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
	for {
		i := bytes.IndexByte(s, e.d.quote)
		if i < 0 {
			break
		}
		dst = append(append(dst, s[:i+1]...), e.d.quote)
		s = s[i+1:]
	}
	return append(append(dst, s...), e.d.quote)
}

// quotes tells whether a text needs quotes: it looks at eight bytes at once.
func (e *encoder) quotes(s []byte) bool {
	delim, quote := low*uint64(e.d.delim), low*uint64(e.d.quote)
	rest := s
	for len(rest) > 0 {
		var w uint64
		if len(rest) >= 8 {
			w = binary.LittleEndian.Uint64(rest)
			rest = rest[8:]
		} else if cap(rest) >= 8 { // what stands behind is shifted out
			w = binary.LittleEndian.Uint64(rest[:8]) << (uint(8-len(rest)) * 8)
			rest = nil
		} else {
			var room [8]byte
			copy(room[:], rest)
			w = binary.LittleEndian.Uint64(room[:])
			rest = nil
		}
		if zeroBytes(w^delim)|zeroBytes(w^quote)|zeroBytes(w^low*'\n')|zeroBytes(w^low*'\r') != 0 {
			return true
		}
	}
	return e.d.null != "" && strings.EqualFold(e.d.null, vec.Text(s))
}
