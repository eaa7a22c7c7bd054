package kafka

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/velostream/velo/ingest"
)

// reader reads the value of one key under whichever of its names was written.
type reader struct {
	p     ingest.Props
	name  string // as written
	names []string
}

func (r reader) raw() string {
	v, _ := r.p.Get(r.name)
	r.p.Get(r.names...) // other spellings are used up as well
	return v
}

func (r reader) text() string { return strings.TrimSpace(r.raw()) }

func (r reader) bad(want string) error {
	return fmt.Errorf("%skey %q must be %s, not %q", r.where(), r.name, want, r.raw())
}

func (r reader) where() string {
	for _, p := range r.p.All() {
		if p.Key == r.name && p.Where != "" {
			return p.Where + ": "
		}
	}
	return ""
}

func (r reader) list() ([]string, error) {
	var out []string
	for _, s := range strings.Split(r.text(), ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, r.bad("a list of host:port")
	}
	return out, nil
}

func (r reader) bool() (bool, error) {
	r.raw()
	return r.p.Bool(false, r.name)
}

func (r reader) enum(allowed ...string) (string, error) {
	r.raw()
	return r.p.Enum("", allowed, r.name)
}

// duration reads a duration of at least least; a bare number is milliseconds.
func (r reader) duration(least time.Duration) (time.Duration, error) {
	r.raw()
	d, err := r.p.Duration(0, r.name)
	if err == nil && (d < least || d > 1000*time.Hour) {
		return 0, r.bad(fmt.Sprintf("a duration between %s and 1000h", least))
	}
	return d, err
}

// size32 reads a number of bytes that the protocol keeps in 32 bits.
func (r reader) size32(least int64) (int32, error) {
	r.raw()
	n, err := r.p.Bytes(0, r.name)
	if err == nil && (n < least || n > math.MaxInt32) {
		return 0, r.bad(fmt.Sprintf("a size between %d and %d bytes", least, math.MaxInt32))
	}
	return int32(n), err
}

func (r reader) integer(least, most int64) (int, error) {
	r.raw()
	n, err := r.p.Int(0, r.name)
	if err == nil && (n < least || n > most) {
		return 0, r.bad(fmt.Sprintf("an integer between %d and %d", least, most))
	}
	return int(n), err
}

func (r reader) position() (Position, error) {
	p, err := ParsePosition(r.text())
	if err != nil {
		return p, r.bad("an offset, a time, earliest, latest, or -N for the last N records")
	}
	return p, nil
}
