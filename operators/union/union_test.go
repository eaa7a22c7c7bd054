package union

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/optest"
)

const none = arrowexec.NoWatermark

func TestUnionTakesTheLeastWatermarkOfItsPorts(t *testing.T) {
	pool := vec.NewPool(nil, true)
	u := New(2, nil)
	ports := []arrowexec.Operator{u.Port(0), u.Port(1)}
	type step struct {
		port  int
		marks []int64
		after int64
		flush bool
		want  []int64 // marks of the rows, then the watermark; nil: nothing emitted
	}
	for i, s := range []step{
		{port: 0, marks: []int64{none, 10}, after: 20, want: []int64{none, none, none}},
		{port: 1, marks: []int64{none, 5, 30}, after: 30, want: []int64{none, 5, 20, 20}},
		{port: 0, marks: []int64{20, 25}, after: 40, want: []int64{20, 25, 30}},
		{port: 0, flush: true}, // the other one is where the union is already
		{port: 1, marks: []int64{30}, after: 50, want: []int64{30, 50}},
		{port: 1, flush: true}, // the last one: what follows is flushed anyhow
	} {
		sc := pool.Open()
		var got []int64
		emit := func(b *arrowexec.Batch) error {
			got = append(append(got, b.Marks...), b.Watermark)
			return nil
		}
		b := &arrowexec.Batch{Scope: sc, N: len(s.marks), Marks: s.marks, Watermark: s.after}
		if s.flush {
			require.NoError(t, ports[s.port].Flush(b, emit))
		} else {
			require.NoError(t, ports[s.port].Process(b, emit))
		}
		require.Equal(t, s.want, got, "step %d", i)
		sc.Close()
	}
}

func TestEndedPortLetsTheWatermarkGo(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	u := New(3, []arrow.DataType{vec.TypeInt64})
	var got []int64
	emit := func(b *arrowexec.Batch) error {
		if len(got) > 1 { // an end makes a batch of its own
			require.Len(t, b.Cols, 1)
			require.Zero(t, b.Cols[0].Len)
		}
		got = append(got, b.Watermark)
		return nil
	}
	require.NoError(t, u.Port(0).Process(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}, Watermark: 7}, emit))
	require.NoError(t, u.Port(1).Process(&arrowexec.Batch{Scope: sc, Sel: vec.Sel{}, Watermark: 9}, emit))
	recs, err := u.Port(0).(arrowexec.Snapshotter).Snapshot()
	require.NoError(t, err)
	u = New(3, []arrow.DataType{vec.TypeInt64})
	require.NoError(t, u.Port(0).(arrowexec.Snapshotter).Restore(recs))
	require.NoError(t, u.Port(2).Flush(&arrowexec.Batch{Scope: sc}, emit))
	require.NoError(t, u.Port(0).Flush(&arrowexec.Batch{Scope: sc}, emit))
	require.Equal(t, []int64{none, none, 7, 9}, got)
}

func TestUnionPassesRowsAndWeightsOn(t *testing.T) {
	in := optest.Input{Types: nil}
	in.Types = append(in.Types, vec.TypeInt64)
	in.Rows = [][]any{{1}, {nil}, {3}}
	res := optest.Check(t, func(*optest.Env) arrowexec.Operator { return New(1, nil).Port(0) }, in, optest.Options{})
	require.Equal(t, []string{"1", "NULL", "3"}, optest.Lines(res.Rows))
}
