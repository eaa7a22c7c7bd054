package window

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func TestTheStateHasALimit(t *testing.T) {
	for _, o := range []Options{
		{Kind: Tumbling, Size: 1000}, {Kind: Sliding, Size: 1000, Advance: 100}, {Kind: Session, Size: 10},
		{Kind: Tumbling, Size: 1000, Emission: Changes},
	} {
		env := optest.NewEnv()
		o.Spec, o.Time, o.Ledger, o.Failures = spec(t), 2, env.Ledger, env.Failures
		o.Limit, o.Name = 100, "WINDOW by k"
		op := New(o)
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		b := &arrowexec.Batch{Scope: sc, N: 1, Cols: []*vec.Vec{
			optest.Column(sc, types[0], "a"), optest.Column(sc, types[1], 1), optest.Column(sc, types[2], 5),
		}, Marks: []int64{0}}
		err := op.Process(b, func(*arrowexec.Batch) error { return nil })
		require.ErrorContains(t, err, "state of WINDOW by k takes ")
		require.ErrorContains(t, err, " bytes for 1 groups in ")
		require.ErrorContains(t, err, "more than the limit of 100 bytes")
		sc.Close()
		pool.Close()
	}
}
