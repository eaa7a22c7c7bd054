package avro

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec/vec"
)

// appendDecimal writes the big-endian two's complement of a decimal's digits, as
// short as it can be, or as long as a fixed is.
func appendDecimal(dst []byte, w *writer, v *vec.Vec, i int) ([]byte, error) {
	x := vec.Values[decimal128.Num](v)[i]
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(x.HighBits()))
	binary.BigEndian.PutUint64(b[8:], x.LowBits())
	s, sign := b[:], byte(x.HighBits()>>63)
	for len(s) > 1 && s[0] == sign && (s[1]^sign)&0x80 == 0 {
		s = s[1:]
	}
	if w.node.kind == kBytes {
		return append(binary.AppendVarint(dst, int64(len(s))), s...), nil
	}
	if len(s) > w.node.size {
		return dst, w.bad("a decimal needs %d bytes, and the Avro schema has fixed(%d)", len(s), w.node.size)
	}
	for range w.node.size - len(s) {
		dst = append(dst, sign)
	}
	return append(dst, s...), nil
}

// parseUUID reads 8-4-4-4-12 hexadecimal digits.
func parseUUID(s []byte) (x [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return x, false
	}
	var digits [32]byte
	d := append(append(append(append(append(digits[:0], s[:8]...), s[9:13]...), s[14:18]...), s[19:23]...), s[24:]...)
	_, err := hex.Decode(x[:], d)
	return x, err == nil
}
