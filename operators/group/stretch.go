package group

import (
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
)

// assign numbers rows of a plain column without looking at its NULLs: the
// caller's selection has none. Stretches of a selection, as the rows of one window
// are but where windows meet, are numbered like a column: a quarter less for tumbling
// windows over times out of order.
func (t *strings) assign(data []byte, offs []int32, n int, sel vec.Sel, ids []int32) {
	if sel == nil {
		t.assignAll(data, offs[:n+1], ids)
		return
	}
	for len(sel) > 0 {
		if k := stretch(sel); k > 0 {
			at := int(sel[0])
			t.assignAll(data, offs[at:at+k+1], ids[at:])
			sel = sel[k:]
			continue
		}
		part := sel[:min(chunk, len(sel))]
		if !t.many() {
			sel = sel[t.assignFewOf(data, offs, part, ids):]
			continue
		}
		sel = sel[len(part):]
		t.ready()
		t.loadSel(data, offs, part)
		t.number(data, t.probes.ids[:len(part)])
		for j, i := range part {
			ids[i] = t.probes.ids[j]
		}
	}
}

// stretch tells how many rows at the start of a selection follow one another; few are
// none.
func stretch(sel vec.Sel) int {
	const step = 64
	n := 0
	for n+step <= len(sel) && int(sel[n+step-1]-sel[0]) == n+step-1 {
		n += step
	}
	return n
}

// assignNewOf is assignNew of selected rows, whose numbers go to their places in ids.
func (t *strings) assignNewOf(data []byte, offs []int32, sel vec.Sel, ids []int32) int {
	slots, keys, shift, seed := t.slots, t.keys, t.shift, t.seed
next:
	for j, row := range sel {
		o := int(offs[row])
		l := int(offs[row+1]) - o
		if uint(l) < inline && o+inline <= len(data) {
			w, c := data[o:o+inline], &cuts[l]
			lo, hi := binary.LittleEndian.Uint64(w)&c.lo, binary.LittleEndian.Uint64(w[8:])&c.hi|c.n
			h := tagged(hash(lo^seed.a, hi^seed.b))
			for at := uint64(h >> shift); ; at++ {
				s := slots[at&uint64(len(slots)-1)]
				if uint32(s>>32) == h {
					if k := &keys[uint32(s)-1]; k.lo == lo && k.hi == hi {
						ids[row] = int32(s) - 1
						continue next
					}
				} else if s == 0 {
					ids[row] = t.insert(strKey{lo, hi}, h)
					break
				}
			}
		} else {
			ids[row] = t.find(data[o : o+l])
		}
		slots, keys, shift = t.slots, t.keys, t.shift
		if t.many() {
			return j + 1
		}
	}
	return len(sel)
}

// assignAll numbers the keys between offsets.
func (t *strings) assignAll(data []byte, offs []int32, ids []int32) {
	from, n := 0, len(offs)-1
	if !t.many() {
		from = t.assignFew(data, offs, ids)
	}
	if from < n {
		t.ready()
	}
	for ; from < n; from += chunk {
		k := min(chunk, n-from)
		t.load(data, offs[from:from+k+1])
		t.number(data, ids[from:from+k])
	}
}
