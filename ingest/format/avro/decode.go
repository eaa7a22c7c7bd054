package avro

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/mapkeys"
)

const (
	minMicros = text.MinDay * 86_400_000_000
	maxMicros = (text.MaxDay+1)*86_400_000_000 - 1
	dayMicros = 86_400_000_000
	maxEmpty  = 1 << 16 // elements without bytes of one record
)

var (
	errCut     = errors.New("the record ends within a value")
	errVarint  = errors.New("a number has more than 64 bits")
	errLength  = errors.New("a length is negative")
	errBlock   = errors.New("a block of an array or a map is not as long as it says")
	errBoolean = errors.New("a boolean is neither 0 nor 1")
	errUnion   = errors.New("a union names a type that it does not have")
	errSymbol  = errors.New("an enum names a symbol that it does not have")
	errUTF8    = errors.New("not valid UTF-8")
	errRange   = errors.New("out of range")
	errNull    = errors.New("NULL in a column declared NOT NULL")
	errEmpty   = fmt.Errorf("more than %d array elements without any bytes", maxEmpty)
	errTooMuch = errors.New("the batch holds more than 2 GiB of text in one column; use a smaller batch.size")
	errNothing = errors.New("the record has no bytes")
)

// decoder reads datums into columns. It belongs to one goroutine.
type decoder struct {
	header [10]byte
	record bool // the schema is a record: steps, else one value
	steps  []*reader
	expand int // how many bytes of text a byte of a record may become
	keys   mapkeys.Keys

	// cause and blame say why the record at hand cannot be read.
	cause error
	blame *reader
	empty int
}

// newDecoder makes a decoder of the wanted columns.
func newDecoder(n *node, declared *arrow.Schema, want []arrow.Field) (*decoder, error) {
	d := &decoder{header: objectHeader(n), record: n.kind == kRecord, expand: expansion(n)}
	if declared != nil { // types must go together whether a query reads them or not
		if _, err := compileRecord(rowOf(n), readable(n, declared.Fields()), ""); err != nil {
			return nil, err
		}
	}
	var err error
	d.steps, err = compileRecord(rowOf(n), want, "")
	return d, err
}

