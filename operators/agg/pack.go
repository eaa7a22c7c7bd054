package agg

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// pack appends one kept row: its sequence number and its columns. States that
// keep any number of rows for a group snapshot them as one BYTES value a group.
func pack(dst []byte, ord int64, cols []*vec.Vec, row int) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(ord))
	for _, c := range cols {
		dst = encode(dst, c, row)
	}
	return dst
}

func packed(s *vec.Scope, packs [][]byte) *vec.Vec {
	b := vec.NewBuilder(s, vec.TypeBinary, len(packs))
	for _, p := range packs {
		b.Bytes(p)
	}
	return b.Finish()
}

// unpack reads packed rows back, group after group.
func unpack(v *vec.Vec, types []arrow.DataType, f func(b *arrowexec.Batch, groups []int32, cols []*vec.Vec)) {
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	var sc *vec.Scope
	var out []*vec.Builder
	var groups []int32
	var ords []int64
	flush := func() {
		if sc == nil {
			return
		}
		cols := make([]*vec.Vec, len(out))
		for i, b := range out {
			cols[i] = b.Finish()
		}
		f(&arrowexec.Batch{Scope: sc, N: len(groups), Ord: ords}, groups, cols)
		sc.Close()
		sc, groups, ords = nil, groups[:0], ords[:0]
	}
	for g := range v.Len {
		src := v.BytesAt(g)
		for len(src) > 0 {
			if sc == nil {
				sc = pool.Open()
				out = out[:0]
				for _, t := range types {
					out = append(out, vec.NewBuilder(sc, t, walkChunk))
				}
			}
			ords = append(ords, int64(binary.LittleEndian.Uint64(src)))
			groups = append(groups, int32(g))
			src = src[8:]
			for _, b := range out {
				src = decode(src, b)
			}
			if len(groups) == walkChunk {
				flush()
			}
		}
	}
	flush()
}
