package over

import (
	"fmt"

	"github.com/velostream/velo/arrowexec/vec"
)

// rank computes what depends on a row's place in its partition only.
func (s *arranged) rank(c *Call) result {
	out := vec.NewBuilder(s.sc, c.Type, s.n)
	var buckets *vec.Vec
	if c.Kind == Ntile {
		buckets = s.ordered(c.Args[0])
	}
	dense := int64(0)
	for i := range s.n {
		k, first, rows := int64(i)-int64(s.begin[i]), int64(s.first[i]-s.begin[i]), int64(s.end[i]-s.begin[i])
		switch c.Kind {
		case RowNumber:
			out.Int64(k + 1)
		case Rank:
			out.Int64(first + 1)
		case DenseRank:
			if k == 0 {
				dense = 0
			}
			if int(s.first[i]) == i {
				dense++
			}
			out.Int64(dense)
		case PercentRank:
			if rows == 1 {
				out.Float64(0)
			} else {
				out.Float64(float64(first) / float64(rows-1))
			}
		case CumeDist:
			out.Float64(float64(s.past[i]-s.begin[i]) / float64(rows))
		case Ntile:
			if buckets.IsNull(i) {
				out.Null()
				continue
			}
			n := buckets.Int64At(i)
			if n < 1 {
				s.fail(i, fmt.Errorf("NTILE takes a number of buckets of at least 1, not %d", n))
				out.Null()
				continue
			}
			out.Int64(tile(k, rows, n))
		}
	}
	return result{out.Finish(), s.place}
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
