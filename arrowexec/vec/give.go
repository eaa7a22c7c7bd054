package vec

import (
	"hash/maphash"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Give is [ToArrow] for columns of a batch of this scope that nobody changes any more: a
// block of Go's heap that one of their buffers fills goes to the array instead of back to
// the pool, and is not copied. Only the header v may still be read afterwards.
func (s *Scope) Give(mem memory.Allocator, v *Vec, n int, sel Sel) arrow.Array {
	h := *v
	checked := s.pool.poison && mem == s.pool.mem // tests do the same under an allocator that counts
	if sel != nil || !checked && (!onHeap(mem) || !onHeap(s.pool.mem)) || !h.cut(n) {
		return ToArrow(mem, v, n, sel)
	}
	d := toData(func(b []byte) *memory.Buffer {
		if blk := s.given(b); blk != nil {
			buf := memory.NewBufferWithAllocator(blk, mem)
			buf.ResizeNoShrink(len(b))
			return buf
		}
		return copyBuffer(mem, b)
	}, &h)
	defer d.Release()
	return array.MakeFromData(d)
}

// onHeap tells that nobody gives memory of an allocator back but the garbage collector.
func onHeap(mem memory.Allocator) bool {
	switch mem.(type) {
	case *Heap, *memory.GoAllocator:
		return true
	}
	return false
}

// given takes a block from the scope that bytes fill, or nearly; nil: there is none.
func (s *Scope) given(b []byte) []byte {
	if len(b) <= slabBytes/4 {
		return nil
	}
	p := unsafe.SliceData(b)
	for i := len(s.blocks) - 1; i >= 0; i-- {
		if blk := s.blocks[i]; unsafe.SliceData(blk) == p {
			if cap(blk)-len(b) > len(b)/8 {
				return nil
			}
			s.blocks[i] = s.blocks[len(s.blocks)-1]
			s.blocks = s.blocks[:len(s.blocks)-1]
			s.pool.gave(cap(blk))
			if s.pool.poison {
				s.gave = append(s.gave, gift{b, maphash.Bytes(s.pool.seed, b)})
			}
			return blk[:cap(blk)]
		}
	}
	return nil
}

// gift is memory that was given away, as it was then: tests find out who writes to it.
type gift struct {
	b   []byte
	sum uint64
}

func (s *Scope) checkGifts() {
	for _, g := range s.gave {
		if maphash.Bytes(s.pool.seed, g.b) != g.sum {
			panic("vec: memory was written to that was given to an Arrow array")
		}
	}
	s.gave = nil
}

// gave says that a block is the pool's no more.
func (p *Pool) gave(n int) {
	p.mu.Lock()
	p.live -= int64(n)
	p.mu.Unlock()
	p.root.count(-n)
}
