package capture

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Encoder writes rows as the lines of a capture: the payload by another format,
// key, headers, time and deletion from the columns that the output names.
// Offsets count up from 0 in partition 0. It implements [ingest.Encoder]; a
// line ends with its newline.
type Encoder struct {
	payload ingest.Encoder
	out     ingest.Output
	rec     Record
	buf     []byte
	ends    []int
}

// NewEncoder makes an encoder of records of one topic.
func NewEncoder(payload ingest.Encoder, topic string, out ingest.Output) *Encoder {
	return &Encoder{payload: payload, out: out, rec: Record{Topic: topic}}
}

// Encode implements [ingest.Encoder].
func (e *Encoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	err := e.Each(b, func(r *Record) error {
		dst = AppendRecord(dst, r)
		ends = append(ends, len(dst))
		return nil
	})
	return dst, ends, err
}

// Each gives the record of each selected row, borrowed.
func (e *Encoder) Each(b *arrowexec.Batch, f func(*Record) error) error {
	var err error
	if e.buf, e.ends, err = e.payload.Encode(e.buf[:0], e.ends[:0], b); err != nil {
		return err
	}
	column := func(i int) *vec.Vec {
		if i < 0 {
			return nil
		}
		return b.Cols[i]
	}
	key, headers, at, deleted := column(e.out.Key), column(e.out.Headers), column(e.out.Time), column(e.out.Deleted)
	from, r := 0, &e.rec
	for n, to := range e.ends {
		row := n
		if b.Sel != nil {
			row = int(b.Sel[n])
		}
		r.Key, r.Value, r.Headers, r.Timestamp = nil, e.buf[from:to:to], r.Headers[:0], NoTimestamp
		from = to
		if key != nil && !key.IsNull(row) {
			r.Key = key.BytesAt(row)
		}
		if at != nil && !at.IsNull(row) {
			r.Timestamp = at.Int64At(row)
		}
		if deleted != nil && !deleted.IsNull(row) && deleted.BoolAt(row) {
			r.Value = nil
		}
		if headers != nil && !headers.IsNull(row) {
			r.Headers = appendMap(r.Headers, headers, row)
		}
		if err := f(r); err != nil {
			return err
		}
		r.Offset++
	}
	r.Key, r.Value = nil, nil
	clear(r.Headers[:cap(r.Headers)])
	return nil
}

// appendMap appends the headers of one row of a MAP<STRING,BYTES>, borrowed.
func appendMap(dst []arrowexec.Header, v *vec.Vec, row int) []arrowexec.Header {
	from, to := v.Range(row)
	for i := from; i < to; i++ {
		h := arrowexec.Header{Key: v.Children[0].StringAt(i)}
		if !v.Children[1].IsNull(i) {
			h.Value = v.Children[1].BytesAt(i)
		}
		dst = append(dst, h)
	}
	return dst
}
