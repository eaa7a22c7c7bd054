package group

import "github.com/velostream/velo/arrowexec/vec"

// Of a table of few keys almost all rows are known, and a row costs the processor as many
// instructions as it has: 95 where the compiler keeps most of fifteen variables on the
// stack, 40 in registers. So such rows are numbered by assembly until one is not known,
// and that one in Go: 2 ns a row less, of 7.5 for 500 symbols and five aggregates.

const (
	// fewKnown rows in a row are too few for that: keys are long, or new ones.
	fewKnown = 8
	// unknown is how many rows are then numbered in Go.
	unknown = 64
)

// assignFew numbers n rows, of a selection unless that is nil, one after the other, and
// tells how many: it leaves off when there are too many keys. Of few keys the way by probes
// costs a tenth more.
func (t *strings) assignFew(data []byte, offs []int32, sel vec.Sel, ids []int32, n int) int {
	done := 0
	for done < n {
		known := t.known(data, offs, sel, ids, n-done)
		offs, sel, ids = past(known, offs, sel, ids)
		done += known
		step := min(n-done, unknown)
		if known >= fewKnown {
			step = min(step, 1)
		} else if !looksAhead {
			step = n - done
		}
		step = t.assignNew(data, offs, sel, ids, step)
		offs, sel, ids = past(step, offs, sel, ids)
		if done += step; t.many() {
			break
		}
	}
	return done
}

// past leaves out the first k rows.
func past(k int, offs []int32, sel vec.Sel, ids []int32) ([]int32, vec.Sel, []int32) {
	if sel != nil {
		return offs, sel[k:], ids
	}
	return offs[k:], nil, ids[k:]
}

// known numbers n rows, of a selection unless that is nil, as long as their keys are known
// and short, and tells how many.
func (t *strings) known(data []byte, offs []int32, sel vec.Sel, ids []int32, n int) int {
	last := len(data) - inline
	if !looksAhead || len(t.keys) == 0 || last < 0 {
		return 0
	}
	slots := t.slots
	mask, shift := uint64(len(slots)-1), uint64(t.shift)
	if sel == nil {
		_, _ = offs[n], ids[n-1]
		return knownRows(nil, n, &offs[0], &data[0], last, &ids[0], &slots[0], mask, shift, &t.keys[0], t.seed.a, t.seed.b, &cuts[0])
	}
	return knownRowsOf(&sel[0], n, &offs[0], &data[0], last, &ids[0], &slots[0], mask, shift, &t.keys[0], t.seed.a, t.seed.b, &cuts[0])
}
