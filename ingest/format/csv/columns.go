package csv

import (
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
)

// appendAll appends the fields of a column; false when one cannot be read or is
// NULL where that is not allowed, and then some may have been appended.
func (c *column) appendAll(b *vec.Builder, f *fields) bool {
	if f.null == "" {
		switch {
		case c.kind == vec.Int64:
			return c.appendInts(b, f)
		case c.kind == vec.Float64:
			return c.appendFloats(b, f)
		case c.kind == vec.String && f.ascii:
			return c.appendTexts(b, f)
		}
	}
	for r, q := 0, f.first; r < f.n; r, q = r+1, q+f.step {
		s := f.text[f.at[q]+1 : f.at[q+1]]
		if len(s) == 0 || f.null != "" && string(s) == f.null {
			if c.required {
				return false
			}
			b.Null()
		} else if c.append(b, s) != nil {
			return false
		}
	}
	return true
}

func (c *column) appendInts(b *vec.Builder, f *fields) bool {
	text, at, q, row := f.text, f.at, f.first, b.N
	dst := vec.Extend[int64](b, f.n)
	nulls := 0
	for r := range dst {
		from, n := int(at[q])+1, int(at[q+1]-at[q])-1
		q += f.step
		s := text[from : from+over]
		if n >= 1 && n <= 8 {
			if x, ok := eight(binary.LittleEndian.Uint64(s), n); ok {
				dst[r] = int64(x)
				continue
			}
		} else if n > 8 && n <= 16 {
			hi := (binary.LittleEndian.Uint64(s) ^ zeros) << (uint(16-n) * 8 & 63)
			lo := binary.LittleEndian.Uint64(s[n-8:]) ^ zeros
			if (hi|(hi+low*0x76)|lo|(lo+low*0x76))&high == 0 {
				dst[r] = int64(spelt(hi)*100_000_000 + spelt(lo))
				continue
			}
		} else if n == 0 {
			dst[r] = 0
			nulls++
			continue
		}
		x, ok := bigint(text[from : from+n])
		if !ok {
			return false
		}
		dst[r] = x
	}
	b.Filled(f.n)
	return nulls == 0 || c.setNulls(b, f, row)
}

func (c *column) appendFloats(b *vec.Builder, f *fields) bool {
	text, at, q, row := f.text, f.at, f.first, b.N
	dst := vec.Extend[float64](b, f.n)
	nulls := 0
	for r := range dst {
		from, n := int(at[q])+1, int(at[q+1]-at[q])-1
		q += f.step
		if n == 0 {
			dst[r] = 0
			nulls++
			continue
		}
		if n <= 8 {
			if x, ok := shortDecimal(binary.LittleEndian.Uint64(text[from:from+over]), n); ok {
				dst[r] = x
				continue
			}
		}
		x, ok := double(text[from : from+n])
		if !ok {
			return false
		}
		dst[r] = x
	}
	b.Filled(f.n)
	return nulls == 0 || c.setNulls(b, f, row)
}

// appendTexts takes ASCII only, which needs no check.
func (c *column) appendTexts(b *vec.Builder, f *fields) bool {
	text, at, q, row := f.text, f.at, f.first, b.N
	// Short texts are written as 32 bytes, the next over what was too much. Half of
	// that left too many to a guess, and no text is too short for a whole copy to pay.
	ends, base, dst := b.ExtendText(f.n, len(text)+over)
	nulls, size := 0, 0
	for r := range ends {
		from, n := int(at[q])+1, int(at[q+1]-at[q])-1
		q += f.step
		if n <= over {
			*(*[over]byte)(dst[size:]) = *(*[over]byte)(text[from:])
			if n == 0 {
				nulls++
			}
		} else {
			copy(dst[size:], text[from:from+n])
		}
		size += n
		ends[r] = base + int32(size)
	}
	b.FilledText(f.n, size)
	return nulls == 0 || c.setNulls(b, f, row)
}

// setNulls makes the empty fields NULL, which were appended from row on.
func (c *column) setNulls(b *vec.Builder, f *fields, row int) bool {
	if c.required {
		return false
	}
	for r, q := 0, f.first; r < f.n; r, q = r+1, q+f.step {
		if f.at[q+1]-f.at[q] == 1 {
			b.SetNull(row + r)
		}
	}
	return true
}
