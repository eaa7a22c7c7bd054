package capture

import (
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/alike"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Runs reads lines that differ in nothing but their values, many at once, the
// payload's values as they stand in the line: see [alike.Runs]. It belongs to one
// pipeline.
type Runs struct {
	runs    *alike.Runs
	dec     ingest.AlikeDecoder
	want    Want
	scan    *Scanner // takes apart the lines that are learnt
	forms   [alike.Forms]form
	learnt  int // lines
	numbers []int64

	// Of the present run:
	form *form
	recs *Records
	rows *ingest.Rows
	base int // records before it
}

// NewRuns makes Runs for the payload's decoder, whose columns and what is wanted of
// the records go together.
func NewRuns(dec ingest.AlikeDecoder, want Want, topic string) *Runs {
	x := &Runs{dec: dec, want: want, scan: NewScanner(want, topic)}
	x.runs = alike.New((*taker)(x), jsonscan.QuoteEscapes)
	return x
}

// Begin is told of another buffer.
func (x *Runs) Begin(buf []byte) { x.runs.Begin(buf) }

// Read reads a run of at most most lines from the start of the line at buf[at:], into
// records, whose payloads are empty, and rows: how many lines, and the index behind
// them. Then so many lines are to be read by the scanner.
func (x *Runs) Read(at, most int, recs *Records, rows *ingest.Rows) (n, next, alone int) {
	x.recs, x.rows = recs, rows
	n, next, alone = x.runs.Lines(at, most)
	x.recs, x.rows = nil, nil
	return n, next, alone
}

// taker takes what is in the lines of a run.
type taker Runs

// Open implements [alike.Taker].
func (x *taker) Open(form, n, size int) bool {
	x.form = &x.forms[form]
	if !x.dec.Open(x.rows, n, size) {
		return false
	}
	x.base = x.recs.Len()
	x.recs.resize(&x.want, x.base+n)
	if len(x.numbers) < n {
		x.numbers = make([]int64, max(n, 256))
	}
	return true
}

// Shut implements [alike.Taker].
func (x *taker) Shut(n int) {
	x.dec.Shut(x.rows, n)
	x.rows.Unknown += int64(n * x.form.unknownFields)
	recs, base := x.recs, x.base
	recs.resize(&x.want, base+n)
	for i := range n {
		from, to := x.runs.Place(i)
		recs.lines++
		recs.Spans[base+i] = ingest.Span{From: from, To: to, Line: recs.lines}
		recs.Payloads[base+i] = nothing // not nil; it is in its row
	}
	if x.want.Topic {
		for i := range n {
			recs.Topics[base+i] = x.form.topic
		}
	}
	if x.want.Timestamp && x.form.unknown {
		for i := range n {
			recs.Timestamps[base+i] = NoTimestamp
		}
	}
}

var nothing = []byte{}

// Values implements [alike.Taker].
func (x *taker) Values(leaf int, text []byte, from, to []int32) int {
	v, n := &x.form.values[leaf], len(from)
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
		return x.keys(v, text, from[:n], to)
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
				x.recs.Partitions[x.base+i] = int32(p)
			}
		}
		return n
	case v.field == keyOffset || v.field == keyTimestamp:
		out := x.numbers
		if v.field == keyOffset && x.want.Offset {
			out = x.recs.Offsets[x.base:]
		} else if v.field == keyTimestamp && x.want.Timestamp && !x.form.unknown {
			out = x.recs.Timestamps[x.base:]
		}
		return jsonscan.Integers(text, from, to, out)
	}
	return x.keys(v, text, from[:jsonscan.Scalars(text, from, to)], to)
}

// keys keeps the keys, if these are, and are wanted.
func (x *taker) keys(v *value, text []byte, from, to []int32) int {
	if v.field == keyKey && x.want.Key {
		keys := x.recs.Keys[x.base : x.base+len(from)]
		for i := range keys {
			if keys[i] = text[from[i]:to[i]:to[i]]; !v.text && text[from[i]] == 'n' {
				keys[i] = nil
			}
		}
	}
	return len(from)
}
