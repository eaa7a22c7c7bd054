package capture

import "github.com/velostream/velo/arrowexec"

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
func AppendRecord(dst []byte, r *Record) []byte { return dst }
