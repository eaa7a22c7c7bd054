package hashagg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// touches lists the groups touched since it was last taken, in the order of
// their last touch.
type touches struct {
	list []touch
	at   []int32 // by group: place in list + 1; 0: not listed
	gone int     // entries of list that a later touch replaced
}

type touch struct {
	id  int32 // -1: replaced
	ord int64
}

// add notes the rows of a batch; groups is the number of groups there are.
func (t *touches) add(b *arrowexec.Batch, ids []int32, sel vec.Sel, groups int) {
	for len(t.at) < groups {
		t.at = append(t.at, 0)
	}
	start := int32(len(t.list))
	n := sel.Count(b.N)
	fresh := vec.Slice[int32](b.Scope, n)[:0]
	for k := n - 1; k >= 0; k-- { // from the end: the first meeting is the last touch
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		id := ids[i]
		switch at := t.at[id]; {
		case at > start:
			continue
		case at > 0:
			t.list[at-1].id = -1
			t.gone++
		}
		t.at[id] = start + 1 // listed in this batch; its place is set below
		fresh = append(fresh, int32(i))
	}
	for k := len(fresh) - 1; k >= 0; k-- {
		i := int(fresh[k])
		t.list = append(t.list, touch{ids[i], b.OrdOf(i)})
		t.at[ids[i]] = int32(len(t.list))
	}
	if t.gone > 1024 && t.gone > len(t.list)/2 {
		t.compact()
	}
}

func (t *touches) compact() {
	kept := t.list[:0]
	for _, x := range t.list {
		if x.id >= 0 {
			kept = append(kept, x)
			t.at[x.id] = int32(len(kept))
		}
	}
	t.list, t.gone = kept, 0
}

// take gives the groups with the sequence number of their last row, and forgets them.
func (t *touches) take() (ids []int32, ords []int64) {
	for _, x := range t.list {
		if x.id >= 0 {
			ids, ords = append(ids, x.id), append(ords, x.ord)
			t.at[x.id] = 0
		}
	}
	t.list, t.gone = t.list[:0], 0
	return ids, ords
}

func (t *touches) none() bool { return len(t.list) == 0 }

func (t *touches) bytes() int64 { return int64(cap(t.list))*16 + int64(cap(t.at))*4 }
