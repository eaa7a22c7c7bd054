package recordbatch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// oracle reads the bytes of one partition with the client library.
func oracle(in []byte, from int64, aborted []Aborted, committed, crc bool) (recs []*kgo.Record, next int64, err error) {
	rp := kmsg.NewFetchResponseTopicPartition()
	rp.RecordBatches = bytes.Clone(in)
	for _, a := range aborted {
		x := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
		x.ProducerID, x.FirstOffset = a.Producer, a.First
		rp.AbortedTransactions = append(rp.AbortedTransactions, x)
	}
	o := kgo.ProcessFetchPartitionOpts{Offset: from, Topic: "t", DisableCRCValidation: !crc}
	if committed {
		o.IsolationLevel = kgo.ReadCommitted()
	}
	fp, next := kgo.ProcessFetchPartition(o, &rp, kgo.DefaultDecompressor(), nil)
	return fp.Records, next, fp.Err
}

// walked is what the package makes of the same bytes.
func walked(t *testing.T, d *Decoder, in []byte, from int64, aborted []Aborted) (blocks []*Block, next int64, err error) {
	c := NewChunk(in, from, aborted)
	for {
		b := &Block{}
		_, more, err := d.Fill(b, c)
		blocks = append(blocks, b)
		if err != nil || !more {
			return blocks, c.Next(), err
		}
		require.Positive(t, b.Len(), "a block that is not the last has records")
	}
}

// pieces is walked of bytes that came in several answers, which end with parts of batches;
// each chunk knows the one behind it.
func pieces(t *testing.T, d *Decoder, r *rand.Rand, in []byte, from int64) (blocks []*Block, next int64, err error) {
	var chunks []*Chunk
	at := from
	for len(in) > 0 {
		end := 0
		for n := 1 + r.IntN(4); n > 0; n-- {
			h, more, err := parse(in[end:])
			require.NoError(t, err)
			if !more {
				end = len(in)
				break
			}
			end += h.size
		}
		cut := min(len(in), end+r.IntN(2)*r.IntN(100))
		if _, whole, _ := parse(in[end:cut]); whole {
			cut = end
		}
		chunks = append(chunks, NewChunk(in[:cut:cut], at, nil))
		at, _, err = Scan(in[:cut], at)
		require.NoError(t, err)
		in = in[end:]
	}
	for i, c := range chunks {
		var after *Chunk
		if i+1 < len(chunks) && r.IntN(4) > 0 {
			after = chunks[i+1]
		}
		for more := true; more; {
			c.Before(after)
			b := &Block{}
			if _, more, err = d.Fill(b, c); err != nil {
				return blocks, c.Next(), err
			}
			blocks = append(blocks, b)
		}
		next = c.Next()
	}
	return blocks, next, nil
}

// same compares the records of blocks with those of the client library.
func same(t *testing.T, want []*kgo.Record, blocks []*Block) {
	t.Helper()
	k := 0
	for _, b := range blocks {
		for i := range b.Len() {
			require.Less(t, k, len(want), "more records than the client reads")
			w := want[k]
			k++
			require.Equal(t, w.Offset, b.Offsets[i])
			require.Equal(t, w.LeaderEpoch, b.Epoch)
			require.Equal(t, w.Timestamp.UnixNano(), b.Times[i]*1e6, "times are the same, modulo what the client's can hold")
			require.Equal(t, w.Key, b.Key(i), "offset %d", w.Offset)
			require.Equal(t, w.Value, b.Value(i), "offset %d", w.Offset)
			h := b.Header(i)
			require.Equal(t, len(w.Headers), h.Len())
			require.True(t, h.Len() == 0 || b.Headed)
			for _, x := range w.Headers {
				key, value := h.Next()
				require.Equal(t, x.Key, string(key))
				require.Equal(t, x.Value, value)
			}
		}
	}
	require.Equal(t, k, len(want), "fewer records than the client reads")
}

