package capture

import (
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Runs reads lines that differ in nothing but their values, many at once, the
// payload's values as they stand in the line: first the quotes and newlines of all
// are found, then the text between two values is compared, and the value read, from
// the first line to the last. So no value waits for another's end, nothing is
// unescaped, and what to do with a value is asked once a run. It belongs to one
// pipeline.
type Runs struct {
	dec  ingest.AlikeDecoder
	want Want
	scan *Scanner // takes apart the lines that are learnt
	form form

	marks  []int32 // in the piece of buf that begins at start
	buf    []byte
	start  int
	looked int // bytes of the piece
	full   bool
	found  int // marks
	mark   int // those before are of lines that have been read

	starts, from, to, next []int32
	numbers                []int64
	recs                   *Records

	limit  int // lines of a run: no more than twice those of the one before
	pause  int // lines read one by one where a run was short
	misses int // times that there was none, one after the other
	learnt int // forms
	lines  int // read since the last
}

const (
	pieceBytes = 32 << 10 // of text and its marks the second cache holds many
	seldom     = 8 << 10  // where runs are short
	slack      = 64       // bytes behind a line that may be read
	fewest     = 16       // lines of a run that is worth its while: it takes as long as 8 read one by one
	patience   = 256      // lines read one by one where it was not, at most
	leastLines = 16
	learnAgain = 16384 // lines
)

// NewRuns makes Runs for the payload's decoder, whose columns and what is wanted of
// the records go together.
func NewRuns(dec ingest.AlikeDecoder, want Want, topic string) *Runs {
	return &Runs{dec: dec, want: want, scan: NewScanner(want, topic), limit: leastLines}
}

// Begin is told of another buffer.
func (x *Runs) Begin(buf []byte) { x.buf, x.start, x.looked, x.found, x.mark = buf, 0, 0, 0, 0 }

// Read reads a run of at most most lines from the start of the line at buf[at:], into
// records, whose payloads are empty, and rows: how many lines, and the index behind
// them. If there are none, so many lines are to be read by the scanner first.
func (x *Runs) Read(at, most int, recs *Records, rows *ingest.Rows) (n, next, alone int) {
	n, next = x.run(at, most, recs, rows)
	if n == 0 && x.mayLearn() && x.learn(at, recs.Scope) {
		n, next = x.run(at, most, recs, rows)
	}
	x.lines += n
	if n >= min(fewest, most) {
		x.pause, x.misses = x.pause/2, 0
		return n, next, 0
	}
	if n == 0 {
		x.misses++
	}
	x.pause = min(2*x.pause+1, patience)
	x.lines += x.pause
	return n, next, x.pause
}

// mayLearn tells that it is time to learn another form: the last is of no use, and
// lines have been read since that cost far more than that.
func (x *Runs) mayLearn() bool {
	return x.form.marks == 0 && x.learnt == 0 || x.misses > 0 && (x.learnt < 4 || x.lines > learnAgain)
}

// look finds the marks of whole lines from the line at buf[at:] on, and gives the
// number of lines that they are of, if these have as many as they should.
func (x *Runs) look(at int) int {
	m := x.form.marks
	for again := false; ; again = true {
		if at >= x.start && at < x.start+x.looked {
			for x.mark < x.found && x.start+int(x.marks[x.mark]) < at {
				x.mark++
			}
			lines := (x.found - x.mark) / m
			for lines > 0 && x.start+int(x.marks[x.mark+lines*m-1])+slack > len(x.buf) {
				lines--
			}
			if lines > 0 || !x.full || again {
				return lines
			}
		}
		if again {
			return 0
		}
		size := pieceBytes
		if x.pause >= fewest {
			size = seldom
		}
		if size += jsonscan.MarksRoom; len(x.marks) < size {
			x.marks = make([]int32, size)
		}
		text := x.buf[at:min(len(x.buf), at+size-jsonscan.MarksRoom)]
		x.start, x.mark = at, 0
		x.found, x.looked = jsonscan.Marks(x.marks, text, 0, jsonscan.QuoteEscapes)
		x.full = x.looked == len(text)
	}
}

func (x *Runs) run(at, most int, recs *Records, rows *ingest.Rows) (n, next int) {
	f := &x.form
	if f.marks == 0 {
		return 0, at
	}
	n = min(x.look(at), most, x.limit)
	if n == 0 {
		return 0, at
	}
	text, marks := x.buf[x.start:], x.marks[x.mark:x.mark+n*f.marks]
	x.room(n)
	lines := x.starts[:n]
	lines[0] = int32(at - x.start)
	for i := 1; i < n; i++ {
		lines[i] = marks[i*f.marks-1] + 1
	}
	if !x.dec.Open(rows, n, int(marks[len(marks)-1]-lines[0])) {
		return 0, at
	}
	asked, base := n, recs.Len()
	x.recs = recs
	recs.resize(&x.want, base+n)
	n = x.columns(text, marks, lines, n, base)
	x.dec.Shut(rows, n)
	rows.Unknown += int64(n * f.unknownFields)
	recs.resize(&x.want, base+n)
	for i := range n {
		end := marks[(i+1)*f.marks-1]
		recs.lines++
		recs.Spans[base+i] = ingest.Span{From: lines[i] + int32(x.start), To: end + int32(x.start), Line: recs.lines}
		recs.Payloads[base+i] = text[end:end:end] // not nil; it is in its row
	}
	if x.want.Topic {
		for i := range n {
			recs.Topics[base+i] = f.topic
		}
	}
	if x.want.Timestamp && f.unknown {
		for i := range n {
			recs.Timestamps[base+i] = NoTimestamp
		}
	}
	x.recs = nil
	if n == asked {
		x.limit = max(x.limit, 2*n)
	} else {
		x.limit = max(leastLines, 2*n)
	}
	if next = at; n > 0 {
		next = x.start + int(marks[n*f.marks-1]) + 1
		x.mark += n * f.marks
	}
	return n, next
}

func (x *Runs) room(n int) {
	if len(x.starts) < n {
		n = max(n, 256)
		x.starts, x.from, x.to, x.next, x.numbers = make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]int64, n)
	}
}

