package json

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
	"github.com/velostream/velo/ingest/mapkeys"
)

// Decoder reads JSON objects into columns. It belongs to one goroutine.
type Decoder struct {
	root    *object
	unknown int64
	scratch []byte

	// cause and path say why the record at hand cannot be read, when its grammar
	// is not to blame.
	cause error
	path  string

	day     dayCache
	mapKeys mapkeys.Keys

	lanes   []lane
	members []member
	rows    int    // of the present run of records that are alike
	size    int    // bytes of it
	base    int    // rows before the block
	padded  []byte // a record with bytes behind it that can be read
	alone   int    // records to read one by one before a block is tried again
	pause   int    // what alone becomes when a block holds next to nothing
	lines   bool   // white space has no newlines
	touched bool   // nothing is read behind the last wanted value
}

// NewDecoder makes a decoder for the wanted columns of a source. declared is the
// whole schema, nil for just the wanted columns.
func NewDecoder(declared *arrow.Schema, want []arrow.Field) (*Decoder, error) {
	all := want
	if declared != nil {
		all = declared.Fields()
	}
	root, err := compile(all, want)
	if err != nil {
		return nil, err
	}
	return &Decoder{root: root, members: membersOf(root)}, nil
}

var (
	errNoObject = errors.New("record is no JSON object")
	errNull     = errors.New("NULL in a column declared NOT NULL")
	errTooMuch  = errors.New("the batch holds more than 2 GiB of text in one column; use a smaller batch.size")
)

// Decode implements [ingest.Decoder].
func (d *Decoder) Decode(records [][]byte, rows *ingest.Rows) error {
	d.unknown = 0
	for from := 0; from < len(records); {
		n, size := 0, 0
		for ; from+n < len(records) && size < blockBytes; n++ {
			size += len(records[from+n])
		}
		if err := d.block(records, from, from+n, size, rows); err != nil {
			return err
		}
		from += n
	}
	rows.Unknown += d.unknown
	return nil
}

// block reads records [from, to), which have size bytes.
func (d *Decoder) block(records [][]byte, from, to, size int, rows *ingest.Rows) error {
	room := roomIn(rows.Cols)
	for i := from; i < to; {
		if room >= size+slack && d.due() {
			i = d.run(records, i, to, size, rows)
			if i == to {
				break
			}
			room = roomIn(rows.Cols)
		}
		rec := records[i]
		if room -= len(rec); room < 0 {
			d.cause = errTooMuch
		} else if d.record(rec, rows.Cols, rows.N) {
			rows.N++
			rows.Kept = append(rows.Kept, int32(i))
			i++
			continue
		}
		if err := d.bad(i, rows); err != nil {
			return err
		}
		i++
	}
	return nil
}

// run reads records from i on while they are of the usual kind, and gives the
// first that is not.
func (d *Decoder) run(records [][]byte, i, to, size int, rows *ingest.Rows) int {
	if !d.open(rows.Cols, to-i, size) {
		return i
	}
	r := 0
	for ; i < to; i++ {
		rec := records[i]
		if len(rec) == 0 || rec[0] != '{' {
			break
		}
		before := d.unknown
		at := d.fast(d.roomy(rec), 0, r)
		if at < 0 || at != len(rec) && (at > len(rec) || !d.touched && jsonscan.Blank(rec, at) < len(rec)) {
			d.unknown = before
			break
		}
		rows.Kept = append(rows.Kept, int32(i))
		r++
	}
	d.shut(r)
	d.cause, d.path = nil, ""
	rows.N += r
	d.ran(r, i == to)
	return i
}

// due tells that blocks are worth a try: for a while after some that held next to
// nothing they are not.
func (d *Decoder) due() bool {
	if d.alone > 0 {
		d.alone--
		return false
	}
	return true
}

// ran notes how many records a block held, and whether it held all.
func (d *Decoder) ran(n int, all bool) {
	if all || n >= fewest {
		d.pause = 0
		return
	}
	d.pause = min(2*d.pause+1, patience)
	d.alone = d.pause
}

