package recordbatch

import (
	"encoding/binary"
	"slices"
)

// Aborted is a transaction whose records read_committed hides: those that its
// producer wrote from the first offset on, to its marker.
type Aborted struct{ Producer, First int64 }

// Chunk is the record batches of one partition in one answer of a broker. It is read
// from its start to its end.
type Chunk struct {
	in      []byte
	pos     int
	next    int64 // offset to go on at
	aborted map[int64][]int64
	after   *Chunk
}

// NewChunk reads the batches of an answer from an offset on. The list of aborted
// transactions is nil where uncommitted records are read too.
func NewChunk(in []byte, from int64, aborted []Aborted) *Chunk {
	c := &Chunk{in: in, next: from}
	if len(aborted) > 0 {
		c.aborted = map[int64][]int64{}
		for _, a := range aborted {
			c.aborted[a.Producer] = append(c.aborted[a.Producer], a.First)
		}
		for _, first := range c.aborted { // brokers other than Kafka give them in any order
			slices.Sort(first)
		}
	}
	return c
}

// Before tells which chunk follows: its first batch may be read with the last of this one.
func (c *Chunk) Before(after *Chunk) { c.after = after }

// Next is the offset behind what was read; gaps and markers count.
func (c *Chunk) Next() int64 { return c.next }

// pass goes on behind a batch, and gives how many bytes of records it has as it was sent.
func (c *Chunk) pass(h *Header) int {
	c.pos, c.next = c.pos+h.size, h.Next()
	return h.size - headerSize
}

// Size is how many bytes are left to read.
func (c *Chunk) Size() int { return len(c.in) - c.pos }

// Scan tells, without reading records, the offset behind the last whole batch of an
// answer and the epoch of the leader that took it; epoch is -1 if there is no batch.
func Scan(in []byte, from int64) (next int64, epoch int32, err error) {
	next, epoch = from, -1
	for {
		h, more, err := parse(in)
		if err != nil || !more {
			return next, epoch, err
		}
		next, epoch = max(next, h.Next()), h.Epoch
		in = in[h.size:]
	}
}

// hides tells whether a batch belongs to a transaction that was aborted.
func (c *Chunk) hides(h *Header) bool {
	if len(c.aborted) == 0 || !h.transactional() {
		return false
	}
	first := c.aborted[h.Producer]
	return len(first) > 0 && h.Base >= first[0]
}

// marker notes the end of an aborted transaction: a control batch, whose key is a
// version and a type, 0 for abort.
func (c *Chunk) marker(h *Header, key []byte) {
	if c.hides(h) && len(key) >= 4 && binary.BigEndian.Uint16(key[2:]) == 0 {
		c.aborted[h.Producer] = c.aborted[h.Producer][1:]
	}
}

// Cut tells whether an answer holds only a part of its first batch, and its size.
func Cut(in []byte) (size int64, cut bool) {
	if len(in) < 12 {
		return 0, false
	}
	size = int64(binary.BigEndian.Uint32(in[8:])) + 12
	return size, size > int64(len(in))
}
