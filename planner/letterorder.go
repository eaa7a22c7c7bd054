package planner

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
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
// before any operator sees its neighbours, so that letters come in an order that
// depends on the batch size. A run that ends writes them by their place in the
// input; the most it holds is bounded, and beyond that pieces are in order.
func (l *letters) hold(st *Statement, x arrowexec.Letter) error {
	x.Key, x.Value = bytes.Clone(x.Key), bytes.Clone(x.Value)
	x.Headers = slices.Clone(x.Headers)
	for i, h := range x.Headers {
		x.Headers[i] = arrowexec.Header{Key: strings.Clone(h.Key), Value: bytes.Clone(h.Value)}
	}
	e := *x.Err
	e.Cause = errors.New(e.Cause.Error()) // it may speak of the batch's memory
	e.Topic = strings.Clone(e.Topic)
	x.Err = &e
	l.held = append(l.held, heldLetter{st, x})
	l.heldBytes += len(x.Key) + len(x.Value)
	if len(l.held) < maxHeld && l.heldBytes < maxHeldBytes {
		return nil
	}
	return l.release()
}

// release writes the letters that are held, in the order of the input; those of
// rows that an operator made, which have no place in it, are last.
func (l *letters) release() error {
	slices.SortStableFunc(l.held, func(a, b heldLetter) int {
		x, y := a.x.Err.Position, b.x.Err.Position
		if x.Source == "" || y.Source == "" {
			return -cmp.Compare(x.Source, y.Source)
		}
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Line, y.Line),
			cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.Offset, y.Offset))
	})
	for _, h := range l.held {
		if err := l.put(h.st, h.x); err != nil {
			return err
		}
	}
	l.held, l.heldBytes = l.held[:0], 0
	return nil
}