// random makes the log of a partition with transactions of some producers, and the
// list of those that were aborted.
func random(r *rand.Rand) (log []byte, first, end int64, aborted []Aborted) {
	bytesOf := func(most int) []byte {
		switch r.IntN(8) {
		case 0:
			return nil
		case 1:
			return []byte{}
		}
		x := bytes.Repeat([]byte("abcdefgh"), 1+r.IntN(1+most)/8)
		for i := range x {
			if r.IntN(4) == 0 {
				x[i] = byte(r.Uint32())
			}
		}
		return x[:r.IntN(len(x)+1)]
	}
	base := r.Int64N(1 << r.IntN(40))
	first = base
	open := map[int64]int64{} // first offsets of open transactions
	for range 1 + r.IntN(12) {
		p := packers[r.IntN(len(packers))]
		b := batch{base: base, epoch: int32(r.IntN(3)), attributes: p.codec, first: r.Int64N(2e12), producer: int64(1 + r.IntN(3))}
		b.max = b.first + r.Int64N(1000)
		if r.IntN(5) == 0 {
			b.attributes |= logAppendTimeBit
		}
		began, in := open[b.producer]
		switch kind := r.IntN(6); {
		case kind == 0 && in: // a marker
			b.attributes |= transactionalBit | controlBit
			key := []byte{0, 0, 0, byte(r.IntN(2))}
			if key[3] == 0 {
				aborted = append(aborted, Aborted{b.producer, began})
			}
			delete(open, b.producer)
			b.records = []record{{key: key, value: []byte{0, 0, 0, 0, 0, 1}}}
		case kind == 1: // all was compacted away
			b.lastDelta, b.attributes, p = int32(r.IntN(50)), b.attributes&^codecBits, packers[0]
		default:
			if kind == 2 || in {
				b.attributes |= transactionalBit
				if !in {
					open[b.producer] = base
				}
			}
			size := 1 << r.IntN(13)
			for d := int32(0); len(b.records) < 1+r.IntN(200); d++ {
				if r.IntN(10) == 0 { // compacted
					d += int32(r.IntN(100))
				}
				x := record{delta: d, time: r.Int64N(1<<r.IntN(20)) - 10, key: bytesOf(20), value: bytesOf(size)}
				for range max(0, r.IntN(8)-4) {
					h := header{key: string(bytesOf(8)), value: bytesOf(200)}
					x.headers = append(x.headers, h)
				}
				b.records = append(b.records, x)
				b.lastDelta = d
			}
			b.lastDelta += int32(max(0, r.IntN(6)-3))
		}
		log = append(log, b.encode(p.pack)...)
		base += int64(b.lastDelta) + 1 + int64(max(0, r.IntN(8)-6))
	}
	for p, at := range open { // aborted later than the answer reaches
		if r.IntN(2) == 0 {
			aborted = append(aborted, Aborted{p, at})
		}
	}
	r.Shuffle(len(aborted), func(i, j int) { aborted[i], aborted[j] = aborted[j], aborted[i] })
	return log, first, base, aborted
}

// Whatever a broker may send, the records are those that the client library gives.
func TestLikeTheClient(t *testing.T) {
	var d Decoder
	defer d.Close()
	seen := map[string]int{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		log, first, end, aborted := random(r)
		from := first
		if r.IntN(3) == 0 { // in the middle of a batch
			from += r.Int64N(end - first + 1)
		}
		if r.IntN(3) == 0 { // the last batch is cut
			log = log[:len(log)-r.IntN(min(len(log), 80))]
			seen["cut"]++
		}
		for _, committed := range []bool{false, true} {
			list := aborted
			if !committed {
				list = nil
			}
			want, next, err := oracle(log, from, aborted, committed, true)
			require.NoError(t, err)
			got, at, err := walked(t, &d, log, from, list)
			require.NoError(t, err, "seed %d", seed)
			same(t, want, got)
			require.Equal(t, next, at, "seed %d: where to go on", seed)
			if !committed {
				got, at, err := pieces(t, &d, r, log, from)
				require.NoError(t, err, "seed %d", seed)
				same(t, want, got)
				require.Equal(t, next, max(at, from), "seed %d: where to go on after several answers", seed)
			}
			scanned, _, err := Scan(log, from)
			require.NoError(t, err)
			require.Equal(t, next, scanned, "seed %d: the position without reading records", seed)
			seen[fmt.Sprint("records ", committed)] += len(want)
		}
		seen["aborted"] += len(aborted)
	}
	require.Greater(t, seen["records false"], seen["records true"]+1000, "aborted records were among them")
	require.Greater(t, seen["cut"], 50)
	require.Greater(t, seen["aborted"], 50)
}

