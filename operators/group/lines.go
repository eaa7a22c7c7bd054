package group

import "github.com/velostream/velo/arrowexec/vec"

// Line is one key of a table of very many, with what somebody counts by it. A row that
// finds its key in memory then has its accumulator in the cache: two lines of cache are
// read for a row, its slot and this one, where key and accumulator apart are four.
type Line struct {
	key  strKey
	Cell Cell
}

// Cell is the part of a line that is not the table's. It has no meaning but what its user gives it;
// that of a new key is what its user last left there, and zero at first.
type Cell = vec.Words

// Lines are the lines of a table by number, in pieces that are never copied.
type Lines struct {
	segs []*[1 << lineBits]Line
	n    int
}

const (
	lineBits = 12
	lineMask = 1<<lineBits - 1
)

// Cell is the user's part of the line of a group.
func (l *Lines) Cell(id int32) *Cell { return &l.segs[id>>lineBits][id&lineMask].Cell }

// Ahead asks the caches for the lines of groups.
func (l *Lines) Ahead(ids []int32) { vec.AheadIn(l.segs, ids, lineBits) }

func (l *Lines) key(id int32) *strKey { return &l.segs[id>>lineBits][id&lineMask].key }

// push gives a new key the next number.
func (l *Lines) push(k strKey) int32 {
	id := int32(l.n)
	if l.n++; int(id>>lineBits) == len(l.segs) {
		l.segs = append(l.segs, new([1 << lineBits]Line))
	}
	*l.key(id) = k
	return id
}

func (l *Lines) bytes() int64 { return int64(len(l.segs)) << (lineBits + 6) }

// ManyKeys is how many keys a table has at least that keeps them in lines.
const ManyKeys = fewSlots / 2

// Lines makes the table keep each key in a line with room for its user, if its keys are many, and
// gives those lines, which are its own: they grow with it, and hold group 0, 1, 2 …,
// NULL too. nil: this table has none, now or ever. It is the caller's to look for memory.
func (t *Table) Lines() *Lines {
	if len(t.cols) != 1 || t.n < ManyKeys {
		return nil
	}
	return t.cols[0].line()
}

// line moves the keys to lines. NULL has a line of its own there, so that numbers of
// the column and of its keys are the same from now on.
func (c *column) line() *Lines {
	if c.lines != nil || c.rep != nil {
		return c.lines
	}
	switch {
	case c.num != nil:
		c.lines = c.num.line(c.null)
	case c.str != nil:
		c.lines = c.str.line(c.null)
	}
	return c.lines
}

// line moves the keys to lines; null is the number that NULL has among them, -1: none.
func (t *strings) line(null int32) *Lines {
	t.lines = &Lines{}
	for id, k := range t.keys {
		if int32(id) == null {
			t.lines.push(strKey{})
		}
		t.lines.push(k)
	}
	if int(null) == len(t.keys) {
		t.lines.push(strKey{})
	}
	t.keys = nil
	t.shiftFrom(null)
	return t.lines
}

// shiftFrom makes numbers from one on one more.
func (x *index) shiftFrom(null int32) {
	if null < 0 {
		return
	}
	for i, s := range x.slots {
		if s != 0 && int32(s)-1 >= null {
			x.slots[i]++
		}
	}
}

// at is the words of a key by number.
func (t *strings) at(id int32) *strKey {
	if t.lines != nil {
		return t.lines.key(id)
	}
	return &t.keys[id]
}

// push gives a new key the next number.
func (t *strings) push(k strKey) int32 {
	if t.lines != nil {
		return t.lines.push(k)
	}
	t.keys = append(roomy(t.keys, 1), k)
	return int32(len(t.keys) - 1)
}

// aheadOf asks the caches for keys by number.
func (t *strings) aheadOf(ids []int32) {
	if t.lines != nil {
		t.lines.Ahead(ids)
	} else {
		vec.Ahead(t.keys, ids, 0)
	}
}
