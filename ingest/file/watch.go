package file

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

const idleWait = 100 * time.Millisecond // how long an unbounded source may wait

var errNotYet = errors.New("the header is not complete yet")

// watcher follows files: it reads what they have, then what is appended to
// them and what appears beside them.
type watcher struct {
	*chain
	open []*textSource // at the end of their file for now
	done int64         // bytes of the files that were read to their end once for all
	seen map[string]bool
	next time.Time
	dry  bool // the last round found nothing
	turn int
}

// Next implements [arrowexec.Source]: it returns within about 100 ms.
func (w *watcher) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if w.seen == nil {
		w.seen = map[string]bool{}
		w.add(w.c.inputs)
	}
	if w.c.max > 0 {
		if want = int(min(int64(want), w.c.max-w.rows.Load())); want <= 0 {
			return nil, io.EOF
		}
	}
	if w.dry {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(min(idleWait, time.Until(w.next))):
		}
		if time.Now().Before(w.next) {
			return w.empty(sc), nil
		}
		w.dry = false
		if err := w.look(); err != nil {
			return nil, err
		}
	}
	for range len(w.open) {
		if w.turn >= len(w.open) {
			w.turn = 0
		}
		t := w.open[w.turn]
		if t.lr != nil {
			t.lr.eof, t.lr.short = false, false
		}
		t.base = w.rows.Load() - t.records
		b, err := t.next(ctx, sc, want)
		if errors.Is(err, errNotYet) {
			t.lr.r.Close()
			t.lr, t.rows.Cols = nil, nil
			w.turn++
			continue
		}
		if err == io.EOF { // a container, which does not grow
			w.turn++
			continue
		}
		if err != nil {
			return nil, err
		}
		w.count()
		if b.N > 0 || !t.lr.eof {
			return b, nil
		}
		w.turn++
	}
	w.dry = true
	w.next = time.Now().Add(w.c.poll)
	return w.empty(sc), nil
}

func (w *watcher) count() {
	var records, bytes int64
	for _, t := range w.open {
		r, b := t.stats()
		records += r
		bytes += b
	}
	w.rows.Store(w.base + records)
	w.bytes.Store(w.done + bytes)
}

func (w *watcher) add(inputs []*input) {
	for _, in := range inputs {
		if !w.seen[in.path] {
			w.seen[in.path] = true
			t := w.content(part{in: in, to: -1}, 0).(*textSource)
			t.follow = in.codec == ""
			w.open = append(w.open, t)
		}
	}
}

// look finds new files, and files that were cut or replaced, which are read
// from their start.
func (w *watcher) look() error {
	if inputs, err := w.c.find(); err == nil {
		var fresh []*input
		for _, in := range inputs {
			if w.seen[in.path] {
				continue
			}
			if err := w.c.resolve(in); err != nil {
				return err
			}
			if err := w.c.look(in); err != nil {
				return err
			}
			fresh = append(fresh, in)
		}
		w.add(fresh)
	}
	for i, t := range w.open {
		if !t.follow || t.lr == nil {
			continue
		}
		info, err := os.Stat(t.in.path)
		if err != nil {
			continue // removed: what was open can still be read
		}
		f, ok := t.lr.r.file.(*os.File)
		if !ok {
			continue
		}
		now, err := f.Stat()
		if err != nil || os.SameFile(info, now) && info.Size() >= t.lr.bytesRead() {
			continue
		}
		w.base += t.records
		w.done += t.lr.bytesRead()
		if err := t.close(); err != nil {
			return err
		}
		n := w.content(part{in: t.in, to: -1}, 0).(*textSource)
		n.follow = true
		w.open[i] = n
	}
	return nil
}

func (w *watcher) empty(sc *vec.Scope) *arrowexec.Batch {
	b := &arrowexec.Batch{Scope: sc}
	for _, f := range w.s.Columns {
		b.Cols = append(b.Cols, vec.Empty(f.Type))
	}
	for _, n := range w.s.System {
		t, _ := ingest.SystemType(n)
		b.Cols = append(b.Cols, vec.Empty(t))
	}
	return b
}

// Close implements [arrowexec.Source].
func (w *watcher) Close() error {
	var errs []error
	for _, t := range w.open {
		errs = append(errs, t.close())
	}
	w.open = nil
	return errors.Join(errs...)
}
