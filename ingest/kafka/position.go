package kafka

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Position is where a read of a topic starts or ends, before it is looked up:
// the keys start and end, and the flags --from and --until of capture.
type Position struct {
	Kind  PositionKind
	Value int64 // the offset, the ms of the time, or the number of records before the end
}

// PositionKind is the form of a [Position].
type PositionKind uint8

// The forms; None is no position at all.
const (
	None PositionKind = iota
	Earliest
	Latest
	AtOffset
	AtTime   // the first record that is not older
	FromTail // Value records before the end
)

// timeFrom is the least bare number that is a time in ms, as in the detection of
// event times; offset:N says an offset that large.
const timeFrom = 1e11

var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

// ParsePosition reads earliest, latest, an offset (42, offset:42), the last
// records of each partition (-1000), or a time: ISO 8601 (UTC without a zone),
// ms since the epoch from 1e11 on, or timestamp:MS for any.
func ParsePosition(s string) (Position, error) {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "earliest", "beginning":
		return Position{Kind: Earliest}, nil
	case "latest", "end":
		return Position{Kind: Latest}, nil
	}
	if rest, ok := strings.CutPrefix(s, "offset:"); ok {
		n, err := strconv.ParseInt(rest, 10, 64)
		if err != nil || n < 0 {
			return Position{}, fmt.Errorf("%q is no offset", rest)
		}
		return Position{Kind: AtOffset, Value: n}, nil
	}
	if rest, ok := strings.CutPrefix(s, "timestamp:"); ok {
		if n, err := strconv.ParseInt(rest, 10, 64); err == nil {
			return Position{Kind: AtTime, Value: n}, nil
		}
		s = rest
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case n < 0 && n != math.MinInt64:
			return Position{Kind: FromTail, Value: -n}, nil
		case n >= timeFrom:
			return Position{Kind: AtTime, Value: n}, nil
		}
		if n >= 0 {
			return Position{Kind: AtOffset, Value: n}, nil
		}
	}
	for _, l := range timeLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return Position{Kind: AtTime, Value: t.UnixMilli()}, nil
		}
	}
	return Position{}, fmt.Errorf("%q is neither an offset, nor a time, nor earliest or latest", s)
}

// String gives the form that [ParsePosition] reads.
func (p Position) String() string {
	switch p.Kind {
	case Earliest:
		return "earliest"
	case Latest:
		return "latest"
	case AtOffset:
		return "offset:" + strconv.FormatInt(p.Value, 10)
	case AtTime:
		return "timestamp:" + strconv.FormatInt(p.Value, 10)
	case FromTail:
		return strconv.FormatInt(-p.Value, 10)
	}
	return ""
}
