package cli

import (
	"errors"
	"io"
	"sync/atomic"
	"syscall"
)

// outlet is standard output. It takes the progress line off the terminal before
// it writes, and remembers that the reader has gone away.
type outlet struct {
	w      io.Writer
	talk   *talker
	closed atomic.Bool
}

func (o *outlet) Write(p []byte) (int, error) {
	o.talk.clear()
	n, err := o.w.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.closed.Store(true)
	}
	return n, err
}
