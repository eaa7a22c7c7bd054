package parquet

import (
	"fmt"
	"io"
	"sync/atomic"
)

// window reads a range of a file from its start to its end in large pieces.
type window struct {
	name string
	r    io.ReaderAt
	at   int64 // of the next byte that is not in buf
	end  int64
	buf  []byte
	off  int
	read *atomic.Int64
}

// windowBytes are read at a time: what the columns of a scan have read together stays in
// the second cache until it is unpacked.
const windowBytes = 128 << 10

// peek gives up to n bytes without taking them; fewer only at the end.
func (w *window) peek(n int) ([]byte, error) {
	if have := len(w.buf) - w.off; have < n && w.at < w.end {
		want := int(min(int64(max(n-have, windowBytes)), w.end-w.at))
		nb := w.buf[:0]
		if cap(nb) < have+want {
			nb = make([]byte, 0, have+want)
		}
		nb = append(nb, w.buf[w.off:]...)[:have+want]
		k, err := w.r.ReadAt(nb[have:], w.at)
		w.read.Add(int64(k))
		if k < want {
			if err == nil || err == io.EOF {
				err = errCut
			}
			return nil, fmt.Errorf("%s: reading at byte %d: %w", w.name, w.at+int64(k), err)
		}
		w.at += int64(k)
		w.buf, w.off = nb, 0
	}
	return w.buf[w.off:min(len(w.buf), w.off+n)], nil
}

func (w *window) skip(n int) { w.off += n }

// take gives n bytes, which stay until the next call.
func (w *window) take(n int) ([]byte, error) {
	b, err := w.peek(n)
	if err != nil {
		return nil, err
	}
	if len(b) < n {
		return nil, fmt.Errorf("%w behind the pages of the column", errCut)
	}
	w.off += n
	return b, nil
}

// place is where in the file the next byte stands.
func (w *window) place() int64 { return w.at - int64(len(w.buf)-w.off) }
