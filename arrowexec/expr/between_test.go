package expr

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// draw gives another number each time it is evaluated, as RANDOM does.
type draw struct{ times *int64 }

func (d draw) Type() arrow.DataType       { return vec.TypeInt64 }
func (d draw) Children() []Expr           { return []Expr{IntConst(0)} }
func (d draw) WithChildren(k []Expr) Expr { return d }
func (d draw) String() string             { return "DRAW()" }
func (d draw) Eval(c *Ctx, _ vec.Sel) *vec.Vec {
	*d.times++
	v := c.Scope.New(vec.TypeInt64, c.Batch.N)
	for i := range vec.Values[int64](v) {
		vec.Values[int64](v)[i] = *d.times
	}
	return v
}

// The operand of BETWEEN is drawn once, in the middle of a BETWEEN too.
func TestBetweenEvaluatesItsOperandOnce(t *testing.T) {
	pool := vec.NewPool(nil, true)
	defer pool.Close()
	s := pool.Open()
	defer s.Close()
	b := &arrowexec.Batch{Scope: s, N: 3}
	for _, not := range []bool{false, true} {
		for _, symmetric := range []bool{false, true} {
			var outer, inner int64
			in, err := NewBetween(draw{&inner}, IntConst(1), IntConst(1), false, false)
			require.NoError(t, err)
			hi, err := NewIf(in, IntConst(1), IntConst(-1)) // 1, for the first draw is 1
			require.NoError(t, err)
			e, err := NewBetween(draw{&outer}, IntConst(1), hi, not, symmetric)
			require.NoError(t, err)
			e = e.WithChildren(e.Children())
			var c Ctx
			c.Reset(b)
			sel := Filter(&c, e, vec.Sel{0, 2})
			require.EqualValues(t, 1, outer)
			if not {
				require.Empty(t, sel)
			} else {
				require.Equal(t, vec.Sel{0, 2}, sel)
			}
			outer, inner = 0, 0
			c.Reset(b)
			v := e.Eval(&c, nil)
			require.EqualValues(t, 1, outer)
			for i := range b.N {
				require.Equal(t, !not, v.BoolAt(i))
			}
			require.Empty(t, c.Failed())
		}
	}
}
