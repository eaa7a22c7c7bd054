package parquet

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/require"
)

// TestHadoop unpacks the lz4 of Hadoop, in one frame and in several, the bare
// block that old writers of Arrow call so, and what is cut or says too much.
func TestHadoop(t *testing.T) {
	text := []byte(strings.Repeat("velo reads pages, ", 50))
	block := func(s []byte) []byte {
		dst := make([]byte, lz4.CompressBlockBound(len(s)))
		n, err := lz4.CompressBlock(s, dst, nil)
		require.NoError(t, err)
		return dst[:n]
	}
	frame := func(s []byte) []byte {
		b := block(s)
		head := binary.BigEndian.AppendUint32(nil, uint32(len(s)))
		return append(binary.BigEndian.AppendUint32(head, uint32(len(b))), b...)
	}
	two := append(frame(text[:400]), frame(text[400:])...)
	for name, packed := range map[string][]byte{"one": frame(text), "two": two, "bare": block(text)} {
		var u unpacker
		out, err := u.unpack(codecLZ4, nil, packed, len(text))
		require.NoError(t, err, name)
		require.True(t, bytes.Equal(text, out), name)
	}
	for _, bad := range [][]byte{two[:len(two)-1], two[:5], append(frame(text), 0), {255, 255, 255, 255, 0, 0, 0, 1, 0}, nil} {
		var u unpacker
		_, err := u.unpack(codecLZ4, nil, bad, len(text))
		require.Error(t, err)
	}
}