// roomy gives a record with bytes behind it that can be read: those that stand
// there, or else in a copy.
func (d *Decoder) roomy(rec []byte) []byte {
	if n := len(rec) + slack; n <= cap(rec) {
		return rec[:n]
	}
	d.padded = append(append(d.padded[:0], rec...), blanks[:]...)
	return d.padded
}

var blanks = [slack]byte{}

// bad reports the record that was refused last.
func (d *Decoder) bad(record int, rows *ingest.Rows) error {
	cause, path := d.cause, d.path
	d.cause, d.path = nil, ""
	return rows.Bad(record, path, cause)
}

// roomIn is how many bytes of text the fullest column still takes.
func roomIn(cols []*vec.Builder) int {
	room := vec.MaxData
	for _, b := range cols {
		if room = min(room, vec.MaxData-b.DataLen()); len(b.Children) > 0 {
			room = min(room, roomIn(b.Children))
		}
	}
	return room
}

// record reads one record as row number row; when it cannot, it takes back what
// it appended and leaves the reason in d.cause and d.path.
func (d *Decoder) record(rec []byte, cols []*vec.Builder, row int) bool {
	i := 0
	if len(rec) == 0 || rec[0] != '{' {
		i = jsonscan.Blank(rec, 0)
	}
	at := ^i
	before := d.unknown
	if i < len(rec) && rec[i] == '{' {
		if at = d.object(d.root, rec, i, cols, row, 1); at == len(rec) || at >= 0 && (d.touched || jsonscan.Blank(rec, at) == len(rec)) {
			if jsonscan.UTF8(rec[:at]) {
				return true
			}
			d.cause = jsonscan.ErrUTF8
		} else if at >= 0 {
			d.cause = fmt.Errorf("%w: something follows the object", jsonscan.Describe(rec, jsonscan.Blank(rec, at)))
		}
	} else if end := jsonscan.Skip(rec, i, 0); end >= 0 && jsonscan.Blank(rec, end) == len(rec) || i == len(rec) {
		d.cause = errNoObject
	} else {
		d.cause = fmt.Errorf("%w: not valid JSON either", errNoObject)
	}
	d.unknown = before
	d.undo(rec, at, cols, row)
	return false
}

// undo takes back the record that object broke off reading at.
func (d *Decoder) undo(buf []byte, at int, cols []*vec.Builder, row int) {
	for _, b := range cols {
		b.Truncate(row)
	}
	if d.cause == nil {
		d.cause, d.path = jsonscan.Describe(buf, ^at), ""
	}
}

