package file

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

const (
	minPart   = 1 << 20  // bytes of a part of a file at least, and
	maxPart   = 8 << 20  // at most, of text: so that pipelines end at one time; captures took a tenth more CPU
	perThread = 4        // parts for each pipeline, for an even load
	fewRows   = 64 << 10 // rows of groups that are read together at most
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
		parts, err := c.splitFile(p, s.Threads)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			pieces = append(pieces, []part{p})
		}
	}
	return pieces, nil
}

// splitFile cuts a file into parts; where one that is text begins is found when it is
// drawn.
func (c *Connector) splitFile(p part, threads int) ([]part, error) {
	in, whole := p.in, []part{p}
	if in.kind == "table" {
		return c.splitGroups(in, whole, threads)
	}
	step := max(in.size/int64(threads*perThread), minPart)
	if in.kind == "text" {
		step = min(step, maxPart)
	}
	if in.size < 2*step || in.codec != "" || in.disk != nil || in.stdin != nil {
		return whole, nil
	}
	x := &cutter{in: in, size: in.size}
	var err error
	if in.kind == "text" {
		if x.sd, err = c.stream(in, c.schema, nil); err != nil {
			return nil, err
		}
	}
	head, start, err := c.dataStart(in, x.sd)
	if err != nil {
		return nil, err
	}
	if start >= in.size { // the header is all there is
		return whole, nil
	}
	x.at = []int64{0}
	for at, n := start, int64(0); at < in.size; at += n {
		n = step
		if in.kind == "text" {
			n = min(step, max((in.size-at)/int64(2*threads), minPart))
		}
		x.targets = append(x.targets, at)
	}
	var parts []part
	for i, at := range x.targets {
		parts = append(parts, part{in: in, at: p.at, head: head, cutter: x, number: i, from: at, to: in.size})
		if i > 0 {
			parts[i-1].to = at
		}
	}
	parts[0].from = 0
	return parts, nil
}

// splitGroups gives each group of a file that has columns a part of its own, or several
// small ones one, as long as there are parts enough.
func (c *Connector) splitGroups(in *input, whole []part, threads int) ([]part, error) {
	r, err := c.table(in)
	if err != nil || len(r.Groups()) < 2 {
		return whole, err
	}
	groups, all := r.Groups(), int64(0)
	for _, rows := range groups {
		all += rows
	}
	most := min(fewRows, all/int64(threads*perThread))
	var parts []part
	for from, to, n := 0, 0, int64(len(groups)); from < len(groups); from = to {
		rows := groups[from]
		for to = from + 1; to < len(groups) && rows+groups[to] <= most; to++ {
			rows += groups[to]
		}
		// A share of the file's bytes, for the progress.
		parts = append(parts, part{in: in, from: in.size * int64(from) / n, to: in.size * int64(to) / n, groups: [2]int{from, to}})
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
