package attach

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// whole narrows a selection to the rows without a NULL in the columns.
func whole(b *arrowexec.Batch, cols []*vec.Vec) vec.Sel {
	out := vec.Slice[int32](b.Scope, b.N)[:0]
	each(b, func(i int) {
		for _, c := range cols {
			if c.IsNull(i) {
				return
			}
		}
		out = append(out, int32(i))
	})
	return out
}

// index keeps the first row of each key and notes which have more.
func (r *right) index(b *arrowexec.Batch, cols []*vec.Vec) {
	a := r.a
	keys := cols[:len(a.o.Probe)]
	sel := whole(b, keys)
	if len(sel) == 0 {
		return
	}
	ids := vec.Slice[int32](b.Scope, b.N)
	a.table.Assign(b, keys, sel, ids)
	fresh := vec.Slice[int32](b.Scope, len(sel))[:0]
	for _, i := range sel {
		if int(ids[i]) < a.known {
			a.twice[ids[i]] = true
			continue
		}
		a.known++
		a.twice = append(a.twice, false)
		fresh = append(fresh, i)
	}
	a.sub.Append(b, cols, fresh)
}

// found gives, for each row, the columns of the subquery's row with its key,
// and whether there is one.
func (a *Op) found(b *arrowexec.Batch, probe []*vec.Vec) ([]*vec.Vec, error) {
	sc := b.Scope
	at := vec.Slice[int32](sc, b.N)
	for i := range at {
		at[i] = -1
	}
	hit := sc.New(vec.TypeBool, b.N)
	clear(hit.Buf)
	if sel := whole(b, probe); a.known > 0 && len(sel) > 0 {
		ids := vec.Slice[int32](sc, b.N)
		a.table.Assign(b, probe, sel, ids)
		for _, i := range sel {
			switch id := ids[i]; {
			case int(id) >= a.known:
			case a.twice[id]:
				return nil, fmt.Errorf("%s gave more than one row; add LIMIT 1, an aggregate or a condition that leaves one", a.o.Name)
			default:
				at[i] = id
				hit.Bits().Set(int(i))
			}
		}
	}
	var out []*vec.Vec
	set := a.sub.Columns()
	for c, t := range a.o.Types[len(probe):] {
		if a.known == 0 {
			out = append(out, sc.NullConst(t, b.N))
			continue
		}
		bl := vec.NewBuilder(sc, t, b.N)
		for _, k := range at {
			if k < 0 {
				bl.Null()
			} else {
				bl.AppendRow(set[len(probe)+c], int(k))
			}
		}
		out = append(out, bl.Finish())
	}
	return append(out, hit), nil
}
