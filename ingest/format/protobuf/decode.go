package protobuf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/mapkeys"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	errCut      = errors.New("the message ends within a field")
	errVarint   = errors.New("a number has more than 64 bits")
	errTag      = errors.New("a field has no proper number or wire type")
	errRange    = errors.New("out of range")
	errUnsigned = errors.New("an unsigned value is beyond BIGINT")
	errUTF8     = errors.New("not valid UTF-8")
	errNull     = errors.New("NULL in a column declared NOT NULL")
	errRequired = errors.New("a required field is missing")
	errTooMuch  = errors.New("the batch holds more than 2 GiB of text in one column; use a smaller batch.size")
)

// decoder reads messages into columns. It belongs to one goroutine.
type decoder struct {
	root    *message
	expand  int // how many bytes of text a byte of a record may become
	unknown int64
	keys    mapkeys.Keys
	text    []byte

	// cause and blame say why the record at hand cannot be read.
	cause error
	blame *field
}

func newDecoder(m protoreflect.MessageDescriptor, declared *arrow.Schema, want []arrow.Field) (*decoder, error) {
	if declared != nil { // types must go together whether a query reads them or not
		if _, err := compileMessage(m, declared.Fields(), ""); err != nil {
			return nil, err
		}
	}
	root, err := compileMessage(m, want, "")
	if err != nil {
		return nil, err
	}
	return &decoder{root: root, expand: expansion(m, map[protoreflect.FullName]bool{})}, nil
}

// expansion bounds how much longer than its bytes a text can be: names of enums.
func expansion(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) int {
	x := 1
	if seen[m.FullName()] {
		return x
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if e := f.Enum(); e != nil {
			for k := range e.Values().Len() {
				x = max(x, len(e.Values().Get(k).Name()))
			}
		}
		if f.Message() != nil {
			x = max(x, expansion(f.Message(), seen))
		}
	}
	return x
}

// Decode implements [ingest.Decoder].
func (d *decoder) Decode(records [][]byte, rows *ingest.Rows) error {
	room := vec.MaxData
	for i, rec := range records {
		if room -= (len(rec) + 64*len(rows.Cols)) * d.expand; room < 0 {
			d.cause = errTooMuch
		} else {
			before := d.unknown
			if d.message(d.root, rows.Cols, rows.N, rec) {
				rows.N++
				rows.Kept = append(rows.Kept, int32(i))
				continue
			}
			d.unknown = before
		}
		for _, b := range rows.Cols {
			b.Truncate(rows.N)
		}
		cause, name := d.cause, ""
		if d.blame != nil {
			name = d.blame.path
		}
		d.cause, d.blame = nil, nil
		if err := rows.Bad(i, name, cause); err != nil {
			return err
		}
	}
	rows.Unknown += d.unknown
	d.unknown = 0
	return nil
}

func (d *decoder) fail(f *field, cause error) bool {
	if d.cause == nil {
		d.cause, d.blame = cause, f
	}
	return false
}

// tag reads the number and wire type of a field; a negative position is a failure.
func (d *decoder) tag(buf []byte, i int) (num int32, wire int8, next int) {
	if i < len(buf) && buf[i] < 0x80 && buf[i] >= 8 {
		return int32(buf[i] >> 3), int8(buf[i] & 7), i + 1
	}
	x, n := binary.Uvarint(buf[i:])
	switch {
	case n == 0:
		d.fail(nil, errCut)
		return 0, 0, -1
	case n < 0 || x>>3 == 0 || x>>3 > maxFieldNum || x&7 > wire32:
		d.fail(nil, errTag)
		return 0, 0, -1
	}
	return int32(x >> 3), int8(x & 7), i + n
}

// message reads a message as row number row of the columns of its wanted fields.
func (d *decoder) message(m *message, cols []*vec.Builder, row int, buf []byte) bool {
	for i := 0; i < len(buf); {
		num, wire, at := d.tag(buf, i)
		if at < 0 {
			return false
		}
		f := m.find(num)
		if f == nil || f.col < 0 && len(f.oneof) == 0 || wire != f.wire && !(f.list && wire == wireBytes) {
			if f == nil || wire != f.wire {
				d.unknown++
			}
			n := protowire.ConsumeFieldValue(protowire.Number(num), protowire.Type(wire), buf[at:])
			if n < 0 {
				return d.fail(nil, fmt.Errorf("field %d: %w", num, wireError(n)))
			}
			i = at + n
			continue
		}
		for _, g := range f.oneof { // the last member wins
			cols[g.col].Truncate(row)
		}
		if f.col < 0 {
			n := protowire.ConsumeFieldValue(protowire.Number(num), protowire.Type(wire), buf[at:])
			if n < 0 {
				return d.fail(nil, fmt.Errorf("field %d: %w", num, wireError(n)))
			}
			i = at + n
			continue
		}
		b := cols[f.col]
		switch {
		case f.form == mapping:
			at = d.entry(f, b, buf, at)
		case f.list:
			at = d.elements(f, b.Children[0], wire, buf, at)
		default:
			if b.N > row { // again: the last one wins, messages are merged
				b.Truncate(row)
				if f.kind == protoreflect.MessageKind && f.form == plain {
					return d.merged(m, f, cols, row, buf)
				}
			}
			at = d.value(f, b, buf, at)
		}
		if at < 0 {
			return false
		}
		i = at
	}
	return d.missing(m, cols, row)
}

