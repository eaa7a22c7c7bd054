package csv

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// column turns the text of a field into a value of one type.
type column struct {
	name      string
	kind      vec.Kind
	t         arrow.DataType
	precision int32
	scale     int32
	micros    bool
	required  bool  // NOT NULL
	err       error // CSV has no such values
}

func newColumn(f arrow.Field) (column, error) {
	c := column{name: f.Name, kind: vec.KindOf(f.Type), t: f.Type, micros: vec.Micros(f.Type), required: !f.Nullable}
	switch c.kind {
	case vec.List, vec.Map, vec.Struct:
		return c, ingest.Usage(fmt.Errorf("column %q: CSV has no %s values; declare it STRING and CAST its JSON text", f.Name, c.kind))
	case vec.Null:
		return c, ingest.Usage(fmt.Errorf("column %q has no type", f.Name))
	case vec.Decimal:
		d := f.Type.(*arrow.Decimal128Type)
		c.precision, c.scale = d.Precision, d.Scale
	}
	return c, nil
}

// append reads one value; on an error nothing was appended.
func (c *column) append(b *vec.Builder, s []byte) error {
	switch c.kind {
	case vec.String:
		if !appendShort(b, s) {
			if !utf8.Valid(s) {
				return errUTF8
			}
			b.Bytes(s)
		}
		return nil
	case vec.Int64:
		x, ok := bigint(s)
		if !ok {
			return c.unreadable(s)
		}
		b.Int64(x)
		return nil
	case vec.Float64:
		x, ok := double(s)
		if !ok {
			return c.unreadable(s)
		}
		b.Float64(x)
		return nil
	case vec.Timestamp:
		us, ok := text.ParseTimestamp(s)
		if !ok { // a number is epoch milliseconds
			ms, isInt := text.ParseInt64(s)
			if !isInt || ms > math.MaxInt64/1000 || ms < math.MinInt64/1000 {
				return c.unreadable(s)
			}
			us = ms * 1000
		}
		if !c.micros {
			us = floorDiv(us, 1000)
		}
		b.Int64(us)
		return nil
	}
	return c.appendRare(b, s)
}

func (c *column) appendRare(b *vec.Builder, s []byte) error {
	switch c.kind {
	case vec.Bool:
		x, ok := boolean(s)
		if !ok {
			return c.unreadable(s)
		}
		b.Bool(x)
	case vec.Int8, vec.Int16, vec.Int32:
		x, ok := text.ParseInt64(s)
		if !ok {
			return c.unreadable(s)
		}
		switch {
		case c.kind == vec.Int8 && x == int64(int8(x)):
			vec.Append(b, int8(x))
		case c.kind == vec.Int16 && x == int64(int16(x)):
			vec.Append(b, int16(x))
		case c.kind == vec.Int32 && x == int64(int32(x)):
			b.Int32(int32(x))
		default:
			return fmt.Errorf("%s is out of range of %s", s, c.kind)
		}
	case vec.Float32:
		x, ok := text.ParseFloat32(s)
		if !ok {
			return c.unreadable(s)
		}
		vec.Append(b, x)
	case vec.Decimal:
		x, err := text.ParseDecimal(text.Trim(s), c.precision, c.scale)
		if err != nil {
			return err
		}
		b.Decimal(x)
	case vec.Date:
		days, ok := text.ParseDate(s)
		if !ok {
			x, isInt := text.ParseInt64(s)
			if !isInt || x != int64(int32(x)) {
				return c.unreadable(s)
			}
			days = int32(x)
		}
		b.Int32(days)
	case vec.Time:
		us, ok := text.ParseTime(s)
		if !ok {
			return c.unreadable(s)
		}
		b.Int64(us)
	case vec.Interval:
		x, ok := text.ParseInterval(s)
		if !ok {
			return c.unreadable(s)
		}
		vec.Append(b, x)
	case vec.Binary:
		dst := b.Reserve(base64.StdEncoding.DecodedLen(len(s)))
		n, err := base64.StdEncoding.Decode(dst, s)
		if err != nil {
			return errors.New("not base64, which is how BYTES stand in CSV; declare the column STRING to take the text as it is")
		}
		b.Commit(n)
	}
	return nil
}

const shown = 60

func (c *column) unreadable(s []byte) error {
	if len(s) > shown {
		s = append(append([]byte(nil), s[:shown]...), "…"...)
	}
	return fmt.Errorf("%q is no %s", s, c.kind)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// boolean reads the words that PostgreSQL takes for true and false.
func boolean(s []byte) (x, ok bool) {
	s = text.Trim(s)
	if len(s) == 0 || len(s) > 5 {
		return false, false
	}
	switch strings.ToLower(string(s)) {
	case "true", "t", "yes", "y", "on", "1", "tru", "tr", "ye":
		return true, true
	case "false", "f", "no", "n", "off", "0", "fals", "fal", "fa", "of":
		return false, true
	}
	return false, false
}

// Column reads single texts as values of one type, as a field of CSV is read;
// for message keys.
type Column struct{ c column }

// NewColumn makes a reader of a field's values; nested types are refused.
func NewColumn(f arrow.Field) (*Column, error) {
	c, err := newColumn(f)
	return &Column{c}, err
}

// Append appends the value of a text; on an error nothing was appended.
func (c *Column) Append(b *vec.Builder, s []byte) error { return c.c.append(b, s) }
