package planner

import (
	"context"
	"math"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/eventtime"
)

// stamped gives the records of a source that have no timestamps their event time
// as _timestamp: a replay merges and paces by it. A record whose event time
// cannot be read has none, and stands right behind the one before it.
type stamped struct {
	arrowexec.Source
	format       eventtime.Format
	field, stamp int // columns
}

// Next reads a batch and puts the event times in the place of the timestamps.
func (s *stamped) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	b, err := s.Source.Next(ctx, sc, want)
	if err != nil || b.N == 0 {
		return b, err
	}
	v := sc.Header(sc.Flat(s.format.Column(sc, b.Cols[s.field])))
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
	cols := append([]*vec.Vec(nil), b.Cols...)
	cols[s.stamp] = v
	b.Cols = cols
	return b, nil
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