func wireError(n int) error {
	if err := protowire.ParseError(n); err != nil && !errors.Is(err, protowire.ParseError(-1)) {
		return err
	}
	return errCut
}

// merged reads a message in which a message field stands several times: as if
// the bytes of all stood in one, which is what merging means.
func (d *decoder) merged(m *message, f *field, cols []*vec.Builder, row int, buf []byte) bool {
	var one, rest []byte
	for i := 0; i < len(buf); {
		num, wire, at := d.tag(buf, i)
		if at < 0 {
			return false
		}
		n := protowire.ConsumeFieldValue(protowire.Number(num), protowire.Type(wire), buf[at:])
		if n < 0 {
			return d.fail(nil, wireError(n))
		}
		switch g := m.find(num); {
		case num == f.num && wire == f.wire:
			_, k := binary.Uvarint(buf[at:])
			one = append(one, buf[at+k:at+n]...)
		case g != nil && f.desc.ContainingOneof() != nil && g.desc.ContainingOneof() == f.desc.ContainingOneof():
			one = nil // another member was set since
			rest = append(rest, buf[i:at+n]...)
		default:
			rest = append(rest, buf[i:at+n]...)
		}
		i = at + n
	}
	for _, c := range cols {
		c.Truncate(row)
	}
	rest = protowire.AppendTag(rest, protowire.Number(f.num), protowire.BytesType)
	rest = protowire.AppendBytes(rest, one)
	return d.message(m, cols, row, rest)
}

// missing gives the columns their value whose field was not there.
func (d *decoder) missing(m *message, cols []*vec.Builder, row int) bool {
	for c, f := range m.cols {
		b := cols[c]
		switch {
		case b.N > row:
		case f.missing:
			if f.notNull {
				return d.fail(f, errNull)
			}
			b.Null()
		case f.form == mapping:
			if !d.lastKeys(f, b) {
				return false
			}
		case f.list:
			b.EndList()
		case f.desc.Cardinality() == protoreflect.Required:
			return d.fail(f, errRequired)
		case f.null && f.notNull:
			return d.fail(f, errNull)
		case f.null:
			b.Null()
		default:
			d.zero(f, b)
		}
	}
	return true
}

// zero appends the default of a field without presence.
func (d *decoder) zero(f *field, b *vec.Builder) {
	switch {
	case f.kind == protoreflect.EnumKind:
		b.String(f.zero)
	case f.form == wrapper:
		d.zero(f.value, b)
	case f.form == timestamp:
		b.Int64(0)
	case f.sub != nil: // a value of a map without one
		d.message(f.sub, b.Children, b.N, nil)
		b.EndStruct()
	default:
		switch f.to {
		case vec.Bool:
			b.Bool(false)
		case vec.String, vec.Binary:
			b.Bytes(nil)
		case vec.Int8:
			vec.Append(b, int8(0))
		case vec.Int16:
			vec.Append(b, int16(0))
		case vec.Int32:
			b.Int32(0)
		case vec.Float32:
			vec.Append(b, float32(0))
		case vec.Float64:
			b.Float64(0)
		case vec.Interval:
			vec.Append(b, arrow.MonthDayNanoInterval{})
		default:
			b.Int64(0)
		}
	}
}

// bytes reads the length of bytes that follow, and gives them.
func (d *decoder) bytes(f *field, buf []byte, i int) (s []byte, next int) {
	x, n := binary.Uvarint(buf[i:])
	if n < 0 {
		d.fail(f, errVarint)
		return nil, -1
	}
	if n == 0 || x > uint64(len(buf)-i-n) {
		d.fail(f, errCut)
		return nil, -1
	}
	return buf[i+n : i+n+int(x)], i + n + int(x)
}

// elements reads a value of a repeated field, or several that are packed.
func (d *decoder) elements(f *field, b *vec.Builder, wire int8, buf []byte, i int) int {
	if wire == f.wire {
		return d.value(f, b, buf, i)
	}
	s, next := d.bytes(f, buf, i)
	for at := 0; next >= 0 && at < len(s); {
		if at = d.value(f, b, s, at); at < 0 {
			return -1
		}
	}
	return next
}

