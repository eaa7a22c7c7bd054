package arrowexec

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/velostream/velo/arrowexec/vec"
)

// feed reads the pieces of one input, one after the other, and keeps the batch
// that is being pushed.
type feed struct {
	r     *runner
	in    *Input
	piece int
	src   Source
	chain []*Node // prefix and partial, run by this feed
	head  []*Node // where batches go: the chain, or in.Next
	acks  bool

	b     *Batch // current batch, nil if none
	sc    *vec.Scope
	at    int // rows of it already pushed, when merging
	times []int64
	cols  []*vec.Vec // of the stretch being pushed, when merging
	began time.Time

	past  SourceStats // of closed pieces
	marks []ackMark
	rows  int64 // rows returned by the source so far
	ended bool
	live  chan fetched
	ready chan struct{}
	// reader is the source that the reading goroutine has open: its own until it
	// has closed live. busy keeps Ack away from Next.
	reader Source
	want   atomic.Int64
	busy   sync.Mutex
}

type fetched struct {
	b      *Batch
	sc     *vec.Scope
	err    error
	src    Source
	began  time.Time
	latest int64 // greatest record timestamp of a batch of a parallel run, for the clock of a replay
}

// ackMark says that the run's sequence number seq stands after the first rows
// rows of the source.
type ackMark struct{ seq, rows int64 }

func newFeed(r *runner, in *Input) *feed {
	f := &feed{r: r, in: in}
	f.chain, f.head = buildChain(in, true)
	for _, n := range f.chain {
		n.ctx, n.analyze = context.Background(), r.o.Analyze
	}
	return f
}

// buildChain strings the prefix operators, and the partial aggregate, to nodes
// that end in the input's consumers, or in nothing.
func buildChain(in *Input, toNext bool) (chain, head []*Node) {
	var ops []Operator
	if in.Prefix != nil {
		ops = in.Prefix()
	}
	if in.Partial != nil {
		ops = append(ops, in.Partial())
	}
	var next []*Node
	if toNext {
		next = in.Next
	}
	for i := len(ops) - 1; i >= 0; i-- {
		n := NewNode("", ops[i], next...)
		n.emit = n.forward
		next = []*Node{n}
		chain = append([]*Node{n}, chain...)
	}
	return chain, next
}

func (f *feed) push(b *Batch) error { return push(f.head, b) }

// flushChain flushes the prefix operators into what follows.
func (f *feed) flushChain(last *Batch) error {
	for _, n := range f.chain {
		if err := n.Op.Flush(last, n.emit); err != nil {
			return err
		}
	}
	return nil
}

// fill makes sure that a batch is at hand; io.EOF when the input has ended.
func (f *feed) fill(ctx context.Context) error {
	if f.b != nil {
		return nil
	}
	if f.ended {
		return io.EOF
	}
	for {
		if f.src == nil {
			if f.piece == len(f.in.Pieces) {
				return io.EOF
			}
			src, err := f.in.Pieces[f.piece](ctx)
			if err != nil {
				return err
			}
			f.src = src
			_, f.acks = src.(Acknowledger)
		}
		f.began = time.Now()
		sc := f.r.pool.Open()
		b, err := f.src.Next(ctx, sc, f.r.sizer.Want())
		if err == io.EOF {
			sc.Close()
			s := f.src.Stats()
			f.past.Rows += s.Rows
			f.past.Bytes += s.Bytes
			f.past.Total += s.Total
			if f.piece+1 < len(f.in.Pieces) || !f.acks {
				if err := f.src.Close(); err != nil {
					return err
				}
				f.src = nil
			}
			f.piece++
			if f.piece == len(f.in.Pieces) {
				f.ended = true // a source that commits stays open: it must not be read again
				return io.EOF
			}
			continue
		}
		if err != nil {
			sc.Close()
			return err
		}
		f.set(b, sc)
		return nil
	}
}

func (f *feed) set(b *Batch, sc *vec.Scope) {
	b.Scope, b.Watermark = sc, NoWatermark
	f.b, f.sc, f.at, f.times = b, sc, 0, nil
	f.rows += int64(b.N)
	if f.in.Times != nil && b.N > 0 {
		f.times = f.in.Times(b)
	}
}

// take gives the whole current batch, numbered.
func (f *feed) take() *Batch {
	f.b.Seq = f.r.seq
	return f.b
}

// release closes the scope of the current batch and lets the sizer learn.
func (f *feed) release() {
	if f.b == nil {
		return
	}
	f.r.sizer.Observe(f.b.N, time.Since(f.began), f.sc.Held())
	f.want.Store(int64(f.r.sizer.Want()))
	f.sc.Close()
	f.b, f.sc = nil, nil
}

func (f *feed) count(seq int64, rows int) {
	if rows > 0 {
		f.marks = append(f.marks, ackMark{seq: seq, rows: f.rows - int64(f.b.N) + int64(f.at+rows)})
	}
}

// ack acknowledges the rows of all batches that ended at or before seq.
func (f *feed) ack(ctx context.Context, seq int64) error {
	done := int64(-1)
	i := 0
	for ; i < len(f.marks) && f.marks[i].seq <= seq; i++ {
		done = f.marks[i].rows
	}
	f.marks = append(f.marks[:0], f.marks[i:]...)
	if done < 0 || f.src == nil {
		return nil
	}
	f.busy.Lock()
	defer f.busy.Unlock()
	return f.src.(Acknowledger).Ack(ctx, done)
}

func (f *feed) stats() SourceStats {
	s := f.past
	if f.src != nil && f.piece < len(f.in.Pieces) {
		t := f.src.Stats()
		s.Rows += t.Rows
		s.Bytes += t.Bytes
		s.Total += t.Total
	}
	return s
}

func (f *feed) close() error {
	if f.sc != nil {
		f.sc.Close()
		f.sc, f.b = nil, nil
	}
	if f.live != nil {
		for x := range f.live { // the fetching goroutine ends by its context
			if x.sc != nil {
				x.sc.Close()
			}
		}
		f.src, f.reader = f.reader, nil
	}
	if f.src != nil {
		err := f.src.Close()
		f.src = nil
		return err
	}
	return nil
}
