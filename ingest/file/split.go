package file

import (
	"bytes"
	"os"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

const (
	minPart    = 1 << 20 // bytes of a part of a file at least
	perThread  = 4       // parts for each pipeline, for an even load
	searchedIn = 1 << 20 // bytes in which a record start is looked for
)

// split gives the parts that each piece of a scan reads. Everything is one piece
// when the order of all rows counts: their numbers, a limit, a dead letter's
// position. The offsets of a capture are in the file.
func (c *Connector) split(s ingest.Scan) ([][]part, error) {
	var all []part
	whole, numbers := false, slices.Contains(s.System, ingest.ColOffset)
	for i, in := range c.inputs {
		all = append(all, part{in: in, at: i, to: -1, groups: [2]int{0, -1}})
		whole = whole || in.kind == "captureipc" || numbers && in.kind != "capture"
	}
	if s.Threads <= 1 || c.watch || c.max > 0 || whole ||
		s.Failures != nil && s.Failures.Policy == arrowexec.DeadLetter {
		return [][]part{all}, nil
	}
	var pieces [][]part
	for _, p := range all {
		parts, err := c.splitFile(p, s.Threads*perThread)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			pieces = append(pieces, []part{p})
		}
	}
	return pieces, nil
}

// splitFile cuts a file at record starts.
func (c *Connector) splitFile(p part, n int) ([]part, error) {
	in, whole := p.in, []part{p}
	if in.kind == "table" {
		return c.splitGroups(in, whole)
	}
	n = int(min(int64(n), in.size/minPart))
	if n < 2 || in.codec != "" || in.disk != nil || in.stdin != nil {
		return whole, nil
	}
	var sd ingest.StreamDecoder
	var err error
	if in.kind == "text" {
		if sd, err = c.stream(in, c.schema, nil); err != nil {
			return nil, err
		}
	}
	head, start, err := c.dataStart(in, sd)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(in.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var at []int64
	for i := 1; i < n; i++ {
		at = append(at, start+(in.size-start)*int64(i)/int64(n))
	}
	var cuts []int64
	if sp, ok := sd.(ingest.Splitter); ok {
		if cuts, err = sp.Split(f, start, in.size, at); err != nil {
			return nil, err
		}
	} else {
		buf := make([]byte, searchedIn)
		for _, p := range at {
			k, err := f.ReadAt(buf, p-1)
			if k == 0 {
				return nil, err
			}
			i, ok := bytes.IndexByte(buf[:k], '\n')+1, true // a capture has a record a line
			if sd != nil {
				i, ok = sd.Boundary(buf[:k], 1)
			}
			if ok && i > 0 {
				cuts = append(cuts, p-1+int64(i))
			}
		}
	}
	parts := whole
	for _, p := range cuts {
		last := &parts[len(parts)-1]
		if p <= last.from || p <= start || p >= in.size {
			continue
		}
		last.to = p
		parts = append(parts, part{in: in, at: last.at, from: p, to: -1, head: head})
	}
	return parts, nil
}

// splitGroups gives each group of a file that has columns a part of its own.
func (c *Connector) splitGroups(in *input, whole []part) ([]part, error) {
	r, err := c.table(in)
	if err != nil || len(r.Groups()) < 2 {
		return whole, err
	}
	var parts []part
	n := int64(len(r.Groups()))
	for g := range r.Groups() { // a share of the file's bytes, for the progress
		parts = append(parts, part{in: in, from: in.size * int64(g) / n, to: in.size * int64(g+1) / n, groups: [2]int{g, g + 1}})
	}
	return parts, nil
}

// dataStart reads the header of a file and tells where its records begin.
func (c *Connector) dataStart(in *input, sd ingest.StreamDecoder) (head []byte, at int64, err error) {
	lr, err := newLineReader(in, 0, -1, c.skipLines)
	if err != nil {
		return nil, 0, err
	}
	defer lr.r.Close()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	sc := pool.Open()
	defer sc.Close()
	if head, err = lr.header(sd, sc, false); err != nil {
		return nil, 0, err
	}
	if head == nil {
		buf, _ := lr.fill(sc, 1)
		lr.keep(buf, 1)
	}
	return head, lr.r.read.Load() - int64(len(lr.carry)), lr.err
}
