package planner

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/velostream/velo/arrowexec"
)

// maxHeld bounds the dead letters that a run that ends holds back for their
// order, and maxHeldBytes their keys and values.
const (
	maxHeld      = 1 << 16
	maxHeldBytes = 64 << 20
)

// heldLetter is a dead letter of a statement that waits for those before it.
type heldLetter struct {
	st *Statement
	x  arrowexec.Letter
}

// hold keeps a copy of a letter: a decoder reports the bad records of a batch
// before any operator sees their neighbours, so that letters come in an order that
// depends on the batch size, and it must not show.
func hold(st *Statement, x arrowexec.Letter) heldLetter {
	x.Key, x.Value = bytes.Clone(x.Key), bytes.Clone(x.Value)
	x.Headers = slices.Clone(x.Headers)
	for i, h := range x.Headers {
		x.Headers[i] = arrowexec.Header{Key: strings.Clone(h.Key), Value: bytes.Clone(h.Value)}
	}
	e := *x.Err
	e.Cause = errors.New(e.Cause.Error()) // it may speak of the batch's memory
	e.Topic = strings.Clone(e.Topic)
	x.Err = &e
	return heldLetter{st, x}
}

// release writes the letters that a run that ends holds, in the order of the
// input; those of rows that an operator made, which have no place in it, are last.
// The most it holds is bounded, and beyond that pieces are in order.
func (l *letters) release() error {
	slices.SortStableFunc(l.held, func(a, b heldLetter) int {
		x, y := a.x.Err.Position, b.x.Err.Position
		if x.Source == "" || y.Source == "" {
			return -cmp.Compare(x.Source, y.Source)
		}
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.Read, y.Read), cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Line, y.Line),
			cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.Offset, y.Offset))
	})
	return l.putAll()
}

func (l *letters) putAll() error {
	for i, h := range l.held {
		if err := l.put(h.st, h.x); err != nil {
			l.held = l.held[i:]
			return err
		}
	}
	l.held, l.heldBytes = l.held[:0], 0
	return nil
}

// arrived notes which batch the letters of a decoder belong to; without a batch
// they are of the last records of a source.
func (l *letters) arrived(s *source, b *arrowexec.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.decoding[s]
	if len(list) == 0 {
		return
	}
	delete(l.decoding, s)
	if b == nil {
		l.held = append(l.held, list...)
		return
	}
	l.waiting[b] = list
}

// batch writes the letters of a batch that has gone through a live run: by the
// input rows that caused them, those of records that are no row before the row
// behind them.
func (l *letters) batch(b *arrowexec.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	decoded := l.waiting[b]
	delete(l.waiting, b)
	if len(l.held)+len(decoded) == 0 {
		return nil
	}
	for _, h := range decoded {
		at := sort.Search(b.N, func(i int) bool { return h.x.Err.Position.Before(b.Origin.Position(i)) })
		h.x.Err.Seq = b.Seq + int64(at)
	}
	l.held = append(decoded, l.held...)
	slices.SortStableFunc(l.held, func(a, b heldLetter) int { return cmp.Compare(a.x.Err.Seq, b.x.Err.Seq) })
	return l.putAll()
}

// abandoned writes, at the end of a run, what is left: of batches that were read
// and not pushed too, for what reads on may not come by these records again.
func (l *letters) abandoned() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, list := range l.waiting {
		l.held = append(l.held, list...)
	}
	for _, list := range l.decoding {
		l.held = append(l.held, list...)
	}
	clear(l.waiting)
	clear(l.decoding)
	return l.release()
}

// settle makes sure that the letters of the batches pushed so far are safe, before
// the positions behind them are committed. A run that ends commits nothing while
// it holds letters, for they are written in the order of the whole input.
func (l *letters) settle(ctx context.Context, last bool) (ready bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last && !l.live {
		if err := l.release(); err != nil {
			return false, err
		}
	}
	for name, s := range l.sinks {
		if err := s.Flush(ctx); err != nil {
			return false, fmt.Errorf("dead letter sink %q: %w", name, err)
		}
	}
	return len(l.held) == 0, nil
}