// columns compares texts and reads values, of the first n lines, and tells of how
// many it could.
func (x *Runs) columns(text []byte, marks, lines []int32, n int, at int) int {
	f := &x.form
	before, to, next := lines, x.to, x.from
	for k := range f.texts {
		t := &f.texts[k]
		n = t.Same(text, marks[t.mark:], f.marks, before[:n], to, next)
		if k == 0 {
			for i := range n { // nothing stands before the first text
				if to[i] != lines[i] {
					n = i
					break
				}
			}
			before, next = next, x.next
			continue
		}
		if n = x.value(&f.values[k-1], text, before[:n], to[:n], at); n == 0 {
			return 0
		}
		before, next = next, before
	}
	return n
}

// value reads one value of all lines.
func (x *Runs) value(v *value, text []byte, from, to []int32, at int) int {
	n := len(from)
	switch {
	case v.field == keyPayload:
		switch {
		case v.column >= 0:
			return x.dec.Column(v.column, v.text, text, from, to)
		case !v.text:
			return jsonscan.Scalars(text, from, to)
		}
		return n
	case v.text:
		for i, end := range to {
			if text[end-1] == '\\' { // what ends the string is an escaped quote
				n = i
				break
			}
		}
		return x.keys(v, text, from[:n], to, at)
	case v.field == keyPartition:
		n = jsonscan.Integers(text, from, to, x.numbers)
		for i, p := range x.numbers[:n] {
			if p > 1<<31-1 {
				n = i
				break
			}
		}
		if x.want.Partition {
			for i, p := range x.numbers[:n] {
				x.recs.Partitions[at+i] = int32(p)
			}
		}
		return n
	case v.field == keyOffset || v.field == keyTimestamp:
		out := x.numbers
		if v.field == keyOffset && x.want.Offset {
			out = x.recs.Offsets[at:]
		} else if v.field == keyTimestamp && x.want.Timestamp && !x.form.unknown {
			out = x.recs.Timestamps[at:]
		}
		return jsonscan.Integers(text, from, to, out)
	}
	return x.keys(v, text, from[:jsonscan.Scalars(text, from, to)], to, at)
}

// keys keeps the keys, if these are, and are wanted.
func (x *Runs) keys(v *value, text []byte, from, to []int32, at int) int {
	if v.field == keyKey && x.want.Key {
		keys := x.recs.Keys[at : at+len(from)]
		for i := range keys {
			if keys[i] = text[from[i]:to[i]:to[i]]; !v.text && text[from[i]] == 'n' {
				keys[i] = nil
			}
		}
	}
	return len(from)
}
