package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// interrupts turns SIGINT and SIGTERM into a graceful stop or a cancelled
// context; a second signal ends the process at once.
type interrupts struct {
	ctx      context.Context
	cancel   context.CancelFunc
	stop     chan struct{}
	graceful atomic.Bool // a run is under way that can end in good order
	hit      atomic.Bool
	signals  chan os.Signal
	done     chan struct{}
}

// patience is how long a cancelled command may take to notice: one that waits
// for standard input never does.
const patience = 2 * time.Second

func (i *interrupts) watch(t *talker) {
	i.ctx, i.cancel = context.WithCancel(context.Background())
	i.stop, i.done = make(chan struct{}), make(chan struct{})
	i.signals = make(chan os.Signal, 2)
	signal.Notify(i.signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-i.signals:
		case <-i.done:
			return
		}
		i.hit.Store(true)
		var late <-chan time.Time
		if i.graceful.Load() {
			t.note("stopping: outputs are flushed and offsets committed; a second signal ends at once")
			close(i.stop)
		} else {
			i.cancel()
			late = time.After(patience)
		}
		select {
		case <-i.signals:
		case <-late:
			t.line("interrupted")
		case <-i.done:
			return
		}
		os.Exit(exitInterrupted)
	}()
}

func (i *interrupts) unwatch() {
	signal.Stop(i.signals)
	close(i.done)
	i.cancel()
}
