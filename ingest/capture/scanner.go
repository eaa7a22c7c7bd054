package capture

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Scanner reads lines of the envelope. It belongs to one goroutine and may be
// used for many batches of many files: it only remembers the order of keys and
// the names of topics.
type Scanner struct {
	want   Want
	topic  string
	keys   *jsonscan.Keys
	topics interned
	line   envelope
	cut    bool     // the rest of a line that was too long is thrown away
	shapes [2]shape // of lines before
	last   int      // which of them was seen last
	misses int      // lines since then
	marks  []mark   // the values of a line read key by key
	keyed  bool     // the line before was
	topic0 string   // of the line before
}

// NewScanner makes a scanner that keeps what is wanted of the records of one
// topic; of all topics when topic is "".
func NewScanner(want Want, topic string) *Scanner {
	return &Scanner{want: want, topic: topic, keys: jsonscan.NewKeys(resolve)}
}

// MaxLine is how long one line may be.
const MaxLine = 128 << 20

var errLongLine = errors.New("line is longer than 128 MiB")

// Scan appends up to want records from buf[at:], which begins at the start of a
// line, to recs and gives the index behind the bytes it used. Unless final is set, a last line without newline is left for the next call. Lines of other
// topics and blank lines are passed over. bad is called for each line that is
// no record; it counts as one of the wanted, and its error ends the scan and is
// returned.
func (s *Scanner) Scan(buf []byte, at int, final bool, want int, recs *Records, bad func(Bad) error) (used int, err error) {
	if used = at; at == 0 {
		recs.lines = 0
	}
	for n := 0; n < want && used < len(buf); {
		if from := used; !s.cut {
			if size := s.alike(buf[from:], recs); size >= 0 && size <= MaxLine && (from+size < len(buf) || final) {
				recs.lines++
				used = min(from+size+1, len(buf))
				if s.topic != "" && string(s.line.topic) != s.topic {
					continue
				}
				n++
				span := ingest.Span{From: int32(from), To: int32(from + size), Line: recs.lines}
				if err := s.take(span, recs, bad); err != nil {
					return used, err
				}
				continue
			}
		}
		end := bytes.IndexByte(buf[used:], '\n')
		from, next := used, used+end+1
		if end < 0 {
			if !final {
				if len(buf)-used <= MaxLine {
					return used, nil
				}
				if !s.cut {
					s.cut = true
					err = bad(Bad{Span: ingest.Span{From: int32(used), To: int32(len(buf)), Line: recs.lines + 1}, Partition: -1, Cause: errLongLine})
				}
				return len(buf), err
			}
			end, next = len(buf)-used, len(buf)
		}
		recs.lines++
		used = next
		if s.cut {
			s.cut = false
			continue
		}
		rec := buf[from : from+end : from+end]
		i := jsonscan.Blank(rec, 0)
		if i == len(rec) {
			continue
		}
		span := ingest.Span{From: int32(from), To: int32(from + end), Line: recs.lines}
		if err := s.read(rec, i, recs); err != nil {
			b := Bad{Span: span, Partition: -1, Cause: err}
			if topic, partition, ok := peek(s.keys, rec); ok {
				b.Topic, b.Partition = s.topics.of(topic), partition
				if s.topic != "" && b.Topic != s.topic {
					continue
				}
			}
			n++
			if err := bad(b); err != nil {
				return used, err
			}
			continue
		}
		if s.topic != "" && string(s.line.topic) != s.topic {
			continue
		}
		n++
		if err := s.take(span, recs, bad); err != nil {
			return used, err
		}
	}
	return used, nil
}

// take keeps the line that was read last, or reports it.
func (s *Scanner) take(span ingest.Span, recs *Records, bad func(Bad) error) error {
	err := s.keep(span, recs)
	if err == nil {
		return nil
	}
	return bad(Bad{Span: span, Topic: s.topics.of(s.line.topic), Partition: s.line.partition, Cause: err})
}

