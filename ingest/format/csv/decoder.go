package csv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/ingest"
)

// decoder reads records into columns. It serves files, where a header tells
// which field is which, and payloads, where their order does.
type decoder struct {
	d        dialect
	scan     scanner
	declared *arrow.Schema
	cols     []column
	names    []string // of the fields of a record, for messages
	to       []int32  // field → index of its column, -1: not read
	missing  []int    // columns that the file does not have
	extra    int64    // fields that the schema does not have
	field    field
	scratch  []byte
	ends     ends
	pairs    []int32
	average  int   // bytes of the records that many read last, each
	alone    int   // records to read one by one before many is tried again
	pause    int   // what alone becomes when many finds little
	lines    int32 // newlines of the record read last
	badField string
	cause    error
}

func newDecoder(d dialect, declared *arrow.Schema, want []arrow.Field) (*decoder, error) {
	c := &decoder{d: d, scan: newScanner(d), declared: declared, average: piece}
	for _, f := range want {
		col, err := newColumn(f)
		if err != nil && (!d.header || declared == nil) {
			return nil, err
		}
		col.err = err // of a column that other files of the source may have
		c.cols = append(c.cols, col)
	}
	if !d.header {
		if declared == nil || declared.NumFields() == 0 {
			return nil, ingest.Usage(errors.New("csv without a header (csv.header=false) needs declared columns: add columns='a BIGINT, b STRING'"))
		}
		c.positional()
	}
	return c, nil
}

// positional takes the declared columns as the fields, in their order.
func (c *decoder) positional() {
	var names []string
	if c.declared != nil {
		for _, f := range c.declared.Fields() {
			names = append(names, f.Name)
		}
	}
	c.bind(names)
}

// bind finds the columns among the fields of a file: by exact name, else by the
// only one that differs in case.
func (c *decoder) bind(names []string) {
	c.names = names
	c.to = make([]int32, len(names))
	for i := range c.to {
		c.to[i] = -1
	}
	c.missing, c.extra = nil, 0
	known := make([]bool, len(names))
	if c.declared != nil {
		for _, f := range c.declared.Fields() {
			if i := lookup(names, f.Name); i >= 0 {
				known[i] = true
			}
		}
	}
	for i := range c.cols {
		if at := lookup(names, c.cols[i].name); at >= 0 {
			c.to[at] = int32(i)
			known[at] = true
		} else {
			c.missing = append(c.missing, i)
		}
	}
	for _, k := range known {
		if !k {
			c.extra++
		}
	}
}

func lookup(names []string, name string) int {
	found, n := -1, 0
	for i, x := range names {
		if x == name {
			return i
		}
		if strings.EqualFold(x, name) {
			found = i
			n++
		}
	}
	if n == 1 {
		return found
	}
	return -1
}

// Header reads the line of column names. Without csv.header there is none.
func (c *decoder) Header(buf []byte, final bool) (used int, ok bool, err error) {
	if !c.d.header {
		return 0, true, nil
	}
	names, used, ok, err := header(&c.scan, buf, final)
	if !ok || err != nil {
		return 0, ok, err
	}
	c.bind(names)
	for _, i := range c.to {
		if i >= 0 && c.cols[i].err != nil {
			return 0, true, c.cols[i].err
		}
	}
	return used, true, nil
}

// header reads the names of a file's columns: empty ones are called by their
// place, and repeated ones numbered.
func header(s *scanner, buf []byte, final bool) (names []string, used int, ok bool, err error) {
	p, _, more := blank(buf, 0, final)
	if more || p == len(buf) && !final {
		return nil, 0, false, nil
	}
	if p == len(buf) {
		return nil, 0, true, ingest.Usage(errors.New("the file is empty, and CSV begins with a header line (csv.header=false with columns='…' reads files without one)"))
	}
	seen := map[string]bool{}
	var f field
	for {
		next, how := s.next(buf, p, final, &f)
		switch {
		case how == cut:
			return nil, 0, false, nil
		case how == open:
			return nil, 0, true, errors.New("the header has an unterminated quote")
		case f.junk:
			return nil, 0, true, fmt.Errorf("the header has text after a closing quote in field %d", len(names)+1)
		}
		text := f.text
		if f.quoted && f.doubled {
			text = s.unescape(nil, text)
		}
		if !f.quoted && bytes.IndexByte(text, '\r') >= 0 {
			return nil, 0, true, ingest.Usage(errors.New("the header has a carriage return in it; if lines end with one alone, convert the file first, for example with: tr '\\r' '\\n'"))
		}
		if !utf8.Valid(text) {
			return nil, 0, true, fmt.Errorf("the name of column %d is not UTF-8", len(names)+1)
		}
		name := string(text)
		if name == "" {
			name = fmt.Sprintf("column%d", len(names)+1)
		}
		base := name
		for i := 2; seen[name]; i++ {
			name = fmt.Sprintf("%s_%d", base, i)
		}
		seen[name] = true
		names = append(names, name)
		f = field{}
		p = next
		if how != atDelimiter {
			return names, p, true, nil
		}
	}
}

