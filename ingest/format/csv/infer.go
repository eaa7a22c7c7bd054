package csv

import (
	"bytes"
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// inferrer finds the types of columns in records. Columns of several files are
// united by name.
type inferrer struct {
	d     dialect
	scan  scanner
	names []string
	seen  []shape
	at    map[string]int
	to    []int // fields of the present file → column
	row   []shape
}

// shape is a set of what the values of a column look like.
type shape uint16

const (
	isInt shape = 1 << iota
	isDouble
	isBool
	isDate
	isTimestamp
	isText
)

func newInferrer(d dialect) *inferrer {
	return &inferrer{d: d, scan: newScanner(d), at: map[string]int{}}
}

// Header takes the header of a file.
func (c *inferrer) Header(b []byte) error {
	names, _, ok, err := header(&c.scan, b, true)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("no header")
	}
	c.to = c.to[:0]
	for _, n := range names {
		i, known := c.at[n]
		if !known {
			i = len(c.names)
			c.at[n] = i
			c.names = append(c.names, n)
			c.seen = append(c.seen, 0)
		}
		c.to = append(c.to, i)
	}
	return nil
}

// Add takes a record of the file whose header came last.
func (c *inferrer) Add(rec []byte) {
	var f field
	c.row = c.row[:0]
	for p := 0; ; {
		next, how := c.scan.next(rec, p, true, &f)
		if how == open || f.junk || len(c.row) == len(c.to) {
			return
		}
		t := f.text
		if f.quoted && f.doubled {
			t = c.scan.unescape(nil, t)
		}
		s := shape(0)
		if f.quoted || len(t) > 0 && string(t) != c.d.null {
			s = shapeOf(t)
		}
		c.row = append(c.row, s)
		p = next
		if how != atDelimiter {
			break
		}
	}
	if len(c.row) != len(c.to) {
		return
	}
	for i, s := range c.row {
		c.seen[c.to[i]] |= s
	}
}

// Schema gives the columns in the order of the headers.
func (c *inferrer) Schema() *arrow.Schema {
	if len(c.names) == 0 {
		return nil
	}
	fields := make([]arrow.Field, len(c.names))
	for i, n := range c.names {
		fields[i] = arrow.Field{Name: n, Type: c.seen[i].sqlType(), Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

func (s shape) sqlType() arrow.DataType {
	switch s {
	case isInt:
		return vec.TypeInt64
	case isDouble, isDouble | isInt:
		return vec.TypeFloat64
	case isBool:
		return vec.TypeBool
	case isDate:
		return vec.TypeDate
	case isTimestamp, isTimestamp | isDate:
		return vec.TypeTimestamp
	}
	return vec.TypeString
}

// shapeOf judges one text; quotes around it do not matter.
func shapeOf(t []byte) shape {
	if len(t) == 0 {
		return isText
	}
	switch {
	case bytes.EqualFold(t, []byte("true")), bytes.EqualFold(t, []byte("false")):
		return isBool
	case string(t) == "NaN", string(t) == "Infinity", string(t) == "-Infinity":
		return isDouble
	}
	if s := numberShape(t); s != 0 {
		return s
	}
	if len(t) >= 10 && t[4] == '-' && t[7] == '-' {
		if len(t) == 10 {
			if _, ok := text.ParseDate(t); ok {
				return isDate
			}
		} else if _, ok := text.ParseTimestamp(t); ok && (t[10] == 'T' || t[10] == ' ') {
			return isTimestamp
		}
	}
	return isText
}

// numberShape tells integers, -?(0|[1-9][0-9]*), from other numbers, which may
// have a fraction and an exponent; 0 for what is no number (007, +5).
func numberShape(t []byte) shape {
	p := 0
	digits := func() int {
		from := p
		for p < len(t) && t[p]-'0' <= 9 {
			p++
		}
		return p - from
	}
	if t[0] == '-' {
		p++
	}
	first := p
	n := digits()
	if n > 1 && t[first] == '0' {
		return 0
	}
	if p == len(t) {
		if n == 0 {
			return 0
		}
		if _, ok := text.ParseInt64(t); !ok {
			return isDouble // beyond BIGINT
		}
		return isInt
	}
	if t[p] == '.' {
		p++
		n += digits()
	}
	if n == 0 {
		return 0
	}
	if p < len(t) && (t[p] == 'e' || t[p] == 'E') {
		p++
		if p < len(t) && (t[p] == '-' || t[p] == '+') {
			p++
		}
		if digits() == 0 {
			return 0
		}
	}
	if p < len(t) {
		return 0
	}
	return isDouble
}
