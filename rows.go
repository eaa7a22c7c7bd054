package velo

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	inmemory "github.com/velostream/velo/ingest/memory"
	"github.com/velostream/velo/planner"
)

func wallClock() int64 { return time.Now().UnixMilli() }

// Query runs one bounded query. Its rows are read from the result, which must be
// read to its end or closed. Statement errors come back at once, as [Errors];
// errors of the run come from Records.
func (e *Engine) Query(ctx context.Context, sql string, inputs ...Input) (*Rows, error) {
	r, err := e.newRun(planner.Query, inputs)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	rows := &Rows{records: make(chan arrow.Record), cancel: cancel, done: make(chan struct{})}
	r.o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
		return inmemory.NewSink(out, e.mem, func(rec arrow.Record) error {
			rec.Retain()
			select {
			case rows.records <- rec:
				return nil
			case <-ctx.Done():
				rec.Release()
				return ctx.Err()
			}
		}), nil
	}
	app, err := planner.Compile(ctx, sql, r.o)
	if err != nil {
		cancel()
		r.close()
		return nil, err
	}
	rows.schema = arrow.NewSchema(app.Statements[len(app.Statements)-1].Columns(), nil)
	go func() {
		defer close(rows.done)
		defer close(rows.records)
		defer r.close()
		defer app.Close()
		rows.report, rows.err = app.Run(ctx, r.ro)
	}()
	return rows, nil
}

// Rows are the rows of a query, as Arrow records.
type Rows struct {
	schema  *arrow.Schema
	records chan arrow.Record
	cancel  context.CancelFunc
	done    chan struct{}
	once    sync.Once
	closed  bool
	report  Report
	err     error
}

// Schema is the columns of the rows.
func (r *Rows) Schema() *arrow.Schema { return r.schema }

// Records gives the rows. A record is borrowed until the next one; Retain it to
// keep it. An error ends the sequence. Leaving the loop closes the rows.
func (r *Rows) Records() iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		defer r.Close()
		for rec := range r.records {
			ok := yield(rec, nil)
			rec.Release()
			if !ok {
				return
			}
		}
		<-r.done
		if r.err != nil && !(r.closed && errors.Is(r.err, context.Canceled)) {
			yield(nil, r.err)
		}
	}
}

// Close ends the query, if it still runs, and frees what it held. It may be
// called twice.
func (r *Rows) Close() error {
	r.once.Do(func() {
		r.closed = true
		r.cancel()
		for rec := range r.records {
			rec.Release()
		}
		<-r.done
	})
	return nil
}

// Report is what the query did; it is complete once the records have ended.
func (r *Rows) Report() Report {
	<-r.done
	return r.report
}