// readable leaves out what is an error only when it is read.
func readable(n *node, fields []arrow.Field) []arrow.Field {
	var out []arrow.Field
	for _, f := range fields {
		one := rowOf(n)
		if at := find(one.fields, f.Name, func(f field) string { return f.name }); at >= 0 && arrow.TypeEqual(one.fields[at].node.sqlType(), f.Type) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// rowOf makes a record of a node that is none.
func rowOf(n *node) *node {
	if n.kind == kRecord {
		return n
	}
	return &node{kind: kRecord, fields: []field{{Column, n}}}
}

// expansion bounds how much longer than its bytes a text can be: symbols of
// enums, and UUIDs.
func expansion(n *node) int {
	x := 1
	switch {
	case n.logical == "uuid":
		x = 3
	case n.kind == kEnum:
		for _, s := range n.symbols {
			x = max(x, len(s))
		}
	case n.items != nil:
		x = expansion(n.items)
	}
	for _, f := range n.fields {
		x = max(x, expansion(f.node))
	}
	for _, b := range n.branches {
		x = max(x, expansion(b))
	}
	return x
}

// Decode implements [ingest.Decoder].
func (d *decoder) Decode(records [][]byte, rows *ingest.Rows) error {
	room := roomIn(rows.Cols)
	for i, rec := range records {
		if room -= len(rec) * d.expand; room < 0 {
			d.cause = errTooMuch
		} else if d.row(rec, rows.Cols) {
			rows.N++
			rows.Kept = append(rows.Kept, int32(i))
			continue
		}
		for _, b := range rows.Cols {
			b.Truncate(rows.N)
		}
		cause, name := d.cause, ""
		if d.blame != nil {
			name = d.blame.name
		}
		d.cause, d.blame = nil, nil
		if err := rows.Bad(i, name, cause); err != nil {
			return err
		}
	}
	return nil
}

// roomIn is how many bytes of text the fullest column still takes.
func roomIn(cols []*vec.Builder) int {
	room := vec.MaxData
	for _, b := range cols {
		if room = min(room, vec.MaxData-b.DataLen()); len(b.Children) > 0 {
			room = min(room, roomIn(b.Children))
		}
	}
	return room
}

func (d *decoder) row(rec []byte, cols []*vec.Builder) bool {
	at := 0
	if bytes.HasPrefix(rec, d.header[:]) {
		at = len(d.header)
	}
	d.empty = 0
	if at = d.fields(d.steps, cols, rec, at); at == len(rec) {
		return true
	}
	switch {
	case at >= 0:
		d.cause = fmt.Errorf("%d bytes follow the record", len(rec)-at)
	case len(rec) == 0:
		d.cause = errNothing
	}
	switch {
	case len(rec) > 10 && rec[0] == 0xC3 && rec[1] == 0x01:
		d.cause = fmt.Errorf("%w; if it begins with a single-object encoding header, that names another schema (fingerprint %s)", d.cause, hex.EncodeToString(rec[2:10]))
	case len(rec) > 5 && rec[0] == 0:
		d.cause = fmt.Errorf("%w; if it begins with the 5 bytes of a schema registry, these are not read", d.cause)
	}
	return false
}

// fail notes why a value cannot be read; the result is no position.
func (d *decoder) fail(r *reader, cause error) int {
	if d.cause == nil {
		d.cause, d.blame = cause, r
	}
	return -1
}

// fields walks the fields of a record.
func (d *decoder) fields(steps []*reader, cols []*vec.Builder, buf []byte, i int) int {
	for _, r := range steps {
		switch {
		case r.op == opSkip:
			i = d.skip(r.node, buf, i)
		case r.op == opAbsent:
			if r.notNull {
				return d.fail(r, errNull)
			}
			cols[r.into].Null()
		default:
			i = d.read(r, cols[r.into], buf, i)
		}
		if i < 0 {
			return -1
		}
	}
	return i
}

// long reads a zigzag number; a negative position is a failure.
func (d *decoder) long(r *reader, buf []byte, i int) (int64, int) {
	if i < len(buf) && buf[i] < 0x80 { // most are short
		x := buf[i]
		return int64(x>>1) ^ -int64(x&1), i + 1
	}
	var x uint64
	for shift := uint(0); shift < 70; shift += 7 {
		if i >= len(buf) {
			return 0, d.fail(r, errCut)
		}
		c := buf[i]
		i++
		if shift == 63 && c > 1 {
			break
		}
		if x |= uint64(c&0x7F) << shift; c < 0x80 {
			return int64(x>>1) ^ -int64(x&1), i
		}
	}
	return 0, d.fail(r, errVarint)
}

// length reads the length of bytes that follow.
func (d *decoder) length(r *reader, buf []byte, i int) (n, next int) {
	x, i := d.long(r, buf, i)
	switch {
	case i < 0:
		return 0, i
	case x < 0:
		return 0, d.fail(r, errLength)
	case x > int64(len(buf)-i):
		return 0, d.fail(r, errCut)
	}
	return int(x), i
}

// read appends the value at i to b and gives the position behind it.
func (d *decoder) read(r *reader, b *vec.Builder, buf []byte, i int) int {
	switch r.op {
	case opInt:
		x, at := d.long(r, buf, i)
		if at >= 0 {
			if r.node.kind == kInt && int64(int32(x)) != x {
				return d.fail(r, errRange)
			}
			b.Int64(x)
		}
		return at
	case opNullable:
		x, at := d.long(r, buf, i)
		switch {
		case at < 0:
			return at
		case x == int64(r.null):
			return d.null(r, b, at)
		case uint64(x) >= uint64(len(r.node.branches)):
			return d.fail(r, errUnion)
		}
		return d.read(r.elem, b, buf, at)
	case opText, opBytes:
		n, at := d.length(r, buf, i)
		if at < 0 {
			return at
		}
		s := buf[at : at+n]
		if r.op == opText && !utf8.Valid(s) {
			return d.fail(r, errUTF8)
		}
		b.Bytes(s)
		return at + n
	case opNull:
		return d.null(r, b, i)
	case opBool:
		if i >= len(buf) {
			return d.fail(r, errCut)
		}
		if buf[i] > 1 {
			return d.fail(r, errBoolean)
		}
		b.Bool(buf[i] == 1)
		return i + 1
	case opFloating:
		return d.floating(r, b, buf, i)
	case opFixed, opUUID, opInterval:
		return d.fixed(r, b, buf, i)
	case opEnum:
		x, at := d.long(r, buf, i)
		if at >= 0 {
			if uint64(x) >= uint64(len(r.node.symbols)) {
				return d.fail(r, errSymbol)
			}
			b.String(r.node.symbols[x])
		}
		return at
	case opDecimal:
		return d.decimal(r, b, buf, i)
	case opSmall, opDate, opTime, opTimestamp:
		return d.scaled(r, b, buf, i)
	case opList:
		return d.list(r, b, buf, i)
	case opMap:
		return d.mapping(r, b, buf, i)
	case opStruct:
		if i = d.fields(r.steps, b.Children, buf, i); i >= 0 {
			b.EndStruct()
		}
		return i
	}
	return d.union(r, b, buf, i)
}

func (d *decoder) null(r *reader, b *vec.Builder, i int) int {
	if r.notNull {
		return d.fail(r, errNull)
	}
	b.Null()
	return i
}

// union reads one of several types into a STRUCT, whose other fields are NULL.
func (d *decoder) union(r *reader, b *vec.Builder, buf []byte, i int) int {
	x, i := d.long(r, buf, i)
	switch {
	case i < 0:
		return i
	case uint64(x) >= uint64(len(r.in)):
		return d.fail(r, errUnion)
	case x == int64(r.null):
		return d.null(r, b, i)
	}
	in := r.in[x]
	for c, child := range b.Children {
		if c != in.into {
			child.Null()
		}
	}
	if in.into < 0 {
		i = d.skip(in.node, buf, i)
	} else {
		i = d.read(in, b.Children[in.into], buf, i)
	}
	if i >= 0 {
		b.EndStruct()
	}
	return i
}
