package recordbatch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/require"
)

// sequences makes a block of random sequences behind some bytes that it may refer to, and
// what it unpacks to, made byte by byte.
func sequences(r *rand.Rand, before []byte, n int) (block, out []byte) {
	length := func(usual, most int) int {
		switch r.IntN(12) {
		case 0:
			return r.IntN(most)
		case 1:
			return 13 + r.IntN(5)
		}
		return r.IntN(usual)
	}
	number := func(dst []byte, n int) []byte {
		for n -= 15; n >= 255; n -= 255 {
			dst = append(dst, 255)
		}
		if n >= 0 {
			dst = append(dst, byte(n))
		}
		return dst
	}
	out = bytes.Clone(before)
	for i := range n {
		literals := length(9, 700)
		if len(out) == 0 {
			literals++
		}
		last := i == n-1
		match := length(40, 700)
		token := min(literals, 15) << 4
		if !last {
			token |= min(match, 15)
		}
		block = append(block, byte(token))
		block = number(block, literals)
		for range literals {
			block = append(block, byte(r.Uint32()))
		}
		out = append(out, block[len(block)-literals:]...)
		if last {
			break
		}
		back := 1 + r.IntN(min(len(out), 65535))
		if r.IntN(3) == 0 {
			back = 1 + r.IntN(min(len(out), 70))
		}
		block = append(block, byte(back), byte(back>>8))
		block = number(block, match)
		for range match + 4 {
			out = append(out, out[len(out)-back])
		}
	}
	return block, out[len(before):]
}

// stream unpacks a block into so much room behind some bytes, by the kernel or a sequence
// at a time. What stands behind the room must stay.
func stream(t *testing.T, before, block []byte, room int, kernel bool) (out []byte, err error) {
	dst := append(bytes.Clone(before), bytes.Repeat([]byte{0xA5}, room+256)...)
	s := lz4Stream{dst: dst[:len(before)+room], src: block, at: len(before)}
	if kernel {
		err = s.run()
	} else {
		for err == nil && !s.ended() {
			err = s.step()
		}
	}
	require.True(t, bytes.Equal(before, dst[:len(before)]))
	require.Equal(t, bytes.Repeat([]byte{0xA5}, 256), dst[len(before)+room:], "what stands behind the room")
	return dst[len(before):s.at], err
}

func TestSequences(t *testing.T) {
	if !lz4Kernel {
		t.Skip("the processor lacks what the kernel needs")
	}
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		before := make([]byte, r.IntN(2)*r.IntN(70000))
		for i := range before {
			before[i] = byte(r.Uint32())
		}
		block, want := sequences(r, before, 1+r.IntN(1+r.IntN(400)))
		for _, extra := range []int{0, 1, r.IntN(300), 4000} {
			got, err := stream(t, before, block, len(want)+extra, true)
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, want, got, "seed %d", seed)
		}
		for _, room := range []int{len(want) - 1, r.IntN(len(want) + 1)} { // less than it needs, or just so
			a, errA := stream(t, before, block, max(room, 0), true)
			b, errB := stream(t, before, block, max(room, 0), false)
			require.Equal(t, errB, errA, "seed %d", seed)
			require.Equal(t, b, a, "seed %d", seed)
		}
	}
}

// texts are of different kinds: rows that are alike, numbers, runs, noise.
func texts(r *rand.Rand, n int) []byte {
	kind := r.IntN(5)
	var out []byte
	for i := 0; len(out) < n; i++ {
		switch kind {
		case 0:
			out = fmt.Appendf(out, `{"trade_id":%d,"symbol":"SYM%03d","price":%.4f,"side":"BUY"}`, i, r.IntN(500), r.Float64()*1000)
		case 1:
			out = fmt.Appendf(out, "%d,%x,", i, r.Uint64())
		case 2:
			out = append(out, bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(400))...)
		case 3:
			out = append(out, bytes.Repeat([]byte{byte(i), 1, 2, 3, byte(r.Uint32() & 3)}[:1+r.IntN(5)], r.IntN(90))...)
		default:
			out = append(out, byte(r.Uint32()))
		}
	}
	return out[:n]
}

