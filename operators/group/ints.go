package group

import (
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
// bits say in its highest byte, which ReverseBytes64 brings to where a mask
// looks.
func hash(a, b uint64) uint64 {
	return bits.ReverseBytes64(fold(a, b) * 0x9e3779b97f4a7c15)
}

// ints numbers 64-bit values: by a hash table, or by an array while they lie close
// together.
type ints struct {
	seed  seeds
	slots []intSlot
	mask  uint64
	limit int     // grow beyond so many values
	keys  []int64 // by number
	near  near
}

type intSlot struct {
	key int64
	id  int32 // number + 1; 0: free
}

const firstSlots = 64

// limit is how many keys so many slots take. A key that is not in its first slot
// costs three times as much as one that is, and of a table half full every
// fourth is not: while slots fit the second-level cache there are plenty.
func limit(slots int) int {
	if slots <= 1<<14 {
		return slots / 4
	}
	return slots / 8 * 5
}

func newInts() *ints {
	t := &ints{seed: newSeeds()}
	t.resize(firstSlots)
	return t
}

func (t *ints) resize(n int) {
	t.slots = make([]intSlot, n)
	t.mask = uint64(n - 1)
	t.limit = limit(n)
	for id, k := range t.keys {
		p := t.hash(k)
		for t.slots[p].id != 0 {
			p = (p + 1) & t.mask
		}
		t.slots[p] = intSlot{k, int32(id + 1)}
	}
}

func (t *ints) hash(k int64) uint64 { return hash(uint64(k)^t.seed.a, t.seed.b) & t.mask }

// find gives the number of a key, new or known.
func (t *ints) find(k int64) int32 {
	if t.near.ids != nil {
		return t.findNear(k)
	}
	p := t.hash(k)
	for {
		s := &t.slots[p]
		if s.id == 0 {
			break
		}
		if s.key == k {
			return s.id - 1
		}
		p = (p + 1) & t.mask
	}
	id := int32(len(t.keys))
	t.keys = append(t.keys, k)
	if len(t.keys) <= t.limit {
		t.slots[p] = intSlot{k, id + 1}
	} else if !t.draw() {
		t.resize(2 * len(t.slots))
	}
	return id
}

func (t *ints) assign(keys []int64, sel vec.Sel, ids []int32) {
	if t.near.ids != nil {
		t.assignNear(keys, sel, ids)
		return
	}
	slots, mask, a, b := t.slots, t.mask, t.seed.a, t.seed.b
	if sel == nil {
		ids = ids[:len(keys)]
		for i, k := range keys {
			p := hash(uint64(k)^a, b) & mask
			s := &slots[p&uint64(len(slots)-1)]
			if s.key == k && s.id != 0 {
				ids[i] = s.id - 1
				continue
			}
			ids[i] = t.find(k)
			slots, mask = t.slots, t.mask
		}
		return
	}
	for _, i := range sel {
		k := keys[i]
		p := hash(uint64(k)^a, b) & mask
		s := &slots[p&uint64(len(slots)-1)]
		if s.key == k && s.id != 0 {
			ids[i] = s.id - 1
			continue
		}
		ids[i] = t.find(k)
		slots, mask = t.slots, t.mask
	}
}

func (t *ints) reset() {
	clear(t.slots)
	clear(t.near.ids)
	t.keys = t.keys[:0]
}

func (t *ints) bytes() int64 {
	return int64(len(t.slots))*16 + int64(cap(t.keys))*8 + int64(cap(t.near.ids))*4
}
