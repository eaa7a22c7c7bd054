package velo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	inmemory "github.com/velostream/velo/ingest/memory"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
)

// Engine compiles and runs SQL. It is safe for use by several goroutines and
// holds nothing between queries.
type Engine struct {
	registry *ingest.Registry
	funcs    *expr.Registry
	aggs     []*agg.Func
	mem      memory.Allocator
	log      *slog.Logger
	clock    func() int64
	threads  int
	limit    int64
}

// Option configures an Engine.
type Option func(*config)

type config struct {
	e     *Engine
	funcs []*expr.Func
	aggs  []*agg.Func
}

// WithAllocator makes the engine take the memory of batches, and of the records
// it hands out, from mem. Default: Go's heap.
func WithAllocator(mem memory.Allocator) Option { return func(c *config) { c.e.mem = mem } }

// WithLogger sends warnings and sampled row errors to log. Default: nowhere.
func WithLogger(log *slog.Logger) Option { return func(c *config) { c.e.log = log } }

// WithClock gives the time in ms since the epoch for NOW() and idle timeouts.
// Default: the wall clock.
func WithClock(now func() int64) Option { return func(c *config) { c.e.clock = now } }

// WithThreads lets bounded queries use up to n pipelines. Default: 1.
func WithThreads(n int) Option { return func(c *config) { c.e.threads = n } }

// WithMemoryLimit ends a query whose state takes more than n bytes with an
// error that names the operator. Default: no limit.
func WithMemoryLimit(n int64) Option { return func(c *config) { c.e.limit = n } }

// WithFunctions adds scalar functions; they are what the built-in ones are.
func WithFunctions(f ...*expr.Func) Option {
	return func(c *config) { c.funcs = append(c.funcs, f...) }
}

// WithAggregates adds aggregate functions.
func WithAggregates(f ...*agg.Func) Option {
	return func(c *config) { c.aggs = append(c.aggs, f...) }
}

// Open makes an engine. It fails when a function is registered twice.
func Open(opts ...Option) (*Engine, error) {
	c := &config{e: &Engine{registry: all.New(), mem: &vec.Heap{}, threads: 1}}
	for _, o := range opts {
		o(c)
	}
	list := append(expr.Operators(), funcs.All()...)
	r, err := expr.NewRegistry(append(list, c.funcs...)...)
	if err != nil {
		return nil, fmt.Errorf("opening an engine: %w", err)
	}
	c.e.funcs = r
	c.e.aggs = agg.All()
	names := map[string]bool{}
	for _, f := range c.e.aggs {
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			names[n] = true
		}
	}
	for _, f := range c.aggs {
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			if _, ok := r.Lookup(n); ok || names[n] {
				return nil, fmt.Errorf("opening an engine: function %s is registered twice", n)
			}
			names[n] = true
		}
	}
	c.e.aggs = append(c.e.aggs, c.aggs...)
	return c.e, nil
}

// Input gives a query or job a source or sink, or changes how it runs.
type Input func(*run) error

type run struct {
	o       planner.Options
	ro      planner.RunOptions
	onError func(query string, err *RowError)
}

// RowError says why an input row was dropped, and where it stood.
type RowError = arrowexec.RowError

// Errors are the statement errors of a text; get them with [errors.As].
type Errors = planner.Errors

// Error is one statement error: kind, place, message and hint.
type Error = planner.Error

// Ledger counts the fate of every input row.
type Ledger = arrowexec.Ledger

// Report is what a run did.
type Report = planner.Report

// From makes the records of r a source. The engine retains the reader until the
// query has ended; it stays the caller's to release.
func From(name string, r array.RecordReader) Input {
	if r == nil {
		return missing(name, "reader")
	}
	return source(name, func(env ingest.Env) ingest.Connector { return inmemory.FromReader(name, r, env) })
}

// FromRecords makes a slice of records a source; they stay the caller's.
func FromRecords(name string, schema *arrow.Schema, records ...arrow.Record) Input {
	if schema == nil {
		return missing(name, "schema")
	}
	return func(r *run) error {
		for i, rec := range records {
			if !rec.Schema().Equal(schema) {
				return fmt.Errorf("source %q: record %d has the columns %v, and %v were announced", name, i+1, rec.Schema(), schema)
			}
		}
		return source(name, func(env ingest.Env) ingest.Connector { return inmemory.FromRecords(name, schema, records, env) })(r)
	}
}

// FromSeq makes the records of an iterator a source. A record is the iterator's:
// the engine retains it as long as it needs it. An error ends the query.
func FromSeq(name string, schema *arrow.Schema, seq iter.Seq2[arrow.Record, error]) Input {
	if seq == nil || schema == nil {
		return missing(name, "iterator or schema")
	}
	return source(name, func(env ingest.Env) ingest.Connector { return inmemory.FromSeq(name, schema, seq, env) })
}

