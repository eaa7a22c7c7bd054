package csv

import (
	"bytes"

	"github.com/velostream/velo/ingest"
)

const (
	fewest   = 8    // records for which columns pay
	patience = 1024 // records read one by one where many finds little
)

// many reads plain records at p column by column, as many as it can and at most
// most. It gives their number and where the next record begins. When one of them
// has a value that cannot be read it takes all back and gives 0: read one by one
// they tell which it is.
func (c *decoder) many(buf []byte, p, most int, rows *ingest.Rows) (n, next int) {
	if c.alone > 0 {
		c.alone--
		return 0, p
	}
	to := min(p+min(piece, most*c.average), len(buf)-over)
	if most < fewest || len(c.to) < 2 || to <= p { // a line of one field may be blank
		return 0, p
	}
	width := len(c.to)
	n, plain := c.ends.find(&c.scan, buf[p:to], width, most)
	if n < fewest {
		c.pause = min(2*c.pause+1, patience)
		c.alone = c.pause
		return 0, p
	}
	c.pause = 0
	at := c.ends.at[:n*width+1]
	size := int(at[n*width]) + 1
	c.average = size/n + size/n/8 + 1
	f := fields{text: buf[p : p+size+over], at: at, step: width, n: n, null: c.d.null, ascii: plain}
	if !c.columns(&f, rows) {
		c.undo(rows)
		c.alone = n
		return 0, p
	}
	return n, p + size
}

// columns appends the fields of some records to all columns.
func (c *decoder) columns(f *fields, rows *ingest.Rows) bool {
	last := len(c.to) - 1
	for i, col := range c.to {
		if col < 0 {
			continue
		}
		f.first = i
		if i == last && bytes.IndexByte(f.text, '\r') >= 0 {
			f.at, f.first, f.step = c.trimmed(f), 0, 2
		}
		if !c.cols[col].appendAll(rows.Cols[col], f) {
			return false
		}
	}
	for _, i := range c.missing {
		if c.cols[i].required {
			return false
		}
		for range f.n {
			rows.Cols[i].Null()
		}
	}
	return true
}

// fields are those of one column in some records: field r stands between at[q]
// and at[q+1], q being first+r*step.
type fields struct {
	text  []byte // with over bytes behind the last record
	at    []int32
	first int
	step  int
	n     int
	ascii bool // of all the text
	null  string
}

// trimmed gives the ends of fields before and behind which newlines stand, as
// pairs, without the carriage returns before those.
func (c *decoder) trimmed(f *fields) []int32 {
	pairs := c.pairs[:0]
	for q := f.first; q < f.first+f.n*f.step; q += f.step {
		from, to := f.at[q], f.at[q+1]
		if to > from+1 && f.text[to-1] == '\r' {
			to--
		}
		pairs = append(pairs, from, to)
	}
	c.pairs = pairs
	return pairs
}
