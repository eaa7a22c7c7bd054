package recordbatch

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// headerSize is the length of a batch before its records.
const headerSize = 61

// Codecs, as the attributes of a batch name them.
const (
	None = iota
	Gzip
	Snappy
	Lz4
	Zstd
)

// Bits of the attributes.
const (
	codecBits        = 0x07
	logAppendTimeBit = 0x08
	transactionalBit = 0x10
	controlBit       = 0x20
)

// Header is what stands before the records of a batch.
type Header struct {
	Base       int64 // offset of the first record that was written
	Epoch      int32 // of the leader that took the batch
	CRC        uint32
	Attributes int16
	LastDelta  int32 // the last offset, from Base
	FirstTime  int64
	MaxTime    int64
	Producer   int64
	Count      int32 // of records
	size       int   // of the whole batch, header included
}

// Next is the offset after the batch: compaction may have removed its last records.
func (h *Header) Next() int64 { return h.Base + int64(h.LastDelta) + 1 }

func (h *Header) codec() int          { return int(h.Attributes & codecBits) }
func (h *Header) transactional() bool { return h.Attributes&transactionalBit != 0 }
func (h *Header) control() bool       { return h.Attributes&controlBit != 0 }

// Error is a batch that cannot be read.
type Error struct {
	Offset int64 // of the batch
	Cause  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("the record batch at offset %d %v", e.Offset, e.Cause)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// OldFormat is the cause of an [Error]: records in a form that ended with Kafka 0.11.
type OldFormat struct{ Magic int8 }

func (e *OldFormat) Error() string {
	return fmt.Sprintf("is a message set of format version %d, not 2", e.Magic)
}

// parse reads the header of the first batch. More is false at the end of in, where
// a broker cuts the last batch at the size it was asked for.
func parse(in []byte) (h Header, more bool, err error) {
	if len(in) < 17 {
		return h, false, nil
	}
	h.Base = int64(binary.BigEndian.Uint64(in))
	length := int32(binary.BigEndian.Uint32(in[8:]))
	if length < 0 || int64(length)+12 > int64(len(in)) {
		return h, false, nil
	}
	if magic := int8(in[16]); magic != 2 {
		if magic == 0 || magic == 1 {
			return h, false, &Error{h.Base, &OldFormat{magic}}
		}
		return h, false, &Error{h.Base, fmt.Errorf("has format version %d, which is not known", magic)}
	}
	h.size = int(length) + 12
	if h.size < headerSize {
		return h, false, &Error{h.Base, fmt.Errorf("is corrupt: it has %d bytes, less than a header", h.size)}
	}
	h.Epoch = int32(binary.BigEndian.Uint32(in[12:]))
	h.CRC = binary.BigEndian.Uint32(in[17:])
	h.Attributes = int16(binary.BigEndian.Uint16(in[21:]))
	h.LastDelta = int32(binary.BigEndian.Uint32(in[23:]))
	h.FirstTime = int64(binary.BigEndian.Uint64(in[27:]))
	h.MaxTime = int64(binary.BigEndian.Uint64(in[35:]))
	h.Producer = int64(binary.BigEndian.Uint64(in[43:]))
	h.Count = int32(binary.BigEndian.Uint32(in[57:]))
	if h.LastDelta < 0 || h.Count < 0 || h.Base < 0 || h.Base > math.MaxInt64-1<<32 {
		return h, false, &Error{h.Base, fmt.Errorf("is corrupt: it has %d records up to %d offsets behind its first", h.Count, h.LastDelta)}
	}
	return h, true, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum compares the checksum of a batch, which covers all behind it.
func (h *Header) checksum(batch []byte) error {
	if got := crc32.Checksum(batch[21:], castagnoli); got != h.CRC {
		return &Error{h.Base, fmt.Errorf("is corrupt: its checksum is %08x, but that of its bytes %08x", h.CRC, got)}
	}
	return nil
}