// The keys of the envelope.
const (
	keyTopic int32 = iota
	keyPartition
	keyOffset
	keyTimestampType
	keyTimestamp
	keyHeaders
	keyHeaders64
	keyKey
	keyKey64
	keyPayload
	keyPayload64
	keyOther
)

func resolve(name []byte) (int32, bool) {
	switch string(name) {
	case "topic":
		return keyTopic, true
	case "partition":
		return keyPartition, true
	case "offset":
		return keyOffset, true
	case "tstype":
		return keyTimestampType, true
	case "ts":
		return keyTimestamp, true
	case "headers":
		return keyHeaders, true
	case "headers_base64":
		return keyHeaders64, true
	case "key":
		return keyKey, true
	case "key_base64":
		return keyKey64, true
	case "payload":
		return keyPayload, true
	case "payload_base64":
		return keyPayload64, true
	}
	return keyOther, true
}

// envelope is one line, taken apart: raw values where they stand.
type envelope struct {
	buf                 []byte
	topic, scratch      []byte
	unescaped           []byte // payload, if it is a string
	partition           int32
	offset, ts          int64
	has                 uint32
	key, payload        span
	key64, payload64    span
	headers, headers64  span
	timestampIsNoneSaid bool
	partitionAt         int  // where find saw the first partition,
	topicFirst          bool // and whether the topic stands before it
}

// span is a value's place in the line; empty when it has none.
type span struct{ from, to int }

const needed = 1<<keyTopic | 1<<keyPartition | 1<<keyOffset

// read takes one line apart and checks all of it.
func (s *Scanner) read(rec []byte, i int, recs *Records) error {
	e := &s.line
	*e, s.keyed, s.marks = envelope{buf: rec, scratch: e.scratch, ts: NoTimestamp}, true, s.marks[:0]
	if rec[i] != '{' {
		return errNoEnvelope
	}
	prev := s.keys.Start
	for i = jsonscan.Blank(rec, i+1); ; {
		if prev == s.keys.Start && i < len(rec) && rec[i] == '}' {
			break
		}
		k, at := s.keys.Next(rec, i, prev)
		if at < 0 {
			return jsonscan.Describe(rec, ^at)
		}
		prev = k
		if at < len(rec) && rec[at] <= ' ' {
			at = jsonscan.Blank(rec, at)
		}
		from, field := at, k.Field
		if field == keyPayload && at < len(rec) && rec[at] == '"' {
			// The longest part of the line is read once: checked, and unescaped to
			// where it will stay if the record is kept.
			to := recs.room(len(rec) - at + jsonscan.UnescapeRoom)
			e.unescaped, at = jsonscan.Unescape(to, rec, at)
		} else {
			at = jsonscan.Skip(rec, at, 1)
		}
		if at < 0 {
			return jsonscan.Describe(rec, ^at)
		}
		if err := e.set(field, rec, from, at); err != nil {
			return err
		}
		if len(s.marks) <= maxSlots {
			s.marks = append(s.marks, mark{field, from, at})
		}
		if at < len(rec) && rec[at] <= ' ' {
			at = jsonscan.Blank(rec, at)
		}
		if at < len(rec) && rec[at] == ',' {
			if i = at + 1; i < len(rec) && rec[i] <= ' ' {
				i = jsonscan.Blank(rec, i)
			}
			continue
		}
		if i = at; i >= len(rec) || rec[i] != '}' {
			return jsonscan.Describe(rec, i)
		}
		break
	}
	if i++; i < len(rec) && jsonscan.Blank(rec, i) < len(rec) {
		return fmt.Errorf("%w: something follows the record", jsonscan.Describe(rec, jsonscan.Blank(rec, i)))
	}
	if !jsonscan.UTF8(rec) {
		return jsonscan.ErrUTF8
	}
	if e.has&needed != needed {
		return errNoEnvelope
	}
	if e.timestampIsNoneSaid {
		e.ts = NoTimestamp
	}
	s.learn(rec)
	return nil
}

var errNoEnvelope = errors.New(`line is no record of a capture: it must be an object with "topic", "partition" and "offset"`)

