package group

import (
	"bytes"
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
)

// strings numbers byte strings.
type strings struct {
	index
	seed   seeds
	keys   []strKey // by number, unless they stand in lines
	lines  *Lines
	arena  []byte  // long keys
	probes *probes // made when first needed
}

// strKey is a key of up to 16 bytes: two words that are equal exactly where the keys
// are. Of a longer one, whose last byte is inline, they are its length and its place
// in the arena. The last byte of a shorter one is its length.
type strKey struct{ lo, hi uint64 }

// isLong is 1 for a key that does not stand in its words.
func (k *strKey) isLong() int { return int(((k.hi>>top ^ inline) - 1) >> 63) }

// inline is the greatest length of keys that stand in their two words; one of this
// length whose last byte could be taken for a length stands in the arena.
const inline = 16

const (
	top  = 56 // the last byte of a key is at this place of hi
	long = inline << top
)

// cut makes 16 loaded bytes those of a length, with the length.
var cuts = func() (m [inline + 1]cut) {
	for n := range m {
		for i := range n {
			if i < 8 {
				m[n].lo |= 0xFF << (8 * i)
			} else {
				m[n].hi |= 0xFF << (8 * (i - 8))
			}
		}
		if n < inline {
			m[n].n = uint64(n) << top
		}
	}
	return m
}()

type cut struct{ lo, hi, n uint64 }

// probes are a stretch of keys on their way to their numbers: short ones as they are
// kept, long ones with their place in the column.
type probes struct {
	keys   [chunk]strKey
	hashes [chunk]uint32
	ids    [chunk]int32
	rest   [chunk]uint8
	first  [chunk]uint32 // of long keys in the arena, by sixteen bytes
	last   [chunk]uint32
}

// ready makes the probes: a table of few keys, as each window has one, does without.
func (t *strings) ready() {
	if t.probes == nil {
		t.probes = &probes{}
	}
}

func newStrings() *strings {
	t := &strings{seed: newSeeds()}
	t.init(firstSlots)
	return t
}

func (t *strings) len() int {
	if t.lines != nil {
		return t.lines.n
	}
	return len(t.keys)
}

// key is a key by number, in buf unless it is long.
func (t *strings) key(id int32, buf *[inline]byte) []byte {
	k := t.at(id)
	n := k.hi >> top
	if n == inline {
		o := k.hi &^ long
		return t.arena[o : o+k.lo]
	}
	binary.LittleEndian.PutUint64(buf[:], k.lo)
	binary.LittleEndian.PutUint64(buf[8:], k.hi)
	return buf[:min(n, inline)]
}

// texts appends keys by number to a builder.
func (t *strings) texts(ids []int32, out *vec.Builder) {
	size := 0
	for _, id := range ids {
		k := t.at(id)
		if n := k.hi >> top; n != inline {
			size += int(min(n, inline))
		} else {
			size += int(k.lo)
		}
	}
	ends, from, tail := out.ExtendText(len(ids), size)
	at := 0
	for i, id := range ids {
		k := t.at(id)
		if n := k.hi >> top; n == inline {
			o := k.hi &^ long
			at += copy(tail[at:], t.arena[o:o+k.lo])
		} else if at+inline <= len(tail) { // what is too much the next one writes over
			binary.LittleEndian.PutUint64(tail[at:], k.lo)
			binary.LittleEndian.PutUint64(tail[at+8:], k.hi)
			at += int(min(n, inline))
		} else {
			var buf [inline]byte
			at += copy(tail[at:], t.key(id, &buf))
		}
		ends[i] = from + int32(at)
	}
	out.FilledText(len(ids), size)
}

func (t *strings) hashShort(k strKey) uint32 {
	return tagged(hash(k.lo^t.seed.a, k.hi^t.seed.b))
}

func (t *strings) hashLong(k []byte) uint32 { return tagged(t.seed.long(k)) }

// short gives a key as its two words if it has no more.
func short(k []byte) (strKey, bool) {
	if len(k) > inline {
		return strKey{}, false
	}
	var buf [inline]byte
	copy(buf[:], k)
	w := strKey{binary.LittleEndian.Uint64(buf[:]), binary.LittleEndian.Uint64(buf[8:]) | cuts[len(k)].n}
	return w, len(k) < inline || w.hi>>top > inline
}

