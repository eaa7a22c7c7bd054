package group

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
	if arena := t.arena; len(arena) > 0 {
		sum := uint64(0)
		for _, id := range ids {
			if k := t.at(max(id, 0)); k.hi>>top == inline {
				// the first and the last byte: every second key of 36 bytes lies in two lines
				// of cache, and waiting for the second was a fifth of the time
				o := k.hi &^ long
				sum ^= uint64(arena[o]) ^ uint64(arena[o+k.lo-1])
			}
		}
		t.probes.sink ^= sum
	}
}
