package group

import (
	"bytes"
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
)

// strings numbers byte strings. Up to 16 bytes stand in the slot itself, zero
// padded; of longer ones the slot has the hash and the arena the bytes.
type strings struct {
	seed  seeds
	slots []strSlot
	mask  uint64
	limit int
	arena []byte
	ends  []int64 // by number: end of the key in the arena
}

type strSlot struct {
	lo, hi uint64 // short: the bytes; long: hash, and place in the arena
	n      uint32
	id     int32 // number + 1; 0: free
}

const inline = 16

// masks cut 16 loaded bytes to a length.
var masks = func() (m [inline + 1][2]uint64) {
	for n := range m {
		for i := range n {
			m[n][i/8] |= 0xFF << (8 * (i % 8))
		}
	}
	return m
}()

func newStrings() *strings {
	t := &strings{seed: newSeeds()}
	t.resize(firstSlots)
	return t
}

func (t *strings) len() int { return len(t.ends) }

func (t *strings) key(id int32) []byte {
	from := int64(0)
	if id > 0 {
		from = t.ends[id-1]
	}
	return t.arena[from:t.ends[id]]
}

func (t *strings) hashShort(lo, hi, n uint64) uint64 {
	return hash(lo^t.seed.a, hi^n<<56^t.seed.b)
}

func (t *strings) hashLong(k []byte) uint64 {
	h := uint64(len(k))
	r := k
	for len(r) > 16 {
		h = fold(binary.LittleEndian.Uint64(r)^t.seed.a, binary.LittleEndian.Uint64(r[8:])^t.seed.b^h)
		r = r[16:]
	}
	r = k[len(k)-16:] // overlaps what was read
	return hash(binary.LittleEndian.Uint64(r)^t.seed.b, binary.LittleEndian.Uint64(r[8:])^t.seed.a^h)
}

func (t *strings) resize(n int) {
	old := t.slots
	t.slots = make([]strSlot, n)
	t.mask = uint64(n - 1)
	t.limit = limit(n)
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		p := s.lo
		if s.n <= inline {
			p = t.hashShort(s.lo, s.hi, uint64(s.n))
		}
		p &= t.mask
		for t.slots[p].id != 0 {
			p = (p + 1) & t.mask
		}
		t.slots[p] = s
	}
}

// load reads up to 16 bytes, zero padded.
func load(k []byte) (lo, hi uint64) {
	var buf [inline]byte
	copy(buf[:], k)
	return binary.LittleEndian.Uint64(buf[:]), binary.LittleEndian.Uint64(buf[8:])
}

// find gives the number of a key, new or known.
func (t *strings) find(k []byte) int32 {
	if len(k) <= inline {
		lo, hi := load(k)
		return t.findShort(k, lo, hi)
	}
	h := t.hashLong(k)
	p := h & t.mask
	for {
		s := &t.slots[p]
		if s.id == 0 {
			break
		}
		if s.lo == h && int(s.n) == len(k) && bytes.Equal(t.arena[s.hi:s.hi+uint64(len(k))], k) {
			return s.id - 1
		}
		p = (p + 1) & t.mask
	}
	return t.insert(p, h, k, strSlot{lo: h, hi: uint64(len(t.arena)), n: uint32(len(k))})
}

func (t *strings) findShort(k []byte, lo, hi uint64) int32 {
	n := uint32(len(k))
	h := t.hashShort(lo, hi, uint64(n))
	p := h & t.mask
	for {
		s := &t.slots[p]
		if s.id == 0 {
			break
		}
		if s.lo == lo && s.hi == hi && s.n == n {
			return s.id - 1
		}
		p = (p + 1) & t.mask
	}
	return t.insert(p, h, k, strSlot{lo: lo, hi: hi, n: n})
}

func (t *strings) insert(p, h uint64, k []byte, s strSlot) int32 {
	id := int32(len(t.ends))
	t.arena = append(t.arena, k...)
	t.ends = append(t.ends, int64(len(t.arena)))
	if len(t.ends) > t.limit {
		t.resize(2 * len(t.slots))
		p = h & t.mask
		for t.slots[p].id != 0 {
			p = (p + 1) & t.mask
		}
	}
	s.id = id + 1
	t.slots[p] = s
	return id
}

// assign numbers rows of a plain column without looking at its NULLs: the
// caller's selection has none.
func (t *strings) assign(data []byte, offs []int32, n int, sel vec.Sel, ids []int32) {
	slots, seed := t.slots, t.seed
	if k := len(sel); k > 0 && int(sel[k-1]-sel[0]) == k-1 { // a stretch, as the rows of one window are
		ids, offs, n, sel = ids[sel[0]:], offs[sel[0]:], k, nil
	}
	if sel == nil {
		ids, offs = ids[:n], offs[:n+1]
		from := offs[0]
		for i, to := range offs[1:] {
			o := int(from)
			l := int(to - from)
			from = to
			if uint(l) <= inline && o+inline <= len(data) {
				w := data[o : o+inline]
				m := &masks[l]
				lo, hi := binary.LittleEndian.Uint64(w)&m[0], binary.LittleEndian.Uint64(w[8:])&m[1]
				for p := hash(lo^seed.a, hi^uint64(l)<<56^seed.b); ; p++ {
					s := &slots[p&uint64(len(slots)-1)]
					if s.lo == lo && s.hi == hi && s.n == uint32(l) && s.id != 0 {
						ids[i] = s.id - 1
						break
					}
					if s.id == 0 {
						ids[i] = t.findShort(data[o:o+l], lo, hi)
						slots = t.slots
						break
					}
				}
			} else {
				ids[i] = t.find(data[o : o+l])
				slots = t.slots
			}
		}
		return
	}
	for _, i := range sel {
		o := int(offs[i])
		l := int(offs[i+1]) - o
		if uint(l) <= inline && o+inline <= len(data) {
			w := data[o : o+inline]
			m := &masks[l]
			lo, hi := binary.LittleEndian.Uint64(w)&m[0], binary.LittleEndian.Uint64(w[8:])&m[1]
			for p := hash(lo^seed.a, hi^uint64(l)<<56^seed.b); ; p++ {
				s := &slots[p&uint64(len(slots)-1)]
				if s.lo == lo && s.hi == hi && s.n == uint32(l) && s.id != 0 {
					ids[i] = s.id - 1
					break
				}
				if s.id == 0 {
					ids[i] = t.findShort(data[o:o+l], lo, hi)
					slots = t.slots
					break
				}
			}
		} else {
			ids[i] = t.find(data[o : o+l])
			slots = t.slots
		}
	}
}

func (t *strings) reset() {
	clear(t.slots)
	t.arena, t.ends = t.arena[:0], t.ends[:0]
}

func (t *strings) bytes() int64 {
	return int64(len(t.slots))*24 + int64(cap(t.arena)) + int64(cap(t.ends))*8
}
