package group

import "github.com/velostream/velo/arrowexec/vec"

// near numbers keys that lie close together, as most that count something do: by
// an array over all integers from base on, with no hash and nothing to compare.
type near struct {
	base int64
	ids  []int32 // number + 1 of the key base+i, 0: none; nil: keys are not near
}

// spread is how many integers there may be for each key. The array takes then no
// more memory than the slots would.
const spread = 8

// draw moves all keys to the array if they lie close enough together.
func (t *ints) draw() bool {
	least, most := t.bounds()
	span := uint64(most) - uint64(least)
	if span >= uint64(spread*t.len()) {
		return false
	}
	t.near = near{least, make([]int32, span+1)}
	t.all(func(id int32, k int64) { t.near.ids[k-least] = id + 1 })
	t.slots, t.idx.slots = nil, nil
	return true
}

// reach makes the array hold a key outside of it, with room for more on that side;
// it is false where that would take too much.
func (t *ints) reach(k int64) bool {
	n := &t.near
	least, most := min(k, n.base), max(k, n.base+int64(len(n.ids)-1))
	need := uint64(most) - uint64(least)
	if need >= uint64(spread*(t.len()+1)) {
		return false
	}
	size := need + 1 + need/2 // by so much that copying costs little in all
	base := least
	if k == least {
		base = most - int64(size-1)
	}
	if base > least || base+int64(size-1) < most { // it would reach beyond the integers
		base, size = least, need+1
	}
	ids := make([]int32, size)
	copy(ids[n.base-base:], n.ids)
	*n = near{base, ids}
	return true
}

// scatter gives the keys back to the slots.
func (t *ints) scatter() {
	t.near = near{}
	if t.lines != nil {
		t.indexLines()
		return
	}
	n := firstSlots
	for len(t.keys) > limit(n, 4) {
		n *= 2
	}
	t.resize(n)
	for id, k := range t.keys {
		t.place(t.hash(k), intSlot{k, int32(id + 1)})
	}
}

func (t *ints) findNear(k int64) int32 {
	p := uint64(k) - uint64(t.near.base)
	if p >= uint64(len(t.near.ids)) {
		if !t.reach(k) {
			t.scatter()
			return t.find(k)
		}
		p = uint64(k) - uint64(t.near.base)
	}
	if id := t.near.ids[p]; id != 0 {
		return id - 1
	}
	id := t.push(k)
	t.near.ids[p] = id + 1
	return id
}

func (t *ints) assignNear(keys []int64, sel vec.Sel, ids []int32) {
	all, base := t.near.ids, uint64(t.near.base)
	if sel == nil {
		ids = ids[:len(keys)]
		for i, k := range keys {
			if p := uint64(k) - base; p < uint64(len(all)) && all[p] != 0 {
				ids[i] = all[p] - 1
				continue
			}
			ids[i] = t.find(k)
			all, base = t.near.ids, uint64(t.near.base)
		}
		return
	}
	for _, i := range sel {
		k := keys[i]
		if p := uint64(k) - base; p < uint64(len(all)) && all[p] != 0 {
			ids[i] = all[p] - 1
			continue
		}
		ids[i] = t.find(k)
		all, base = t.near.ids, uint64(t.near.base)
	}
}

func (n *near) get(k int64) int32 {
	if p := uint64(k) - uint64(n.base); p < uint64(len(n.ids)) {
		return n.ids[p] - 1
	}
	return -1
}

func (n *near) lookup(keys []int64, sel vec.Sel, ids []int32) {
	all, base := n.ids, uint64(n.base)
	if sel == nil {
		ids = ids[:len(keys)]
		for i, k := range keys {
			ids[i] = -1
			if p := uint64(k) - base; p < uint64(len(all)) {
				ids[i] = all[p] - 1
			}
		}
		return
	}
	for _, i := range sel {
		ids[i] = -1
		if p := uint64(keys[i]) - base; p < uint64(len(all)) {
			ids[i] = all[p] - 1
		}
	}
}
