package planner

import (
	"math"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/eventtime"
)

// stamp gives the records of a source that have no timestamps their event time as
// _timestamp: a replay merges and paces by it. A record whose event time cannot be
// read has none, and stands right behind the one before it.
type stamp struct {
	format   eventtime.Format
	from, to int // columns
}

// set puts the event times of a batch in the place of its timestamps.
func (s *stamp) set(sc *vec.Scope, b *arrowexec.Batch) {
	if b == nil || b.N == 0 {
		return
	}
	v := sc.Header(sc.Flat(s.format.Column(sc, b.Cols[s.from])))
	v.Type, v.Kind = vec.TypeInt64, vec.Int64
	if v.Valid != nil {
		times := append(vec.Slice[int64](sc, b.N)[:0], vec.Values[int64](v)[:b.N]...)
		for i := range times {
			if v.IsNull(i) {
				times[i] = math.MinInt64
			}
		}
		v.Buf = vec.BytesOf(times)
	}
	b.Cols = append([]*vec.Vec(nil), b.Cols...)
	b.Cols[s.to] = v
}

// eventField is the column that a source takes its records' timestamps from, -1
// when they have some of their own or none is configured.
func (s *source) eventField() int {
	u, ok := s.connector.(ingest.Untimed)
	if !ok || !u.Untimed() || s.time.Field == "" {
		return -1
	}
	found := -1
	for i, f := range s.fields {
		switch {
		case f.System:
		case f.Name == s.time.Field:
			return i
		case found < 0 && strings.EqualFold(f.Name, s.time.Field):
			found = i
		}
	}
	return found
}
