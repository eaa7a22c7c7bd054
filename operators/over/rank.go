package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/vec"
)

// rank computes what depends on a row's place only.
func (v *view) rank(c *Call, f fail) result {
	n := len(v.pos)
	if c.Type == vec.TypeFloat64 {
		return result{values: v.share(c, n)}
	}
	out := v.sc.New(vec.TypeInt64, n)
	x := vec.Values[int64](out)
	switch c.Kind {
	case RowNumber:
		for k, p := range v.pos {
			x[k] = int64(p-v.begin[k]) + 1
		}
	case Rank:
		for k, p := range v.first {
			x[k] = int64(p-v.begin[k]) + 1
		}
	case DenseRank:
		for k, p := range v.pos {
			if x[k] = 1; v.run != nil {
				x[k] = int64(v.run[p]-v.run[v.begin[k]]) + 1
			}
		}
	case Ntile:
		return result{values: v.ntile(c, f)}
	}
	return result{values: out}
}

// share is PERCENT_RANK and CUME_DIST.
func (v *view) share(c *Call, n int) *vec.Vec {
	out := v.sc.New(vec.TypeFloat64, n)
	x := vec.Values[float64](out)
	for k := range x {
		rows := v.end[k] - v.begin[k]
		switch {
		case c.Kind == CumeDist:
			x[k] = float64(v.past[k]-v.begin[k]) / float64(rows)
		case rows == 1:
			x[k] = 0
		default:
			x[k] = float64(v.first[k]-v.begin[k]) / float64(rows-1)
		}
	}
	return out
}

func (v *view) ntile(c *Call, f fail) *vec.Vec {
	buckets := v.column(c.Args[0])
	out := vec.NewBuilder(v.sc, vec.TypeInt64, len(v.pos))
	for k, p := range v.pos {
		r := int(v.row[p])
		if buckets.IsNull(r) {
			out.Null()
			continue
		}
		n := buckets.Int64At(r)
		if n < 1 {
			f(k, fmt.Errorf("NTILE takes a number of buckets of at least 1, not %d", n))
			out.Null()
			continue
		}
		out.Int64(tile(int64(p-v.begin[k]), int64(v.end[k]-v.begin[k]), n))
	}
	return out.Finish()
}

// tile is the bucket, from 1, of row k of rows: the first buckets take the rows
// that are left over.
func tile(k, rows, n int64) int64 {
	size, more := rows/n, rows%n
	if k < more*(size+1) {
		return k/(size+1) + 1
	}
	return more + (k-more*(size+1))/size + 1
}
