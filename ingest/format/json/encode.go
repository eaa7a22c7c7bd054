package json

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Encoder writes rows as JSON objects, compact, columns in their order.
type Encoder struct {
	names         [][]byte // `{"a":`, `,"b":`
	decimalString bool
	tail          string
	cols          []writer
}

// writer writes one column of the batch at hand.
type writer struct {
	name    []byte
	v       *vec.Vec
	kind    vec.Kind
	fixed   bool // name has the value too: the column is constant
	valid   vec.Bitmap
	indices []int32 // dictionary layout
	ints    []int64
	floats  []float64
	offsets []int32
	data    []byte
	micros  bool
}

// NewEncoder makes an encoder for payload columns.
func NewEncoder(fields []arrow.Field, decimalString bool) *Encoder {
	e := &Encoder{decimalString: decimalString, cols: make([]writer, len(fields))}
	for i, f := range fields {
		name := []byte{','}
		if i == 0 {
			name[0] = '{'
		}
		e.names = append(e.names, append(text.AppendJSONString(name, []byte(f.Name)), ':'))
	}
	return e
}

// Tail makes the encoder write s behind every record, as part of it: the newline
// of JSON lines.
func (e *Encoder) Tail(s string) { e.tail = s }

// Encode implements [ingest.Encoder].
func (e *Encoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	n := b.Rows()
	if n == 0 {
		return dst, ends, nil
	}
	for i := range e.cols {
		e.ready(&e.cols[i], e.names[i], b.Cols[i])
	}
	for r := range n {
		row := r
		if b.Sel != nil {
			row = int(b.Sel[r])
		}
		dst = e.row(dst, row)
		dst = append(dst, e.tail...)
		ends = append(ends, len(dst))
	}
	for i := range e.cols { // keep nothing of the batch
		e.cols[i] = writer{name: e.cols[i].name[:0]}
	}
	return dst, ends, nil
}

func (e *Encoder) ready(w *writer, name []byte, v *vec.Vec) {
	*w = writer{name: append(w.name[:0], name...), v: v, kind: v.Kind, valid: v.Valid}
	if v.Const || v.Kind == vec.Null {
		w.name, w.fixed = text.AppendJSON(w.name, v, 0, e.decimalString), true
		return
	}
	if v.Dict != nil {
		w.indices = v.Indices()
		v = v.Dict
	}
	switch v.Kind {
	case vec.Int64, vec.Timestamp:
		w.ints, w.micros = vec.Values[int64](v), vec.Micros(v.Type)
	case vec.Float64:
		w.floats = vec.Values[float64](v)
	case vec.String:
		w.offsets, w.data = v.Offsets, v.Data
	}
}

func (e *Encoder) row(dst []byte, row int) []byte {
	if len(e.cols) == 0 {
		return append(dst, '{', '}')
	}
	for c := range e.cols {
		w := &e.cols[c]
		dst = append(dst, w.name...)
		if w.fixed {
			continue
		}
		if w.valid != nil && !w.valid.Get(row) {
			dst = append(dst, "null"...)
			continue
		}
		i := row
		if w.indices != nil {
			i = int(w.indices[row])
		}
		switch w.kind {
		case vec.Int64:
			dst = strconv.AppendInt(dst, w.ints[i], 10)
		case vec.Float64:
			dst = appendFloat(dst, w.floats[i])
		case vec.String:
			dst = appendString(dst, w.data[w.offsets[i]:w.offsets[i+1]])
		case vec.Timestamp:
			dst = append(text.AppendTimestamp(append(dst, '"'), w.ints[i], w.micros), '"')
		default:
			dst = text.AppendJSON(dst, w.v, row, e.decimalString)
		}
	}
	return append(dst, '}')
}

func appendString(dst, s []byte) []byte {
	if !plainText(s) {
		return text.AppendJSONString(dst, s)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// plainText tells whether s is ASCII without anything to escape.
func plainText(s []byte) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := jsonscan.Word(s, i)
		if jsonscan.Special(w)|w&highBits != 0 {
			return false
		}
	}
	if n := len(s) - i; n > 0 && i+8 <= cap(s) { // what stands behind is shifted out
		w := jsonscan.Word(s[:i+8], i)<<(uint(8-n)*8) | letters>>(uint(n)*8)
		return jsonscan.Special(w)|w&highBits == 0
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x80 || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

const letters = ones * 'a'

// appendFloat writes a DOUBLE; what is no number is a text.
func appendFloat(dst []byte, x float64) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(text.AppendFloat64(append(dst, '"'), x), '"')
	}
	return text.AppendFloat64(dst, x)
}
