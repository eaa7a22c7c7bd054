package over

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/sort"
)

// ordering compares rows by ORDER BY.
type ordering struct {
	keys []sort.Key
	cols []*vec.Vec
	// ints are the values of the one key when it has 64 bits and no NULLs.
	ints []int64
}

func newOrdering(keys []sort.Key, cols []*vec.Vec) ordering {
	o := ordering{keys: keys, cols: cols}
	if len(cols) == 1 && !cols[0].HasNulls() {
		switch cols[0].Kind {
		case vec.Int64, vec.Timestamp, vec.Time:
			o.ints = vec.Values[int64](cols[0])
		}
	}
	return o
}

// compare is negative when row i comes before row j, and 0 for peers.
func (o *ordering) compare(i, j int32) int {
	if o.ints != nil {
		x, y := o.ints[i], o.ints[j]
		switch {
		case x == y:
			return 0
		case x < y != o.keys[0].Desc:
			return -1
		}
		return 1
	}
	for k, col := range o.cols {
		x, y := col.IsNull(int(i)), col.IsNull(int(j))
		if x || y {
			switch {
			case x && y:
				continue
			case x == o.keys[k].NullsFirst:
				return -1
			}
			return 1
		}
		if c := expr.CompareRows(col, int(i), col, int(j)); c != 0 {
			if o.keys[k].Desc {
				return -c
			}
			return c
		}
	}
	return 0
}
