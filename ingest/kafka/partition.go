package kafka

import (
	"encoding/binary"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// murmur2 is the hash by which Java's clients find the partition of a key.
func murmur2(b []byte) uint32 {
	const m = 0x5bd1e995
	h := 0x9747b28c ^ uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	switch len(b) {
	case 3:
		h ^= uint32(b[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(b[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(b[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}

// bare tells that no row of a column of headers has any.
func bare(v *vec.Vec) bool {
	if !v.Const {
		return false
	}
	from, to := v.Range(0)
	return from == to || v.IsNull(0)
}

// headers makes the headers of a row, as the log will have them; nil for none.
func (p *producer) headers(v *vec.Vec, row int) []byte {
	from, to := v.Range(row)
	if from == to {
		return nil
	}
	p.heads = recordbatch.AppendHeaderCount(p.heads[:0], to-from)
	for k := from; k < to; k++ {
		var value []byte
		if !v.Children[1].IsNull(k) {
			if value = v.Children[1].BytesAt(k); value == nil {
				value = []byte{}
			}
		}
		p.heads = recordbatch.AppendHeader(p.heads, v.Children[0].BytesAt(k), value)
	}
	return p.heads
}
