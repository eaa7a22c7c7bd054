package json

import (
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Records that differ in nothing but their values are read column by column, their
// values having been found by whoever knows what the records have in common. So a
// value waits for no other, and what to do with it is asked once a column.

// Leaves implements [ingest.AlikeDecoder].
func (d *Decoder) Leaves(rec []byte, to []ingest.Leaf) (leaves []ingest.Leaf, unknownFields int, ok bool) {
	if d.touched || len(rec) == 0 || rec[0] != '{' || jsonscan.Skip(rec, 0, 0) != len(rec) {
		return to, 0, false
	}
	top := newFinder(d.root)
	var in *finder // of the STRUCT around
	of, col := -1, -1
	ok = true
	jsonscan.Parts(rec, func(p jsonscan.Part) {
		if p.Kind != jsonscan.KeyPart {
			to = append(to, ingest.Leaf{From: p.From, To: p.To, Text: p.Kind == jsonscan.StringPart, Column: col})
			return
		}
		if p.Depth > 2 || p.Depth == 2 && in == nil {
			return
		}
		name, value := rec[p.From:p.To], rec[jsonscan.Blank(rec, jsonscan.Blank(rec, p.To+1)+1)]
		if p.Depth == 2 {
			if col = in.find(name, value, false); col >= 0 {
				col = d.member(of, col)
			}
			return
		}
		ok = ok && in.right(&unknownFields)
		in, col = nil, top.find(name, value, true)
		if col >= 0 && value == '{' && d.root.cols[col].kind == vec.Struct {
			of, in, col = col, newFinder(d.root.cols[col].object), -1
		}
	})
	ok = ok && in.right(&unknownFields)
	top.found = true
	return to, unknownFields, top.right(&unknownFields) && ok
}

// finder follows the keys of one object.
type finder struct {
	o       *object
	seen    []bool
	unknown int
	found   bool // some column
	wrong   bool // it is to be read key by key
}

func newFinder(o *object) *finder { return &finder{o: o, seen: make([]bool, len(o.cols))} }

// find gives the column of a key, before which value begins; -1: none.
func (s *finder) find(key []byte, value byte, structs bool) int {
	f, exact := s.o.keys.Resolve(key)
	if f < 0 {
		if f == unknown {
			s.unknown++
		}
		return -1
	}
	within := value == '{' && (!structs || s.o.cols[f].kind != vec.Struct)
	s.wrong = s.wrong || !exact || s.seen[f] || within || value == '['
	s.seen[f], s.found = true, true
	return int(f)
}

// right tells that an object, if it is one, has columns, and all that it must have, and adds
// up unknown fields.
func (s *finder) right(unknownFields *int) bool {
	if s == nil {
		return true
	}
	*unknownFields += s.unknown
	for f, seen := range s.seen {
		if !seen && s.o.cols[f].notNull {
			return false
		}
	}
	return s.found && !s.wrong
}

// Open implements [ingest.AlikeDecoder].
func (d *Decoder) Open(rows *ingest.Rows, n, size int) bool {
	d.rows, d.size = n, size
	return d.open(rows.Cols, n, size)
}

// Shut implements [ingest.AlikeDecoder].
func (d *Decoder) Shut(rows *ingest.Rows, n int) {
	for f := range d.lanes {
		if l := &d.lanes[f]; l.at < 0 {
			for r := range n {
				l.null(r)
			}
		}
	}
	d.shutMembers(n)
	d.shut(n)
	d.cause, d.path = nil, ""
	rows.N += n
}

// Column implements [ingest.AlikeDecoder].
func (d *Decoder) Column(column int, text bool, buf []byte, from, to []int32) int {
	l, ok := d.laneOf(column)
	if !ok {
		return 0
	}
	l.at = 0
	switch {
	case l.op == opInt && !text:
		return d.ints(l, buf, from, to)
	case l.op == opFloat && !text:
		return d.floats(l, buf, from, to)
	case l.op == opText && text:
		return l.texts(buf, from, to)
	case l.op == opTime && text:
		return d.times(l, buf, from, to)
	}
	for r := range from {
		if !d.single(l, text, buf, int(from[r]), int(to[r]), r) {
			return r
		}
	}
	return len(from)
}

// single reads any value into row r. One that has parts is for the reader of single
// records: there it may stand deeper, and only so deep.
func (d *Decoder) single(l *lane, text bool, buf []byte, from, to, r int) bool {
	if !text {
		return from < to && buf[from] != '{' && buf[from] != '[' && d.rare(l, buf, from, r) == to
	}
	d.padded = append(append(append(d.padded[:0], '"'), buf[from:to]...), '"')
	n := len(d.padded)
	d.padded = append(d.padded, blanks[:]...)
	return d.rare(l, d.padded, 0, r) == n
}

func (d *Decoder) ints(l *lane, buf []byte, from, to []int32) int {
	for r := 0; ; r++ {
		r += jsonscan.Integers(buf, from[r:], to[r:], l.fixed[r:])
		if r == len(from) || !d.single(l, false, buf, int(from[r]), int(to[r]), r) {
			return r
		}
	}
}

func (d *Decoder) floats(l *lane, buf []byte, from, to []int32) int {
	for r := 0; ; r++ {
		r += jsonscan.Decimals(buf, from[r:], to[r:], l.fixed[r:])
		if r == len(from) || !d.single(l, false, buf, int(from[r]), int(to[r]), r) {
			return r
		}
	}
}

// texts copies 16 bytes of every value: most are shorter.
func (l *lane) texts(buf []byte, from, to []int32) int {
	end := l.ends[0]
	ends, to := l.ends[1:len(from)+1], to[:len(from)]
	for r, at := range from {
		n := to[r] - at
		if n <= 16 {
			*(*[16]byte)(l.data[end:]) = *(*[16]byte)(buf[at:])
		} else {
			copy(l.data[end:], buf[at:to[r]])
		}
		end += n
		ends[r] = end
	}
	return len(from)
}

func (d *Decoder) times(l *lane, buf []byte, from, to []int32) int {
	unit := int64(1)
	if l.c.micros {
		unit = 1000
	}
	for r, at := range from {
		if to[r]-at == 24 {
			if ms, ok := d.isoText((*[24]byte)(buf[at:])); ok {
				l.fixed[r] = ms * unit
				continue
			}
		}
		if !d.single(l, true, buf, int(at), int(to[r]), r) {
			return r
		}
	}
	return len(from)
}

var _ ingest.AlikeDecoder = (*Decoder)(nil)