// Blocks of lz4 that refer to those before them are what librdkafka's may be.
func TestLinkedLz4(t *testing.T) {
	text := bytes.Repeat([]byte("a record of a partition; "), 12000)
	var frame []byte
	frame = binary.LittleEndian.AppendUint32(frame, lz4Skippable+3)
	frame = binary.LittleEndian.AppendUint32(frame, 2)
	frame = append(frame, 'x', 'x')
	frame = binary.LittleEndian.AppendUint32(frame, lz4Magic)
	frame = append(frame, 0x40, 0x40, 0) // version 1, linked blocks of 64 KiB
	frame = append(frame, linked(text)...)
	out, err := (&Decoder{}).unlz4([]byte("before"), frame)
	require.NoError(t, err)
	require.Equal(t, append([]byte("before"), text...), out)
}

// linked writes one literal block and, from there on, blocks that are one copy of
// what is 25 bytes before.
func linked(text []byte) (out []byte) {
	const first = 50
	out = binary.LittleEndian.AppendUint32(out, first|1<<31)
	out = append(out, text[:first]...)
	for at := first; at < len(text); {
		n := min(len(text)-at, 60000)
		// No literals; a match of n-5 bytes at distance 25; five literals end a block.
		match := n - 5 - 4
		block := []byte{0x0f, 25, 0}
		rest := match - 15
		for ; rest >= 255; rest -= 255 {
			block = append(block, 255)
		}
		block = append(block, byte(rest), 5<<4)
		block = append(block, text[at+n-5:at+n]...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(block)))
		out = append(out, block...)
		at += n
	}
	return binary.LittleEndian.AppendUint32(out, 0)
}

// A block holds what was filled in until it is reset, and its memory is used again.
func TestBlocksAreUsedAgain(t *testing.T) {
	var d Decoder
	defer d.Close()
	r := rand.New(rand.NewPCG(1, 2))
	var log []byte
	var base int64
	for range 100 {
		b := batch{base: base, attributes: Lz4, lastDelta: 99}
		for i := range int32(100) {
			v := make([]byte, 100)
			for j := range v {
				v[j] = 'a' + byte(r.IntN(4))
			}
			b.records = append(b.records, record{delta: i, value: v, key: []byte("k")})
		}
		log = append(log, b.encode(packers[4].pack)...)
		base += 100
	}
	var b Block
	n, most := 0, 0
	run := func() {
		c := NewChunk(log, 0, nil)
		n = 0
		for more := true; more; {
			b.Reset()
			var err error
			if _, more, err = d.Fill(&b, c); err != nil {
				panic(err)
			}
			n += b.Len()
			most = max(most, b.Len())
		}
	}
	run()
	require.Equal(t, 10000, n)
	require.Less(t, most, 4096+100)
	require.Greater(t, most, 1000, "small batches come together")
	require.LessOrEqual(t, testing.AllocsPerRun(10, run), 1.0, "the chunk")
}

func TestAdd(t *testing.T) {
	var b Block
	headers := []header{{"h", []byte("1")}, {"n", nil}, {"", []byte{}}}
	at := func(i int) (string, []byte) { return headers[i].key, headers[i].value }
	for range 2 {
		b.Reset()
		b.Add(5, 1000, []byte("k"), nil, 0, nil)
		b.Add(7, NoTime, nil, []byte{}, len(headers), at)
		require.Equal(t, []int64{5, 7}, b.Offsets)
		require.Equal(t, []int64{1000, NoTime}, b.Times)
		require.Equal(t, "k", string(b.Key(0)))
		require.Nil(t, b.Value(0))
		require.Nil(t, b.Key(1))
		require.Equal(t, []byte{}, b.Value(1))
		h := b.Header(0)
		require.Zero(t, h.Len())
		h = b.Header(1)
		var got []header
		for h.Len() > 0 {
			k, v := h.Next()
			got = append(got, header{string(k), v})
		}
		require.Equal(t, headers, got)
		require.Equal(t, 1, b.Before(0, 6))
		require.Equal(t, 0, b.Before(1, 6))
		require.Equal(t, 2, b.Before(0, 8))
	}
	require.True(t, slices.Contains(b.Own()[:10], 'k'))
}

// The last record of a batch can be shorter than the word that its head is read from.
func TestShortestRecords(t *testing.T) {
	for n := 1; n < 70; n++ {
		b := batch{lastDelta: int32(n - 1), first: 1700000000000}
		for i := range n {
			b.records = append(b.records, record{delta: int32(i)})
		}
		log := b.encode(nil)
		want, _, err := oracle(log, 0, nil, false, true)
		require.NoError(t, err)
		require.Len(t, want, n)
		got, _, err := walked(t, &Decoder{}, log, 0, nil)
		require.NoError(t, err, "%d records", n)
		same(t, want, got)
	}
}
