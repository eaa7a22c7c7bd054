package group

import "github.com/velostream/velo/arrowexec/vec"

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
			sel = sel[t.assignFew(data, offs, part, ids, len(part)):]
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

// assignAll numbers the keys between offsets.
func (t *strings) assignAll(data []byte, offs []int32, ids []int32) {
	from, n := 0, len(offs)-1
	if !t.many() {
		from = t.assignFew(data, offs, nil, ids, n)
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
