package funcs

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

const (
	errHeaderKey  = domain("the key of a header must not be NULL")
	errHeaderText = unreadable("the value of the header is not UTF-8; read it from _headers as BYTES")
)

// headerFuncs read and change headers. Their first argument is the _headers
// column, which the binder puts there; a NULL map has no headers.
func headerFuncs() []*expr.Func {
	nullCall := func(o expr.Overload) []expr.Overload {
		o.NullCall = true
		return []expr.Overload{o}
	}
	return []*expr.Func{
		{
			Name: "HEADER", Family: "Headers", Signature: "HEADER(key)", Doc: "The last value of a header of the record as text; NULL if there is none.",
			Example: "HEADER('source')", Result: "web",
			Overloads: nullCall(on(is(vec.TypeString), header, vec.Map, vec.String)),
		},
		{
			Name: "HAS_HEADER", Family: "Headers", Signature: "HAS_HEADER(key)", Doc: "Whether the record has a header of that key, with or without a value.",
			Example: "HAS_HEADER('source')", Result: "true",
			Overloads: nullCall(on(is(vec.TypeBool), hasHeader, vec.Map, vec.String)),
		},
		{
			Name: "HEADER_KEYS", Family: "Headers", Signature: "HEADER_KEYS()", Doc: "The distinct keys of the record's headers, joined by commas.",
			Example: "HEADER_KEYS()", Result: "source,trace",
			Overloads: nullCall(on(is(vec.TypeString), headerKeys, vec.Map)),
		},
		{
			Name: "SET_HEADER", Family: "Headers", Signature: "SET_HEADER(key, value)", Doc: "Sets a header of the output row and gives the value as text; only in the outermost SELECT list.",
			Example: "SET_HEADER('stage', 1)", Result: "1", Volatile: true,
			Overloads: nullCall(expr.Overload{Args: []expr.Param{{Kind: vec.Map}, {Kind: vec.String}, anything}, Type: is(vec.TypeString), Kernel: setHeader}),
		},
		{
			Name: "REMOVE_HEADER", Family: "Headers", Signature: "REMOVE_HEADER(key)", Doc: "Removes all headers of a key from the output row and gives the last value removed; only in the outermost SELECT list.",
			Example: "REMOVE_HEADER('source')", Result: "web", Volatile: true,
			Overloads: nullCall(on(is(vec.TypeString), removeHeader, vec.Map, vec.String)),
		},
	}
}

// lastHeader finds the last entry of a key, or -1.
func lastHeader(m *vec.Vec, i int, key []byte) int {
	if m.IsNull(i) {
		return -1
	}
	from, to := m.Range(i)
	for e := to - 1; e >= from; e-- {
		if bytes.Equal(m.Children[0].BytesAt(e), key) {
			return e
		}
	}
	return -1
}

// headerValue ends row i with the value of entry e.
func (o *textOut) headerValue(m *vec.Vec, e, i int) {
	if e < 0 || m.Children[1].IsNull(e) {
		o.null(i)
		return
	}
	b := m.Children[1].BytesAt(e)
	if !utf8.Valid(b) {
		o.fail(i, errHeaderText)
		return
	}
	o.put(i, b)
}

func header(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	m, key := args[0], args[1]
	o := newText(c, t, 16*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		if key.IsNull(i) {
			o.null(i)
			continue
		}
		o.headerValue(m, lastHeader(m, i, key.BytesAt(i)), i)
	}
	return o.done()
}

func hasHeader(c *expr.Ctx, _ arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, bits := newBool(c)
	m, key := args[0], args[1]
	for i := range rows(c.Batch.N, sel) {
		if key.IsNull(i) {
			setNull(c, out, i)
		} else if lastHeader(m, i, key.BytesAt(i)) >= 0 {
			bits.Set(i)
		}
	}
	return out
}

func headerKeys(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	m := args[0]
	o := newText(c, t, 32*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		if m.IsNull(i) {
			o.end(i)
			continue
		}
		from, to := m.Range(i)
		keys := m.Children[0]
	entries:
		for e := from; e < to; e++ {
			k := keys.BytesAt(e)
			for before := from; before < e; before++ {
				if bytes.Equal(keys.BytesAt(before), k) {
					continue entries
				}
			}
			if e > from {
				o.append([]byte{','})
			}
			o.append(k)
		}
		o.end(i)
	}
	return o.done()
}

func setHeader(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	key, val := args[1], args[2]
	o := newText(c, t, 16*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		switch {
		case key.IsNull(i):
			o.fail(i, errHeaderKey)
			continue
		case val.IsNull(i):
			o.null(i)
		case val.Kind == vec.Binary && !utf8.Valid(val.BytesAt(i)):
			o.null(i) // the header is set all the same; it has no text to return
		default:
			o.value(val, i)
			o.end(i)
		}
	}
	out := o.done()
	if c.Headers == nil {
		return out
	}
	for i := range rows(c.Batch.N, sel) {
		if key.IsNull(i) {
			continue
		}
		e := expr.HeaderEdit{Row: int32(i), Key: key.BytesAt(i)}
		switch {
		case val.IsNull(i):
		case val.Kind == vec.Binary:
			e.Value = val.BytesAt(i)
		case !out.IsNull(i):
			e.Value = out.BytesAt(i)
		}
		if e.Value == nil && !val.IsNull(i) {
			e.Value = []byte{} // empty, not null
		}
		c.Headers.Edits = append(c.Headers.Edits, e)
	}
	return out
}

func removeHeader(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	m, key := args[0], args[1]
	o := newText(c, t, 16*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		if key.IsNull(i) {
			o.fail(i, errHeaderKey)
			continue
		}
		k := key.BytesAt(i)
		o.headerValue(m, lastHeader(m, i, k), i)
		if c.Headers != nil {
			c.Headers.Edits = append(c.Headers.Edits, expr.HeaderEdit{Row: int32(i), Key: k, Remove: true})
		}
	}
	return o.done()
}
