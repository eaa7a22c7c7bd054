package dataset

import "strconv"

// capturePartitions is how many partitions the topic of a capture has.
const capturePartitions = 4

// envelopes writes rows as kcat -J prints records: the partitions in turn, keyed by
// the first text, the payload an object with its quotes escaped.
func (d *Dataset) envelopes(object func(dst []byte, row []Cell) []byte) func(dst []byte, row []Cell) []byte {
	var n int64
	var payload []byte
	key, at := -1, -1
	for i, c := range d.Columns {
		if c.Kind == Text && key < 0 {
			key = i
		}
		if c.Name == "timestamp" {
			at = i
		}
	}
	return func(dst []byte, row []Cell) []byte {
		dst = append(append(append(dst, `{"topic":"`...), d.Name...), `","partition":`...)
		dst = append(strconv.AppendInt(dst, n%capturePartitions, 10), `,"offset":`...)
		dst = append(strconv.AppendInt(dst, n/capturePartitions, 10), `,"tstype":"create","ts":`...)
		ts := epoch + n
		if at >= 0 {
			ts = row[at].I
		}
		n++
		dst = append(strconv.AppendInt(dst, ts, 10), `,"broker":1,"key":`...)
		if key < 0 || row[key].Null {
			dst = append(dst, "null"...)
		} else {
			dst = append(append(append(dst, '"'), row[key].S...), '"')
		}
		dst = append(dst, `,"payload":"`...)
		payload = object(payload[:0], row)
		for _, b := range payload {
			if b == '"' || b == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, b)
		}
		return append(dst, `"}`...)
	}
}
