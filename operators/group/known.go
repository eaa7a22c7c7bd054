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

// assignFew numbers the keys between offsets one after the other, and tells how many:
// it leaves off when there are too many. Of few keys the way by probes costs a tenth more.
func (t *strings) assignFew(data []byte, offs []int32, ids []int32) int {
	n, done := len(offs)-1, 0
	for done < n {
		known := t.known(data, offs[done:], nil, ids[done:], n-done)
		done += known
		step := min(n-done, unknown)
		if known >= fewKnown {
			step = min(step, 1)
		} else if !looksAhead {
			step = n - done
		}
		done += t.assignNew(data, offs[done:done+step+1], ids[done:])
		if t.many() {
			break
		}
	}
	return done
}

// assignFewOf is assignFew of selected rows, whose numbers go to their places in ids.
func (t *strings) assignFewOf(data []byte, offs []int32, sel vec.Sel, ids []int32) int {
	done := 0
	for done < len(sel) {
		known := t.known(data, offs, sel[done:], ids, len(sel)-done)
		done += known
		step := min(len(sel)-done, unknown)
		if known >= fewKnown {
			step = min(step, 1)
		} else if !looksAhead {
			step = len(sel) - done
		}
		done += t.assignNewOf(data, offs, sel[done:done+step], ids)
		if t.many() {
			break
		}
	}
	return done
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
