package group

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/velostream/velo/arrowexec/vec"
)

// seeds make the hashes of two tables independent and unknown to whoever
// chooses the keys.
type seeds struct{ a, b uint64 }

func newSeeds() seeds { return seeds{rand.Uint64() | 1, rand.Uint64() | 1} }

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// hash is fold, spread once more. Fold alone lets an unlucky seed map keys that
// differ in few bits to a handful of slots; the second product gathers what all
// bits say in its highest bits, by which slots are found.
func hash(a, b uint64) uint64 { return fold(a, b) * 0x9e3779b97f4a7c15 }

// ints numbers 64-bit values: by a hash table, or by an array while they lie close
// together.
type ints struct {
	seed   seeds
	slots  []intSlot
	shift  uint8   // of a hash, to its place
	limit  int     // grow beyond so many values
	keys   []int64 // by number, unless they stand in lines
	near   near
	hashes *[chunk]uint32 // of a table with many keys
	lined
}

type intSlot struct {
	key int64
	id  int32 // number + 1; 0: free
}

func newInts() *ints {
	t := &ints{seed: newSeeds()}
	t.resize(firstSlots)
	return t
}

func (t *ints) resize(n int) {
	old := t.slots
	t.slots, t.shift, t.limit = make([]intSlot, n), shiftOf(n), limit(n, 4)
	for _, s := range old { // and so in the order of the new ones
		if s.id != 0 {
			t.place(t.hash(s.key), s)
		}
	}
}

func (t *ints) place(h uint32, s intSlot) {
	p := uint64(h >> t.shift)
	for t.slots[p&uint64(len(t.slots)-1)].id != 0 {
		p++
	}
	t.slots[p&uint64(len(t.slots)-1)] = s
}

func (t *ints) many() bool { return len(t.slots) > fewSlots }

func (t *ints) hash(k int64) uint32 { return uint32(t.hash64(k) >> 32) }

func (t *ints) hash64(k int64) uint64 { return hash(uint64(k)^t.seed.a, t.seed.b) }

// find gives the number of a key, new or known.
func (t *ints) find(k int64) int32 {
	switch {
	case t.near.ids != nil:
		return t.findNear(k)
	case t.lines != nil:
		return t.findLine(k, tagged(t.hash64(k)))
	}
	return t.findHash(k, t.hash(k))
}

func (t *ints) findHash(k int64, h uint32) int32 {
	for p := uint64(h >> t.shift); ; p++ {
		s := &t.slots[p&uint64(len(t.slots)-1)]
		if s.id == 0 {
			return t.insert(k, h)
		}
		if s.key == k {
			return s.id - 1
		}
	}
}

func (t *ints) insert(k int64, h uint32) int32 {
	id := int32(len(t.keys))
	t.keys = append(roomy(t.keys, 1), k)
	if len(t.keys) <= t.limit {
		t.place(h, intSlot{k, id + 1})
	} else if !t.draw() {
		t.resize(2 * len(t.slots))
		t.place(h, intSlot{k, id + 1})
	}
	return id
}

// assign numbers keys. It begins anew where the table has become another.
func (t *ints) assign(keys []int64, sel vec.Sel, ids []int32) {
	switch {
	case t.near.ids != nil:
		t.assignNear(keys, sel, ids)
		if t.lines != nil && sel == nil {
			t.lines.Ahead(ids[:len(keys)])
		}
	case t.lines != nil:
		t.assignLines(keys, sel, ids)
	case t.many():
		t.assignMany(keys, sel, ids)
	case sel == nil:
		slots, shift, a, b := t.slots, t.shift, t.seed.a, t.seed.b
		ids = ids[:len(keys)]
		for i, k := range keys {
			h := uint32(hash(uint64(k)^a, b) >> 32)
			s := &slots[uint64(h>>shift)&uint64(len(slots)-1)]
			if s.key == k && s.id != 0 {
				ids[i] = s.id - 1
				continue
			}
			if ids[i] = t.findHash(k, h); len(slots) != len(t.slots) {
				t.assign(keys[i+1:], nil, ids[i+1:])
				return
			}
		}
	default:
		for at, i := range sel {
			if ids[i] = t.find(keys[i]); t.near.ids != nil || t.many() {
				t.assign(keys, sel[at+1:], ids)
				return
			}
		}
	}
}

// assignMany hashes and touches a stretch of keys before it asks for the first.
func (t *ints) assignMany(keys []int64, sel vec.Sel, ids []int32) {
	if t.hashes == nil {
		t.hashes = new([chunk]uint32)
	}
	a, b := t.seed.a, t.seed.b
	if sel != nil {
		for len(sel) > 0 {
			part := sel[:min(chunk, len(sel))]
			for j, i := range part {
				t.hashes[j] = uint32(hash(uint64(keys[i])^a, b) >> 32)
			}
			t.touch(t.hashes[:len(part)])
			for j, i := range part {
				if ids[i] = t.findHash(keys[i], t.hashes[j]); t.near.ids != nil {
					t.assignNear(keys, sel[j+1:], ids)
					return
				}
			}
			sel = sel[len(part):]
		}
		return
	}
	for from := 0; from < len(keys); from += chunk {
		part := keys[from:min(from+chunk, len(keys))]
		to, hashes := ids[from:from+len(part)], t.hashes[:len(part)]
		for i, k := range part {
			hashes[i] = uint32(hash(uint64(k)^a, b) >> 32)
		}
		t.touch(hashes)
		slots, shift := t.slots, t.shift
		for i, k := range part {
			p := uint64(hashes[i] >> shift)
			s := &slots[p&uint64(len(slots)-1)]
			for s.key != k && s.id != 0 {
				p++
				s = &slots[p&uint64(len(slots)-1)]
			}
			to[i] = s.id - 1
		}
		for i, id := range to {
			if id >= 0 {
				continue
			}
			if to[i] = t.findHash(part[i], hashes[i]); t.near.ids != nil {
				t.assignNear(keys[from+i+1:], nil, ids[from+i+1:])
				return
			}
		}
	}
}

// touch is [index.touch] of these slots.
func (t *ints) touch(hashes []uint32) { vec.Ahead(t.slots, hashes, t.shift) }

func (t *ints) reset() {
	clear(t.slots)
	clear(t.near.ids)
	t.keys = t.keys[:0]
	if t.lines != nil {
		clear(t.idx.slots)
		t.lines.n, t.null, t.least, t.most = 0, -1, math.MaxInt64, math.MinInt64
	}
}

func (t *ints) bytes() int64 {
	b := int64(len(t.slots))*16 + int64(cap(t.keys))*8 + int64(cap(t.near.ids))*4
	if t.lines != nil {
		b += int64(len(t.idx.slots))*8 + t.lines.bytes()
	}
	return b
}