// entry reads one entry of a map.
func (d *decoder) entry(f *field, b *vec.Builder, buf []byte, i int) int {
	s, next := d.bytes(f, buf, i)
	if next < 0 {
		return -1
	}
	k, v := b.Children[0], b.Children[1]
	kn, vn := k.N, v.N
	for at := 0; at < len(s); {
		num, wire, pos := d.tag(s, at)
		if pos < 0 {
			return -1
		}
		switch {
		case num == 1 && wire == f.key.wire:
			k.Truncate(kn)
			at = d.value(f.key, k, s, pos)
		case num == 2 && wire == f.value.wire:
			v.Truncate(vn)
			at = d.value(f.value, v, s, pos)
		default:
			n := protowire.ConsumeFieldValue(protowire.Number(num), protowire.Type(wire), s[pos:])
			if n < 0 {
				d.fail(f, wireError(n))
				return -1
			}
			at = pos + n
		}
		if at < 0 {
			return -1
		}
	}
	if k.N == kn {
		d.zero(f.key, k)
	}
	if v.N == vn {
		d.zero(f.value, v)
	}
	if d.cause != nil {
		return -1
	}
	return next
}

// lastKeys ends a map: of keys that repeat the last one counts.
func (d *decoder) lastKeys(f *field, b *vec.Builder) bool {
	k, v := b.Children[0], b.Children[1]
	from := b.RowStart()
	if k.N-from > 1 {
		var kv vec.Vec
		k.View(&kv)
		mark := d.keys.Mark()
		for e := from; e < k.N; e++ {
			d.text = text.AppendValue(d.text[:0], &kv, e)
			d.keys.Push(d.text)
		}
		drop := d.keys.Repeated(mark)
		d.keys.Pop(mark)
		if drop != nil {
			d.keep(b, k, v, from, drop)
		}
	}
	b.EndList()
	return true
}

// keep takes the entries that are to be dropped out of the map at hand.
func (d *decoder) keep(b, k, v *vec.Builder, from int, drop []bool) {
	var kv, vv vec.Vec
	k.View(&kv)
	v.View(&vv)
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	keys, values := vec.NewBuilder(sc, k.Type, len(drop)), vec.NewBuilder(sc, v.Type, len(drop))
	for e := range drop {
		if !drop[e] {
			keys.AppendRow(&kv, from+e)
			values.AppendRow(&vv, from+e)
		}
	}
	k.Truncate(from)
	v.Truncate(from)
	k.AppendSel(keys.Finish(), nil)
	v.AppendSel(values.Finish(), nil)
	sc.Close()
}

// value reads one value and appends it.
func (d *decoder) value(f *field, b *vec.Builder, buf []byte, i int) int {
	switch f.wire {
	case wireVarint:
		var x uint64
		if i < len(buf) && buf[i] < 0x80 {
			x = uint64(buf[i])
			i++
		} else {
			v, n := binary.Uvarint(buf[i:])
			if n <= 0 {
				if n == 0 {
					d.fail(f, errCut)
				} else {
					d.fail(f, errVarint)
				}
				return -1
			}
			x = v
			i += n
		}
		return d.number(f, b, x, i)
	case wire32:
		if len(buf)-i < 4 {
			d.fail(f, errCut)
			return -1
		}
		return d.number(f, b, uint64(binary.LittleEndian.Uint32(buf[i:])), i+4)
	case wire64:
		if len(buf)-i < 8 {
			d.fail(f, errCut)
			return -1
		}
		return d.number(f, b, binary.LittleEndian.Uint64(buf[i:]), i+8)
	}
	s, next := d.bytes(f, buf, i)
	if next < 0 {
		return -1
	}
	if f.kind == protoreflect.MessageKind {
		if !d.embedded(f, b, s) {
			return -1
		}
		return next
	}
	if f.to == vec.String && !utf8.Valid(s) {
		d.fail(f, errUTF8)
		return -1
	}
	b.Bytes(s)
	return next
}

// embedded reads a message in a message.
func (d *decoder) embedded(f *field, b *vec.Builder, s []byte) bool {
	switch f.form {
	case timestamp, interval:
		return d.instant(f, b, s)
	case wrapper:
		row := b.N
		for i := 0; i < len(s); {
			num, wire, at := d.tag(s, i)
			if at < 0 {
				return false
			}
			if num == 1 && wire == f.value.wire {
				b.Truncate(row)
				at = d.value(f.value, b, s, at)
			} else if n := protowire.ConsumeFieldValue(protowire.Number(num), protowire.Type(wire), s[at:]); n < 0 {
				return d.fail(f, wireError(n))
			} else {
				at += n
			}
			if i = at; i < 0 {
				return false
			}
		}
		if b.N == row {
			d.zero(f.value, b)
		}
		return true
	}
	if !d.message(f.sub, b.Children, b.N, s) {
		return false
	}
	b.EndStruct()
	return true
}
