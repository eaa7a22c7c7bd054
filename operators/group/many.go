package group

import "github.com/velostream/velo/arrowexec/vec"

// numberMany touches what it is going to ask, in loops of their own: what is missing
// from the caches then comes at the same time for all keys.
func (t *strings) numberMany(data []byte, ids []int32) {
	p := t.probes
	hashes, loaded := p.hashes[:len(ids)], p.keys[:len(ids)]
	t.touch(hashes)
	t.guess(hashes, ids)
	for _, i := range p.rest[:t.differ(ids)] {
		k, h := &loaded[i], hashes[i]
		id := ids[i]
		if k.hi>>top == inline {
			o := k.hi &^ long
			text := data[o : o+k.lo]
			if id < 0 || !t.isLong(id, text) {
				ids[i] = t.findLong(text, h)
			}
			continue
		}
		ids[i] = t.findShort(*k, h)
	}
}

// differ lists the rows whose key is long, or not that of the number guessed, and tells how many,
// without a branch on it.
func (t *strings) differ(ids []int32) (n int) {
	p := t.probes
	rest, loaded := &p.rest, p.keys[:len(ids)]
	switch {
	case t.len() == 0:
		for j := range ids {
			rest[j] = uint8(j)
		}
		return len(ids)
	case t.lines != nil:
		lines := t.lines
		for j, id := range ids {
			was, k := lines.key(max(id, 0)), &loaded[j]
			rest[n&(chunk-1)] = uint8(j)
			n += differs(was.lo^k.lo|was.hi^k.hi, id) | k.isLong()
		}
	default:
		keys := t.keys
		for j, id := range ids {
			was, k := &keys[max(id, 0)], &loaded[j]
			rest[n&(chunk-1)] = uint8(j)
			n += differs(was.lo^k.lo|was.hi^k.hi, id) | k.isLong()
		}
	}
	return n
}

// guess is [index.guess], and asks the caches for those keys.
func (t *strings) guess(hashes []uint32, ids []int32) {
	t.index.guess(hashes, ids)
	if t.len() == 0 { // of a table that was reset
		return
	}
	t.aheadOf(ids)
	if len(t.arena) == 0 {
		return
	}
	// the first and the last byte of long keys: every second one of 36 bytes lies in two
	// lines of cache, and waiting for the second was a fifth of the time
	p := t.probes
	first, last := p.first[:len(ids)], p.last[:len(ids)]
	for j, id := range ids {
		first[j], last[j] = 0, 0
		if k := t.at(max(id, 0)); k.hi>>top == inline {
			o := k.hi &^ long
			first[j], last[j] = uint32(o>>4), uint32((o+k.lo-1)>>4)
		}
	}
	vec.AheadBytes(t.arena, first)
	vec.AheadBytes(t.arena, last)
}
