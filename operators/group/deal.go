package group

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// Deal says which of several tables keeps a key, by a hash of its own: what lies together in
// the slots of a table has nothing in common for it. It keeps nothing, so that several
// goroutines may ask it.
type Deal struct {
	seed   seeds
	tables int
}

// NewDeal deals keys out to so many tables.
func NewDeal(tables int) *Deal { return &Deal{newSeeds(), tables} }

// Deals tells that keys of these types can be dealt out: of others a table shows the form of
// the first that came, which the tables of several pipelines do not know of each other.
func Deals(types []arrow.DataType) bool {
	for _, t := range types {
		switch vec.KindOf(t) {
		case vec.Interval, vec.List, vec.Map, vec.Struct:
			return false
		}
	}
	return len(types) > 0
}

// Split lists, for each table, the selected rows whose keys it keeps, in the scope's memory.
func (d *Deal) Split(sc *vec.Scope, keys []*vec.Vec, n int, sel vec.Sel) []vec.Sel {
	hashes := vec.Slice[uint64](sc, n)
	for c, k := range keys {
		if c == 0 {
			d.seed.hashes(sc, k, n, sel, hashes)
			continue
		}
		more := vec.Slice[uint64](sc, n)
		d.seed.hashes(sc, k, n, sel, more)
		each(n, sel, func(i int) { hashes[i] = hash(hashes[i]^d.seed.b, more[i]^d.seed.a) })
	}
	return d.deal(sc, hashes, sel)
}

// deal lists rows by the highest bits of their hash, without a branch on it.
func (d *Deal) deal(sc *vec.Scope, hashes []uint64, sel vec.Sel) []vec.Sel {
	n, tables := sel.Count(len(hashes)), uint64(d.tables)
	of, ends := vec.Slice[uint16](sc, n), make([]int32, d.tables)
	if sel == nil {
		for i, h := range hashes {
			t := h >> 32 * tables >> 32
			of[i] = uint16(t)
			ends[t]++
		}
	} else {
		for k, i := range sel {
			t := hashes[i] >> 32 * tables >> 32
			of[k] = uint16(t)
			ends[t]++
		}
	}
	all, out := vec.Slice[int32](sc, n), make([]vec.Sel, d.tables)
	at := int32(0)
	for t, k := range ends {
		out[t] = vec.Sel(all[at : at+k : at+k])
		ends[t] = at
		at += k
	}
	if sel == nil {
		for i, t := range of {
			all[ends[t]] = int32(i)
			ends[t]++
		}
	} else {
		for k, t := range of {
			all[ends[t]] = sel[k]
			ends[t]++
		}
	}
	return out
}

// hashes writes the hash of each selected row of a column: equal ones of equal keys.
func (s *seeds) hashes(sc *vec.Scope, v *vec.Vec, n int, sel vec.Sel, to []uint64) {
	switch {
	case sel.Count(n) == 0:
	case v.Const || v.Kind == vec.Null:
		h := s.one(v, 0)
		each(n, sel, func(i int) { to[i] = h })
	case v.Dict != nil:
		d := v.Dict
		of, seen := vec.Slice[uint64](sc, d.Len), vec.Bitmap(sc.Zeroed(vec.BitmapBytes(d.Len)))
		idx := v.Indices()
		each(n, sel, func(i int) {
			if v.Valid != nil && !v.Valid.Get(i) {
				to[i] = s.null()
				return
			}
			x := int(idx[i])
			if !seen.Get(x) {
				seen.Set(x)
				of[x] = s.one(d, x)
			}
			to[i] = of[x]
		})
	case v.HasNulls():
		each(n, sel, func(i int) { to[i] = s.one(v, i) })
	case v.Kind == vec.String || v.Kind == vec.Binary:
		s.texts(v.Data, v.Offsets[:n+1], sel, to)
	case v.Kind == vec.Decimal:
		each(n, sel, func(i int) { to[i] = s.one(v, i) })
	default:
		s.words(words(sc, v, n, sel), sel, to)
	}
}

func (s *seeds) words(keys []int64, sel vec.Sel, to []uint64) {
	a, b := s.a, s.b
	if sel == nil {
		to = to[:len(keys)]
		for i, k := range keys {
			to[i] = hash(uint64(k)^a, b)
		}
		return
	}
	for _, i := range sel {
		to[i] = hash(uint64(keys[i])^a, b)
	}
}

func (s *seeds) texts(data []byte, offs []int32, sel vec.Sel, to []uint64) {
	a, b := s.a, s.b
	if sel != nil {
		for _, i := range sel {
			to[i] = s.text(data[offs[i]:offs[i+1]])
		}
		return
	}
	from := offs[0]
	offs = offs[1:]
	to = to[:len(offs)]
	for i, end := range offs {
		o, l := int(from), int(end-from)
		from = end
		if uint(l) < inline && o+inline <= len(data) {
			w, c := data[o:o+inline], &cuts[l]
			to[i] = hash(binary.LittleEndian.Uint64(w)&c.lo^a, (binary.LittleEndian.Uint64(w[8:])&c.hi|c.n)^b)
			continue
		}
		to[i] = s.text(data[o : o+l])
	}
}

// text is the hash of one text.
func (s *seeds) text(k []byte) uint64 {
	if len(k) < inline {
		var buf [inline]byte
		copy(buf[:], k)
		return hash(binary.LittleEndian.Uint64(buf[:])^s.a, (binary.LittleEndian.Uint64(buf[8:])|cuts[len(k)].n)^s.b)
	}
	return s.long(k)
}

// long is the hash of a text of sixteen bytes or more.
func (s *seeds) long(k []byte) uint64 {
	h := uint64(len(k))
	r := k
	for len(r) > inline {
		h = fold(binary.LittleEndian.Uint64(r)^s.a, binary.LittleEndian.Uint64(r[8:])^s.b^h)
		r = r[inline:]
	}
	r = k[len(k)-inline:] // overlaps what was read
	return hash(binary.LittleEndian.Uint64(r)^s.b, binary.LittleEndian.Uint64(r[8:])^s.a^h)
}

func (s *seeds) null() uint64 { return hash(s.b, s.a) }

// one is the hash of a row of a column that is no dictionary.
func (s *seeds) one(v *vec.Vec, row int) uint64 {
	if v.IsNull(row) {
		return s.null()
	}
	i := v.At(row)
	switch v.Kind {
	case vec.String, vec.Binary:
		return s.text(v.BytesAt(row))
	case vec.Decimal:
		d := vec.Values[decimal128.Num](v)[i]
		return hash(d.LowBits()^s.a, uint64(d.HighBits())^s.b)
	}
	return hash(uint64(word(v, i))^s.a, s.b)
}
