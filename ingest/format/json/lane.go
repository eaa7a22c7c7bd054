package json

import "github.com/velostream/velo/arrowexec/vec"

// lane is where the values of one column go while a block of records is read:
// memory of its builder, in which the rows of the block stand before the builder
// is told of them. So a record that cannot be read this way leaves nothing to take
// back, and a row costs no bookkeeping of its own.
type lane struct {
	op    op
	at    int // the row of the block that was written last
	c     *column
	fixed []int64 // values by row, DOUBLEs as their bits
	ends  []int32 // the text of row r stands between ends[r] and ends[r+1]
	data  []byte  // of texts
	nulls []int32 // rows of the block that are NULL
	b     *vec.Builder
}

// op says how the values of a lane are read.
type op uint8

const (
	opAny op = iota // by Decoder.value, into the builder
	opInt
	opFloat
	opText
	opTime
	opMembers // a STRUCT whose members have lanes of their own
)

const (
	// blockBytes bounds how much is read before the builders are told.
	blockBytes = 64 << 10
	// fewest is how many records a block must hold to be worth its while, and
	// patience how many are read one by one, at most, where blocks hold fewer.
	fewest, patience = 4, 64
)

// open binds the lanes to the builders, for rows whose texts have at most size
// bytes between them; false when they may not hold as much.
func (d *Decoder) open(cols []*vec.Builder, rows, size int) bool {
	for _, b := range cols {
		if b.Kind == vec.String && !b.Fits(size+slack) {
			return false
		}
	}
	if len(d.lanes) != len(cols) {
		d.lanes = make([]lane, len(cols))
	}
	for f, b := range cols {
		d.lanes[f].open(&d.root.cols[f], b, rows, size)
		d.base = b.N
	}
	return true
}

// open binds a lane to a builder.
func (l *lane) open(c *column, b *vec.Builder, rows, size int) {
	*l = lane{at: -1, c: c, nulls: l.nulls[:0], b: b}
	switch c.kind {
	case vec.Int64:
		l.op, l.fixed = opInt, vec.Extend[int64](b, rows)
	case vec.Float64:
		l.op, l.fixed = opFloat, vec.Extend[int64](b, rows)
	case vec.Timestamp:
		l.op, l.fixed = opTime, vec.Extend[int64](b, rows)
	case vec.String:
		l.op = opText
		l.ends, l.data = b.ExtendTexts(rows, size+slack)
	}
}

// shut tells the builders of the first n rows of the block and takes back what
// the row behind them has left.
func (d *Decoder) shut(n int) {
	for f := range d.lanes {
		d.lanes[f].shut(d.base, n)
	}
}

// shut is that of one lane, whose builder had base rows before.
func (l *lane) shut(base, n int) {
	switch {
	case l.op == opAny || l.op == opMembers:
		l.b.Truncate(base + n)
		return
	case n == 0:
		return
	case l.op == opText:
		l.b.FilledText(n, int(l.ends[n]-l.ends[0]))
	default:
		l.b.Filled(n)
	}
	for _, r := range l.nulls {
		if int(r) < n {
			l.b.SetNull(base + int(r))
		}
	}
}

// null makes row r NULL; false where that is not allowed.
func (l *lane) null(r int) bool {
	if l.c.notNull {
		return false
	}
	switch l.op {
	case opAny:
		l.b.Null()
		return true
	case opText:
		l.ends[r+1] = l.ends[r]
	default:
		l.fixed[r] = 0
	}
	l.nulls = append(l.nulls, int32(r))
	return true
}

// absent makes row r NULL in the lanes that the object had no key for.
func (d *Decoder) absent(r int) bool {
	for f := range d.lanes {
		if l := &d.lanes[f]; l.at != r && !l.null(r) {
			return false
		}
	}
	return true
}
