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

// constant is text that does not change from line to line.
type constant struct {
	*jsonscan.Text
	mark int // number of its first mark among the line's
}

// learn takes the form of the line at buf[at:]; false where it has none that could
// be used.
func (x *Runs) learn(at int, sc *vec.Scope) bool {
	x.learnt++
	x.lines, x.form.marks = 0, 0
	line := x.buf[at:min(len(x.buf), at+pieceBytes/2)]
	end := bytes.IndexByte(line, '\n')
	if end < 0 {
		return false
	}
	line = line[:end+1]
	marks := make([]int32, len(line)+jsonscan.MarksRoom)
	n, read := jsonscan.Marks(marks, line, 0, jsonscan.QuoteEscapes)
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
		f.texts = append(f.texts, constant{jsonscan.NewText(line[from:to], int(marks[k])-from), k})
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
		case field == keyOther && p.Depth == 1 && !plain.Text && x.learnt < 3: // nearly always the same
		default:
			ok = ok && (p.Depth == 1 || field == keyOther || field == keyHeaders || field == keyHeaders64)
			add(plain, field, -1)
		}
	})
	return places, ok && bytes.IndexByte(e.unescaped, '\\') < 0
}

var quote = []byte{'"'}