// find gives the number of a key, new or known.
func (t *strings) find(k []byte) int32 {
	if w, ok := short(k); ok {
		return t.findShort(w, t.hashShort(w))
	}
	return t.findLong(k, t.hashLong(k))
}

func (t *strings) findShort(k strKey, h uint32) int32 {
	id := t.getShort(k, h)
	if id < 0 {
		id = t.insert(k, h)
	}
	return id
}

func (t *strings) findLong(k []byte, h uint32) int32 {
	id := t.getLong(k, h)
	if id < 0 {
		id = t.insert(strKey{uint64(len(k)), long | uint64(len(t.arena))}, h)
		t.arena = append(roomy(t.arena, len(k)), k...)
	}
	return id
}

// get gives the number of a key, -1 when it is not known.
func (t *strings) get(k []byte) int32 {
	if w, ok := short(k); ok {
		return t.getShort(w, t.hashShort(w))
	}
	return t.getLong(k, t.hashLong(k))
}

func (t *strings) getShort(k strKey, h uint32) int32 {
	for p := uint64(h >> t.shift); ; p++ {
		s := t.slots[p&uint64(len(t.slots)-1)]
		if uint32(s>>32) == h {
			if id := int32(s) - 1; *t.at(id) == k {
				return id
			}
		} else if s == 0 {
			return -1
		}
	}
}

func (t *strings) getLong(k []byte, h uint32) int32 {
	for p := uint64(h >> t.shift); ; p++ {
		s := t.slots[p&uint64(len(t.slots)-1)]
		if uint32(s>>32) == h {
			if id := int32(s) - 1; t.isLong(id, k) {
				return id
			}
		} else if s == 0 {
			return -1
		}
	}
}

// isLong tells whether a number is that of a long key.
func (t *strings) isLong(id int32, k []byte) bool {
	w := t.at(id)
	if w.lo != uint64(len(k)) || w.hi>>top != inline {
		return false
	}
	o := w.hi &^ long
	return bytes.Equal(t.arena[o:o+w.lo], k)
}

func (t *strings) insert(k strKey, h uint32) int32 {
	id := t.push(k)
	t.add(h, id)
	return id
}

// assignNew numbers n rows, of a selection unless that is nil, whose keys are new or known,
// and tells how many: it leaves off when there are too many keys.
func (t *strings) assignNew(data []byte, offs []int32, sel vec.Sel, ids []int32, n int) int {
	slots, keys, shift, seed := t.slots, t.keys, t.shift, t.seed
next:
	for j := range n {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		o := int(offs[i])
		l := int(offs[i+1]) - o
		if uint(l) < inline && o+inline <= len(data) {
			w, c := data[o:o+inline], &cuts[l]
			lo, hi := binary.LittleEndian.Uint64(w)&c.lo, binary.LittleEndian.Uint64(w[8:])&c.hi|c.n
			h := tagged(hash(lo^seed.a, hi^seed.b))
			for at := uint64(h >> shift); ; at++ {
				s := slots[at&uint64(len(slots)-1)]
				if uint32(s>>32) == h {
					if k := &keys[uint32(s)-1]; k.lo == lo && k.hi == hi {
						ids[i] = int32(s) - 1
						continue next
					}
				} else if s == 0 {
					ids[i] = t.insert(strKey{lo, hi}, h)
					break
				}
			}
		} else {
			ids[i] = t.find(data[o : o+l])
		}
		slots, keys, shift = t.slots, t.keys, t.shift
		if t.many() {
			return j + 1
		}
	}
	return n
}

// load readies the keys between offsets.
func (t *strings) load(data []byte, offs []int32) {
	p, seed := t.probes, t.seed
	from := offs[0]
	offs = offs[1:]
	keys, hashes := p.keys[:len(offs)], p.hashes[:len(offs)]
	for i, to := range offs {
		o, l := int(from), int(to-from)
		from = to
		if uint(l) <= inline && o+inline <= len(data) {
			w, c := data[o:o+inline], &cuts[l]
			k := strKey{binary.LittleEndian.Uint64(w) & c.lo, binary.LittleEndian.Uint64(w[8:])&c.hi | c.n}
			if l < inline || k.hi>>top > inline {
				keys[i] = k
				hashes[i] = tagged(hash(k.lo^seed.a, k.hi^seed.b))
				continue
			}
		}
		t.loadOne(data, o, l, i)
	}
}

