package tablejoin

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// judge narrows a batch to the rows that did not fail, and to those of them that
// can match. A row that is taken back and fails, as it did when it came, has no
// failure of its own: it stays alive and matches nothing.
func (j *Join) judge(s *side, b *arrowexec.Batch) (alive, can vec.Sel, keys []*vec.Vec, err error) {
	s.ctx.Reset(b)
	can = b.Sel
	if s.on != nil {
		can = expr.Filter(&s.ctx, s.on, can)
	}
	for _, k := range s.keys {
		keys = append(keys, k.Eval(&s.ctx, can))
	}
	alive = b.Sel
	if list := s.ctx.Failed(); len(list) > 0 {
		dead, bad := vec.Bitmap(b.Scope.Zeroed(vec.BitmapBytes(b.N))), vec.Bitmap(b.Scope.Zeroed(vec.BitmapBytes(b.N)))
		for _, f := range list {
			bad.Set(int(f.Row))
			if b.Retracted(int(f.Row)) {
				continue
			}
			dead.Set(int(f.Row))
			if err := j.o.Failures.Row(b, int(f.Row), f.Class, "", f.Err); err != nil {
				return nil, nil, nil, err
			}
		}
		alive, can = without(b, alive, dead), without(b, can, bad)
	}
	for i, v := range keys {
		if !s.safe[i] {
			can = notNull(b, v, can)
		}
	}
	return alive, can, keys, nil
}

func without(b *arrowexec.Batch, sel vec.Sel, bad vec.Bitmap) vec.Sel {
	n := sel.Count(b.N)
	out := vec.Slice[int32](b.Scope, n)[:0]
	for q := range n {
		if i := at(sel, q); !bad.Get(int(i)) {
			out = append(out, i)
		}
	}
	return out
}

func notNull(b *arrowexec.Batch, v *vec.Vec, sel vec.Sel) vec.Sel {
	if !v.HasNulls() {
		return sel
	}
	n := sel.Count(b.N)
	out := vec.Slice[int32](b.Scope, n)[:0]
	for q := range n {
		if i := at(sel, q); !v.IsNull(int(i)) {
			out = append(out, i)
		}
	}
	return out
}

// at is the row in place k of a selection.
func at(sel vec.Sel, k int) int32 {
	if sel == nil {
		return int32(k)
	}
	return sel[k]
}

// none is a number for every row of a batch: no match.
func none(b *arrowexec.Batch) []int32 {
	ids := vec.Slice[int32](b.Scope, b.N)
	for i := range ids {
		ids[i] = -1
	}
	return ids
}

// number assigns numbers to the selected rows only: a table without keys gives its
// one number to all rows of a batch.
func number(t *group.Table, b *arrowexec.Batch, keys []*vec.Vec, sel vec.Sel, ids []int32) {
	t.Assign(b, keys, sel, ids)
	if len(keys) > 0 || sel == nil {
		return
	}
	for i := range ids {
		ids[i] = -1
	}
	for _, i := range sel {
		ids[i] = 0
	}
}
