package capture

import (
	"bytes"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// form is what lines have in common that differ in nothing but their values.
type form struct {
	texts         []constant // one before each value, and the last one's newline at the end
	values        []value
	marks         int // quotes and newlines of a line
	topic         string
	unknown       bool // the timestamp's type says that there is none
	unknownFields int  // of the payload
}

// value is what stands between two texts; a string's quotes are of the texts.
type value struct {
	field  int32 // of the envelope; keyPayload: a value in the payload
	column int   // of the payload; -1: of none
	text   bool
}

// constant is text that does not change from line to line. Its first quote or newline
// tells where it begins.
type constant struct {
	text  []byte
	mark  int   // number of its first mark among the line's
	off   int32 // and where it stands in the text
	words [4]uint64
	mask  uint64 // of a text shorter than a word
}

func newConstant(text []byte, mark, off int) constant {
	f := constant{text: bytes.Clone(text), mark: mark, off: int32(off), mask: ^uint64(0)}
	n := len(text)
	switch {
	case n < 8:
		var w [8]byte
		copy(w[:], text)
		f.words[0] = jsonscan.Word(w[:], 0)
		f.mask = 1<<(8*n) - 1
	case n <= 16:
		f.words = [4]uint64{jsonscan.Word(text, 0), jsonscan.Word(text, n-8)}
	case n <= 32:
		f.words = [4]uint64{jsonscan.Word(text, 0), jsonscan.Word(text, 8), jsonscan.Word(text, n-16), jsonscan.Word(text, n-8)}
	}
	return f
}

// compare tells how many of the first lines have the text, of which marks, every m
// of them, tell where it begins: not before the value in front of it. It notes where
// that ends, and where the next begins.
func (f *constant) compare(buf []byte, marks []int32, m int, before, end, next []int32) int {
	n := int32(len(f.text))
	end, next = end[:len(before)], next[:len(before)]
	w0, w1, w2, w3, off := f.words[0], f.words[1], f.words[2], f.words[3], f.off
	k := 0
	switch {
	case n <= 8:
		mask := f.mask
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from || jsonscan.Word(buf, int(at))&mask != w0 {
				return i
			}
			end[i], next[i] = at, at+n
		}
	case n <= 16:
		last := int(n - 8)
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from {
				return i
			}
			b := (*[16]byte)(buf[at:])
			if (jsonscan.Word(b[:], 0)^w0)|(jsonscan.Word(b[:], last&15)^w1) != 0 {
				return i
			}
			end[i], next[i] = at, at+n
		}
	case n <= 32:
		last := int(n - 16)
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from {
				return i
			}
			b := (*[32]byte)(buf[at:])
			c := (*[16]byte)(buf[int(at)+last:])
			if (jsonscan.Word(b[:], 0)^w0)|(jsonscan.Word(b[:], 8)^w1)|(jsonscan.Word(c[:], 0)^w2)|(jsonscan.Word(c[:], 8)^w3) != 0 {
				return i
			}
			end[i], next[i] = at, at+n
		}
	default:
		for i, from := range before {
			at := marks[k] - off
			if k += m; at < from || !bytes.HasPrefix(buf[at:], f.text) {
				return i
			}
			end[i], next[i] = at, at+n
		}
	}
	return len(before)
}

// learn takes the form of the line at buf[at:]; false where it has none that could
// be used, or it is not yet time to.
func (x *Runs) learn(at int, sc *vec.Scope) bool {
	if x.misses++; x.misses > 3 && x.misses%learnAgain != 0 {
		return false
	}
	x.form.marks = 0
	line := x.buf[at:min(len(x.buf), at+pieceBytes/2)]
	end := bytes.IndexByte(line, '\n')
	if end < 0 {
		return false
	}
	line = line[:end+1]
	marks := make([]int32, len(line)+jsonscan.MarksRoom)
	n, read := jsonscan.Marks(marks, line)
	if read < len(line) {
		return false
	}
	f := form{marks: n}
	values, ok := x.values(&f, line[:end], sc)
	if !ok {
		return false
	}
	from, k := 0, 0
	for i := range len(values) + 1 {
		to := len(line)
		if i < len(values) {
			to = values[i].From
		}
		if k == n || int(marks[k]) < from || int(marks[k]) >= to {
			return false // no mark to find the text by, or one in the value
		}
		f.texts = append(f.texts, newConstant(line[from:to], k, int(marks[k])-from))
		for k < n && int(marks[k]) < to {
			k++
		}
		if i < len(values) {
			from = values[i].To
		}
	}
	x.form = f
	return true
}

// values finds the values of a line, checked as the scanner does.
func (x *Runs) values(f *form, line []byte, sc *vec.Scope) (places []ingest.Leaf, ok bool) {
	recs := Records{Scope: sc}
	if len(line) == 0 || line[0] != '{' || x.scan.read(line, 0, &recs) != nil {
		return nil, false
	}
	e := &x.scan.line
	if f.topic = x.scan.topics.of(e.topic); x.scan.topic != "" && f.topic != x.scan.topic || e.payload.to == 0 || line[e.payload.from] != '"' ||
		e.payload64.to > 0 || x.want.Headers || x.want.Key && (e.key64.to > 0 || e.key.to == 0 || line[e.key.from] == '{' || line[e.key.from] == '[') || x.want.Timestamp && e.ts == NoTimestamp && !e.timestampIsNoneSaid {
		return nil, false
	}
	f.unknown = e.timestampIsNoneSaid
	ok = true
	field, seen := keyOther, 0
	add := func(p ingest.Leaf, field int32, column int) {
		places, f.values = append(places, p), append(f.values, value{field: field, column: column, text: p.Text})
	}
	jsonscan.Parts(line, func(p jsonscan.Part) {
		if p.Kind == jsonscan.KeyPart {
			if p.Depth > 1 {
				return
			}
			field, _ = resolve(line[p.From:p.To])
			ok = ok && (field == keyOther || seen&(1<<field) == 0)
			seen |= 1 << field
			return
		}
		plain := ingest.Leaf{From: p.From, To: p.To, Text: p.Kind == jsonscan.StringPart}
		switch {
		case field == keyPayload:
			ok = ok && p.Depth == 1
			leaves, unknown, good := x.dec.Leaves(e.unescaped, nil)
			ok = ok && good
			f.unknownFields = unknown
			for _, l := range leaves {
				// Each quote before it stands behind a backslash.
				from := p.From + l.From + bytes.Count(e.unescaped[:l.From], quote)
				add(ingest.Leaf{From: from, To: from + l.To - l.From, Text: l.Text}, keyPayload, l.Column)
			}
		case field == keyTopic || field == keyTimestampType:
			ok = ok && p.Depth == 1
		case field == keyOther && p.Depth == 1 && !plain.Text && x.misses < 3: // nearly always the same
		default:
			ok = ok && (p.Depth == 1 || field == keyOther || field == keyHeaders || field == keyHeaders64)
			add(plain, field, -1)
		}
	})
	return places, ok && bytes.IndexByte(e.unescaped, '\\') < 0
}

var quote = []byte{'"'}
