package captureipc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/capture"
)

// The columns of a capture, in the order in which they are written. A reader takes
// them by name: topic, partition and offset must be there, the others may be
// missing. Text may be BINARY and numbers of any width, ts a TIMESTAMP, headers a
// list of names and values in turn, and payload a STRUCT, which stands for its JSON
// text.
const (
	topic = iota
	partition
	offset
	tstype
	ts
	headers
	key
	payload
)

var fields = []arrow.Field{
	topic:     {Name: "topic", Type: vec.TypeString},
	partition: {Name: "partition", Type: vec.TypeInt32},
	offset:    {Name: "offset", Type: vec.TypeInt64},
	tstype:    {Name: "tstype", Type: vec.TypeString, Nullable: true},
	ts:        {Name: "ts", Type: vec.TypeInt64, Nullable: true},
	headers:   {Name: "headers", Type: vec.TypeHeaders, Nullable: true},
	key:       {Name: "key", Type: vec.TypeBinary, Nullable: true},
	payload:   {Name: "payload", Type: vec.TypeBinary, Nullable: true},
}

// Places are the columns of the envelope in a schema; -1: there is none.
type Places struct {
	at   []int
	want []arrow.Field
}

// Find looks for the envelope in a schema of engine types; the error says what is
// missing.
func Find(s *arrow.Schema) (*Places, error) {
	p := &Places{}
	for i, f := range fields {
		at := -1
		for j, g := range s.Fields() {
			if g.Name == f.Name {
				at = j
			}
		}
		if at < 0 {
			if i <= offset {
				return nil, fmt.Errorf("no capture: there is no column %q", f.Name)
			}
			p.at, p.want = append(p.at, at), append(p.want, f)
			continue
		}
		have := s.Field(at)
		if !fits(i, have.Type) {
			return nil, fmt.Errorf("no capture: column %q is %s", f.Name, strings.ToUpper(have.Type.Name()))
		}
		p.at, p.want = append(p.at, at), append(p.want, have)
	}
	return p, nil
}

func fits(column int, t arrow.DataType) bool {
	k := vec.KindOf(t)
	number := k >= vec.Int8 && k <= vec.Int64
	words := k == vec.String || k == vec.Binary
	switch column {
	case partition, offset:
		return number
	case ts:
		return number || k == vec.Timestamp || k == vec.Null
	case headers:
		if l, ok := t.(*arrow.ListType); ok {
			k = vec.KindOf(l.Elem())
			return k == vec.String || k == vec.Binary
		}
		m, ok := t.(*arrow.MapType)
		if !ok {
			return k == vec.Null
		}
		k, v := vec.KindOf(m.KeyType()), vec.KindOf(m.ItemType())
		return (k == vec.String || k == vec.Binary) && (v == vec.String || v == vec.Binary)
	case payload:
		return words || k == vec.Null || k == vec.Struct
	case key:
		return words || k == vec.Null
	}
	return words || column == tstype
}

// Columns are the columns of the envelope in one record batch.
type Columns struct {
	cols   []*vec.Vec
	at     []int
	micros bool // ts counts microseconds
}

// Columns takes the envelope of a record batch into a scope, which keeps it.
func (p *Places) Columns(sc *vec.Scope, rec arrow.Record) (*Columns, error) {
	cols, err := arrowipc.Columns(sc, rec, p.want, p.at)
	if err != nil {
		return nil, err
	}
	t, ok := p.want[ts].Type.(*arrow.TimestampType)
	return &Columns{cols: cols, at: p.at, micros: ok && t.Unit == arrow.Microsecond}, nil
}

var errPlace = errors.New("topic, partition and offset of a record must not be NULL")

// Append adds record i to those of a batch, with what is wanted of its envelope.
// The error is that of a record that is none.
func (c *Columns) Append(r *capture.Records, i int, want capture.Want) error {
	for _, v := range c.cols[:offset+1] {
		if v.IsNull(i) {
			return errPlace
		}
	}
	from := len(r.Headers)
	if want.Headers {
		if err := c.headers(r, i); err != nil {
			r.Headers = r.Headers[:from]
			return err
		}
		r.HeaderEnds = append(r.HeaderEnds, int32(len(r.Headers)))
	}
	if want.Topic {
		r.Topics = append(r.Topics, c.Topic(i))
	}
	if want.Partition {
		r.Partitions = append(r.Partitions, c.Partition(i))
	}
	if want.Offset {
		r.Offsets = append(r.Offsets, c.cols[offset].Int64At(i))
	}
	if want.Timestamp {
		r.Timestamps = append(r.Timestamps, c.time(i))
	}
	if want.Key {
		r.Keys = append(r.Keys, bytes(c.cols[key], i))
	}
	r.Payloads = append(r.Payloads, c.payload(i))
	return nil
}

// Topic is that of record i, borrowed.
func (c *Columns) Topic(i int) string {
	if c.cols[topic].IsNull(i) {
		return ""
	}
	return c.cols[topic].StringAt(i)
}

// Partition is that of record i.
func (c *Columns) Partition(i int) int32 {
	if c.cols[partition].IsNull(i) {
		return 0
	}
	return int32(c.cols[partition].Int64At(i))
}

func (c *Columns) time(i int) int64 {
	v := c.cols[ts]
	if v.IsNull(i) || c.at[tstype] >= 0 && !c.cols[tstype].IsNull(i) && c.cols[tstype].StringAt(i) == "unknown" {
		return capture.NoTimestamp
	}
	t := v.Int64At(i)
	if c.micros {
		ms := t / 1000
		if t%1000 < 0 {
			ms--
		}
		return ms
	}
	return t
}

// bytes is a value of text, nil for NULL; empty text is not nil.
func bytes(v *vec.Vec, i int) []byte {
	if v.IsNull(i) {
		return nil
	}
	if b := v.BytesAt(i); b != nil {
		return b
	}
	return []byte{}
}

func (c *Columns) payload(i int) []byte {
	v := c.cols[payload]
	if v.IsNull(i) {
		return nil
	}
	if v.Kind == vec.Struct {
		return text.AppendJSON(nil, v, i, false)
	}
	return bytes(v, i)
}

func (c *Columns) headers(r *capture.Records, i int) error {
	v := c.cols[headers]
	if v.IsNull(i) {
		return nil
	}
	from, to := v.Range(i)
	if v.Kind == vec.Map {
		for k := from; k < to; k++ {
			r.Headers = append(r.Headers, arrowexec.Header{Key: v.Children[0].StringAt(k), Value: bytes(v.Children[1], k)})
		}
		return nil
	}
	list := v.Children[0]
	if (to-from)%2 != 0 {
		return errors.New("headers must be a list of keys and values in turn")
	}
	for k := from; k < to; k += 2 {
		if list.IsNull(k) {
			return errors.New("the key of a header must not be NULL")
		}
		r.Headers = append(r.Headers, arrowexec.Header{Key: list.StringAt(k), Value: bytes(list, k+1)})
	}
	return nil
}
