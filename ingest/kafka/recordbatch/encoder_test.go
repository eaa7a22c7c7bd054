package recordbatch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/require"
)

var codecNames = []string{"none", "gzip", "snappy", "lz4", "zstd"}

// What is written is read back by the client library, and by the package itself.
func TestEncode(t *testing.T) {
	var d Decoder
	defer d.Close()
	for codec, name := range codecNames {
		for _, level := range []int{-1, 1, 9} {
			e, err := NewEncoder(codec, level)
			require.NoError(t, err, name)
			for seed := range uint64(25) {
				r := rand.New(rand.NewPCG(seed, 5))
				text := func(most int) []byte {
					switch r.IntN(6) {
					case 0:
						return nil
					case 1:
						return []byte{}
					}
					x := bytes.Repeat([]byte("abcdefg"), 1+most/7)[:r.IntN(most+1)]
					for i := range x {
						if r.IntN(5) == 0 {
							x[i] = byte(r.Uint32())
						}
					}
					return x
				}
				var recs Records
				var want []record
				at := r.Int64N(2e12)
				size := 1 << r.IntN(13)
				for range 1 + r.IntN(300) {
					x := record{time: at + r.Int64N(1<<r.IntN(30)) - 50, key: text(30), value: text(size)}
					var heads []byte
					if n := r.IntN(5); n > 2 {
						heads = AppendHeaderCount(nil, n-2)
						for range n - 2 {
							h := header{key: fmt.Sprint("h", r.IntN(1000)), value: text(100)}
							heads = AppendHeader(heads, []byte(h.key), h.value)
							x.headers = append(x.headers, h)
						}
					}
					before := recs.Size(len(x.key) + len(x.value) + len(heads))
					recs.Append(x.time, x.key, x.value, heads)
					require.LessOrEqual(t, headerSize+len(recs.Bytes), before)
					want = append(want, x)
				}
				batch, err := e.Encode([]byte{}, &recs)
				require.NoError(t, err)
				Stamp(batch, 7, 3, 11)
				h, more, err := parse(batch)
				require.NoError(t, err)
				require.True(t, more)
				require.Equal(t, int64(7), h.Producer)
				require.Equal(t, int16(3), int16(binary.BigEndian.Uint16(batch[51:])))
				require.Equal(t, int32(11), int32(binary.BigEndian.Uint32(batch[53:])))
				require.Equal(t, len(batch), h.size)
				require.LessOrEqual(t, len(batch), headerSize+len(recs.Bytes))

				client, _, err := oracle(batch, 0, nil, true, true)
				require.NoError(t, err, name)
				blocks, next, err := walked(t, &d, batch, 0, nil)
				require.NoError(t, err, name)
				require.Equal(t, int64(len(want)), next)
				same(t, client, blocks)
				require.Len(t, client, len(want))
				most := want[0].time
				for i, w := range want {
					require.Equal(t, w.time, client[i].Timestamp.UnixMilli())
					require.Equal(t, w.key, client[i].Key)
					require.Equal(t, w.value, client[i].Value)
					require.Len(t, client[i].Headers, len(w.headers))
					for k, x := range w.headers {
						require.Equal(t, x.key, client[i].Headers[k].Key)
						require.Equal(t, x.value, client[i].Headers[k].Value)
					}
					most = max(most, w.time)
				}
				require.Equal(t, most, h.MaxTime)
				recs.Reset()
				require.Zero(t, recs.N)
			}
			e.Close()
		}
	}
	_, err := NewEncoder(9, 0)
	require.ErrorContains(t, err, "no compression 9")
	_, err = NewEncoder(Lz4, 10)
	require.ErrorContains(t, err, "levels 0 to 9")
}

// Frames of lz4 of every size are those that the format's own library reads, the checksum
// of their heads included; what does not shrink is stored.
func TestLz4Frames(t *testing.T) {
	e, err := NewEncoder(Lz4, -1)
	require.NoError(t, err)
	noise := make([]byte, 9<<20)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	text := bytes.Repeat([]byte("a record of a partition; "), len(noise)/25)
	for _, in := range [][]byte{noise, text} {
		for _, n := range []int{0, 1, 100, 64 << 10, 64<<10 + 1, 256 << 10, 1 << 20, 1<<20 + 1, 4 << 20, 9_000_000} {
			frame, err := e.lz4([]byte("before"), in[:n])
			require.NoError(t, err)
			require.Equal(t, "before", string(frame[:6]))
			var out bytes.Buffer
			_, err = lz4.NewReader(bytes.NewReader(frame[6:])).WriteTo(&out)
			require.NoError(t, err, n)
			require.True(t, bytes.Equal(in[:n], out.Bytes()), n)
			back, err := (&Decoder{}).unlz4(nil, frame[6:])
			require.NoError(t, err)
			require.True(t, bytes.Equal(in[:n], back), n)
		}
	}
}

// A batch costs no allocations once its memory is there.
func TestEncodeAllocations(t *testing.T) {
	for codec, name := range codecNames {
		e, err := NewEncoder(codec, -1)
		require.NoError(t, err)
		var recs Records
		var out []byte
		value := []byte(`{"symbol":"SYM001","n":12,"quantity":1200}`)
		run := func() {
			recs.Reset()
			for i := range 1000 {
				recs.Append(int64(i), nil, value, nil)
			}
			if out, err = e.Encode(out[:0], &recs); err != nil {
				panic(err)
			}
			Stamp(out, 1, 1, 1)
		}
		run()
		require.LessOrEqual(t, testing.AllocsPerRun(10, run), 2.0, name)
		e.Close()
	}
}

// BenchmarkEncode is one batch of rows of a count and a sum.
func BenchmarkEncode(b *testing.B) {
	for codec, name := range codecNames {
		b.Run(name, func(b *testing.B) {
			e, err := NewEncoder(codec, -1)
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			var recs Records
			var out, values []byte
			var ends []int
			for i := range 8000 {
				values = fmt.Appendf(values, `{"symbol":"SYM%03d","n":%d,"quantity":%d}`, rand.IntN(500), i/500, i*250+rand.IntN(1000))
				ends = append(ends, len(values))
			}
			b.ReportAllocs()
			for b.Loop() {
				recs.Reset()
				from := 0
				for _, end := range ends {
					recs.Append(1, nil, values[from:end], nil)
					from = end
				}
				if out, err = e.Encode(out[:0], &recs); err != nil {
					b.Fatal(err)
				}
				Stamp(out, 1, 1, 1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ends)), "ns/rec")
			b.ReportMetric(float64(len(out))/float64(len(ends)), "B/rec")
		})
	}
}
