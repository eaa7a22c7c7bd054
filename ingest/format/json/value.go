package json

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

// value reads a value that is not null into a column of any type.
func (d *Decoder) value(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	switch c.kind {
	case vec.Int64:
		return d.int64(c, b, buf, i, depth)
	case vec.Float64:
		return d.float64(c, b, buf, i, depth)
	case vec.String:
		return d.text(c, b, buf, i, depth)
	case vec.Int8:
		return small[int8](d, c, b, buf, i, depth)
	case vec.Int16:
		return small[int16](d, c, b, buf, i, depth)
	case vec.Int32:
		return small[int32](d, c, b, buf, i, depth)
	case vec.Float32:
		return d.float32(c, b, buf, i, depth)
	case vec.Bool:
		return d.bool(c, b, buf, i, depth)
	case vec.Decimal:
		return d.decimal(c, b, buf, i, depth)
	case vec.Timestamp:
		return d.timestamp(c, b, buf, i, depth)
	case vec.Date:
		return d.date(c, b, buf, i, depth)
	case vec.Time:
		return d.time(c, b, buf, i, depth)
	case vec.Binary:
		return d.base64(c, b, buf, i, depth)
	case vec.Interval:
		return d.interval(c, b, buf, i, depth)
	case vec.List:
		return d.list(c, b, buf, i, depth)
	case vec.Map:
		return d.mapping(c, b, buf, i, depth)
	case vec.Struct:
		return d.structure(c, b, buf, i, depth)
	}
	return d.misfit(c, buf, i, depth) // NULL: nothing but null fits
}

var pow10 = [19]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// number reads a number without exponent that has up to 16 digits before the
// point and 8 after it, as mantissa / 10^frac. next is negative for every other
// text, valid or not.
func number(buf []byte, i int) (mant uint64, frac int, neg bool, next int) {
	if i < len(buf) && buf[i] == '-' {
		neg = true
		i++
	}
	if i+24 <= len(buf) { // up to 7 digits, a point, up to 7 digits and a comma
		w := jsonscan.Word(buf, i)
		if n := jsonscan.Run(w); n > 0 && n < 8 && buf[i+n] == '.' && (n == 1 || buf[i] != '0') {
			v, at := jsonscan.Value(w, n), i+n+1
			w = jsonscan.Word(buf, at)
			if n = jsonscan.Run(w); n > 0 && buf[at+n] == ',' {
				return v*pow10[n] + jsonscan.Value(w, n), n, neg, at + n
			}
		}
	}
	n, v := jsonscan.Digits(buf, i)
	if n == 0 || n > 1 && buf[i] == '0' {
		return 0, 0, false, -1
	}
	i += n
	if n == 8 {
		m, w := jsonscan.Digits(buf, i)
		v = v*pow10[m] + w
		i += m
	}
	if i >= len(buf) {
		return v, 0, neg, i
	}
	c := buf[i]
	if c == '.' {
		if frac, mant = jsonscan.Digits(buf, i+1); frac == 0 || v >= 1e10 {
			return 0, 0, false, -1
		}
		v = v*pow10[frac] + mant
		if i += 1 + frac; i >= len(buf) {
			return v, frac, neg, i
		}
		c = buf[i]
	}
	if c|0x20 == 'e' || c-'0' <= 9 {
		return 0, 0, false, -1
	}
	return v, frac, neg, i
}

// integer reads an integer of up to 16 digits; next is negative for every
// other text, valid or not.
func integer(buf []byte, i int) (x int64, next int) {
	from := i
	if i < len(buf) && buf[i] == '-' {
		i++
	}
	var v uint64
	if i+16 <= len(buf) {
		w := jsonscan.Word(buf, i)
		n := jsonscan.Run(w)
		if n == 0 || n > 1 && buf[i] == '0' {
			return 0, -1
		}
		v = jsonscan.Value(w, n)
		if i += n; n == 8 {
			w = jsonscan.Word(buf, i)
			if n = jsonscan.Run(w); n > 0 {
				v = v*pow10[n] + jsonscan.Value(w, n)
				i += n
			}
		}
	} else {
		n, head := jsonscan.Digits(buf, i)
		if n == 0 || n > 1 && buf[i] == '0' {
			return 0, -1
		}
		v = head
		if i += n; n == 8 {
			n, w := jsonscan.Digits(buf, i)
			v = v*pow10[n] + w
			i += n
		}
	}
	if i < len(buf) {
		if c := buf[i]; c != ',' && (c == '.' || c|0x20 == 'e' || c-'0' <= 9) {
			return 0, -1
		}
	}
	if buf[from] == '-' {
		return -int64(v), i
	}
	return int64(v), i
}

func (d *Decoder) int64(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	x, next := integer(buf, i)
	if next < 0 {
		if x, next = d.anyInteger(c, buf, i, depth); next < 0 {
			return next
		}
	}
	b.Int64(x)
	return next
}

func small[T int8 | int16 | int32](d *Decoder, c *column, b *vec.Builder, buf []byte, i, depth int) int {
	x, next := integer(buf, i)
	if next < 0 {
		if x, next = d.anyInteger(c, buf, i, depth); next < 0 {
			return next
		}
	}
	if int64(T(x)) != x {
		return d.misfit(c, buf, i, depth)
	}
	vec.Append(b, T(x))
	return next
}

func (d *Decoder) float64(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	x, next := d.double(c, buf, i, depth)
	if next >= 0 {
		b.Float64(x)
	}
	return next
}

func (d *Decoder) double(c *column, buf []byte, i, depth int) (float64, int) {
	mant, frac, neg, next := number(buf, i)
	if next < 0 || mant > 1<<53 {
		return d.anyFloat(c, buf, i, depth, 64)
	}
	// Both operands are exact, so the quotient is the nearest number.
	x := float64(mant)
	if frac > 0 {
		x /= float64(pow10[frac])
	}
	if neg {
		x = -x
	}
	return x, next
}