func (t *strings) loadSel(data []byte, offs []int32, sel vec.Sel) {
	p, seed := t.probes, t.seed
	keys, hashes := p.keys[:len(sel)], p.hashes[:len(sel)]
	for i, row := range sel {
		o := int(offs[row])
		l := int(offs[row+1]) - o
		if uint(l) <= inline && o+inline <= len(data) {
			w, c := data[o:o+inline], &cuts[l]
			k := strKey{binary.LittleEndian.Uint64(w) & c.lo, binary.LittleEndian.Uint64(w[8:])&c.hi | c.n}
			if l < inline || k.hi>>top > inline {
				keys[i] = k
				hashes[i] = tagged(hash(k.lo^seed.a, k.hi^seed.b))
				continue
			}
		}
		t.loadOne(data, o, l, i)
	}
}

// loadOne readies a key that is long, or the last of its column.
func (t *strings) loadOne(data []byte, o, l, i int) {
	p := t.probes
	if k, ok := short(data[o : o+l]); ok {
		p.keys[i], p.hashes[i] = k, t.hashShort(k)
		return
	}
	p.keys[i], p.hashes[i] = strKey{uint64(l), long | uint64(o)}, t.hashLong(data[o:o+l])
}

// number gives the keys that were readied their numbers.
func (t *strings) number(data []byte, ids []int32) {
	if t.many() {
		t.numberMany(data, ids)
		return
	}
	p := t.probes
	hashes, loaded := p.hashes[:len(ids)], p.keys[:len(ids)]
	slots, keys, shift := t.slots, t.keys, t.shift
next:
	for i := range ids {
		h, k := hashes[i], &loaded[i]
		if k.hi>>top == inline {
			o := k.hi &^ long
			ids[i] = t.findLong(data[o:o+k.lo], h)
			slots, keys, shift = t.slots, t.keys, t.shift
			continue
		}
		for at := uint64(h >> shift); ; at++ {
			s := slots[at&uint64(len(slots)-1)]
			if uint32(s>>32) == h {
				if id := uint32(s) - 1; keys[id] == *k {
					ids[i] = int32(id)
					continue next
				}
			} else if s == 0 {
				ids[i] = t.insert(*k, h)
				slots, keys, shift = t.slots, t.keys, t.shift
				continue next
			}
		}
	}
}

// lookup is assign for keys that may be unknown, −1, and stay so.
func (t *strings) lookup(data []byte, offs []int32, n int, sel vec.Sel, ids []int32) {
	if t.len() == 0 {
		set(n, sel, ids, -1)
		return
	}
	t.ready()
	if sel == nil {
		for from := 0; from < n; from += chunk {
			k := min(chunk, n-from)
			t.load(data, offs[from:from+k+1])
			t.ask(data, ids[from:from+k])
		}
		return
	}
	for len(sel) > 0 {
		part := sel[:min(chunk, len(sel))]
		sel = sel[len(part):]
		t.loadSel(data, offs, part)
		t.ask(data, t.probes.ids[:len(part)])
		for j, i := range part {
			ids[i] = t.probes.ids[j]
		}
	}
}

// ask gives the keys that were readied their numbers.
func (t *strings) ask(data []byte, ids []int32) {
	p := t.probes
	hashes, loaded := p.hashes[:len(ids)], p.keys[:len(ids)]
	if t.many() {
		t.touch(hashes)
	}
	t.guess(hashes, ids)
	for i, id := range ids {
		if id < 0 {
			continue
		}
		k := &loaded[i]
		if k.hi>>top == inline {
			o := k.hi &^ long
			text := data[o : o+k.lo]
			if !t.isLong(id, text) {
				ids[i] = t.getLong(text, hashes[i])
			}
		} else if *t.at(id) != *k {
			ids[i] = t.getShort(*k, hashes[i])
		}
	}
}

func (t *strings) reset() {
	clear(t.slots)
	t.keys, t.arena = t.keys[:0], t.arena[:0]
	if t.lines != nil {
		t.lines.n = 0
	}
}

func (t *strings) bytes() int64 {
	n := int64(len(t.slots))*8 + int64(cap(t.keys))*16 + int64(cap(t.arena))
	if t.lines != nil {
		n += t.lines.bytes()
	}
	if t.probes != nil {
		n += chunk * (16 + 4 + 4 + 1 + 4 + 4)
	}
	return n
}
