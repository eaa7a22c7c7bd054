package file

import (
	"bytes"
	"os"
	"sync"

	"github.com/velostream/velo/ingest"
)

const (
	firstSearch = 64 << 10 // bytes in which a record start is looked for, and
	lastSearch  = 1 << 20  // if there is none in them
	mostTries   = 4        // steps in which there may be none before the rest is one part
)

// cutter cuts a file into parts at record starts, each when it is drawn: whether a newline
// of CSV stands in quotes is told by all text before it. For the whole file at once that
// was an eighth of the time of a scan, by one thread while the others waited. Now a pipeline
// follows the text of the part that it is about to decode, which is in the cache then.
type cutter struct {
	in      *input
	sd      ingest.StreamDecoder // nil: a capture, which has a record a line
	size    int64
	targets []int64 // where parts are to begin, about; the first where the records do

	mu    sync.Mutex
	at    []int64 // where the parts begin that are known so far; the first with the header
	plain []bool  // of those parts, whether the decoder need not look at what was followed
	err   error
}

// place is where a part was found, and what is mapped of it, if it is already.
type place struct {
	from, to int64
	w        *window
	plain    bool
}

// part gives the place of a part. One that belongs to the record of a part before it is
// empty.
func (c *cutter) part(i int) (place, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var w *window
	for c.err == nil && len(c.at) <= i+1 {
		if w != nil {
			w.Close()
		}
		var next int64
		var plain bool
		c.err = guard(func() (err error) {
			next, plain, w, err = c.next(len(c.at))
			return err
		})
		c.at, c.plain = append(c.at, next), append(c.plain, plain)
	}
	if c.err != nil {
		return place{}, c.err
	}
	return place{c.at[i], c.at[i+1], w, c.plain[i]}, nil
}

// next finds where part i begins, which is not the first: at the first record start behind
// its target.
func (c *cutter) next(i int) (at int64, plain bool, w *window, err error) {
	if i >= len(c.targets) {
		return c.size, false, nil, nil
	}
	from, target := max(c.at[i-1], c.targets[0]), c.targets[i]
	if target <= from {
		return c.at[i-1], false, nil, nil
	}
	f, err := os.Open(c.in.path)
	if err != nil {
		return 0, false, nil, err
	}
	defer f.Close()
	if sp, ok := c.sd.(ingest.Splitter); ok {
		r := &ranger{in: c.in, f: f, size: c.size, ahead: target + firstSearch}
		if at, plain, err = sp.Split(r, from, c.size, target); at < 0 {
			at = c.size
		}
		if r.w != nil && (err != nil || r.again) {
			r.w.Close()
			r.w = nil
		}
		return at, plain, r.w, err
	}
	buf := make([]byte, firstSearch)
	for _, target := range c.targets[i:min(i+mostTries, len(c.targets))] {
		for n := firstSearch; n <= lastSearch; n *= lastSearch / firstSearch {
			if len(buf) < n {
				buf = make([]byte, n)
			}
			k, err := f.ReadAt(buf[:n], target-1)
			if k == 0 {
				return 0, false, nil, err
			}
			i, ok := bytes.IndexByte(buf[:k], '\n')+1, true
			if c.sd != nil {
				i, ok = c.sd.Boundary(buf[:k], 1)
			}
			if ok && i > 0 {
				return target - 1 + int64(i), false, nil, nil
			}
		}
	}
	return c.size, false, nil, nil
}

// ranger shows the text of a part, mapped if it can be. It implements [ingest.Ranger].
type ranger struct {
	in          *input
	f           *os.File
	size, ahead int64 // how far it will be asked, most likely
	w           *window
	again       bool // it was asked farther
	buf         []byte
}

// Range implements [ingest.Ranger].
func (r *ranger) Range(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), r.size-at))
	if r.w != nil && at >= r.w.at && at < r.w.at+int64(len(r.w.data)) {
		b := r.w.data[at-r.w.at:]
		return b[:min(n, len(b))], nil
	}
	if m := newMapping(r.in, r.f, at, r.size); m != nil {
		if r.again = r.w != nil; r.again {
			r.w.Close()
			r.w = nil
		}
		w, err := mappedFile{r.f, r.size}.window(at, int(max(int64(n), min(r.ahead, r.size)-at)))
		if err != nil {
			return nil, err
		}
		r.w = w
		return w.Bytes()[:n], nil
	}
	if r.buf == nil {
		r.buf = make([]byte, firstSearch)
	}
	k, err := r.f.ReadAt(r.buf[:min(n, len(r.buf))], at)
	return r.buf[:k], err
}