// TestTwoBatches unpacks pairs of batches of all kinds together, as the library packs them,
// in one block or several, some stored as they are.
func TestTwoBatches(t *testing.T) {
	if !lz4Kernel {
		t.Skip("the processor lacks what the kernel needs")
	}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		pack := func(src []byte) []byte {
			var b bytes.Buffer
			w := lz4.NewWriter(&b)
			size := []lz4.BlockSize{lz4.Block64Kb, lz4.Block256Kb, lz4.Block4Mb}[r.IntN(3)]
			require.NoError(t, w.Apply(lz4.BlockSizeOption(size), lz4.ChecksumOption(r.IntN(2) == 0), lz4.BlockChecksumOption(r.IntN(2) == 0), lz4.ConcurrencyOption(1)))
			_, err := w.Write(src)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			return b.Bytes()
		}
		a, b := texts(r, r.IntN(1+r.IntN(300_000))), texts(r, r.IntN(1+r.IntN(300_000)))
		var d Decoder
		_, err := d.unlz4(nil, pack(texts(r, 20000))) // how much they shrink
		require.NoError(t, err)
		before := []byte("before")
		pa, pb := pack(a), pack(b)
		out, end, begin, ok := d.unlz4Two(bytes.Clone(before), pa, pb)
		require.Equal(t, before, out[:len(before)])
		if ok {
			require.Equal(t, a, out[len(before):end], "seed %d", seed)
			require.Equal(t, b, out[begin:], "seed %d", seed)
		} else {
			require.True(t, 5*len(pa) < len(a) || 5*len(pb) < len(b) || d.shrank < 48, "seed %d: %d of %d, %d of %d, %d", seed, len(pa), len(a), len(pb), len(b), d.shrank)
		}
		for _, x := range [][2][]byte{{a, pa}, {b, pb}} {
			got, err := d.unlz4(bytes.Clone(before), x[1])
			require.NoError(t, err)
			require.True(t, bytes.Equal(x[0], got[len(before):]), "seed %d", seed)
		}
		pb[len(pb)/2]++ // whatever it is then, nobody reads beyond
		d.unlz4Two(nil, pa, pb)
	}
}

// FuzzLz4 compares the kernels with a sequence at a time, and with the library.
func FuzzLz4(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		block, out := sequences(r, nil, 1+r.IntN(40))
		f.Add(block, uint16(len(out)))
		f.Add(block, uint16(len(out)+200))
	}
	f.Fuzz(func(t *testing.T, block []byte, room uint16) {
		want, errWant := stream(t, nil, block, int(room), false)
		if lz4Kernel {
			got, err := stream(t, nil, block, int(room), true)
			require.Equal(t, errWant, err)
			require.Equal(t, want, got)
			dst := make([]byte, 2*int(room)) // two at once, as far as one of them goes
			a := lz4Stream{dst: dst[:room:room], src: block}
			b := lz4Stream{dst: dst[room:], src: block}
			var errA, errB error
			for errA == nil && errB == nil && !a.ended() && !b.ended() {
				lz4Two(&a, &b)
				errA, errB = a.step(), b.step()
			}
			if errA == nil {
				errA = a.run()
			}
			if errB == nil {
				errB = b.run()
			}
			require.Equal(t, errWant, errA)
			require.Equal(t, errWant, errB)
			require.Equal(t, want, a.dst[:a.at])
			require.Equal(t, want, b.dst[:b.at])
		}
		dst := make([]byte, room)
		if n, err := lz4.UncompressBlock(block, dst); err == nil && len(block) > 0 {
			require.NoError(t, errWant)
			require.Equal(t, dst[:n], want)
		}
	})
}
