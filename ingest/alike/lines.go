package alike

import (
	"bytes"

	"github.com/velostream/velo/ingest/jsonscan"
)

// Lines reads a run of at most most lines from the start of the line at buf[at:]: how
// many, and the index behind them. Then so many lines are to be read one by one.
func (x *Runs) Lines(at, most int) (n, next, alone int) {
	if most < few {
		return 0, at, most
	}
	n, next = x.lines(at, most)
	if n == 0 && x.change(func() ([]byte, int) { return x.line(at) }) {
		n, next = x.lines(at, most)
	}
	return n, next, x.judge(n, most)
}

// line is the line at buf[at:] with its newline, if it is no longer than it may be.
func (x *Runs) line(at int) (line []byte, tail int) {
	line = x.buf[at:min(len(x.buf), at+pieceBytes/2)]
	return line[:bytes.IndexByte(line, '\n')+1], 1
}

// look finds the marks of whole lines from the line at buf[at:] on, and gives the
// number of lines that they are of, if these have as many as they should.
func (x *Runs) look(at, most int) int {
	m := x.forms[x.at].marks
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
		text := x.buf[at:min(len(x.buf), at+x.size(most))]
		x.start, x.mark = at, 0
		x.found, x.looked = jsonscan.Marks(x.marks, text, x.escapes)
		x.full = x.looked == len(text)
	}
}

func (x *Runs) lines(at, most int) (n, next int) {
	if x.forms[x.at].marks == 0 {
		return 0, at
	}
	m := x.forms[x.at].marks
	if n = min(x.look(at, most), most, x.limit); n == 0 {
		return 0, at
	}
	marks := x.marks[x.mark : x.mark+n*m]
	x.room(n)
	starts := x.starts[:n]
	starts[0] = int32(at - x.start)
	for i := 1; i < n; i++ {
		starts[i] = marks[i*m-1] + 1
	}
	if n = x.take(n, false); n == 0 {
		return 0, at
	}
	x.mark += n * m
	x.whole = x.whole && (x.full || x.found-x.mark >= m)
	return n, x.start + int(marks[n*m-1]) + 1
}