// What became of a record.
const (
	whole = iota
	bad
	incomplete
)

// record reads the record at p, one append to every column, or none.
func (c *decoder) record(buf []byte, p int, final bool, rows *ingest.Rows) (next, what int) {
	f := &c.field
	f.lines, f.junk = 0, false
	c.badField, c.cause = "", nil
	n := len(c.to)
	quote, delim := c.scan.first, c.scan.d
	for i := 0; ; i++ {
		// The usual field: without quotes, read, and ended by a delimiter.
		if i < n && p < len(buf) && uint16(buf[p]) != quote {
			var e int
			if p+8 <= len(buf) { // most fields end within eight bytes: without a call
				w := binary.LittleEndian.Uint64(buf[p:])
				if m := zeroBytes(w^c.scan.delim) | zeroBytes(w^c.scan.newline); m != 0 {
					e = p + bits.TrailingZeros64(m)>>3
				} else {
					e = c.scan.unquoted(buf, p+8)
				}
			} else {
				e = c.scan.unquoted(buf, p)
			}
			if e < len(buf) && buf[e] == delim {
				if at := c.to[i]; at >= 0 && c.cause == nil {
					if e == p {
						f.text, f.quoted = nil, false
						c.add(at, f, rows)
					} else if c.d.null != "" && string(buf[p:e]) == c.d.null {
						f.text, f.quoted = buf[p:e], false
						c.add(at, f, rows)
					} else if err := c.cols[at].append(rows.Cols[at], buf[p:e]); err != nil {
						c.fail(c.cols[at].name, err)
					}
				}
				p = e + 1
				continue
			}
		}
		var how int
		p, how = c.scan.next(buf, p, final, f)
		if how >= cut {
			if how == cut {
				c.undo(rows)
				return p, incomplete
			}
			c.fail(c.nameOf(i), errUnterminated)
			break
		}
		if i < n && c.cause == nil {
			if f.junk {
				c.fail(c.nameOf(i), errJunk)
			} else if at := c.to[i]; at >= 0 {
				c.add(at, f, rows)
			}
		}
		if how != atDelimiter {
			if i+1 != n && (c.cause == nil || i >= n) {
				c.fail("", fmt.Errorf("%d fields where %d are expected", i+1, n))
			}
			break
		}
	}
	c.lines = f.lines
	if c.cause == nil {
		for _, i := range c.missing {
			if c.cols[i].required {
				c.fail(c.cols[i].name, errRequired)
				break
			}
			rows.Cols[i].Null()
		}
	}
	if c.cause != nil {
		c.undo(rows)
		return p, bad
	}
	return p, whole
}

var (
	errUnterminated = errors.New("a quoted field begins here and is not closed before the input ends")
	errJunk         = errors.New("text after the closing quote of a field; a quote inside a quoted field is written twice")
	errRequired     = errors.New("NULL in a NOT NULL column")
	errUTF8         = errors.New("not valid UTF-8; convert the input, or leave the column out of the query")
)

func (c *decoder) nameOf(i int) string {
	if i < len(c.names) {
		return c.names[i]
	}
	return ""
}

func (c *decoder) fail(name string, cause error) { c.badField, c.cause = name, cause }

// undo takes back what an unfinished record has appended.
func (c *decoder) undo(rows *ingest.Rows) {
	for _, b := range rows.Cols {
		b.Truncate(rows.N)
	}
}

// add appends one field to its column.
func (c *decoder) add(at int32, f *field, rows *ingest.Rows) {
	col, b, text := &c.cols[at], rows.Cols[at], f.text
	if f.quoted {
		if f.doubled {
			c.scratch = c.scan.unescape(c.scratch[:0], text)
			text = c.scratch
		}
	} else if len(text) == 0 || c.d.null != "" && string(text) == c.d.null {
		if col.required {
			c.fail(col.name, errRequired)
			return
		}
		b.Null()
		return
	}
	if err := col.append(b, text); err != nil {
		c.fail(col.name, err)
	}
}

// payloads decodes single records, as a topic carries them.
type payloads struct{ *decoder }

// Decode appends a row for each record.
func (c payloads) Decode(records [][]byte, rows *ingest.Rows) error {
	for i, rec := range records {
		p, _, _ := blank(rec, 0, true)
		if p == len(rec) {
			if err := rows.Bad(i, "", errors.New("empty payload where a CSV record is expected")); err != nil {
				return err
			}
			continue
		}
		next, what := c.record(rec, p, true, rows)
		if what == whole {
			if next, _, _ = blank(rec, next, true); next < len(rec) {
				c.undo(rows)
				c.fail("", errors.New("payload has more than one CSV record"))
				what = bad
			}
		}
		if what == bad {
			if err := rows.Bad(i, c.badField, c.cause); err != nil {
				return err
			}
			continue
		}
		rows.N++
		rows.Kept = append(rows.Kept, int32(i))
		rows.Unknown += c.extra
	}
	return nil
}
