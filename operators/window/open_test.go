package window

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

func TestDelaysAreExactToAnEighth(t *testing.T) {
	var d delays
	for by := int64(1); by <= 9999; by++ {
		d.note(by)
	}
	n, least, median, most := d.all()
	require.EqualValues(t, []int64{9999, 1, 9999}, []int64{n, least, most})
	require.GreaterOrEqual(t, median, int64(5000))
	require.LessOrEqual(t, median, int64(5000*9/8))
	for by := range int64(8) {
		var one delays
		one.note(by)
		require.Equal(t, by, one.median())
	}
}

func TestOpenWindowsSayWhatTheyHold(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want []Open
	}{
		{Options{Kind: Tumbling, Size: 10}, []Open{{0, 10, 1, 2}, {10, 20, 1, 1}}},
		{Options{Kind: Sliding, Size: 10, Advance: 5}, []Open{{-5, 5, 1, 1}, {0, 10, 1, 2}, {5, 15, 1, 2}, {10, 20, 1, 1}}},
		{Options{Kind: Session, Size: 5}, []Open{{1, 11, 1, 2}, {12, 17, 1, 1}}},
	} {
		env := optest.NewEnv()
		c.o.Spec, c.o.Time, c.o.Ledger, c.o.Failures = spec(t), 2, env.Ledger, env.Failures
		op := New(c.o)
		pool := vec.NewPool(nil, true)
		sc := pool.Open()
		b := &arrowexec.Batch{Scope: sc, N: 3, Cols: []*vec.Vec{
			optest.Column(sc, types[0], "a", "a", "a"), optest.Column(sc, types[1], 1, 2, 3), optest.Column(sc, types[2], 1, 6, 12),
		}, Marks: []int64{arrowexec.NoWatermark, arrowexec.NoWatermark, arrowexec.NoWatermark}, Watermark: arrowexec.NoWatermark}
		require.NoError(t, op.Process(b, func(*arrowexec.Batch) error { return nil }))
		require.Equal(t, c.want, op.OpenWindows())
		sc.Close()
		pool.Close()
	}
}
