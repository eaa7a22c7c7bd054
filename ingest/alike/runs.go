package alike

import (
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Forms is how many forms a Taker must tell apart.
const Forms = 5

// Taker takes what is in records.
type Taker interface {
	// Leaves finds the values of a record that is right, in their order; ok is false
	// for one that cannot be read this way. Records of that form are like this one.
	Leaves(form int, record []byte) (leaves []ingest.Leaf, ok bool)
	// Open begins a run of at most n records of a form, of size bytes in all; false
	// where that cannot be.
	Open(form, n, size int) bool
	// Values reads leaf number leaf, from the first record of the run on, and tells of
	// how many it could: value i is buf[from[i]:to[i]], and there are 64 bytes more in buf.
	// It is printable ASCII without quotes.
	Values(leaf int, buf []byte, from, to []int32) int
	// Shut ends the run: of its first n records all values have been read.
	Shut(n int)
}

// Runs finds runs of records that are alike. It belongs to one goroutine.
type Runs struct {
	taker   Taker
	escapes jsonscan.Escapes
	forms   [Forms]form
	at      int // the form that records have had last

	buf   []byte
	marks []int32 // in buf, which is text from start on
	start int
	mark  int  // those before are of records that have been read
	run   int  // those from here on are of the last run
	full  bool // nothing is known against the records behind those that have marks
	whole bool // nor against the record behind the last run

	// Of lines: the marks of a piece of text, whose lines have as many as they come with.
	looked int // bytes of the piece
	found  int // marks

	// Of records that have bounds: the marks of so many from the first on, a form's each.
	first, known int

	starts, from, to, next []int32

	limit  int // records of a run: no more than twice those of the one before
	pause  int // records read one by one where a run was short
	misses int // times that there was none, one after the other
	tries  int // to learn a form
	read   int // records since the last
	gain   int // those of them that were alike
	futile int // times that these were few, one after the other
}

const (
	pieceBytes = 32 << 10 // of text and its marks the second cache holds many
	seldom     = 8 << 10  // where runs are short
	slack      = 64       // bytes behind a record that may be read
	few        = 8        // records read one by one take less than a run of fewer
	fewest     = 2 * few  // records of a run that is worth its while
	patience   = 1024     // records read one by one where it was not, at most
	least      = 16
	learnAgain = 8192      // records after which a form may be learnt, which takes as long as 80 of them; more where that was in vain
	freely     = 2 * Forms // forms that are learnt at once
)

// New makes Runs for records whose values have no other escapes than those.
func New(taker Taker, escapes jsonscan.Escapes) *Runs {
	return &Runs{taker: taker, escapes: escapes, limit: least}
}

// Begin is told of another buffer.
func (x *Runs) Begin(buf []byte) {
	x.buf, x.start, x.mark = buf, 0, 0
	x.looked, x.found, x.first, x.known = 0, 0, 0, 0
}

// Place tells where record i of the last run stands in the buffer, without its newline if it
// is a line.
func (x *Runs) Place(i int) (from, to int32) {
	m := x.forms[x.at].marks
	return x.starts[i] + int32(x.start), x.marks[x.run+(i+1)*m-1] + int32(x.start)
}

// judge tells how many records are to be read one by one after a run of n, where there
// could have been most.
func (x *Runs) judge(n, most int) (alone int) {
	x.read += n
	x.gain += n
	if n > 0 {
		x.misses = 0
	}
	if n >= min(fewest, most) || n > 0 && x.whole {
		if x.pause >>= max(1, n/fewest); !x.whole { // the next is known not to be alike
			x.read++
			return 1
		}
		return 0
	}
	if n == 0 {
		x.misses++
	}
	x.pause = min(2*x.pause+1, patience)
	x.read += x.pause
	return x.pause
}

// size is how much text is worth a look, for at most so many records: they may be longer
// than the one that was learnt.
func (x *Runs) size(most int) int {
	size := pieceBytes
	if x.pause >= fewest {
		size = seldom
	}
	if most < size {
		size = min(size, 2*(most*x.forms[x.at].size+slack))
	}
	if len(x.marks) < size+jsonscan.MarksRoom {
		x.marks = make([]int32, size+jsonscan.MarksRoom)
	}
	return size
}

// take reads a run of records, whose starts and marks are known.
func (x *Runs) take(asked int, bounded bool) int {
	m := x.forms[x.at].marks
	x.run = x.mark
	marks := x.marks[x.mark : x.mark+asked*m]
	if !x.taker.Open(x.at, asked, int(marks[len(marks)-1]-x.starts[0])) {
		return 0
	}
	n := x.columns(x.buf[x.start:], marks, x.starts[:asked])
	if bounded { // nothing stands behind the last text, which else ends with a newline
		for i, end := range x.ends(n) {
			if end != marks[(i+1)*m-1] {
				n = i
				break
			}
		}
	}
	x.taker.Shut(n)
	x.forms[x.at].read += n
	if x.whole = n == asked; x.whole {
		x.limit = max(x.limit, 2*n)
	} else {
		x.limit = max(least, 2*n)
	}
	return n
}

func (x *Runs) room(n int) {
	if len(x.starts) < n {
		n = max(n, 256)
		x.starts, x.from, x.to, x.next = make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	}
}

// ends are where the last texts of the first n records end, after columns.
func (x *Runs) ends(n int) []int32 {
	if len(x.forms[x.at].texts)&1 == 1 {
		return x.from[:n]
	}
	return x.next[:n]
}

// columns compares texts and reads values, and tells of how many records it could.
func (x *Runs) columns(text []byte, marks, starts []int32) int {
	f := &x.forms[x.at]
	n := len(starts)
	before, to, next := starts, x.to, x.from
	for k := range f.texts {
		t := &f.texts[k]
		if n = t.Same(text, marks[t.mark:], f.marks, before[:n], to, next); n == 0 {
			return 0
		}
		if k == 0 {
			for i := range n { // nothing stands before the first text
				if to[i] != starts[i] {
					n = i
					break
				}
			}
			before, next = next, x.next
			continue
		}
		if n = x.taker.Values(k-1, text, before[:n], to[:n]); n == 0 {
			return 0
		}
		before, next = next, before
	}
	return n
}
