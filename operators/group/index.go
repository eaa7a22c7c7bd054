package group

import (
	"math/bits"

	"github.com/velostream/velo/arrowexec/vec"
)

// index finds numbers by 32 bits of a hash. A slot is those bits and a number: eight
// slots share a cache line, and two million, enough for a million keys, the third-level
// cache. The keys stand elsewhere, by number, and whoever asks compares them. The first bits of
// the hash are the place, so that growing reads and writes slots in their order and
// no key.
type index struct {
	slots []uint64 // hash<<32 | number+1; 0: free. No hash is 0
	shift uint8    // of the hash, to its place
	limit int      // grow beyond so many numbers
}

const (
	firstSlots = 64
	// fewSlots is how many slots fit the second-level cache with all else: they need
	// not be touched before they are asked.
	fewSlots = 1 << 14
)

// limit is how many numbers so many slots take. A key that is not in its first slot
// costs three times as much as one that is, and of a table half full every
// fourth is not: while slots fit the second-level cache there are plenty.
func limit(slots, few int) int {
	if slots <= fewSlots {
		return slots / few
	}
	return slots / 2
}

func (x *index) init(slots int) {
	x.slots, x.shift, x.limit = make([]uint64, slots), shiftOf(slots), limit(slots, 8)
}

// shiftOf is by how much the 32 bits of a hash are shifted to be a place among slots.
func shiftOf(slots int) uint8 { return uint8(33 - bits.Len(uint(slots))) }

// add files a new number under its hash.
func (x *index) add(h uint32, id int32) {
	if int(id) >= x.limit {
		x.grow(2 * len(x.slots))
	}
	x.place(uint64(h)<<32 | uint64(id+1))
}

func (x *index) grow(slots int) {
	old := x.slots
	x.init(slots)
	for _, s := range old {
		if s != 0 {
			x.place(s)
		}
	}
}

func (x *index) place(s uint64) {
	p := s >> 32 >> x.shift
	for x.slots[p&uint64(len(x.slots)-1)] != 0 {
		p++
	}
	x.slots[p&uint64(len(x.slots)-1)] = s
}

// tagged gives a hash the form that it has in slots: never 0.
func tagged(h uint64) uint32 { return uint32(h>>32) | 1 }

// chunk is how many keys are hashed, and their slots touched, before the first is
// compared: of a large table the misses of all of them overlap then, where a branch
// on each key, new or known, would let few overlap.
const chunk = 256

// touch asks the caches for the first slots of keys.
func (x *index) touch(hashes []uint32) { vec.Ahead(x.slots, hashes, x.shift) }

// guess gives the number of the first key with the same hash, or −1 where there is none, for
// at most a chunk of rows. Whether a slot is the right one, none, or another's cannot be foreseen, so
// nothing branches on it: rows whose first slot is another's are listed, and look at their
// next in a loop of their own.
func (x *index) guess(hashes []uint32, ids []int32) {
	slots, shift := x.slots, x.shift
	ids = ids[:len(hashes)]
	var rest [chunk]uint8
	k := 0
	for i, h := range hashes {
		s := slots[uint64(h>>shift)&uint64(len(slots)-1)]
		ids[i] = int32(s) - 1
		rest[k&(chunk-1)] = uint8(i)
		k += another(s, h)
	}
	for step := uint64(1); k > 0; step++ {
		all := rest[:k]
		k = 0
		for _, i := range all {
			h := hashes[i]
			s := slots[(uint64(h>>shift)+step)&uint64(len(slots)-1)]
			ids[i] = int32(s) - 1
			rest[k] = i
			k += another(s, h)
		}
	}
}

// another is 1 for a slot of a key with another hash.
func another(s uint64, h uint32) int {
	was := uint32(s >> 32) // 0 of a free one
	d := was ^ h
	return int((d | -d) & (was | -was) >> 31)
}

// differs is 1 for words that are not 0 and where there is no number.
func differs(d uint64, id int32) int { return int((d|-d)>>63 | uint64(uint32(id)>>31)) }

func (x *index) many() bool { return len(x.slots) > fewSlots }

// roomy gives s room for n more, twice as much when it has none: append would copy a
// long one five times where this copies it once.
func roomy[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	t := make([]T, len(s), max(2*cap(s), len(s)+n, firstSlots))
	copy(t, s)
	return t
}
