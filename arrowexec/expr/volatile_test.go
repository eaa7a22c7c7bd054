package expr

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

func TestVolatileIsFoundAnywhereInAnExpression(t *testing.T) {
	now := &Func{Name: "CLOCK", Volatile: true, Overloads: []Overload{{
		Type:   func([]arrow.DataType, []*Const) (arrow.DataType, error) { return vec.TypeInt64, nil },
		Kernel: func(c *Ctx, t arrow.DataType, _ []*vec.Vec, _ vec.Sel) *vec.Vec { return c.Scope.New(t, c.Batch.N) },
	}}}
	call, err := NewCall(now, nil)
	require.NoError(t, err)
	in, err := NewBetween(call, IntConst(1), IntConst(2), false, false)
	require.NoError(t, err)
	e, err := NewIf(BoolConst(true), BoolConst(false), in)
	require.NoError(t, err)
	require.True(t, Volatile(e))
	in, err = NewBetween(IntConst(3), IntConst(1), IntConst(2), false, false)
	require.NoError(t, err)
	require.False(t, Volatile(in))
}
