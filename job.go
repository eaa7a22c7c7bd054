package velo

import (
	"context"
	"sync"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// Start runs an application, a text of one or more statements, against its
// sources and sinks until those end or it is stopped.
func (e *Engine) Start(ctx context.Context, app string, inputs ...Input) (*Job, error) {
	r, err := e.newRun(planner.Run, inputs)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	a, err := planner.Compile(ctx, app, r.o)
	if err != nil {
		cancel()
		r.close()
		return nil, err
	}
	j := &Job{stop: make(chan struct{}), done: make(chan struct{}), cancel: cancel}
	r.ro.Stop = j.stop
	r.ro.Progress = func(s arrowexec.SourceStats) {
		j.mu.Lock()
		j.stats = Stats{Rows: s.Rows, Bytes: s.Bytes}
		j.mu.Unlock()
	}
	go func() {
		defer close(j.done)
		defer cancel()
		defer r.close()
		defer a.Close()
		rep, err := a.Run(ctx, r.ro)
		j.mu.Lock()
		j.report, j.err = rep, err
		j.stats = Stats{Rows: rep.Ledger.In, Bytes: rep.Bytes}
		j.mu.Unlock()
	}()
	return j, nil
}

// Job is a running application.
type Job struct {
	stop   chan struct{}
	done   chan struct{}
	cancel context.CancelFunc
	once   sync.Once

	mu     sync.Mutex
	stats  Stats
	report Report
	err    error
}

// Stats is what a job has read so far.
type Stats struct{ Rows, Bytes int64 }

// Stats tells what has been read so far.
func (j *Job) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stats
}

// Done is closed when the job has ended.
func (j *Job) Done() <-chan struct{} { return j.done }

// Wait waits for the end of the job and gives its report.
func (j *Job) Wait(ctx context.Context) (Report, error) {
	select {
	case <-j.done:
		return j.report, j.err
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
}

// Stop ends the job gracefully: sinks are flushed and positions committed. When
// ctx ends first the job is cancelled.
func (j *Job) Stop(ctx context.Context) error {
	j.once.Do(func() { close(j.stop) })
	select {
	case <-j.done:
	case <-ctx.Done():
		j.cancel()
		<-j.done
	}
	return j.err
}
