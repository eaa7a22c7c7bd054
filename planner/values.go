package planner

import (
	"context"
	"io"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/logical"
)

// valuesSource gives the rows of VALUES, and the one row of a SELECT without
// FROM.
type valuesSource struct {
	node     *logical.Values
	failures *arrowexec.Failures
	from, at int // rows before the first of this run, and before the next
}

// Next computes the next rows. A row of which a value fails is failed.
func (s *valuesSource) Next(_ context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	if s.at >= len(s.node.Rows) {
		return nil, io.EOF
	}
	n := min(max(want, 1), len(s.node.Rows)-s.at)
	rows := s.node.Rows[s.at : s.at+n]
	s.at += n
	builders := make([]*vec.Builder, len(s.node.Out))
	for i, f := range s.node.Out {
		builders[i] = vec.NewBuilder(sc, f.Type, n)
	}
	one := &arrowexec.Batch{Scope: sc, N: 1}
	var c expr.Ctx
	kept := 0
	for _, row := range rows {
		c.Reset(one)
		vals := make([]*vec.Vec, len(row))
		for i, e := range row {
			vals[i] = e.Eval(&c, nil)
		}
		if f := c.Failed(); len(f) > 0 {
			if err := s.failures.Row(nil, 0, f[0].Class, "", f[0].Err); err != nil {
				return nil, err
			}
			continue
		}
		for i, v := range vals {
			builders[i].AppendRow(v, 0)
		}
		kept++
	}
	b := &arrowexec.Batch{N: kept}
	for _, x := range builders {
		b.Cols = append(b.Cols, x.Finish())
	}
	return b, nil
}

// Stats counts the rows.
func (s *valuesSource) Stats() arrowexec.SourceStats {
	return arrowexec.SourceStats{Rows: int64(s.at - s.from)}
}

// Close has nothing to free.
func (s *valuesSource) Close() error { return nil }
