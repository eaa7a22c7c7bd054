package vec

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Pool recycles the memory of batches in power-of-two size classes. It takes
// its blocks from an Arrow allocator and gives them back when it is closed.
// One pool serves one run; its methods may be called from several goroutines,
// and the lock in them is taken a few times a batch, never per record. Each of
// several pipelines has a [Pool.Branch].
type Pool struct {
	mem     memory.Allocator
	poison  bool
	maxData int // bytes of one column
	seed    maphash.Seed
	root    *Pool // counts what is taken; a pool that is no branch is its own

	mu     sync.Mutex
	free   [maxClass + 1][][]byte
	scopes []*Scope
	open   int   // scopes not closed
	live   int64 // bytes handed to open scopes

	counts   sync.Mutex // of the root, guards:
	branches []*Pool
	held     int64 // bytes taken from the allocator
	peak     int64
}

const (
	minClass  = 8  // 256 bytes
	maxClass  = 31 // 2 GiB
	keepClass = 26 // blocks above 64 MiB go back to the allocator at once
)

// NewPool makes a pool over mem; nil means Go's own heap. With poison, freed
// bytes are overwritten, so that reading memory after its scope was closed
// gives visibly wrong data: for tests.
func NewPool(mem memory.Allocator, poison bool) *Pool {
	if mem == nil {
		mem = &Heap{}
	}
	p := &Pool{mem: mem, poison: poison, maxData: MaxData, seed: maphash.MakeSeed()}
	p.root = p
	return p
}

// Branch makes a pool for one pipeline of a run. What it recycles was last used by that
// pipeline, and is in the cache of its processor: a line that another has written costs
// some 200 ns. It counts in p, and is closed with it.
func (p *Pool) Branch() *Pool {
	b := &Pool{mem: p.mem, poison: p.poison, maxData: p.maxData, seed: p.seed, root: p.root}
	p.root.counts.Lock()
	defer p.root.counts.Unlock()
	p.root.branches = append(p.root.branches, b)
	return b
}

// LimitData lowers what one column of text may hold below [MaxData], for tests.
func (p *Pool) LimitData(bytes int) { p.maxData = bytes }

// Open starts the scope of one batch.
func (p *Pool) Open() *Scope {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	if n := len(p.scopes); n > 0 {
		s := p.scopes[n-1]
		p.scopes = p.scopes[:n-1]
		return s
	}
	return &Scope{pool: p}
}

// Stats tells the bytes now handed to open scopes, the bytes taken from the
// allocator, and the greatest number ever taken, those of branches included.
func (p *Pool) Stats() (live, held, peak int64) {
	p.each(func(b *Pool) { live += b.live })
	p.root.counts.Lock()
	defer p.root.counts.Unlock()
	return live, p.root.held, p.root.peak
}

// OpenScopes is the number of scopes not closed yet: zero after a run.
func (p *Pool) OpenScopes() (n int) {
	p.each(func(b *Pool) { n += b.open })
	return n
}

// Close gives every free block back to the allocator. Scopes still open keep
// their memory; closing them later gives it back too.
func (p *Pool) Close() {
	p.each(func(b *Pool) {
		for c := range b.free {
			for _, block := range b.free[c] {
				b.root.count(-cap(block))
				b.mem.Free(block[:cap(block)])
			}
			b.free[c] = nil
		}
		b.scopes = nil
	})
}

// each visits the pool and its branches, locked.
func (p *Pool) each(f func(*Pool)) {
	p.counts.Lock()
	all := append([]*Pool{p}, p.branches...)
	p.counts.Unlock()
	for _, b := range all {
		b.mu.Lock()
		f(b)
		b.mu.Unlock()
	}
}

// count notes what the root's pools took from the allocator, or gave back.
func (p *Pool) count(n int) {
	p.counts.Lock()
	defer p.counts.Unlock()
	p.held += int64(n)
	p.peak = max(p.peak, p.held)
}

func classOf(n int) int {
	if n <= 1<<minClass {
		return minClass
	}
	return bits.Len(uint(n - 1))
}

func (p *Pool) get(n int) []byte {
	c := classOf(n)
	p.mu.Lock()
	if c <= maxClass {
		if k := len(p.free[c]); k > 0 {
			b := p.free[c][k-1]
			p.free[c] = p.free[c][:k-1]
			p.live += int64(cap(b))
			p.mu.Unlock()
			return b
		}
	}
	p.mu.Unlock()
	size := n
	if c <= maxClass {
		size = 1 << c
	}
	return p.exact(size)
}

// exact takes a block of a size from the allocator.
func (p *Pool) exact(size int) []byte {
	p.mu.Lock()
	p.live += int64(size)
	p.mu.Unlock()
	p.root.count(size)
	b := p.mem.Allocate(size)
	return b[:size:size]
}

func (p *Pool) put(blocks [][]byte) {
	if p.poison {
		for _, b := range blocks {
			b = b[:cap(b)]
			for i := range b {
				b[i] = 0xDB
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range blocks {
		b = b[:cap(b)]
		p.live -= int64(len(b))
		if c := classOf(len(b)); c <= keepClass && len(b) == 1<<c {
			p.free[c] = append(p.free[c], b)
			continue
		}
		p.root.count(-len(b))
		p.mem.Free(b)
	}
}
