package capture

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/text"
)

// Record is what a line of a capture holds.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	arrowexec.Record
}

// AppendRecord appends the line of a record, newline included. Timestamp may be
// [NoTimestamp]; Key and Value nil are null. What is not UTF-8 is written as
// base64 under key_base64, payload_base64 and headers_base64.
func AppendRecord(dst []byte, r *Record) []byte {
	dst = append(dst, `{"topic":`...)
	dst = text.AppendJSONString(dst, []byte(r.Topic))
	dst = append(dst, `,"partition":`...)
	dst = strconv.AppendInt(dst, int64(r.Partition), 10)
	dst = append(dst, `,"offset":`...)
	dst = strconv.AppendInt(dst, r.Offset, 10)
	if r.Timestamp == NoTimestamp {
		dst = append(dst, `,"tstype":"unknown","ts":0`...)
	} else {
		dst = append(dst, `,"tstype":"create","ts":`...)
		dst = strconv.AppendInt(dst, r.Timestamp, 10)
	}
	if len(r.Headers) > 0 {
		dst = appendHeaders(dst, r.Headers)
	}
	dst = appendValue(dst, `,"key`, r.Key)
	dst = appendValue(dst, `,"payload`, r.Value)
	return append(dst, '}', '\n')
}

func appendValue(dst []byte, name string, v []byte) []byte {
	dst = append(dst, name...)
	switch {
	case v == nil:
		return append(dst, `":null`...)
	case utf8.Valid(v):
		return text.AppendJSONString(append(dst, `":`...), v)
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, `_base64":"`...), v), '"')
}

func appendHeaders(dst []byte, headers []arrowexec.Header) []byte {
	plain := true
	for _, h := range headers {
		plain = plain && utf8.Valid(h.Value)
	}
	name := `,"headers":[`
	if !plain {
		name = `,"headers_base64":[`
	}
	dst = append(dst, name...)
	for i, h := range headers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(text.AppendJSONString(dst, []byte(h.Key)), ',')
		switch {
		case h.Value == nil:
			dst = append(dst, "null"...)
		case plain:
			dst = text.AppendJSONString(dst, h.Value)
		default:
			dst = append(base64.StdEncoding.AppendEncode(append(dst, '"'), h.Value), '"')
		}
	}
	return append(dst, ']')
}
