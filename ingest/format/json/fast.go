package json

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/velostream/velo/ingest/jsonscan"
)

const (
	// slack is how many bytes from a comma on can be read: fast ends where there are
	// fewer. It is also room behind a text, which is written as words.
	slack = 104
	ahead = 64 // the same from a value on
)

// value is what can be looked at from the first byte of a value on.
type value = [ahead]byte

func word(v *value, i int) uint64 { return binary.LittleEndian.Uint64(v[i&31 : i&31+8]) }

// marks has the high bits of all quotes, backslashes, control bytes and bytes
// beyond ASCII. The lowest is exact.
func marks(w uint64) uint64 { return ((w ^ ones*0x02 - ones*0x21) | (w ^ ones*'\\' - ones)) & highBits }

const ones = 0x0101010101010101

// fast reads the object whose brace stands at i into row r of the lanes and gives
// the index behind it. It is negative for what is out of the ordinary: a record
// that is wrong, a key twice or in other letters than its column's, the last
// bytes of buf. [Decoder.object] reads those from their start; both give the same
// rows. Bytes behind the record may be read, and what is read may end there: the
// caller looks at the index.
//
// All is one loop with few variables and without calls on the usual way, because
// values are short: with a call for each value and an append to a builder it took
// twice as long.
func (d *Decoder) fast(buf []byte, i, r int) int {
	keys, from, filled, odd := d.root.keys, i, 0, false // odd: what was read may be not ASCII
	want := -1
	if d.touched {
		want = len(d.lanes)
	}
	for k := keys.Start; ; {
		if i < 0 || i > len(buf)-slack { // said so, no other check of a bound is left: 9 instructions less
			return -1
		}
		var v *value
		p, next, n := (*[slack]byte)(buf[i:]), keys.Guess(k), 1
		if !next.Is(binary.LittleEndian.Uint64(p[1:]), binary.LittleEndian.Uint64(p[9:])) {
			n = 2 // a space behind the comma, as many write it
			if p[1] != ' ' || !next.Is(binary.LittleEndian.Uint64(p[2:]), binary.LittleEndian.Uint64(p[10:])) {
				goto surprise
			}
		}
		if n += next.Len() & 31; p[n] <= ' ' {
			if n++; p[n-1] != ' ' || p[n] <= ' ' {
				goto surprise
			}
		}
		n &= 31
		k, v = next, (*value)(p[n:n+ahead])
		i += n
		goto known
	surprise:
		if k, i = d.key(buf, i+1, k); i < 0 {
			return -1
		}
		if k == nil { // the object is empty
			break
		}
		odd = odd || k.Wide
		v = (*value)(buf[i:])
	known:
		var c byte // behind the value
		if f := k.Field; f >= 0 {
			l := &d.lanes[f]
			if l.at == r || !k.Exact {
				return -1
			}
			l.at = r
			filled++
			switch l.op {
			case opInt:
				if n := jsonscan.Run(word(v, 0)); n > 0 && (n == 1 || v[0] != '0') {
					x := jsonscan.Value(word(v, 0), n)
					if n == 8 { // ids, times
						if m := jsonscan.Run(word(v, 8)); m > 0 {
							x, n = x*pow10[m]+jsonscan.Value(word(v, 8), m), 8+m
						}
					}
					if c = v[n&31]; c == ',' || c == '}' {
						l.fixed[r] = int64(x)
						i += n
						if c == ',' && filled != want { // here and not behind all cases: 1 to 2 %
							continue
						}
						goto wanted
					}
				}
			case opFloat:
				if n := jsonscan.Run(word(v, 0)); n > 0 && n < 8 && (n == 1 || v[0] != '0') {
					if v[n&7] == '.' {
						w := word(v, n+1)
						if m := jsonscan.Run(w); m > 0 {
							if c = v[(n+1+m)&31]; c == ',' || c == '}' {
								var x uint64
								if n+m <= 8 { // the point is left out
									x = jsonscan.Value(word(v, 0)&(1<<(8*uint(n)&63)-1)|w<<(8*uint(n)&63), n+m)
								} else {
									x = jsonscan.Value(word(v, 0), n)*pow10[m] + jsonscan.Value(w, m)
								}
								// Both are exact, so the quotient is the nearest number.
								l.fixed[r] = int64(math.Float64bits(float64(x) / powers[m&15]))
								i += n + 1 + m
								if c == ',' && filled != want {
									continue
								}
								goto wanted
							}
						}
					} else if c = v[n&7]; c == ',' || c == '}' {
						l.fixed[r] = int64(math.Float64bits(float64(jsonscan.Value(word(v, 0), n))))
						i += n
						if c == ',' && filled != want {
							continue
						}
						goto wanted
					}
				}
			case opText:
				if v[0] == '"' { // most texts are short: words are written while looking for the quote
					end := int(l.ends[r])
					to := l.data[end : end+16]
					w := word(v, 1)
					binary.LittleEndian.PutUint64(to, w)
					m, n := marks(w), 1
					if m == 0 {
						w = word(v, 9)
						binary.LittleEndian.PutUint64(to[8:], w)
						m, n = marks(w), 9
					}
					if m != 0 {
						n += bits.TrailingZeros64(m) >> 3
						if v[n&31] == '"' {
							l.ends[r+1] = int32(end + n - 1)
							i += n + 1
							c = v[n&31+1]
							if c == ',' && filled != want {
								continue
							}
							goto wanted
						}
					}
				}
				odd = true
			case opTime:
				if ms, ok := d.iso(v); ok {
					if l.c.micros {
						ms *= 1000
					}
					l.fixed[r] = ms
					i += 26
					c = v[26]
					goto wanted
				}
				odd = true
			default:
				odd = odd || v[0] == '"' || v[0] == '[' || v[0] == '{'
			}
			if i = d.rare(l, buf, i, r); i < 0 || i >= len(buf) {
				return -1
			}
			c = buf[i]
		wanted:
			if filled == want {
				goto done
			}
			if c == ',' {
				continue
			}
		} else {
			if f == unknown {
				d.unknown++
			}
			if v[0] == '"' { // nobody wants it: only its end is looked for
				m, n := marks(word(v, 1)), 1
				if m == 0 {
					if m, n = marks(word(v, 9)), 9; m == 0 {
						if m, n = marks(word(v, 17)), 17; m == 0 {
							m, n = marks(word(v, 25)), 25
						}
					}
				}
				if n = (n + bits.TrailingZeros64(m)>>3) & 63; v[n] == '"' && n < ahead-1 {
					i += n + 1
					c = v[n+1]
				} else { // long, with escapes or beyond ASCII
					odd = true
					if i = jsonscan.StringRest(buf, i+1); i < 0 || i >= len(buf) {
						return -1
					}
					c = buf[i]
				}
			} else {
				n := jsonscan.Run(word(v, 0))
				if n == 8 {
					n += jsonscan.Run(word(v, 8))
				} else if v[n&7] == '.' && n > 0 {
					n += jsonscan.Run(word(v, n+1)) + 1
				}
				if c = v[n&31]; (c == ',' || c == '}') && n > 0 && (v[0] != '0' || v[1]-'0' > 9) && v[(n-1)&31] != '.' {
					i += n
				} else {
					odd = odd || v[0] == '{' || v[0] == '['
					if i = d.within(buf, i, jsonscan.Skip(buf, i, 1)); i < 0 || i >= len(buf) {
						return -1
					}
					c = buf[i]
				}
			}
		}
		if c == ',' {
			continue
		}
		if c <= ' ' {
			if i = d.gap(buf, i); i < 0 || i == len(buf) {
				return -1
			}
			if c = buf[i]; c == ',' {
				continue
			}
		}
		if c != '}' {
			return -1
		}
		i++
		break
	}
	if filled < len(d.lanes) && !d.absent(r) {
		return -1
	}
done:
	if odd && !jsonscan.UTF8(buf[from:i]) {
		return -1
	}
	return i
}

