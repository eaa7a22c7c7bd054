package json

import (
	"encoding/base64"
	"fmt"
	"math"

	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

// misfit refuses the value at i, once it has proved to be JSON: what is not is
// the record's fault, not the column's.
func (d *Decoder) misfit(c *column, buf []byte, i, depth int) int {
	next := jsonscan.Skip(buf, i, depth)
	if next < 0 {
		return next
	}
	raw := buf[i:next]
	const most = 60
	if len(raw) > most {
		d.cause = fmt.Errorf("%s… does not fit %s", raw[:most], c.sqlType())
	} else {
		d.cause = fmt.Errorf("%s does not fit %s", raw, c.sqlType())
	}
	return ^i
}

// content gives the text of the string at i, borrowed from the record or, if it
// has escapes, from scratch memory.
func (d *Decoder) content(buf []byte, i int) ([]byte, int) {
	end := jsonscan.StringEnd(buf, i+1)
	if end < len(buf) && buf[end] == '"' {
		return buf[i+1 : end], end + 1
	}
	var next int
	d.scratch, next = jsonscan.Unescape(d.scratch[:0], buf, i)
	return d.scratch, next
}

// numeric gives the text of the number, or of the numeric text, at i. ok is
// false for values of other kinds; they have not been read then.
func (d *Decoder) numeric(buf []byte, i int) (s []byte, next int, ok bool) {
	switch c := buf[i]; {
	case c == '"':
		s, next = d.content(buf, i)
		return text.Trim(s), next, true
	case c == '-' || c-'0' <= 9:
		if next = jsonscan.Number(buf, i); next < 0 {
			return nil, next, true
		}
		return buf[i:next], next, true
	}
	return nil, 0, false
}

// anyInteger reads whatever is an integer: with exponent or zero fraction, as
// text, or longer than the fast path takes.
func (d *Decoder) anyInteger(c *column, buf []byte, i, depth int) (int64, int) {
	s, next, ok := d.numeric(buf, i)
	if !ok {
		return 0, d.misfit(c, buf, i, depth)
	}
	if next < 0 {
		return 0, next
	}
	x, ok := exactInteger(s)
	if !ok {
		return 0, d.misfit(c, buf, i, depth)
	}
	return x, next
}

// exactInteger reads a number of integral value, exactly.
func exactInteger(s []byte) (int64, bool) {
	if x, ok := text.ParseInt64(s); ok {
		return x, true
	}
	x, err := text.ParseDecimal(s, 19, 0) // any int64 has at most 19 digits
	if err != nil || !x.FitsInPrecision(19) {
		return 0, false
	}
	hi, lo := x.HighBits(), x.LowBits()
	if hi != int64(lo)>>63 {
		return 0, false
	}
	return int64(lo), integral(s)
}

// integral tells whether a number has no digits but zeros after its point, the
// exponent applied.
func integral(s []byte) bool {
	mant, exp := s, int64(0)
	for i, c := range s {
		if c|0x20 == 'e' {
			var ok bool
			if exp, ok = text.ParseInt64(s[i+1:]); !ok {
				exp = math.MaxInt32
				if s[i+1] == '-' {
					exp = -exp
				}
			}
			mant = s[:i]
			break
		}
	}
	exp = min(max(exp, -1<<40), 1<<40)
	whole, point := int64(0), false
	for _, c := range mant {
		point = point || c == '.'
		if !point && c-'0' <= 9 {
			whole++
		}
	}
	for _, c := range mant {
		if c-'0' > 9 {
			continue
		}
		if whole+exp <= 0 && c != '0' {
			return false
		}
		whole--
	}
	return true
}

// anyFloat reads whatever is a number of at most the given size.
func (d *Decoder) anyFloat(c *column, buf []byte, i, depth, size int) (float64, int) {
	s, next, ok := d.numeric(buf, i)
	if !ok {
		return 0, d.misfit(c, buf, i, depth)
	}
	if next < 0 {
		return 0, next
	}
	var x float64
	if size == 32 {
		var y float32
		y, ok = text.ParseFloat32(s)
		x = float64(y)
	} else {
		x, ok = text.ParseFloat64(s)
	}
	if !ok {
		return 0, d.misfit(c, buf, i, depth)
	}
	return x, next
}

func (d *Decoder) anyDecimal(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	s, next, ok := d.numeric(buf, i)
	if !ok {
		return d.misfit(c, buf, i, depth)
	}
	if next < 0 {
		return next
	}
	x, err := text.ParseDecimal(s, c.prec, c.scale)
	if err != nil {
		return d.misfit(c, buf, i, depth)
	}
	b.Decimal(x)
	return next
}

// anyText reads the JSON text of a value that is no string.
func (d *Decoder) anyText(b *vec.Builder, buf []byte, i, depth int) int {
	s, next := d.anything(buf, i, depth)
	if next >= 0 {
		b.Bytes(s)
	}
	return next
}

// anything gives any value as a text: the content of a string, the JSON text of
// what is none.
func (d *Decoder) anything(buf []byte, i, depth int) ([]byte, int) {
	if buf[i] == '"' {
		return d.content(buf, i)
	}
	next := jsonscan.Skip(buf, i, depth)
	if next < 0 {
		return nil, next
	}
	d.scratch = jsonscan.Compact(d.scratch[:0], buf[i:next])
	return d.scratch, next
}

// anyTime reads text with one of the parsers of times.
func (d *Decoder) anyTime(c *column, buf []byte, i, depth int, parse func([]byte) (int64, bool)) (int64, int) {
	s, next := d.content(buf, i)
	if next < 0 {
		return 0, next
	}
	x, ok := parse(s)
	if !ok {
		return 0, d.misfit(c, buf, i, depth)
	}
	return x, next
}

// epoch reads a time that is a number; numeric text is none.
func (d *Decoder) epoch(c *column, buf []byte, i, depth int) (int64, int) {
	x, next := integer(buf, i)
	if next >= 0 {
		return x, next
	}
	if buf[i] == '"' {
		return 0, d.misfit(c, buf, i, depth)
	}
	return d.anyInteger(c, buf, i, depth)
}

func (d *Decoder) date(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] == '"' {
		s, next := d.content(buf, i)
		if next < 0 {
			return next
		}
		days, ok := text.ParseDate(s)
		if !ok {
			return d.misfit(c, buf, i, depth)
		}
		b.Int32(days)
		return next
	}
	x, next := d.epoch(c, buf, i, depth)
	if next < 0 {
		return next
	}
	if x < text.MinDay || x > text.MaxDay {
		return d.misfit(c, buf, i, depth)
	}
	b.Int32(int32(x))
	return next
}

