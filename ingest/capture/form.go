package capture

import (
	"bytes"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// form is what the lines of a run have in common beside their texts.
type form struct {
	values        []value
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

// Leaves implements [alike.Taker]: it finds the values of a line, checked as the scanner
// does.
func (x *taker) Leaves(form int, line []byte) (places []ingest.Leaf, ok bool) {
	f := &x.forms[form]
	x.learnt++
	f.values = f.values[:0]
	recs := Records{Scope: x.recs.Scope}
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
