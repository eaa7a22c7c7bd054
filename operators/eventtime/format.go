package eventtime

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/vec"
)

// Format is event.time.format, parsed.
type Format struct {
	kind    formatKind
	name    string
	pattern []directive
}

type formatKind uint8

const (
	detect formatKind = iota
	epochMillis
	epochSeconds
	iso8601
	strftime
)

// ParseFormat reads event.time.format: epoch_millis, epoch_seconds, epoch (which
// is seconds), iso8601, a strftime pattern, or nothing for detection.
func ParseFormat(s string) (Format, error) {
	f := Format{name: s}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		f.name = "detected"
	case "epoch_millis":
		f.kind = epochMillis
	case "epoch_seconds", "epoch":
		f.kind = epochSeconds
	case "iso8601":
		f.kind = iso8601
	default:
		if !strings.Contains(s, "%") {
			return f, fmt.Errorf("unknown event.time.format %q; known: epoch_millis epoch_seconds epoch iso8601, or a strftime pattern", s)
		}
		p, err := parsePattern(s)
		if err != nil {
			return f, err
		}
		f.kind, f.pattern = strftime, p
	}
	return f, nil
}

// Check tells whether times can be read from a column of type t.
func (f Format) Check(t arrow.DataType) error {
	switch vec.KindOf(t) {
	case vec.Timestamp, vec.Date, vec.String, vec.Null:
		return nil
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Float32, vec.Float64, vec.Decimal:
		if f.kind == iso8601 || f.kind == strftime {
			return fmt.Errorf("event.time.format %q reads text, but the column is a number; use epoch_millis or epoch_seconds", f.name)
		}
		return nil
	}
	return fmt.Errorf("a column of type %s cannot be an event time; use a time, a number or text", vec.KindOf(t))
}

// number gives a count of the format's unit as ms.
func (f Format) whole(x int64) (ms int64, ok bool) {
	seconds := f.kind == epochSeconds
	if f.kind == detect {
		seconds = x < 1e11 && x > -1e11
	}
	if !seconds {
		return x, true
	}
	const most = 1<<63/1000 - 1
	return x * 1000, x <= most && x >= -most
}