// time reads a TIME: text, or milliseconds since midnight.
func (d *Decoder) time(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] == '"' {
		us, next := d.anyTime(c, buf, i, depth, text.ParseTime)
		if next >= 0 {
			b.Int64(us)
		}
		return next
	}
	ms, next := d.epoch(c, buf, i, depth)
	if next < 0 {
		return next
	}
	if ms < 0 || ms >= 86_400_000 {
		return d.misfit(c, buf, i, depth)
	}
	b.Int64(ms * 1000)
	return next
}

func (d *Decoder) base64(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] != '"' {
		return d.misfit(c, buf, i, depth)
	}
	s, next := d.content(buf, i)
	if next < 0 {
		return next
	}
	to := b.Reserve(base64.StdEncoding.DecodedLen(len(s)) + 3)
	n, err := base64.StdEncoding.Decode(to, s)
	if err != nil {
		if n, err = base64.RawStdEncoding.Decode(to, s); err != nil {
			return d.misfit(c, buf, i, depth)
		}
	}
	b.Commit(n)
	return next
}

func (d *Decoder) interval(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] != '"' {
		return d.misfit(c, buf, i, depth)
	}
	s, next := d.content(buf, i)
	if next < 0 {
		return next
	}
	x, ok := text.ParseInterval(s)
	if !ok {
		return d.misfit(c, buf, i, depth)
	}
	vec.Append(b, x)
	return next
}
