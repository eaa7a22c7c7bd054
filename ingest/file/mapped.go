package file

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

const (
	windowBytes = 4 << 20  // of a file that are mapped at a time
	leastMapped = 64 << 10 // bytes of a file that is worth it
)

// mapping is a plain file that is mapped into memory, a window at a time. Reading
// it costs no copy; that took an eighth of the time of a scan of JSON lines.
type mapping struct {
	f       *os.File
	pos, to int64
	least   int // bytes of a window
	w       *window
}

// window is mapped until the last batch that was made of it is gone.
type window struct {
	at   int64 // in the file
	data []byte
	skip int // bytes of data before those that were asked for
	refs atomic.Int32
}

// Bytes implements [ingest.Window].
func (w *window) Bytes() []byte { return w.data[w.skip:] }

// Lend implements [ingest.Window].
func (w *window) Lend(sc *vec.Scope) {
	w.refs.Add(1)
	sc.Borrow(w)
}

// Close implements [ingest.Window].
func (w *window) Close() { w.Return(false) }

// Return implements [vec.Lender].
func (w *window) Return(bool) {
	if w.refs.Add(-1) == 0 {
		_ = unmap(w.data)
	}
}

// newMapping gives nil for what cannot be mapped, or need not be.
func newMapping(in *input, f *os.File, from, to int64) *mapping {
	if in.codec != "" || in.stdin != nil || in.disk != nil || !canMap {
		return nil
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || st.Size() < leastMapped {
		return nil
	}
	if to < 0 || to > st.Size() {
		to = st.Size()
	}
	return &mapping{f: f, pos: min(from, to), to: to, least: windowBytes}
}

// fill gives at least so many of the next bytes, if the file has them. They stay
// mapped as long as the scope is open.
func (m *mapping) fill(sc *vec.Scope, need int) ([]byte, error) {
	end := min(m.pos+int64(need), m.to)
	if m.w == nil || m.pos < m.w.at || end > m.w.at+int64(len(m.w.data)) {
		m.close()
		at := m.pos &^ (leastMapped - 1) // pages are not larger anywhere
		data, err := mapFile(m.f, at, int(min(max(int64(m.least), end-at), m.to-at)))
		if err != nil {
			return nil, err
		}
		m.w = &window{at: at, data: data}
		m.w.refs.Store(1)
	}
	m.w.Lend(sc)
	from, to := m.pos-m.w.at, end-m.w.at
	m.pos = end
	return m.w.data[from:to:to], nil
}

// close lets go of the window, which batches may still need.
func (m *mapping) close() {
	if m.w != nil {
		m.w.Return(false)
		m.w = nil
	}
}

// mappedFile is a file for formats that have columns. It implements [ingest.MappedFile].
type mappedFile struct {
	*os.File
	size int64
}

// openMapped opens a file that can be mapped.
func (in *input) openMapped() (ingest.MappedFile, error) {
	f, err := os.Open(in.path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return mappedFile{f, st.Size()}, nil
}

// Size implements [ingest.MappedFile].
func (m mappedFile) Size() int64 { return m.size }

// Window implements [ingest.MappedFile].
func (m mappedFile) Window(at int64, n int) (ingest.Window, error) { return m.window(at, n) }

func (m mappedFile) window(at int64, n int) (*window, error) {
	from := at &^ (leastMapped - 1)
	skip := int(at - from)
	data, err := mapFile(m.File, from, skip+n)
	if err != nil {
		return nil, fmt.Errorf("mapping at byte %d: %w", at, err)
	}
	w := &window{at: from, data: data, skip: skip}
	w.refs.Store(1)
	return w, nil
}

var errCut = errors.New("the file was cut while it was read")

// guard runs f, which reads mapped files. A file that is cut meanwhile has no bytes
// where some were mapped: that is an error here and not the end of the process.
func guard(f func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if e := recover(); e != nil {
			if _, ok := e.(interface{ Addr() uintptr }); !ok {
				panic(e)
			}
			err = fmt.Errorf("%w: %v", errCut, e)
		}
	}()
	return f()
}
