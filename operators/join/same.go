package join

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

const (
	sameFrom = 1024 // fewer right rows are a small dictionary anyhow
	sameEach = 8    // how many rows a value has at least, on average
)

// alike finds, for columns of right texts that repeat, the first row with the value of
// each: what joins them is a dictionary of all right rows then, of which few are asked
// for, and what groups by it numbers those few and not every right row in every batch.
func (j *Join) alike(pool *vec.Pool) {
	j.same = make([][]int32, len(j.cols))
	sc := pool.Open()
	defer sc.Close()
	for c, v := range j.cols {
		if !j.used(len(j.o.LeftTypes)+c) || v.Const || v.Dict != nil || v.Valid != nil || v.Kind != vec.String || v.Len < sameFrom {
			continue
		}
		t := group.New([]arrow.DataType{v.Type})
		ids := vec.Slice[int32](sc, v.Len)
		number := func(n int) bool { // one in sixteen tells whether the others are worth it
			t.Assign(&arrowexec.Batch{Scope: sc, N: n}, []*vec.Vec{sc.Slice(v, 0, n)}, nil, ids)
			return t.Len() <= n/sameEach
		}
		if !number(v.Len/16) && v.Len >= 16*sameFrom || !number(v.Len) {
			continue
		}
		first, same := make([]int32, t.Len()), make([]int32, v.Len)
		for r := v.Len - 1; r >= 0; r-- {
			first[ids[r]] = int32(r)
		}
		for r, id := range ids {
			same[r] = first[id]
		}
		j.same[c] = same
	}
}

// right gives a column of right rows.
func (j *Join) right(sc *vec.Scope, c int, rows []int32, absent bool) *vec.Vec {
	v := j.cols[c]
	out := sc.Take(v, rows, absent)
	if same := j.same; same != nil && same[c] != nil && out.Dict == v {
		at := out.Indices()
		for k, r := range at {
			at[k] = same[c][r]
		}
	}
	return out
}
