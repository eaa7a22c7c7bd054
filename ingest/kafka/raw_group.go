package kafka

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// rawGroup is kafka.fetch=raw for a member of a group. The client library joins,
// keeps the membership and looks up the committed offsets; it is told to fetch
// nothing.
type rawGroup struct {
	cl    *client
	fetch *rawFetch

	// ready is closed when the fetch is open: the group may assign partitions before.
	ready chan struct{}

	// gate is held from the taking of records until their positions are noted, so that
	// no partition goes away between.
	gate  sync.Mutex
	held  map[int32]*heldBlock
	order []int32 // partitions
	turn  int     // whose turn it is, so that none starves
}

// heldBlock is what is left of a partition's block.
type heldBlock struct {
	*block
	head int
}

// options are those of a group client that fetches nothing.
func (g *rawGroup) options(c *Config) []kgo.Opt {
	g.ready = make(chan struct{})
	start := kgo.NewOffset().AtEnd() // stands for: nothing is committed
	if c.Start.Kind == None && c.resetName() == "none" {
		start = kgo.NewOffset().AtCommitted()
	}
	return []kgo.Opt{kgo.ConsumeStartOffset(start), kgo.AdjustFetchOffsetsFn(
		func(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
			return offsets, g.came(ctx, offsets[c.Topic])
		})}
}

// open starts the fetch.
func (g *rawGroup) open(cl *client) {
	cl.PauseFetchTopics(cl.cfg.Topic)
	g.cl, g.fetch = cl, openRaw(cl)
	g.fetch.live = true
	close(g.ready)
}

func (g *rawGroup) close() {
	g.fetch.close()
	g.gate.Lock()
	defer g.gate.Unlock()
	for _, h := range g.held {
		h.release(false)
	}
	clear(g.held)
}

// came takes partitions at their committed offsets, or where the keys say.
func (g *rawGroup) came(ctx context.Context, offsets map[int32]kgo.Offset) error {
	select {
	case <-g.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	at := map[int32]kgo.EpochOffset{}
	var fresh []int32
	for n, o := range offsets {
		x := o.EpochOffset()
		switch {
		case x.Offset >= 0:
			at[n] = x
		case x.Offset == -1:
			fresh = append(fresh, n)
		} // else auto.offset.reset=none, of which the client library gives the error
	}
	if len(fresh) > 0 {
		from, err := g.begin(ctx)
		if err != nil {
			return err
		}
		for _, n := range fresh {
			at[n] = kgo.EpochOffset{Epoch: -1, Offset: from(n)}
		}
	}
	g.gate.Lock()
	defer g.gate.Unlock()
	for n := range at {
		g.forget(n)
		g.order = append(g.order, n)
	}
	slices.Sort(g.order)
	g.fetch.add(at)
	return nil
}

// begin looks up where partitions start of which nothing is committed.
func (g *rawGroup) begin(ctx context.Context) (from func(int32) int64, err error) {
	p := g.cl.cfg.Start
	if p.Kind == None {
		p.Kind = Latest
		if g.cl.cfg.resetName() == "earliest" {
			p.Kind = Earliest
		}
	}
	switch p.Kind {
	case AtOffset:
		return func(int32) int64 { return p.Value }, nil
	case FromTail:
		low, err := g.cl.listed(ctx, Position{Kind: Earliest})
		if err != nil {
			return nil, err
		}
		high, err := g.cl.listed(ctx, Position{Kind: Latest})
		return func(n int32) int64 { return max(low[n], high[n]-p.Value) }, err
	}
	found, err := g.cl.listed(ctx, p)
	return func(n int32) int64 { return found[n] }, err
}

// gone drops partitions that were taken away, and their marks.
func (g *rawGroup) gone(partitions []int32, marks func([]int32)) {
	g.gate.Lock()
	defer g.gate.Unlock()
	for _, n := range partitions {
		g.forget(n)
	}
	select {
	case <-g.ready:
		g.fetch.drop(partitions)
	default: // nothing came before
	}
	marks(partitions)
}

func (g *rawGroup) forget(n int32) {
	if h := g.held[n]; h != nil {
		h.release(false)
		delete(g.held, n)
	}
	g.order = slices.DeleteFunc(g.order, func(x int32) bool { return x == n })
}

// take takes what has come, waiting for it a while. It returns with the gate held.
func (g *rawGroup) take(ctx context.Context, taken *records, want int) error {
	until := time.Now().Add(livePoll)
	for {
		// Errors of the group come by polling.
		err := g.cl.cfg.pollError(g.cl.PollFetches(nil)) //nolint:staticcheck // nil: give what there is and do not wait
		g.gate.Lock()
		if err == nil {
			err = g.collect(taken, want)
		}
		left := time.Until(until)
		if err != nil || taken.n > 0 || left <= 0 {
			return err
		}
		g.gate.Unlock()
		if err := g.fetch.waitFor(ctx, left); err != nil {
			g.gate.Lock()
			return err
		}
	}
}

// collect takes from one partition after the other.
func (g *rawGroup) collect(taken *records, want int) error {
	g.turn++
	for i := range g.order {
		n := g.order[(g.turn+i)%len(g.order)]
		for taken.n < want {
			h := g.held[n]
			if h == nil {
				b, _, err := g.fetch.next(n)
				if err != nil {
					return err
				}
				if b == nil {
					break
				}
				h = &heldBlock{block: b}
				g.held[n] = h
			}
			k := min(h.Len()-h.head, want-taken.n)
			taken.add(h.block, h.head, h.head+k)
			if h.head += k; h.head == h.Len() {
				h.release(false)
				delete(g.held, n)
			}
		}
	}
	return nil
}