// key reads the key at i that was not guessed, its colon, and the white space
// around them, to a value that can be looked at. It gives none at the end of an
// empty object, which the index is behind.
func (d *Decoder) key(buf []byte, i int, prev *jsonscan.Key) (k *jsonscan.Key, next int) {
	keys := d.root.keys
	if buf[i] <= ' ' {
		if i = d.gap(buf, i); i < 0 {
			return nil, -1
		}
	}
	if i < len(buf) && buf[i] == '}' && prev == keys.Start {
		return nil, i + 1
	}
	from := i
	if k, i = keys.Next(buf, i, prev); i >= 0 {
		if buf[i-2] <= ' ' && d.lines && bytes.IndexByte(buf[from:i], '\n') >= 0 { // before the colon
			return nil, -1
		}
		if i < len(buf) && buf[i] <= ' ' {
			i = d.gap(buf, i)
		}
	}
	if i+ahead > len(buf) {
		return nil, -1
	}
	return k, i
}

// gap steps over white space; it is negative when there is none, or a newline
// where records are lines.
func (d *Decoder) gap(buf []byte, i int) int {
	to := jsonscan.Blank(buf, i)
	if to == i || d.lines && bytes.IndexByte(buf[i:to], '\n') >= 0 {
		return -1
	}
	return to
}

// within gives the end of a value; it is negative when a newline stands in it where
// records are lines.
func (d *Decoder) within(buf []byte, from, to int) int {
	if to > from && d.lines && (buf[from] == '{' || buf[from] == '[') && bytes.IndexByte(buf[from:to], '\n') >= 0 {
		return -1
	}
	return to
}

// powers are those of pow10 that a fraction of eight digits can need.
var powers = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// rare reads every other value into row r of a lane: NULL, texts that are long or
// have escapes, numbers with exponents or many digits, values of rarer types.
func (d *Decoder) rare(l *lane, buf []byte, at, r int) int {
	if buf[at] == 'n' {
		if at = jsonscan.Literal(buf, at, "null"); at >= 0 && !l.null(r) {
			return -1
		}
		return at
	}
	c := l.c
	switch l.op {
	case opInt:
		x, next := integer(buf, at)
		if next < 0 {
			x, next = d.anyInteger(c, buf, at, 1)
		}
		l.fixed[r] = x
		return next
	case opFloat:
		x, next := d.double(c, buf, at, 1)
		l.fixed[r] = int64(math.Float64bits(x))
		return next
	case opTime:
		x, next := d.moment(c, buf, at, 1)
		l.fixed[r] = x
		return next
	case opText:
		s, next := d.anything(buf, at, 1)
		if next >= 0 {
			from := l.ends[r]
			copy(l.data[from:], s)
			l.ends[r+1] = from + int32(len(s))
		}
		return d.within(buf, at, next)
	}
	return d.within(buf, at, d.value(c, l.b, buf, at, 1))
}
