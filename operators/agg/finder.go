package agg

import (
	"bytes"

	"github.com/velostream/velo/arrowexec/vec"
)

// finder finds the row of a keeper that is taken back, by the sequence number
// under which it was added, and lets it be unlinked at once.
type finder struct {
	rows  map[int64]int32 // by sequence number: the row that was added last
	same  []int32         // by row: one of the same sequence number before it, -1: none
	group []int32         // by row
	prev  []int32         // by row: the one before it in its group, -1: none
	a, b  []byte
}

func newFinder() *finder { return &finder{rows: map[int64]int32{}} }

// add notes the next row.
func (f *finder) add(g int32, ord int64, prev int32) {
	row := int32(len(f.group))
	same, ok := f.rows[ord]
	if !ok {
		same = -1
	}
	f.rows[ord] = row
	f.same, f.group, f.prev = append(f.same, same), append(f.group, g), append(f.prev, prev)
}

// remove forgets a row.
func (f *finder) remove(ord int64, row int32) {
	at := f.rows[ord]
	if at == row {
		if f.same[row] < 0 {
			delete(f.rows, ord)
		} else {
			f.rows[ord] = f.same[row]
		}
		return
	}
	for f.same[at] != row {
		at = f.same[at]
	}
	f.same[at] = f.same[row]
}

// clear forgets all rows, and after many of them their memory.
func (f *finder) clear() {
	if len(f.group) > 1024 {
		*f = *newFinder()
		return
	}
	clear(f.rows)
	f.same, f.group, f.prev = f.same[:0], f.group[:0], f.prev[:0]
}

func (f *finder) bytes() int64 {
	return int64(len(f.rows))*24 + int64(cap(f.same)+cap(f.group)+cap(f.prev))*4
}

// search gives the row of a group that was added under a sequence number with
// these arguments, -1 if there is none. Arguments tell apart the rows of a group
// that one record has made; if none is equal, the one added last is meant.
func (k *keeper) search(g int32, ord int64, args []*vec.Vec, i int) int32 {
	f := k.find
	row, ok := f.rows[ord]
	if !ok {
		return -1
	}
	found := int32(-1)
	several := false
	for r := row; r >= 0; r = f.same[r] {
		if f.group[r] != g {
			continue
		}
		if found >= 0 {
			several = true
			break
		}
		found = r
	}
	if !several {
		return found
	}
	f.a = f.a[:0]
	for _, v := range args {
		f.a = encode(f.a, v, i)
	}
	cols := k.view()
	for r := row; r >= 0; r = f.same[r] {
		if f.group[r] != g {
			continue
		}
		f.b = f.b[:0]
		for _, v := range cols {
			f.b = encode(f.b, v, int(r))
		}
		if bytes.Equal(f.a, f.b) {
			return r
		}
	}
	return found
}

// lacks tells that a row has a NULL where the aggregate passes over it.
func (k *keeper) lacks(args []*vec.Vec, i int) bool {
	for _, a := range args[:k.need] {
		if a.IsNull(i) {
			return true
		}
	}
	return false
}

// keep adds one row.
func (k *keeper) keep(g int32, ord int64, args []*vec.Vec, i int) {
	for c, a := range args {
		k.cols[c].AppendRow(a, i)
	}
	k.link(g, ord)
}

// drop takes one row out of its group and tells whether the group had it.
func (k *keeper) drop(g int32, ord int64, args []*vec.Vec, i int) bool {
	row := k.search(g, ord, args, i)
	if row < 0 {
		return false
	}
	k.find.remove(ord, row)
	k.unlink(g, row)
	k.n[g]--
	k.dead++
	return true
}

func (k *keeper) unlink(g, row int32) {
	prev, next := k.find.prev[row], k.next[row]
	if prev < 0 {
		k.head[g] = next
	} else {
		k.next[prev] = next
	}
	if next < 0 {
		k.tail[g] = prev
	} else {
		k.find.prev[next] = prev
	}
}

// Change keeps rows and drops them.
func (k *keeper) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	shown := 0
	failed := func(_ int, err error) { fail(shown, err) }
	for _, i := range c.Rows {
		g, w := c.Groups[i], c.What[i]
		switch {
		case w&(Add|Take) == 0 || k.lacks(args, int(i)):
		case w&Add != 0:
			k.keep(g, c.Batch.OrdOf(int(i)), args, int(i))
		default:
			k.drop(g, c.Batch.Retracts[i], args, int(i))
		}
		if w&Show != 0 {
			k.Emit(c.Groups[i:i+1], out, failed)
			shown++
		}
		if w&Clear != 0 && k.head[g] >= 0 {
			k.Reset(c.Groups[i : i+1])
		}
	}
	k.tidy()
}