// set takes a value of the envelope; of equal keys the last wins, but the first
// topic and partition, which the light pass sees too.
func (e *envelope) set(field int32, rec []byte, from, to int) error {
	v := span{from, to}
	ok := true
	if field <= keyPartition && e.has&(1<<field) != 0 {
		return nil
	}
	switch field {
	case keyTopic:
		e.topic, ok = e.textOf(v)
	case keyPartition:
		var x int64
		x, ok = integer(rec[from:to])
		e.partition = int32(x)
		ok = ok && x >= 0 && int64(e.partition) == x
	case keyOffset:
		e.offset, ok = integer(rec[from:to])
	case keyTimestampType:
		e.timestampIsNoneSaid = string(rec[from:to]) == `"unknown"`
	case keyTimestamp:
		if e.ts = NoTimestamp; rec[from] != 'n' {
			e.ts, ok = integer(rec[from:to])
		}
	case keyHeaders:
		e.headers = v
	case keyHeaders64:
		e.headers64 = v
	case keyKey:
		e.key = v
	case keyKey64:
		e.key64 = v
	case keyPayload:
		e.payload = v
	case keyPayload64:
		e.payload64 = v
	default:
		return nil
	}
	if !ok {
		return fmt.Errorf("%s of the envelope is %.60s", names[field], rec[from:to])
	}
	e.has |= 1 << field
	return nil
}

var names = [...]string{keyTopic: `"topic"`, keyPartition: `"partition"`, keyOffset: `"offset"`, keyTimestampType: `"tstype"`, keyTimestamp: `"ts"`}

func integer(s []byte) (int64, bool) {
	if len(s) > 0 && s[0] == '-' || len(s) == 0 || len(s) > 18 {
		return text.ParseInt64(s)
	}
	var x int64
	for _, c := range s {
		if c -= '0'; c > 9 {
			return 0, false
		} else {
			x = x*10 + int64(c)
		}
	}
	return x, true
}

// textOf is the content of a string.
func (e *envelope) textOf(v span) ([]byte, bool) {
	if e.buf[v.from] != '"' {
		return nil, false
	}
	if end := jsonscan.StringEnd(e.buf, v.from+1); end == v.to-1 {
		return e.buf[v.from+1 : end : end], true
	}
	e.scratch, _ = jsonscan.Unescape(e.scratch[:0], e.buf, v.from)
	return e.scratch, true
}

// keep appends the line that was read last to the records.
func (s *Scanner) keep(at ingest.Span, r *Records) error {
	e, n := &s.line, len(r.Headers)
	var payload []byte
	var err error
	if e.payload.to > 0 && e.payload64.to == 0 && e.buf[e.payload.from] == '"' {
		payload = r.took(e.unescaped)
	} else if payload, err = r.bytes(e, e.payload, e.payload64); err != nil {
		return fmt.Errorf("payload of the envelope: %w", err)
	}
	var key []byte
	if s.want.Key {
		if key, err = r.bytes(e, e.key, e.key64); err != nil {
			return fmt.Errorf("key of the envelope: %w", err)
		}
	}
	if s.want.Headers {
		if err = r.headers(e); err != nil {
			clear(r.Headers[n:])
			r.Headers = r.Headers[:n]
			return fmt.Errorf("headers of the envelope: %w", err)
		}
		r.HeaderEnds = append(r.HeaderEnds, int32(len(r.Headers)))
	}
	if s.want.Key {
		r.Keys = append(r.Keys, key)
	}
	r.Payloads = append(r.Payloads, payload)
	r.Spans = append(r.Spans, at)
	if s.want.Topic {
		r.Topics = append(r.Topics, s.topics.of(e.topic))
	}
	if s.want.Partition {
		r.Partitions = append(r.Partitions, e.partition)
	}
	if s.want.Offset {
		r.Offsets = append(r.Offsets, e.offset)
	}
	if s.want.Timestamp {
		r.Timestamps = append(r.Timestamps, e.ts)
	}
	return nil
}