// object reads the object whose brace stands at i into one row of cols.
func (d *Decoder) object(o *object, buf []byte, i int, cols []*vec.Builder, row, depth int) int {
	from := i
	filled := 0
	prev := o.keys.Start
	if i++; i >= len(buf) || buf[i] != '"' {
		if i = jsonscan.Blank(buf, i); i < len(buf) && buf[i] == '}' {
			return d.missing(o, cols, row, i+1)
		}
	}
	for {
		k, at := o.keys.Guess(prev), 0
		if i+16 <= len(buf) && k.Is(jsonscan.Word(buf, i), jsonscan.Word(buf, i+8)) {
			at = i + k.Len()
		} else if k, at = o.keys.Search(buf, i, prev); at < 0 {
			return at
		}
		prev = k
		if at < len(buf) && buf[at] <= ' ' {
			at = jsonscan.Blank(buf, at)
		}
		if at >= len(buf) {
			return ^len(buf)
		}
		if f := k.Field; f >= 0 {
			c, b := &o.cols[f], cols[f]
			if b.N == row {
				filled++
			} else if !k.Exact && exactBefore(o, buf, from, i, f) {
				if at = jsonscan.Skip(buf, at, depth); at < 0 {
					return at
				}
				goto next
			} else {
				b.Truncate(row)
			}
			value := at
			switch {
			case buf[at] == 'n':
				at = d.null(c, b, buf, at)
			case c.kind == vec.String:
				at = d.text(c, b, buf, at, depth)
			case c.kind == vec.Int64:
				if at+17 <= len(buf) { // the usual case without a call: up to 15 digits, then a comma
					w := jsonscan.Word(buf, at)
					n := jsonscan.Run(w)
					if n > 0 && (n == 1 || buf[at] != '0') {
						v, end := jsonscan.Value(w, n), at+n
						if n == 8 {
							w = jsonscan.Word(buf, end)
							if n = jsonscan.Run(w); n > 0 {
								v, end = v*pow10[n]+jsonscan.Value(w, n), end+n
							}
						}
						if buf[end] == ',' && !d.touched {
							b.Int64(int64(v))
							at = end
							goto next
						}
					}
				}
				at = d.int64(c, b, buf, at, depth)
			case c.kind == vec.Float64:
				at = d.float64(c, b, buf, at, depth)
			default:
				at = d.value(c, b, buf, at, depth)
			}
			if at < 0 {
				if d.cause == nil {
					return at
				}
				if at = d.replaced(o, k, buf, value, depth); at < 0 {
					d.blame(c)
					return at
				}
				b.Truncate(row) // what did not fit does not count
				filled--
			}
			if d.touched && depth == 1 && filled == len(cols) {
				return at
			}
		} else {
			if f == unknown {
				d.unknown++
			}
			if at = jsonscan.Skip(buf, at, depth); at < 0 {
				return at
			}
		}
	next:
		if at < len(buf) && buf[at] <= ' ' {
			at = jsonscan.Blank(buf, at)
		}
		if at >= len(buf) {
			return ^len(buf)
		}
		switch buf[at] {
		case ',':
			i = at
			if i++; i < len(buf) && buf[i] <= ' ' {
				i = jsonscan.Blank(buf, i)
			}
		case '}':
			if filled < len(cols) {
				return d.missing(o, cols, row, at+1)
			}
			return at + 1
		default:
			return ^at
		}
	}
}

// missing makes the columns NULL that the object did not have.
func (d *Decoder) missing(o *object, cols []*vec.Builder, row, at int) int {
	for f, b := range cols {
		if b.N == row {
			if o.cols[f].notNull {
				d.cause = errNull
				d.blame(&o.cols[f])
				return ^at
			}
			b.Null()
		}
	}
	return at
}

// exactBefore tells whether the object that begins at from spells the name of a
// column exactly before index to: then other spellings do not touch it.
func exactBefore(o *object, buf []byte, from, to int, field int32) bool {
	prev := o.keys.Start
	for i := jsonscan.Blank(buf, from+1); i < to; {
		k, at := o.keys.Next(buf, i, prev)
		if at < 0 {
			return false
		}
		if k.Field == field && k.Exact {
			return true
		}
		prev = k
		at = jsonscan.Blank(buf, jsonscan.Skip(buf, jsonscan.Blank(buf, at), 0))
		i = jsonscan.Blank(buf, at+1)
	}
	return false
}

// replaced tells whether a later key of the object sets the same column as key
// k, whose value at i does not fit: the last one wins. Then it forgets the
// failure and gives the end of the value.
func (d *Decoder) replaced(o *object, k *jsonscan.Key, buf []byte, i, depth int) int {
	failed := ^i
	field, exact := k.Field, k.Exact
	end := jsonscan.Skip(buf, i, depth)
	for at := end; at >= 0; at = jsonscan.Skip(buf, at, depth) {
		if at = jsonscan.Blank(buf, at); at >= len(buf) || buf[at] != ',' {
			return failed
		}
		if k, at = o.keys.Next(buf, jsonscan.Blank(buf, at+1), k); at < 0 {
			return failed
		}
		if k.Field == field && (k.Exact || !exact) {
			d.cause, d.path = nil, ""
			return end
		}
		at = jsonscan.Blank(buf, at)
	}
	return failed
}

// blame puts a column's name before the path to what cannot be read.
func (d *Decoder) blame(c *column) {
	d.path = c.name + dotted(d.path)
}

// null reads null.
func (d *Decoder) null(c *column, b *vec.Builder, buf []byte, i int) int {
	if i = jsonscan.Literal(buf, i, "null"); i < 0 {
		return i
	}
	if c.notNull {
		d.cause = errNull
		return ^i
	}
	b.Null()
	return i
}
