package group

import (
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
)

// lined is what integers have in place of slots and keys when their keys stand in lines:
// slots of eight bytes as texts have, because a key is read in its line anyway.
type lined struct {
	lines       *Lines
	idx         index // empty while keys are near
	null        int32 // the line of NULL among them, -1: none
	least, most int64 // of all keys
	rows        *intRows
}

// intRows are a stretch of rows on their way to their numbers.
type intRows struct {
	keys   [chunk]int64
	hashes [chunk]uint32
	ids    [chunk]int32
	rest   [chunk]uint8
}

func (t *ints) len() int {
	if t.lines != nil {
		return t.lines.n
	}
	return len(t.keys)
}

// key is a key by number.
func (t *ints) key(id int32) int64 {
	if t.lines != nil {
		return int64(t.lines.key(id).lo)
	}
	return t.keys[id]
}

// push gives a new key the next number.
func (t *ints) push(k int64) int32 {
	if t.lines != nil {
		t.least, t.most = min(t.least, k), max(t.most, k)
		return t.lines.push(strKey{lo: uint64(k)})
	}
	t.keys = append(roomy(t.keys, 1), k)
	return int32(len(t.keys) - 1)
}

// bounds are the least and the greatest key.
func (t *ints) bounds() (least, most int64) {
	if t.lines != nil {
		return t.least, t.most
	}
	return slices.Min(t.keys), slices.Max(t.keys)
}

// all calls f for every key.
func (t *ints) all(f func(id int32, k int64)) {
	for id := range int32(t.len()) {
		if t.lines == nil || id != t.null {
			f(id, t.key(id))
		}
	}
}

// line moves the keys to lines; null is the number that NULL has among them, -1: none.
func (t *ints) line(null int32) *Lines {
	keys := t.keys
	t.lined = lined{lines: &Lines{}, null: null, least: math.MaxInt64, most: math.MinInt64, rows: &intRows{}}
	for id, k := range keys {
		if int32(id) == null {
			t.lines.push(strKey{})
		}
		t.push(k)
	}
	if int(null) == len(keys) {
		t.lines.push(strKey{})
	}
	t.keys, t.slots, t.hashes = nil, nil, nil
	if t.near.ids == nil {
		t.indexLines()
		return t.lines
	}
	if null >= 0 {
		for i, id := range t.near.ids {
			if id > null {
				t.near.ids[i]++
			}
		}
	}
	return t.lines
}

// indexLines files all keys in slots.
func (t *ints) indexLines() {
	n := firstSlots
	for t.len() >= limit(n, 8) {
		n *= 2
	}
	t.idx.init(n)
	t.all(func(id int32, k int64) { t.idx.place(uint64(tagged(t.hash64(k)))<<32 | uint64(id+1)) })
}

// findLine gives the number of a key, new or known.
func (t *ints) findLine(k int64, h uint32) int32 {
	if id := t.getLine(k, h); id >= 0 {
		return id
	}
	id := t.push(k)
	if int(id) < t.idx.limit || !t.draw() {
		t.idx.add(h, id)
	}
	return id
}

// getLine gives the number of a key, -1 when it is not known.
func (t *ints) getLine(k int64, h uint32) int32 {
	x := &t.idx
	for p := uint64(h >> x.shift); ; p++ {
		s := x.slots[p&uint64(len(x.slots)-1)]
		if uint32(s>>32) == h {
			if id := int32(s) - 1; t.lines.key(id).lo == uint64(k) {
				return id
			}
		} else if s == 0 {
			return -1
		}
	}
}

// assignLines hashes a stretch of keys, finds their slots and then their lines.
func (t *ints) assignLines(keys []int64, sel vec.Sel, ids []int32) {
	r, a, b := t.rows, t.seed.a, t.seed.b
	n := sel.Count(len(keys))
	for from := 0; from < n; from += chunk {
		k := min(chunk, n-from)
		part, hashes, to := r.keys[:k], r.hashes[:k], r.ids[:k]
		if sel == nil {
			part, to = keys[from:from+k], ids[from:from+k]
		} else {
			for j, i := range sel[from : from+k] {
				part[j] = keys[i]
			}
		}
		for j, k := range part {
			hashes[j] = tagged(hash(uint64(k)^a, b))
		}
		t.idx.touch(hashes)
		t.idx.guess(hashes, to)
		if t.lines.n > 0 { // of a table that was not reset
			t.lines.Ahead(to)
		}
		done := k
		for _, j := range r.rest[:t.differ(part, to)] {
			if to[j] = t.findLine(part[j], hashes[j]); t.near.ids != nil {
				done = int(j) + 1
				break
			}
		}
		if sel != nil {
			for j, i := range sel[from : from+done] {
				ids[i] = to[j]
			}
		}
		if t.near.ids != nil { // the keys lie together after all
			if sel == nil {
				t.assignNear(keys[from+done:], nil, ids[from+done:])
			} else {
				t.assignNear(keys, sel[from+done:], ids)
			}
			return
		}
	}
}

// differ lists the rows whose key is not that of the number guessed, and tells how many,
// without a branch on it.
func (t *ints) differ(keys []int64, ids []int32) (n int) {
	lines, rest := t.lines, &t.rows.rest
	if lines.n == 0 {
		for j := range ids {
			rest[j] = uint8(j)
		}
		return len(ids)
	}
	keys = keys[:len(ids)]
	for j, id := range ids {
		d := lines.key(max(id, 0)).lo ^ uint64(keys[j])
		rest[n&(chunk-1)] = uint8(j)
		n += differs(d, id)
	}
	return n
}
