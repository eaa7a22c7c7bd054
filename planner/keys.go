package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// keyset is the WITH keys of one source, sink or query, with their places.
type keyset struct {
	props   ingest.Props
	at      map[string]ast.Pos
	written map[string]string // canonical key → the alias that was written
}

func newKeyset() *keyset {
	return &keyset{props: ingest.NewProps(), at: map[string]ast.Pos{}, written: map[string]string{}}
}

func (k *keyset) set(key, value, where string, at ast.Pos) {
	key = strings.ToLower(key)
	if canonical, ok := keyAliases[key]; ok {
		k.written[canonical] = key
		key = canonical
	} else {
		delete(k.written, key)
	}
	k.props.Set(key, value, where)
	k.at[key] = at
}

func (k *keyset) clone() *keyset {
	c := newKeyset()
	for _, p := range k.props.All() {
		c.set(p.Key, p.Value, p.Where, k.at[p.Key])
		if w, ok := k.written[p.Key]; ok {
			c.written[p.Key] = w
		}
	}
	return c
}

// keyAliases are other spellings of keys, Velostream's among them.
var keyAliases = map[string]string{
	"table_model": "table.model", "refresh_interval": "refresh.interval", "compression": "compression.type",
	"join.timeout": "within", "delimiter": "csv.delimiter",
	"topic.name": "topic", "brokers": "bootstrap.servers", "has_headers": "csv.header", "watermark.idle.timeout": "watermark.idle_timeout",
	"buffer_memory": "buffer.memory", "max_in_flight_requests_per_connection": "max.in.flight.requests.per.connection",
}

// timeKeys say how a source's event time and watermarks come about.
var timeKeys = []string{
	"event.time.field", "event.time.format", "watermark.strategy", "watermark.max_out_of_orderness", "watermark.idle_timeout",
	"allowed.lateness", "late.data.strategy", "late.data.retention",
}

// queryKeys belong to a statement rather than to a source or sink.
var queryKeys = []string{
	"emit.changes", "headers", "allowed.lateness", "late.data.strategy", "late.data.retention", "distinct.retention",
	"failure.strategy", "dead.letter.queue.topic", "dead.letter.queue.path", "max.poison.rows",
	"batch.strategy", "batch.size", "batch.min", "batch.max", "batch.target.time",
	"delivery.guarantee", "config_file", "max.memory.mb",
}

// failureKeys may stand with a source as well; the statement's own win.
var failureKeys = []string{"failure.strategy", "dead.letter.queue.topic", "dead.letter.queue.path", "max.poison.rows"}

// refusedKeys are of the contract but belong to what velo does not do yet.
var refusedKeys = map[string]string{
	"checkpoint.interval": "checkpoints", "checkpoint.path": "checkpoints",
	"retry.max.attempts": "failure.strategy retry_with_backoff", "retry.initial.delay": "failure.strategy retry_with_backoff",
	"retry.max.delay": "failure.strategy retry_with_backoff", "retry.multiplier": "failure.strategy retry_with_backoff",
	"table.model": "tables in joins", "retention": "tables in joins", "table.ready.timeout": "tables in joins", "refresh.interval": "tables in joins",
	"fallback.strategy": "tables in joins", "fallback.defaults": "tables in joins", "within": "joins; write JOIN … ON … WITHIN d",
	"schema.registry.url": "the schema registry", "schema.registry.auth": "the schema registry", "schema.registry.subject": "the schema registry",
}

// sourceGroup and sinkGroup are the keys that every source, or sink, takes.
var sourceGroup = append([]string{"type", "format", "key.format", "key.fields", "schema", "schema.file", "columns", "infer.records", "config_file"},
	slices.Concat(failureKeys, timeKeys)...)
var sinkGroup = []string{"type", "format", "key.format", "headers", "config_file"}

