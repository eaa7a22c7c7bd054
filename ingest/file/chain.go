package file

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// part is a file, or a range of one that begins at a record.
type part struct {
	in       *input
	at       int    // place of the file among the source's
	from, to int64  // to < 0: the end
	head     []byte // the file's header, for parts that do not begin with it
	groups   [2]int // of a file that has columns: from, to; to < 0: the end

	// cutter, if set, knows where the part begins and ends, by its number; from and to
	// are near that.
	cutter *cutter
	number int
	mapped *window // of the part, from its first byte on
	plain  bool    // the decoder need not look at what the cutter followed
}

// content reads the records of one part.
type content interface {
	// next gives a batch of up to want records; io.EOF at the end.
	next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error)
	// stats are the records read and the bytes read of the file as it is stored.
	stats() (records, bytes int64)
	close() error
}

// chain reads parts one after the other. It implements [arrowexec.Source].
type chain struct {
	c     *Connector
	s     ingest.Scan
	parts []part
	cur   content
	at    int
	base  int64 // records of the parts before
	past  int64 // bytes of the parts before
	total int64
	rows  atomic.Int64
	bytes atomic.Int64
}

func newChain(c *Connector, s ingest.Scan, parts []part) arrowexec.Source {
	ch := &chain{c: c, s: s, parts: parts}
	for _, p := range parts {
		switch {
		case p.in.stdin != nil || p.in.size == 0:
		case p.to >= 0:
			ch.total += p.to - p.from
		default:
			ch.total += p.in.size - p.from
		}
	}
	switch {
	case c.watch:
		return &watcher{chain: ch}
	case c.hasCapture():
		return &captureChain{ch}
	}
	return ch
}

func (c *Connector) hasCapture() bool {
	for _, in := range c.inputs {
		if in.kind == "capture" || in.kind == "captureipc" {
			return true
		}
	}
	return false
}

// content opens nothing yet.
func (ch *chain) content(p part, base int64) content {
	switch p.in.kind {
	case "table":
		return &tableContent{c: ch.c, s: ch.s, in: p.in, base: base, from: p.groups[0], to: p.groups[1]}
	case "captureipc":
		return &ipcCapture{envelope: envelope{c: ch.c, s: ch.s, in: p.in, file: p.at}}
	case "capture":
		return &captureContent{envelope: envelope{c: ch.c, s: ch.s, in: p.in, file: p.at}, from: p.from, to: p.to}
	}
	return &textSource{c: ch.c, s: ch.s, in: p.in, from: p.from, to: p.to, mapped: p.mapped, plain: p.plain, cut: p.cutter != nil, head: p.head, base: base, sys: &systemColumns{start: ch.c.env.Start}}
}

// Next implements [arrowexec.Source].
func (ch *chain) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if ch.c.max > 0 {
			if want = int(min(int64(want), ch.c.max-ch.rows.Load())); want <= 0 {
				return nil, io.EOF
			}
		}
		if ch.cur == nil {
			if ch.at == len(ch.parts) {
				return nil, io.EOF
			}
			p := ch.parts[ch.at]
			ch.at++
			if p.cutter != nil {
				found, err := p.cutter.part(p.number)
				if err != nil {
					return nil, err
				}
				p.from, p.to, p.mapped, p.plain = found.from, found.to, found.w, found.plain
				if p.from == p.to {
					continue
				}
			}
			ch.cur = ch.content(p, ch.base)
		}
		var b *arrowexec.Batch
		err := guard(func() (err error) {
			b, err = ch.cur.next(ctx, sc, want)
			return err
		})
		records, bytes := ch.cur.stats()
		ch.rows.Store(ch.base + records)
		ch.bytes.Store(ch.past + bytes)
		if err == io.EOF {
			ch.base += records
			ch.past += bytes
			err := ch.cur.close()
			ch.cur = nil
			if err != nil {
				return nil, err
			}
			continue
		}
		return b, err
	}
}

// Stats implements [arrowexec.Source].
func (ch *chain) Stats() arrowexec.SourceStats {
	return arrowexec.SourceStats{Rows: ch.rows.Load(), Bytes: ch.bytes.Load(), Total: ch.total}
}

// Close implements [arrowexec.Source].
func (ch *chain) Close() error {
	ch.at = len(ch.parts)
	if ch.cur == nil {
		return nil
	}
	err := ch.cur.close()
	ch.cur = nil
	return err
}
