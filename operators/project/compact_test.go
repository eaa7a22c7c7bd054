package project

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

type at struct{}

func (at) Position(i int) arrowexec.Position { return arrowexec.Position{Offset: int64(1000 + i)} }
func (at) Record(i int) arrowexec.Record     { return arrowexec.Record{Timestamp: int64(i)} }

// TestCompactedRowsKeepWhereTheyCameFrom makes texts of one row in three, with rows that
// fail and without, and compares with rows that are not compacted.
func TestCompactedRowsKeepWhereTheyCameFrom(t *testing.T) {
	const n = 3000
	for _, failing := range []bool{false, true} {
		text := func(prefix string) expr.Expr {
			return &optest.Expr{T: vec.TypeString, F: func(row []any) (any, error) {
				if failing && row[0].(int)%100 == 6 {
					return nil, errors.New("cannot be computed")
				}
				return fmt.Sprint(prefix, row[0], row[2]), nil
			}}
		}
		var want []string
		for _, compact := range []bool{false, true} {
			env := optest.NewEnv()
			p := New(Options{Exprs: []expr.Expr{optest.Col(0, vec.TypeInt64), text("a"), text("b"), optest.Col(2, vec.TypeString)}, Failures: env.Failures})
			p.used = []bool{true, true, true} // the functions look at all of a row
			require.True(t, p.texts)
			p.texts = compact
			pool := vec.NewPool(nil, true)
			sc := pool.Open()
			id, name := vec.NewBuilder(sc, vec.TypeInt64, n), vec.NewBuilder(sc, vec.TypeString, n)
			b := &arrowexec.Batch{Scope: sc, N: n, Seq: 70, Origin: at{}}
			for i := range n {
				id.Int64(int64(i))
				name.String(fmt.Sprint("name of ", i))
				if i%3 == 0 {
					b.Sel = append(b.Sel, int32(i))
				}
			}
			b.Cols = []*vec.Vec{id.Finish(), sc.Repeat(optest.Column(sc, vec.TypeInt64, 5), n), name.Finish()}
			var got []string
			require.NoError(t, p.Process(b, func(out *arrowexec.Batch) error {
				require.Equal(t, compact && !failing, out.Sel == nil)
				for j := range out.Rows() {
					row := j
					if out.Sel != nil {
						row = int(out.Sel[j])
					}
					line := fmt.Sprint(out.OrdOf(row), out.Origin.Position(row), out.Origin.Record(row))
					for _, v := range out.Cols {
						line += fmt.Sprint("|", optest.ValueAt(v, row))
					}
					got = append(got, line)
				}
				return nil
			}))
			for _, e := range env.Errors {
				got = append(got, e.Error())
			}
			if failing {
				require.Len(t, env.Errors, 10)
				require.EqualValues(t, 1006, env.Errors[0].Position.Offset)
			}
			if !compact {
				want = got
			}
			require.Equal(t, want, got)
			sc.Close()
		}
	}
}
