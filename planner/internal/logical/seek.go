package logical

import (
	"fmt"
	"math"
	"strings"
)

// Seek is the part of a source that a filter leaves: all bounds are included.
type Seek struct {
	Partitions                 []int64 // nil: all
	FromOffset, ToOffset       int64
	FromTimestamp, ToTimestamp int64
}

// NewSeek is a whole source.
func NewSeek() *Seek {
	return &Seek{FromOffset: math.MinInt64, ToOffset: math.MaxInt64, FromTimestamp: math.MinInt64, ToTimestamp: math.MaxInt64}
}

// String names the bounds, as in _offset>=10 _partition in (0, 2).
func (s *Seek) String() string {
	var parts []string
	bound := func(name, op string, v, none int64) {
		if v != none {
			parts = append(parts, fmt.Sprintf("%s%s%d", name, op, v))
		}
	}
	if s.Partitions != nil {
		var list []string
		for _, p := range s.Partitions {
			list = append(list, fmt.Sprint(p))
		}
		parts = append(parts, "_partition in ("+strings.Join(list, ", ")+")")
	}
	bound("_offset", ">=", s.FromOffset, math.MinInt64)
	bound("_offset", "<=", s.ToOffset, math.MaxInt64)
	bound("_timestamp", ">=", s.FromTimestamp, math.MinInt64)
	bound("_timestamp", "<=", s.ToTimestamp, math.MaxInt64)
	return strings.Join(parts, " ")
}