func (d *Decoder) float32(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	x, next := d.anyFloat(c, buf, i, depth, 32)
	if next >= 0 {
		vec.Append(b, float32(x))
	}
	return next
}

func (d *Decoder) bool(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	x := buf[i] == 't'
	if !x && buf[i] != 'f' {
		return d.misfit(c, buf, i, depth)
	}
	next := jsonscan.Skip(buf, i, depth)
	if next >= 0 {
		b.Bool(x)
	}
	return next
}

func (d *Decoder) decimal(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	mant, frac, neg, next := number(buf, i)
	if up := int(c.scale) - frac; next >= 0 && up >= 0 && up < len(pow10) {
		if hi, lo := bits.Mul64(mant, pow10[up]); hi == 0 && lo <= math.MaxInt64 && (int(c.prec) >= len(pow10) || lo < pow10[c.prec]) {
			x := int64(lo)
			if neg {
				x = -x
			}
			b.Decimal(decimal128.FromI64(x))
			return next
		}
	}
	return d.anyDecimal(c, b, buf, i, depth)
}

// text reads any value into a STRING column.
func (d *Decoder) text(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] != '"' {
		return d.anyText(b, buf, i, depth)
	}
	i++
	if i+16 <= len(buf) { // most strings are short: write the words while looking for the quote
		to := b.Reserve(16)[:16]
		w := jsonscan.Word(buf, i)
		binary.LittleEndian.PutUint64(to, w)
		if m := jsonscan.Special(w); m != 0 {
			n := bits.TrailingZeros64(m) >> 3
			if buf[i+n] == '"' {
				b.Commit(n)
				return i + n + 1
			}
			return d.escaped(b, buf, i-1)
		}
		w = jsonscan.Word(buf, i+8)
		binary.LittleEndian.PutUint64(to[8:], w)
		if m := jsonscan.Special(w); m != 0 {
			n := 8 + bits.TrailingZeros64(m)>>3
			if buf[i+n] == '"' {
				b.Commit(n)
				return i + n + 1
			}
			return d.escaped(b, buf, i-1)
		}
	}
	return d.escaped(b, buf, i-1)
}

// escaped reads a string with escapes into a STRING column.
func (d *Decoder) escaped(b *vec.Builder, buf []byte, i int) int {
	s, next := d.content(buf, i)
	if next >= 0 {
		b.Bytes(s)
	}
	return next
}

// dayCache is the date that was read last: consecutive records share it.
type dayCache struct {
	year, rest uint64 // "2024-02-" and "29"
	millis     int64
}

const (
	clock1   = 0x30303A3030543030 // "00T00:00"
	literal1 = 0x0000FF0000FF0000
	clock2   = 0x5A3030302E30303A // ":00.000Z"
	literal2 = 0xFF000000FF0000FF
	over9    = 0x7676767676767676
	highBits = 0x8080808080808080
)

// iso reads the text 2024-02-29T12:34:56.789Z, the usual form, and nothing else,
// as milliseconds since the epoch. v begins with its quote.
func (d *Decoder) iso(v *value) (ms int64, ok bool) {
	if v[0] != '"' || v[25] != '"' {
		return 0, false
	}
	return d.isoText((*[24]byte)(v[1:]))
}

// isoText is iso without the quotes.
func (d *Decoder) isoText(v *[24]byte) (ms int64, ok bool) {
	w0, w1, w2 := binary.LittleEndian.Uint64(v[:]), binary.LittleEndian.Uint64(v[8:]), binary.LittleEndian.Uint64(v[16:])
	t1, t2 := w1^clock1, w2^clock2 // digits become their value, the characters between them 0
	if ((t1+over9)|(t2+over9)|t1|t2)&highBits != 0 || t1&literal1 != 0 || t2&literal2 != 0 {
		return 0, false
	}
	p1, p2 := t1*10+t1>>8, t2*10+t2>>8 // each byte with the one behind it
	hour, minute, second := p1>>24&0xFF, p1>>48&0xFF, p2>>8&0xFF
	milli := t2>>32&0xFF*100 + p2>>40&0xFF
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	if rest := w1 & 0xFFFF; d.day.year != w0 || d.day.rest != rest {
		days, ok := text.ParseDate(v[:10])
		if !ok {
			return 0, false
		}
		d.day = dayCache{year: w0, rest: rest, millis: int64(days) * 86_400_000}
	}
	return d.day.millis + int64(((hour*60+minute)*60+second)*1000+milli), true
}

func (d *Decoder) timestamp(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	x, next := d.moment(c, buf, i, depth)
	if next >= 0 {
		b.Int64(x)
	}
	return next
}

// moment reads a TIMESTAMP: text, or milliseconds since the epoch.
func (d *Decoder) moment(c *column, buf []byte, i, depth int) (int64, int) {
	if i+ahead <= len(buf) {
		if ms, ok := d.iso((*value)(buf[i:])); ok {
			if c.micros {
				ms *= 1000
			}
			return ms, i + 26
		}
	}
	if buf[i] == '"' {
		us, next := d.anyTime(c, buf, i, depth, text.ParseTimestamp)
		if !c.micros {
			us = floorDiv(us, 1000)
		}
		return us, next
	}
	ms, next := d.epoch(c, buf, i, depth)
	if next >= 0 && (ms < text.MinDay*86_400_000 || ms >= (text.MaxDay+1)*86_400_000) {
		return 0, d.misfit(c, buf, i, depth)
	}
	if c.micros {
		ms *= 1000
	}
	return ms, next
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
