package arrowipc

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// What Arrow's own reader reads is looked at first: it takes the memory that sizes in a
// file say, and where there is not as much the process ends.

const (
	lz4Ratio  = 255     // bytes of text that a byte of LZ4 stands for at most
	zstdRatio = 1 << 15 // of Zstandard: a block of 4 bytes repeats one 131,072 times
	slack     = 1 << 16 // bytes of text of a frame that is next to nothing
)

// readable is a file that can be read at any place.
type readable interface {
	io.ReaderAt
	Size() int64
}

// stored is a file that is read, for the few bytes that are looked at.
type stored struct {
	io.ReaderAt
	size int64
}

// Size is that of the file.
func (s stored) Size() int64 { return s.size }

// soundFile reads the footer and looks at the dictionaries, which need so many bytes.
func soundFile(f stored) (ft footer, need int64, err error) {
	ft, err = readFooter(f)
	for i := 0; err == nil && i < len(ft.dicts); i++ {
		var n int64
		if n, err = soundBlock(f, ft.dicts[i], isDict); err != nil {
			err = fmt.Errorf("dictionary %d: %w", i, err)
		}
		need += n
	}
	return ft, need, err
}

// soundBlock looks at the buffers of a message: they are inside of its body, and what
// they are unpacked to is no more than they can hold. It tells how many bytes that needs.
func soundBlock(f stored, b block, kind uint8) (need int64, err error) {
	meta, err := copied(f, b.at, b.meta)
	if err != nil {
		return 0, err
	}
	m, err := readMessage(meta, kind)
	if err != nil {
		return 0, err
	}
	for _, s := range m.buffers {
		if s.at < 0 || s.n < 0 || s.at > b.body || s.n > b.body-s.at {
			return 0, fmt.Errorf("a buffer of %d bytes at byte %d is outside of its body of %d", s.n, s.at, b.body)
		}
		if m.ratio == 0 || s.n == 0 {
			continue
		}
		head, err := copied(f, b.at+b.meta+s.at, min(8, s.n))
		if err != nil {
			return 0, err
		}
		if len(head) < 8 {
			return 0, fmt.Errorf("a compressed buffer has %d bytes", s.n)
		}
		if n := int64(order.Uint64(head)); n < -1 || n/m.ratio > s.n+slack/m.ratio {
			return 0, fmt.Errorf("a buffer of %d compressed bytes is said to have %d", s.n, n)
		} else if n > 0 {
			need += n
		}
	}
	return need + b.meta + b.body, nil
}

// limited gives no more memory than what is read can need: Arrow's reader looks for
// buffers behind the list of them as well. Its panic is an error as others of that reader.
type limited struct {
	memory.Allocator
	most int64
}

// Allocate implements [memory.Allocator].
func (l *limited) Allocate(n int) []byte {
	l.check(n)
	return l.Allocator.Allocate(n)
}

// Reallocate implements [memory.Allocator].
func (l *limited) Reallocate(n int, b []byte) []byte {
	l.check(n)
	return l.Allocator.Reallocate(n, b)
}

func (l *limited) check(n int) {
	if int64(n) > l.most+slack { // buffers are rounded up
		panic(fmt.Sprintf("a buffer of %d bytes where all have %d", n, l.most))
	}
}
