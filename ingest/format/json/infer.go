package json

import (
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Inferrer finds the columns of undeclared data.
type Inferrer struct {
	root shape
	n    int
}

// shape is everything seen at one place of the records.
type shape struct {
	seen   uint8
	names  []string
	places map[string]int // name → its place in names, fields and at
	fields []*shape
	elem   *shape
	at     []int // where the value of a field begins in the present object, -1: absent
	name   []byte
}

const (
	seenBool = 1 << iota
	seenInt
	seenNumber
	seenString
	seenObject
	seenArray
)

// Add implements [ingest.Inferrer].
func (f *Inferrer) Add(record []byte) {
	i := jsonscan.Blank(record, 0)
	if i == len(record) || record[i] != '{' || !utf8.Valid(record) {
		return
	}
	if end := jsonscan.Skip(record, i, 0); end < 0 || jsonscan.Blank(record, end) < len(record) {
		return
	}
	f.root.add(record, i)
	f.n++
}

// add takes the value at i, which is known to be valid, and gives its end.
func (s *shape) add(buf []byte, i int) int {
	end := jsonscan.Skip(buf, i, 0)
	switch c := buf[i]; c {
	case 'n':
	case 't', 'f':
		s.seen |= seenBool
	case '"':
		s.seen |= seenString
	case '{':
		s.seen |= seenObject
		s.addObject(buf, i)
	case '[':
		s.seen |= seenArray
		if s.elem == nil {
			s.elem = &shape{}
		}
		for i = jsonscan.Blank(buf, i+1); buf[i] != ']'; {
			if i = jsonscan.Blank(buf, s.elem.add(buf, i)); buf[i] == ',' {
				i = jsonscan.Blank(buf, i+1)
			}
		}
	default:
		raw := buf[i:end]
		if _, ok := text.ParseInt64(raw); ok {
			s.seen |= seenInt
		} else {
			s.seen |= seenNumber
		}
	}
	return end
}

// addObject takes the fields of an object; of equal names the last counts.
func (s *shape) addObject(buf []byte, i int) {
	for k := range s.at {
		s.at[k] = -1
	}
	for i = jsonscan.Blank(buf, i+1); buf[i] != '}'; {
		name, next := jsonscan.Unescape(s.name[:0], buf, i)
		s.name = name
		i = jsonscan.Blank(buf, jsonscan.Blank(buf, next)+1)
		k, known := s.places[string(name)]
		if !known {
			k = len(s.names)
			if s.places == nil {
				s.places = map[string]int{}
			}
			s.places[string(name)] = k
			s.names, s.fields, s.at = append(s.names, string(name)), append(s.fields, &shape{}), append(s.at, 0)
		}
		s.at[k] = i
		if i = jsonscan.Blank(buf, jsonscan.Skip(buf, i, 0)); buf[i] == ',' {
			i = jsonscan.Blank(buf, i+1)
		}
	}
	for k, i := range s.at {
		if i >= 0 {
			s.fields[k].add(buf, i)
		}
	}
}

// Schema implements [ingest.Inferrer].
func (f *Inferrer) Schema() *arrow.Schema {
	if f.n == 0 {
		return nil
	}
	return arrow.NewSchema(f.root.columns(), nil)
}

func (s *shape) columns() []arrow.Field {
	out := make([]arrow.Field, len(s.names))
	for i, name := range s.names {
		out[i] = arrow.Field{Name: name, Type: s.fields[i].dataType(), Nullable: true}
	}
	return out
}

func (s *shape) dataType() arrow.DataType {
	switch s.seen {
	case seenBool:
		return vec.TypeBool
	case seenInt:
		return vec.TypeInt64
	case seenNumber, seenNumber | seenInt:
		return vec.TypeFloat64
	case seenObject:
		if len(s.names) > 0 {
			return arrow.StructOf(s.columns()...)
		}
	case seenArray:
		return arrow.ListOf(s.elem.dataType())
	}
	return vec.TypeString
}
