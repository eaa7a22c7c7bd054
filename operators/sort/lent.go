package sort

import (
	"math"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// lent are rows in records that are there as long as the run, whole batches of them: they
// are not copied, but read where they are when they are moved to their clusters. Copying
// them in took 8 of 40 ns a row. One batch that is another has all of them copied.
type lent struct {
	scope *vec.Scope
	parts []part
	n     int
	seq   int64 // of the first
	bytes int64
}

// lend keeps a batch without copying it; ok is false when it must be copied.
func (s *Operator) lend(b *arrowexec.Batch, cols []*vec.Vec, sel vec.Sel) (ok bool) {
	if s.top >= 0 || s.rows.Len() > 0 || sel != nil || b.Weights != nil || b.Ord != nil || len(s.o.Keys) == 0 || s.lent.n > math.MaxInt32-b.N {
		return false
	}
	if len(s.lent.parts) >= 64+(s.lent.n+b.N)/1024 { // many small ones cost more than copying them
		return false
	}
	longest := make([]int, len(cols))
	for c, v := range cols {
		n, ok := v.Longest()
		if !v.Scatters() && (!ok || n > vec.LongestShort) {
			return false
		}
		longest[c] = n
	}
	for k := range s.o.Keys {
		if !cols[s.at(k)].Scatters() {
			return false
		}
	}
	if s.lent.scope == nil {
		s.lent.scope, s.lent.seq = b.Scope.Pool().Open(), b.Seq
	}
	cols, ok = s.lent.scope.Adopt(b.Scope, cols)
	if !ok {
		return false
	}
	s.lent.parts = append(s.lent.parts, part{cols, b.N, longest})
	s.lent.n += b.N
	for _, v := range cols {
		s.lent.bytes += v.Size()
	}
	return true
}

// settle copies what is lent.
func (s *Operator) settle() {
	seq := s.lent.seq
	for _, p := range s.lent.parts {
		s.rows.Append(&arrowexec.Batch{Scope: s.lent.scope, N: p.n, Seq: seq}, p.cols, nil)
		seq += int64(p.n)
	}
	s.lent.close()
}

func (l *lent) close() {
	if l.scope != nil {
		l.scope.Close()
	}
	*l = lent{}
}
