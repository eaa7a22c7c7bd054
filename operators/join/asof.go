package join

import (
	"cmp"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// AsOf makes each left row match one right row of its keys at most: the one
// whose Right is nearest to its Left on one side.
type AsOf struct {
	Left, Right expr.Expr // of one type
	// After takes the right rows from Left on and of equals the first; without it
	// those up to Left and of equals the last. Strict leaves equals out.
	After, Strict bool
}

// times evaluates the times of right rows and takes those out that have none.
func (j *Join) times(alive, can vec.Sel) (t *vec.Vec, _, _ vec.Sel, err error) {
	b := j.ctx.Batch
	t = j.o.AsOf.Right.Eval(&j.ctx, can)
	if len(j.ctx.Failed()) > 0 {
		if alive, can, err = j.survivors(alive, can); err != nil {
			return nil, nil, nil, err
		}
	}
	return t, alive, notNull(b, t, can), nil
}

// order sorts the rows of each number by time, rows of one time as they came.
func (j *Join) order() {
	t := j.time
	ints := plainInts(t)
	less := func(a, b int32) int { return expr.CompareRows(t, int(a), t, int(b)) }
	if ints != nil {
		less = func(a, b int32) int { return cmp.Compare(ints[a], ints[b]) }
	}
	for k := range len(j.start) - 1 {
		rows := j.list[j.start[k]:j.start[k+1]]
		if !slices.IsSortedFunc(rows, less) {
			slices.SortStableFunc(rows, less)
		}
	}
}

// plainInts are the values of a column of 64-bit integers without NULLs that
// matter; nil for others.
func plainInts(v *vec.Vec) []int64 {
	if v == nil || v.Const || v.Dict != nil || v.Kind != vec.Int64 && v.Kind != vec.Timestamp {
		return nil
	}
	return vec.Values[int64](v)
}

// nearest gives each row its right row, -1 for none.
func (j *Join) nearest(b *arrowexec.Batch, alive vec.Sel, ids []int32) (rows []int32, _ vec.Sel, err error) {
	a := j.o.AsOf
	can := vec.Slice[int32](b.Scope, alive.Count(b.N))[:0]
	each(b.N, alive, func(i int32) {
		if ids[i] >= 0 {
			can = append(can, i)
		}
	})
	rows = none(b)
	if len(can) == 0 {
		return rows, alive, nil
	}
	j.ctx.Reset(b)
	v := a.Left.Eval(&j.ctx, vec.Sel(can))
	sel := vec.Sel(can)
	if len(j.ctx.Failed()) > 0 {
		if alive, sel, err = j.survivors(alive, sel); err != nil {
			return nil, nil, err
		}
	}
	sel = notNull(b, v, sel)
	lefts, rights := plainInts(v), plainInts(j.time)
	t := j.time
	each(b.N, sel, func(i int32) {
		list := j.list[j.start[ids[i]]:j.start[ids[i]+1]]
		compare := func(r int32) int { return expr.CompareRows(t, int(r), v, int(i)) }
		if lefts != nil && rights != nil {
			x := lefts[i]
			compare = func(r int32) int { return cmp.Compare(rights[r], x) }
		}
		// at is the first row behind the left one's time, or with equals behind it.
		behind := a.After == a.Strict
		lo, hi := 0, len(list)
		for lo < hi {
			mid := int(uint(lo+hi) >> 1)
			if c := compare(list[mid]); c > 0 || c == 0 && !behind {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		switch {
		case a.After && lo < len(list):
			rows[i] = list[lo]
		case !a.After && lo > 0:
			rows[i] = list[lo-1]
		}
	})
	return rows, alive, nil
}