// FromChan makes records that arrive on a channel an unbounded source, which
// ends when the channel is closed. The engine releases each record it received.
func FromChan(name string, schema *arrow.Schema, ch <-chan arrow.Record) Input {
	if ch == nil || schema == nil {
		return missing(name, "channel or schema")
	}
	return source(name, func(env ingest.Env) ingest.Connector { return inmemory.FromChannel(name, schema, ch, false, env) })
}

func source(name string, open func(ingest.Env) ingest.Connector) Input {
	return func(r *run) error {
		if r.has(name) {
			return fmt.Errorf("source %q is given twice", name)
		}
		r.o.Connect[strings.ToLower(name)] = open(r.o.Env)
		return nil
	}
}

// has tells that a source of that name was given.
func (r *run) has(name string) bool {
	_, ok := r.o.Connect[strings.ToLower(name)]
	return ok || slices.ContainsFunc(r.o.From, func(b planner.Binding) bool { return strings.EqualFold(b.Name, name) })
}

// missing is the input of a source without what its rows come from.
func missing(name, what string) Input {
	return func(*run) error { return fmt.Errorf("source %q: its %s is nil", name, what) }
}

// FromFile makes a file, glob or folder a source; options are those of --from:
// "format", "columns", "topic" …
func FromFile(name, path string, options map[string]string) Input {
	return func(r *run) error {
		if r.has(name) {
			return fmt.Errorf("source %q is given twice", name)
		}
		r.o.From = append(r.o.From, planner.Binding{Name: name, Path: path, Props: options})
		return nil
	}
}

// To gives the rows of a stream or sink to a func. The record is borrowed.
func To(name string, schema func(*arrow.Schema), write func(arrow.Record) error) Input {
	return func(r *run) error {
		if _, ok := r.o.SinkFor[strings.ToLower(name)]; ok || write == nil {
			return fmt.Errorf("sink %q is given twice, or its func is nil", name)
		}
		r.o.SinkFor[strings.ToLower(name)] = func(out ingest.Output) (arrowexec.Sink, error) {
			if schema != nil {
				schema(arrow.NewSchema(out.Fields, nil))
			}
			return inmemory.NewSink(out, r.ro.Allocator, write), nil
		}
		return nil
	}
}

// Set sets a WITH key, which wins over the text.
func Set(key, value string) Input {
	return func(r *run) error { r.o.Set[key] = value; return nil }
}

// Var gives ${NAME} a value.
func Var(name, value string) Input {
	return func(r *run) error { r.o.Vars[name] = value; return nil }
}

// OnRowError is called with a sample of the rows that fail; from the engine's
// goroutine.
func OnRowError(f func(query string, err *RowError)) Input {
	return func(r *run) error { r.onError = f; return nil }
}

func (e *Engine) newRun(mode planner.Mode, inputs []Input) (*run, error) {
	r := &run{o: planner.Options{
		Mode: mode, Source: "query", Registry: e.registry, Funcs: e.funcs, Aggs: e.aggs, Threads: e.threads, MemoryLimit: e.limit,
		Connect: map[string]ingest.Connector{}, SinkFor: map[string]func(ingest.Output) (arrowexec.Sink, error){},
		Set: map[string]string{}, Vars: map[string]string{},
	}}
	r.o.Env = ingest.Env{Clock: e.clock, Log: e.log}
	r.o.Env.Start = r.now()
	r.ro.Allocator = e.mem
	var errs []error
	for _, in := range inputs {
		errs = append(errs, in(r))
	}
	if err := errors.Join(errs...); err != nil {
		for _, c := range r.o.Connect {
			c.Close()
		}
		return nil, err
	}
	r.o.LogRow = func(q string, err *arrowexec.RowError) {
		if r.onError != nil {
			r.onError(q, err)
		}
		if e.log != nil {
			e.log.Warn("row failed", "query", q, "class", err.Class, "error", err.Error())
		}
	}
	if e.log != nil {
		r.o.Warn = func(s string) { e.log.Warn(s) }
	}
	return r, nil
}

func (r *run) now() int64 {
	if r.o.Env.Clock != nil {
		return r.o.Env.Clock()
	}
	return wallClock()
}

func (r *run) close() {
	for _, c := range r.o.Connect {
		c.Close()
	}
}

// Check reports every error and warning of a text without reading anything.
func (e *Engine) Check(ctx context.Context, sql string, inputs ...Input) (Errors, error) {
	r, err := e.newRun(planner.Validate, inputs)
	if err != nil {
		return nil, err
	}
	defer r.close()
	v, err := planner.Check(ctx, sql, r.o)
	if err != nil {
		return nil, err
	}
	return v.Findings, nil
}
