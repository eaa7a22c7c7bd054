package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func good(codec int) []byte {
	b := batch{base: 40, lastDelta: 1, attributes: packers[codec].codec, records: []record{
		{value: []byte("first"), headers: []header{{"h", []byte("v")}}}, {delta: 1, key: []byte("k"), value: bytes.Repeat([]byte("second"), 20)},
	}}
	return b.encode(packers[codec].pack)
}

// What cannot be read is an error that names the offset of the batch.
func TestCorrupt(t *testing.T) {
	fresh := batch{base: 30, records: []record{{value: []byte("x")}}}
	edit := func(f func(b []byte) []byte) []byte {
		b := f(good(0))
		seal(b)
		return append(fresh.encode(nil), b...) // the first batch is whole
	}
	for i, c := range []struct {
		in   []byte
		want string
	}{
		{append(good(0)[:100], 'x'), ""},
		{func() []byte { b := good(0); b[90] ^= 1; return b }(), "the record batch at offset 40 is corrupt: its checksum is "},
		{edit(func(b []byte) []byte { b[16] = 1; return b }), "the record batch at offset 40 is a message set of format version 1, not 2"},
		{edit(func(b []byte) []byte { b[16] = 3; return b }), "has format version 3, which is not known"},
		{edit(func(b []byte) []byte { b[60]++; return b }), "is corrupt: its records do not fill it as it says"},
		{edit(func(b []byte) []byte { b[60]--; return b }), "is corrupt: its records do not fill it as it says"},
		{edit(func(b []byte) []byte { b[57] = 0x7f; return b }), "is corrupt: its records do not fill it as it says"},
		{edit(func(b []byte) []byte { b[57] = 0xff; return b }), "is corrupt: it has -16777214 records"},
		{edit(func(b []byte) []byte { b[26] = 0; return b }), "is corrupt: its records do not fill it as it says"}, // an offset behind the last
		{edit(func(b []byte) []byte { b[61]++; return b }), "is corrupt: its records do not fill it as it says"},
		{edit(func(b []byte) []byte { b[22] = 7; return b }), "the record batch at offset 40 has compression 7, which is not known"},
		{edit(func(b []byte) []byte { b[22] = Lz4; return b }), "cannot be unpacked from lz4: not an lz4 frame"},
		{edit(func(b []byte) []byte { b[22] = Gzip; return b }), "cannot be unpacked from gzip: "},
		{edit(func(b []byte) []byte { b[22] = Snappy; return b }), "cannot be unpacked from snappy: "},
		{edit(func(b []byte) []byte { b[22] = Zstd; return b }), "cannot be unpacked from zstd: "},
		{edit(func(b []byte) []byte { binary.BigEndian.PutUint32(b[8:], 20); return b[:32] }), "is corrupt: it has 32 bytes, less than a header"},
	} {
		var d Decoder
		blocks, _, err := walked(t, &d, c.in, 0, nil)
		d.Close()
		if c.want == "" {
			require.NoError(t, err)
			require.Zero(t, blocks[0].Len(), "a batch that is cut is not read")
			continue
		}
		require.ErrorContains(t, err, c.want, "case %d", i)
		var at *Error
		require.True(t, errors.As(err, &at))
		require.EqualValues(t, 40, at.Offset)
		if len(blocks) > 1 {
			require.Equal(t, "x", string(blocks[0].Value(0)), "what is before it comes first")
		}
	}
	// Without the check, what a checksum would have found may pass.
	b := good(0)
	b[90] ^= 1
	d := Decoder{SkipCRC: true}
	_, _, err := walked(t, &d, b, 0, nil)
	require.NoError(t, err)
}

// A small batch that claims to be huge is refused before memory is taken for it.
func TestTooLarge(t *testing.T) {
	var d Decoder
	defer d.Close()
	_, err := d.unpack(nil, binary.AppendUvarint(nil, 1<<31), Snappy)
	require.ErrorIs(t, err, errTooLarge)
	zst := packers[7].pack(make([]byte, 1<<10))
	_, err = d.unpack(make([]byte, maxUnpacked-100), zst, Zstd)
	require.ErrorIs(t, err, errTooLarge)
}

func FuzzFill(f *testing.F) {
	for i := range packers {
		f.Add(good(i), int64(0), int64(0))
	}
	for seed := range uint64(20) {
		log, first, _, aborted := random(rand.New(rand.NewPCG(seed, 3)))
		p := int64(0)
		if len(aborted) > 0 {
			p = aborted[0].Producer
		}
		f.Add(log[:min(len(log), 5000)], first+int64(seed), p)
	}
	d := Decoder{SkipCRC: true}
	f.Fuzz(func(t *testing.T, in []byte, from, producer int64) {
		if len(in) > 1<<16 || from < 0 {
			return
		}
		if producer > 0 { // hides what the client may stumble over
			_, _, _ = walked(t, &d, in, from, []Aborted{{producer, from}})
			return
		}
		got, at, err := walked(t, &d, in, from, nil)
		if err != nil {
			return // stricter than the client, which goes on with what it could read
		}
		want, next, err := oracle(in, from, nil, false, false)
		if err != nil || timeless(in) || next < at && compressed(in) {
			return // the client looks at checksums of lz4 too and cannot unpack nothing, and stops in silence behind a first batch
		}
		same(t, want, got)
		require.Equal(t, next, at)
	})
}

// timeless tells whether a batch of an answer has bit 7 among its attributes, which Kafka does not use: the
// client marks records of formats without a time by it, and gives such records the greatest time of the batch.
func timeless(in []byte) bool {
	for {
		h, more, err := parse(in)
		if err != nil || !more {
			return false
		}
		if h.Attributes&0x80 != 0 {
			return true
		}
		in = in[h.size:]
	}
}

// compressed tells whether a batch of lz4, or one without bytes that says to be packed, is
// among those of an answer.
func compressed(in []byte) bool {
	for {
		h, more, err := parse(in)
		if err != nil || !more {
			return false
		}
		if h.codec() == Lz4 || h.codec() != None && h.size == headerSize {
			return true
		}
		in = in[h.size:]
	}
}
