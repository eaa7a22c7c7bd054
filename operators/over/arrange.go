package over

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/sort"
)

// arranged are all rows in the order of one window: partition after partition,
// each in ORDER BY order, ties in order of arrival. A position is a place in
// that order.
type arranged struct {
	sc     *vec.Scope
	column func(expr.Expr) *vec.Vec // in order of arrival
	n      int
	row    []int32 // position → row
	place  []int32 // row → position
	// begin and end are the bounds of the position's partition, first and past
	// those of its peers: the rows that ORDER BY does not tell apart.
	begin, end, first, past []int32
	failed                  map[int32]error // by row
}

func (p *Operator) arrange(sc *vec.Scope, w *Window, cols []*vec.Vec) (*arranged, error) {
	n := p.rows.Len()
	s := &arranged{sc: sc, n: n, column: func(e expr.Expr) *vec.Vec { return cols[p.width+p.at[e.String()]] }}
	var order []*vec.Vec
	var keys []sort.Key
	ids := make([]int32, n)
	if len(w.Partition) > 0 {
		var types []arrow.DataType
		var by []*vec.Vec
		for _, e := range w.Partition {
			types = append(types, e.Type())
			by = append(by, s.column(e))
		}
		group.New(types).Assign(&arrowexec.Batch{Scope: sc, N: n, Ord: p.rows.Ord}, by, nil, ids)
		order = append(order, &vec.Vec{Type: vec.TypeInt32, Kind: vec.Int32, Len: n, Buf: vec.BytesOf(ids)})
		keys = append(keys, sort.Key{})
	}
	for _, k := range w.Order {
		order, keys = append(order, s.column(k.Expr)), append(keys, k)
	}
	s.row = sort.Order(order, keys, n)
	s.place = make([]int32, n)
	for pos, r := range s.row {
		s.place[r] = int32(pos)
	}
	peers := order[len(order)-len(w.Order):]
	s.begin, s.end, s.first, s.past = make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	var begin, first int
	for pos := 1; pos <= n; pos++ {
		partition := pos == n || ids[s.row[pos]] != ids[s.row[pos-1]]
		if partition || !same(peers, s.row[pos-1], s.row[pos]) {
			for i := first; i < pos; i++ {
				s.first[i], s.past[i] = int32(first), int32(pos)
			}
			first = pos
		}
		if partition {
			for i := begin; i < pos; i++ {
				s.begin[i], s.end[i] = int32(begin), int32(pos)
			}
			begin = pos
		}
	}
	return s, nil
}

func same(keys []*vec.Vec, i, j int32) bool {
	for _, k := range keys {
		x, y := k.IsNull(int(i)), k.IsNull(int(j))
		if x != y || !x && sort.Compare(k, int(i), k, int(j)) != 0 {
			return false
		}
	}
	return true
}

// ordered is an expression's column by position.
func (s *arranged) ordered(e expr.Expr) *vec.Vec { return s.sc.Gather(s.column(e), s.row) }

// fail drops the row at a position.
func (s *arranged) fail(pos int, err error) {
	if r := s.row[pos]; s.failed[r] == nil {
		s.failed[r] = err
	}
}

// byRow turns value numbers by position to those by row.
func (s *arranged) byRow(at []int32) []int32 {
	out := make([]int32, s.n)
	for r, pos := range s.place {
		out[r] = at[pos]
	}
	return out
}

func (s *arranged) compute(c *Call) result {
	switch c.Kind {
	case Lag, Lead:
		return s.shift(c)
	case FirstValue, LastValue, NthValue:
		return s.value(c)
	case Aggregate:
		return s.aggregate(c)
	}
	return s.rank(c)
}
