package kafka

import (
	"context"
	"maps"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Loads implements [ingest.Loader]: a table that does not end is read up to where it
// stands, and then followed.
func (c *connector) Loads() int {
	if c.spec.Table && !c.Bounded() {
		return 1
	}
	return 0
}

// tablePieces are the two parts of a table that does not end. It is read from its
// beginning whenever a run begins, so it has no group and commits nothing.
func (c *connector) tablePieces(ctx context.Context, cl *client, partitions []int32, s ingest.Scan) ([]arrowexec.Piece, error) {
	cfg := c.cfg
	if cfg.Start.Kind == None {
		cfg.Start = Position{Kind: Earliest}
	}
	tc := *cl
	tc.cfg = &cfg
	next, err := tc.listed(ctx, Position{Kind: Latest})
	if err != nil {
		return nil, err
	}
	spans, err := tc.ranges(ctx, partitions, nil)
	if err != nil {
		return nil, err
	}
	next = maps.Clone(next)
	for _, sp := range spans {
		next[sp.Partition] = sp.To
	}
	sh := newShare(&cfg, c.spec.Env, spans, 1)
	c.shares = append(c.shares, sh)
	load := func(context.Context) (arrowexec.Source, error) {
		cols, err := c.columns(s)
		if err != nil {
			return nil, err
		}
		sh.opened(0)
		return &rangeSource{share: sh, cols: cols}, nil
	}
	follow := func(ctx context.Context) (arrowexec.Source, error) {
		cols, err := c.columns(s)
		if err != nil {
			return nil, err
		}
		return openFollow(ctx, &c.cfg, c.spec.Env, cols, next)
	}
	return []arrowexec.Piece{load, follow}, nil
}

// followSource reads the partitions of a table from given offsets on, for ever.
// Partitions that the topic gets later are read from the next run on.
type followSource struct{ s *groupSource }

func openFollow(ctx context.Context, c *Config, env ingest.Env, cols *columns, next map[int32]int64) (*followSource, error) {
	at := map[int32]kgo.Offset{}
	for p, o := range next {
		at[p] = kgo.NewOffset().At(o)
	}
	cl, err := dial(ctx, c, env, append(c.fetchOpts(), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.Topic: at}))...)
	if err != nil {
		return nil, err
	}
	return &followSource{&groupSource{cl: cl, cols: cols, moved: map[int32]bool{}}}, nil
}

// Next reads what has come, or an empty batch after about 100 ms.
func (f *followSource) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	return f.s.Next(ctx, sc, want)
}

// Stats counts records read and bytes fetched.
func (f *followSource) Stats() arrowexec.SourceStats { return f.s.Stats() }

// Close ends the client.
func (f *followSource) Close() error {
	if !f.s.closed {
		f.s.closed = true
		f.s.cl.Close()
	}
	return nil
}
