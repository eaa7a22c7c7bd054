package arrowexec

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

// located is a source whose batches know where their rows came from.
type located struct{ ticks }

func (s *located) Next(ctx context.Context, sc *vec.Scope, want int) (*Batch, error) {
	b, err := s.ticks.Next(ctx, sc, want)
	if err == nil {
		b.Origin = placed{b}
	}
	return b, err
}

// placed says that the offset of a row is its timestamp.
type placed struct{ b *Batch }

func (p placed) Position(i int) Position {
	return Position{Offset: vec.Values[int64](p.b.Cols[0])[i]}
}
func (p placed) Record(i int) Record { return Record{Timestamp: p.Position(i).Offset} }

// pushed counts the rows that batches have, selected or not.
type pushed struct {
	Stateless
	t    *testing.T
	all  int
	rows []int64
	seq  int64
}

func (p *pushed) Process(b *Batch, _ Emit) error {
	p.all += b.N
	for i := range b.N {
		if b.Sel != nil && !slices.Contains(b.Sel, int32(i)) {
			continue
		}
		x := vec.Values[int64](b.Cols[0])[i]
		require.Equal(p.t, x, b.Origin.Position(i).Offset)
		require.Equal(p.t, x, b.Origin.Record(i).Timestamp)
		require.Equal(p.t, p.seq, b.OrdOf(i))
		p.seq++
		p.rows = append(p.rows, x)
	}
	return nil
}

// However finely inputs are interleaved, each row is pushed in one batch only,
// under the next number, and knows where it came from.
func TestMergedInputsCostWhatTheirRowsCost(t *testing.T) {
	const rows = 5000
	rnd := rand.New(rand.NewPCG(7, uint64(rows)))
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	var all []int64
	p := &pushed{t: t}
	n := NewNode("count", p)
	g := &Graph{}
	for range 3 {
		src := &located{}
		for _, size := range []int{1, rows, 17, 0, rows / 2} {
			var b []int64
			for range size {
				b = append(b, rnd.Int64N(4*rows))
			}
			src.batches = append(src.batches, b)
		}
		var flat []int64
		for _, b := range src.batches {
			flat = append(flat, b...)
		}
		slices.Sort(flat)
		all = append(all, flat...)
		for i, b := range src.batches {
			src.batches[i], flat = flat[:len(b):len(b)], flat[len(b):]
		}
		g.Inputs = append(g.Inputs, &Input{
			Bounded: true, Next: []*Node{n}, Times: func(b *Batch) []int64 { return vec.Values[int64](b.Cols[0]) },
			Pieces: []Piece{func(context.Context) (Source, error) { return src, nil }},
		})
	}
	_, err := Run(context.Background(), g, Options{Allocator: mem, Poison: true})
	require.NoError(t, err)
	mem.AssertSize(t, 0)
	slices.Sort(all)
	require.Equal(t, all, p.rows)
	require.Equal(t, len(all), p.all)
}