// check reports unknown keys of a set, and those that are refused. In the application,
// not in the options of --from and --to, those that they replace may stand as well.
func (c *compiler) check(k *keyset, what, name string, known, replaced []string) {
	unused := map[string][]string{} // sections of YAML files that mean nothing
	defer func() {
		for file, sections := range unused {
			if c.warned[file] {
				continue // one warning a file
			}
			c.warned[file] = true
			c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, diag.Pos{}, "%s: sections without effect in velo: %s", file, strings.Join(sections, ", ")))
		}
	}()
	for _, p := range k.props.All() {
		if slices.Contains(known, p.Key) || p.Where == "" && slices.Contains(replaced, p.Key) {
			continue
		}
		at := k.at[p.Key]
		key := p.Key
		if w, ok := k.written[key]; ok {
			key = w
		}
		if why := meaningless(p.Key, p.Where); why != "" {
			c.errs.Add(diag.Warnf(diag.NoEffect, c.o.Source, at, "key %q has no effect in velo: %s", p.Key, why))
			continue
		}
		if why, ok := refusedKeys[p.Key]; ok {
			c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, at, "key %q is not supported yet: it belongs to %s", key, why))
			continue
		}
		if section, _, nested := strings.Cut(p.Key, "."); nested && yamlFile(p.Where) != "" && !slices.ContainsFunc(known, func(n string) bool { return strings.HasPrefix(n, section+".") }) {
			if !slices.Contains(unused[yamlFile(p.Where)], section) {
				unused[yamlFile(p.Where)] = append(unused[yamlFile(p.Where)], section)
			}
			continue
		}
		d := diag.Errorf(diag.UnknownKey, c.o.Source, at, "unknown key %q of %s %q", key, what, name)
		if !at.Valid() && p.Where != "" {
			d.Message += " (" + p.Where + ")"
		}
		if slices.Contains(queryKeys, p.Key) {
			d.Hint = fmt.Sprintf("%q is a key of queries: write it in WITH of the SELECT, CREATE … AS or INSERT that it is for, with no name before it", p.Key)
		} else {
			d.Hint = diag.SuggestHint(p.Key, slices.Concat(known, queryKeys), false)
		}
		c.errs.Add(d)
	}
}

// yamlFile is the YAML file that a key comes from, or "".
func yamlFile(where string) string {
	file, _, ok := strings.Cut(where, ".yaml:")
	if ok {
		return file + ".yaml"
	}
	if file, _, ok = strings.Cut(where, ".yml:"); ok {
		return file + ".yml"
	}
	return ""
}

// bad reports a key whose value cannot be, at its place.
func (c *compiler) bad(k *keyset, key string, err error) {
	c.errs.Add(diag.Errorf(diag.Value, c.o.Source, k.at[key], "%v", err))
}

func duration(c *compiler, k *keyset, key string, def time.Duration) time.Duration {
	d, err := k.props.Duration(def, key)
	if err == nil && d < 0 {
		v, _ := k.props.Get(key)
		err = fmt.Errorf("key %q must be a duration of 0 to 292 years, not %q", key, v)
	}
	if err != nil {
		c.bad(k, key, err)
	}
	return d
}

func enum(c *compiler, k *keyset, key, def string, allowed ...string) string {
	v, err := k.props.Enum(def, allowed, key)
	if err != nil {
		c.bad(k, key, err)
		return def
	}
	return v
}

func integer(c *compiler, k *keyset, key string, def int64) int64 {
	v, err := k.props.Int(def, key)
	if err != nil {
		c.bad(k, key, err)
	} else if v < 0 {
		c.bad(k, key, fmt.Errorf("key %q must not be negative: %d", key, v))
	}
	return v
}

var lateStrategies = []string{"drop", "dead_letter", "update_previous", "include_in_next_window"}

// sizer reads the batch.* keys.
func (c *compiler) sizer(k *keyset) arrowexec.SizerOptions {
	var o arrowexec.SizerOptions
	o.Strategy = enum(c, k, "batch.strategy", "", "adaptive", "fixed_size", "time_window", "memory_based", "low_latency", "mega_batch")
	o.Size = int(integer(c, k, "batch.size", 0))
	o.Min = int(integer(c, k, "batch.min", 0))
	o.Max = int(integer(c, k, "batch.max", 0))
	o.Target = duration(c, k, "batch.target.time", 0)
	if _, err := arrowexec.NewSizer(o); err != nil {
		key := "batch.max"
		if k.props.Has("batch.min") {
			key = "batch.min"
		}
		c.bad(k, key, err)
	}
	return o
}

// pathGiven tells whether the path of a source comes from --from; a quoted path
// in FROM may well have the name of one.
func pathGiven(keys *keyset) bool {
	for _, p := range keys.props.All() {
		if p.Key == "path" {
			return p.Where == "--from"
		}
	}
	return false
}

func keyPlace(keys *keyset, key string, at ast.Pos) ast.Pos {
	if p, ok := keys.at[key]; ok && p.Valid() {
		return p
	}
	return at
}
