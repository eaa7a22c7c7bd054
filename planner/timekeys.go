package planner

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
)

// timeSpec reads the time group of a source.
func (c *compiler) timeSpec(k *keyset) bind.TimeSpec {
	var t bind.TimeSpec
	t.Field = k.props.String("", "event.time.field")
	t.Format = k.props.String("", "event.time.format")
	switch l := strings.ToLower(t.Format); l {
	case "epoch_millis", "epoch_seconds", "epoch", "iso8601":
		t.Format = l
	default:
		if t.Format != "" && !strings.Contains(t.Format, "%") {
			c.bad(k, "event.time.format", fmt.Errorf("key \"event.time.format\" must be epoch_millis, epoch_seconds, epoch, iso8601 or a strftime pattern, not %q", t.Format))
		}
	}
	strategy := enum(c, k, "watermark.strategy", "", "ascending", "bounded_out_of_orderness")
	t.Delay = duration(c, k, "watermark.max_out_of_orderness", 0)
	switch {
	case strategy == "bounded_out_of_orderness" && !k.props.Has("watermark.max_out_of_orderness"):
		c.bad(k, "watermark.strategy", fmt.Errorf("watermark.strategy bounded_out_of_orderness needs watermark.max_out_of_orderness"))
	case strategy != "bounded_out_of_orderness" && k.props.Has("watermark.max_out_of_orderness"):
		if strategy == "ascending" {
			c.bad(k, "watermark.max_out_of_orderness", fmt.Errorf("watermark.max_out_of_orderness has no effect with watermark.strategy ascending; use bounded_out_of_orderness"))
		} else {
			c.bad(k, "watermark.max_out_of_orderness", fmt.Errorf("watermark.max_out_of_orderness needs watermark.strategy bounded_out_of_orderness"))
		}
	}
	t.Idle = duration(c, k, "watermark.idle_timeout", 10*time.Second)
	t.Lateness = duration(c, k, "allowed.lateness", 0)
	t.LateStrategy = enum(c, k, "late.data.strategy", "drop", lateStrategies...)
	if k.props.Has("late.data.retention") {
		d := duration(c, k, "late.data.retention", 0)
		t.LateRetention = &d
	}
	return t
}

// readerKeys say what a statement makes of the times of a source: statements that
// differ in them read it all the same, once.
var readerKeys = []string{
	"watermark.strategy", "watermark.max_out_of_orderness", "watermark.idle_timeout",
	"allowed.lateness", "late.data.strategy", "late.data.retention",
}

// fingerprint tells sources of one name apart by the keys that decide what is read.
func fingerprint(k *keyset) string {
	var parts []string
	for _, p := range k.props.All() {
		if !slices.Contains(readerKeys, p.Key) {
			parts = append(parts, p.Key+"="+p.Value)
		}
	}
	sort.Strings(parts)
	return strings.Join(parts, ";")
}

// lateKeys are those of a source that a stream in memory takes too: its watermark is
// that of its input.
var lateKeys = []string{"allowed.lateness", "late.data.strategy", "late.data.retention"}

// edgeTime gives a statement's reading of a stream in memory the keys that the
// statement has for it, and refuses others.
func (c *compiler) edgeTime(rel *bind.Relation, own *keyset) {
	late := newKeyset()
	for _, p := range own.props.All() {
		switch {
		case slices.Contains(lateKeys, p.Key):
			late.set(p.Key, p.Value, p.Where, own.at[p.Key])
		case slices.Contains(timeKeys, p.Key):
			c.errs.Add(diag.Errorf(diag.NoEffect, c.o.Source, own.at[p.Key], "key %q has no effect on stream %q, which another statement makes: its event time and watermark are those of that statement", p.Key, rel.Name).
				WithHint("set it on the source below, or select a column AS _event_time there"))
		default:
			c.errs.Add(diag.Errorf(diag.NoEffect, c.o.Source, own.at[p.Key], "key %q has no effect on stream %q, which another statement makes", p.Key, rel.Name))
		}
	}
	t := c.timeSpec(late)
	rel.Time.Lateness, rel.Time.LateStrategy, rel.Time.LateRetention = t.Lateness, t.LateStrategy, t.LateRetention
}
