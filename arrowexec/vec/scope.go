package vec

import (
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
)

// Scope owns all memory of one batch, from its source to its sink. Everyone
// else borrows. Memory is not zeroed unless said. A scope belongs to one
// goroutine at a time and may be handed to another together with its batch, or be
// read by several ([Scope.Share]).
type Scope struct {
	pool   *Pool
	blocks [][]byte
	slab   []byte // what is left of the block that small requests share
	vecs   []*[vecChunk]Vec
	nvec   int
	lists  []*Vec // of columns, the first nlist of them in use
	nlist  int
	beside Beside
	keep   []arrow.Record
	lasts  bool // what keep has is there as long as the run
	lent   []Lender
	gave   []gift
	others atomic.Int32 // who else will close it
}

// Lender is who owns memory that a batch reads and its scope does not own.
type Lender interface {
	// Return says that the scope is closed; with poison, memory that is used again
	// is overwritten first.
	Return(poison bool)
}

const (
	vecChunk   = 64
	listChunk  = 1024
	slabBytes  = 1 << 14
	largeBytes = 1 << 22
)

// Bytes gives n bytes, 64-byte aligned when n is 4 KiB or more and 8-byte
// aligned always. Its content is undefined.
func (s *Scope) Bytes(n int) []byte {
	if n > slabBytes/4 {
		b := s.pool.get(n)
		s.blocks = append(s.blocks, b)
		return b[:n:len(b)]
	}
	need := (n + 15) &^ 15
	if len(s.slab) < need {
		b := s.pool.get(slabBytes)
		s.blocks = append(s.blocks, b)
		s.slab = b
	}
	b := s.slab[:n:need]
	s.slab = s.slab[need:]
	return b
}

// Large is Bytes for a block of many megabytes that an operator uses once: it is not
// rounded up to a size that is kept for others, because the rest would be cleared too.
func (s *Scope) Large(n int) []byte {
	if n <= largeBytes {
		return s.Bytes(n)
	}
	b := s.pool.exact(n)
	s.blocks = append(s.blocks, b)
	return b[:n:len(b)]
}

// Zeroed gives n bytes of value 0.
func (s *Scope) Zeroed(n int) []byte {
	b := s.Bytes(n)
	clear(b)
	return b
}

// Grow gives a slice with the content of b and room for at least extra more
// bytes; amortised, the capacity doubles.
func (s *Scope) Grow(b []byte, extra int) []byte {
	if cap(b)-len(b) >= extra {
		return b
	}
	nb := s.Bytes(max(2*cap(b), len(b)+extra, 256))
	n := copy(nb[:cap(nb)], b)
	return nb[:n]
}

// Keep makes the scope hold a record until it is closed: for columns that were
// taken from it without copying.
func (s *Scope) Keep(r arrow.Record) {
	r.Retain()
	s.keep = append(s.keep, r)
}

// Borrow makes the scope tell a lender when it is closed.
func (s *Scope) Borrow(l Lender) { s.lent = append(s.lent, l) }

// Pool is the pool that the scope draws from.
func (s *Scope) Pool() *Pool { return s.pool }

// Held is how many bytes the scope has taken from its pool so far.
func (s *Scope) Held() int64 {
	n := int64(0)
	for _, b := range s.blocks {
		n += int64(cap(b))
	}
	return n
}

// Share says that so many others, on goroutines of their own, read what the scope owns and
// close it too: the last one gives the memory back. Only its first owner takes memory from it.
func (s *Scope) Share(others int) { s.others.Add(int32(others)) }

// Close gives all memory back. Every Vec made with the scope is void then.
func (s *Scope) Close() {
	if s.others.Add(-1) >= 0 {
		return
	}
	s.others.Store(0)
	p := s.pool
	s.checkGifts()
	p.put(s.blocks)
	clear(s.blocks)
	s.blocks = s.blocks[:0]
	s.slab = nil
	for i := 0; i < s.nvec; i++ {
		s.vecs[i/vecChunk][i%vecChunk] = Vec{}
	}
	s.nvec = 0
	clear(s.lists[:s.nlist])
	s.nlist = 0
	if s.beside != nil {
		s.beside.Clear()
	}
	for i, r := range s.keep {
		r.Release()
		s.keep[i] = nil
	}
	s.keep, s.lasts = s.keep[:0], false
	for i, l := range s.lent {
		l.Return(p.poison)
		s.lent[i] = nil
	}
	s.lent = s.lent[:0]
	p.mu.Lock()
	p.open--
	p.scopes = append(p.scopes, s)
	p.mu.Unlock()
}

func (s *Scope) vec() *Vec {
	c := s.nvec / vecChunk
	if c == len(s.vecs) {
		s.vecs = append(s.vecs, new([vecChunk]Vec))
	}
	v := &s.vecs[c][s.nvec%vecChunk]
	s.nvec++
	return v
}

// Columns gives a list of n columns that is the scope's, like the columns: all nil. Of very
// many lists the scope keeps the last ones.
func (s *Scope) Columns(n int) []*Vec {
	if s.nlist+n > len(s.lists) { // what was given of the old block stays with who has it
		s.lists, s.nlist = make([]*Vec, max(n, min(2*len(s.lists), listChunk), vecChunk)), 0
	}
	s.nlist += n
	return s.lists[s.nlist-n : s.nlist : s.nlist]
}

// Beside is what a package above this one keeps with a scope, for the batches of the
// scope and then for those of the next.
type Beside interface {
	Clear() // the scope was closed
}

// Beside is what was kept with the scope; nil: nothing yet.
func (s *Scope) Beside() Beside { return s.beside }

// Put keeps something beside the scope.
func (s *Scope) Put(b Beside) { s.beside = b }

// Slice gives n values of a pointer-free type from the scope, content undefined.
func Slice[T any](s *Scope, n int) []T {
	var z T
	w := int(unsafe.Sizeof(z))
	b := s.Bytes(n * w)
	if n == 0 {
		return []T{}
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), cap(b)/w)[:n]
}

// LargeSlice is Slice of [Scope.Large].
func LargeSlice[T any](s *Scope, n int) []T {
	var z T
	return cast[T](s.Large(n * int(unsafe.Sizeof(z))))[:n:n]
}

// cast reads bytes as values of a fixed-width type.
func cast[T any](b []byte) []T {
	var z T
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(z)))
}

// BytesOf views a slice of pointer-free values as its bytes, native order.
func BytesOf[T any](v []T) []byte {
	var z T
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(z)))
}

// Text views bytes as a string without copying; it lives as long as they do.
func Text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
