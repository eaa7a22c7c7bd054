package ingest

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Props are the keys of one source or sink, lower case, with their text and
// place. Reading a key marks it as used; whatever is left over at the end is an
// unknown key.
type Props struct {
	m map[string]*Prop
}

// Prop is the value of a key and where it was written, for messages.
type Prop struct {
	Key, Value string
	Where      string // "app.sql:3:7", a YAML file and line, "--set", …
	Used       bool
}

// NewProps makes an empty set.
func NewProps() Props { return Props{m: map[string]*Prop{}} }

// PropsOf makes a set from a map; for tests and embedders.
func PropsOf(m map[string]string) Props {
	p := NewProps()
	for k, v := range m {
		p.Set(k, v, "")
	}
	return p
}

// Set sets a key; a later Set wins.
func (p Props) Set(key, value, where string) {
	k := strings.ToLower(key)
	p.m[k] = &Prop{Key: k, Value: value, Where: where}
}

// Has tells whether a key is set, without using it.
func (p Props) Has(key string) bool { return p.m[key] != nil }

// Peek gives the text of a key without using it; "" when it is not set.
func (p Props) Peek(key string) string {
	if v := p.m[key]; v != nil {
		return v.Value
	}
	return ""
}

// Get reads the first of several spellings of a key.
func (p Props) Get(keys ...string) (string, bool) {
	found, ok := "", false
	for _, k := range keys {
		if v := p.m[k]; v != nil {
			v.Used = true
			if !ok {
				found, ok = v.Value, true
			}
		}
	}
	return found, ok
}

// String reads a key with a default.
func (p Props) String(def string, keys ...string) string {
	if v, ok := p.Get(keys...); ok {
		return v
	}
	return def
}

// With gives the same keys and one more. The others are shared: reading one
// marks it as used in both.
func (p Props) With(key, value string) Props {
	n := NewProps()
	for k, v := range p.m {
		n.m[k] = v
	}
	n.Set(key, value, "")
	return n
}

func (p Props) bad(key, want, got string) error {
	where := ""
	if v := p.m[key]; v != nil && v.Where != "" {
		where = v.Where + ": "
	}
	return fmt.Errorf("%skey %q must be %s, not %q", where, key, want, got)
}

// Int reads an integer key.
func (p Props) Int(def int64, keys ...string) (int64, error) {
	v, ok := p.Get(keys...)
	if !ok {
		return def, nil
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(v), "_", ""), 10, 64)
	if err != nil {
		return 0, p.bad(keys[0], "an integer", v)
	}
	return n, nil
}

// Bool reads a boolean key: true, false, and the words that stand for them.
func (p Props) Bool(def bool, keys ...string) (bool, error) {
	v, ok := p.Get(keys...)
	if !ok {
		return def, nil
	}
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, p.bad(keys[0], "true or false", v)
}

// Enum reads a key with a fixed set of values, case-insensitive.
func (p Props) Enum(def string, allowed []string, keys ...string) (string, error) {
	v, ok := p.Get(keys...)
	if !ok {
		return def, nil
	}
	for _, a := range allowed {
		if strings.EqualFold(strings.TrimSpace(v), a) {
			return a, nil
		}
	}
	return "", p.bad(keys[0], "one of "+strings.Join(allowed, ", "), v)
}

// Duration reads a duration: "5s", "250ms", "1 m", "2h", "1d", "1w"; a bare number is milliseconds.
func (p Props) Duration(def time.Duration, keys ...string) (time.Duration, error) {
	v, ok := p.Get(keys...)
	if !ok {
		return def, nil
	}
	d, err := ParseDuration(v)
	if errors.Is(err, errDurationRange) {
		return 0, p.bad(keys[0], "a duration of 0 to 292 years", v)
	}
	if err != nil {
		return 0, p.bad(keys[0], "a duration such as 5s, 250ms or 1d", v)
	}
	return d, nil
}

// Bytes reads a size: "64MiB", "10MB", "1k", or a bare number of bytes.
func (p Props) Bytes(def int64, keys ...string) (int64, error) {
	v, ok := p.Get(keys...)
	if !ok {
		return def, nil
	}
	n, err := ParseBytes(v)
	if err != nil {
		return 0, p.bad(keys[0], "a size such as 64MiB", v)
	}
	return n, nil
}

// Unused lists the keys that nobody read, by name.
func (p Props) Unused() []*Prop {
	var out []*Prop
	for _, v := range p.m {
		if !v.Used {
			out = append(out, v)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

// All lists all keys, by name.
func (p Props) All() []*Prop {
	var out []*Prop
	for _, v := range p.m {
		out = append(out, v)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

var errDurationRange = errors.New("out of range of durations")

// ParseDuration reads the durations that WITH keys and flags take. Only a bare
// number can be negative; whether it may be is the key's business.
func ParseDuration(s string) (time.Duration, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	var total time.Duration
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n != n*int64(time.Millisecond)/int64(time.Millisecond) {
			return 0, errDurationRange
		}
		return time.Duration(n) * time.Millisecond, nil
	}
	rest := s
	for rest != "" {
		i := 0
		for i < len(rest) && (rest[i] >= '0' && rest[i] <= '9' || rest[i] == '.') {
			i++
		}
		f, err := strconv.ParseFloat(rest[:i], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration", s)
		}
		rest = strings.TrimLeft(rest[i:], " ")
		j := 0
		for j < len(rest) && rest[j] >= 'a' && rest[j] <= 'z' {
			j++
		}
		unit, ok := durationUnits[rest[:j]]
		if !ok {
			return 0, fmt.Errorf("%q is no duration", s)
		}
		d := f * float64(unit)
		if d >= float64(math.MaxInt64-total) {
			return 0, errDurationRange
		}
		total += time.Duration(d)
		rest = strings.TrimLeft(rest[j:], " ")
	}
	if s == "" {
		return 0, fmt.Errorf("empty duration")
	}
	return total, nil
}

var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "millisecond": time.Millisecond, "milliseconds": time.Millisecond,
	"s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
}

// ParseBytes reads a size in bytes with a decimal or binary unit.
func ParseBytes(s string) (int64, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	i := 0
	for i < len(t) && (t[i] >= '0' && t[i] <= '9' || t[i] == '.') {
		i++
	}
	f, err := strconv.ParseFloat(t[:i], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no size", s)
	}
	unit, ok := map[string]float64{
		"": 1, "b": 1, "k": 1 << 10, "kb": 1e3, "kib": 1 << 10, "m": 1 << 20, "mb": 1e6, "mib": 1 << 20,
		"g": 1 << 30, "gb": 1e9, "gib": 1 << 30, "t": 1 << 40, "tb": 1e12, "tib": 1 << 40,
	}[strings.TrimSpace(t[i:])]
	if !ok {
		return 0, fmt.Errorf("%q is no size", s)
	}
	return int64(f * unit), nil
}
