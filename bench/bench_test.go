package bench

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/velostream/velo/bench/dataset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWorkloadsGiveTheRightAnswer(t *testing.T) {
	for _, w := range Workloads() {
		for _, threads := range []int{1, 3} {
			t.Run(w.Name, func(t *testing.T) {
				r, err := Run(context.Background(), w, Options{Rows: 5000, Threads: threads, Rounds: 1, Seed: 7, Batch: 999, Baseline: w.HasLoop(w.Source, w.Format)})
				require.NoError(t, err)
				require.NotZero(t, r.AnswerRows)
				require.Len(t, r.Rounds, 1)
				require.LessOrEqual(t, r.BatchMax, 999)
				require.Equal(t, w.HasLoop(w.Source, w.Format), r.Baseline != nil)
			})
		}
	}
}

func TestWorkloadsFromOtherSources(t *testing.T) {
	for _, w := range Workloads() {
		for _, o := range []Options{{Source: "memory"}, {Source: "file", Format: "csv"}, {Source: "file", Format: "arrow"}, {Source: "file", Format: "arrows"}} {
			o.Rows, o.Rounds = 3000, 1
			_, err := Run(context.Background(), w, o)
			if w.Name == "json-nested" {
				require.ErrorIs(t, err, ErrUsage)
				require.ErrorContains(t, err, "its rows have objects")
				continue
			}
			require.NoError(t, err)
		}
	}
}

func TestAWrongAnswerIsAnError(t *testing.T) {
	w, err := FindWorkload("csv-group")
	require.NoError(t, err)
	w.SQL = "SELECT symbol, COUNT(*) AS n, SUM(quantity) AS q, MIN(price), MAX(price), AVG(price) + 1 FROM trades GROUP BY symbol"
	_, err = Run(context.Background(), w, Options{Rows: 1000, Rounds: 1})
	require.ErrorContains(t, err, "csv-group: wrong answer: row")
}

func TestAllocationsDoNotGrowWithRows(t *testing.T) {
	for _, name := range []string{"json-filter-group", "csv-group", "group-keys", "tumbling", "session", "emit-changes", "moving-average"} {
		w, err := FindWorkload(name)
		require.NoError(t, err)
		o := Options{Rows: 20_000, Rounds: 1, Batch: 4096}
		small, err := Run(context.Background(), w, o)
		require.NoError(t, err)
		o.Rows = 100_000
		large, err := Run(context.Background(), w, o)
		require.NoError(t, err)
		more := float64(large.Rounds[0].Allocs - small.Rounds[0].Allocs)
		require.Less(t, more/80_000, 0.05, name)
	}
	w, err := FindWorkload("sliding") // a window closes every thousand rows and gives out as many
	require.NoError(t, err)
	o := Options{Rows: 100_000, Rounds: 1}
	small, err := Run(context.Background(), w, o)
	require.NoError(t, err)
	o.Rows = 300_000
	large, err := Run(context.Background(), w, o)
	require.NoError(t, err)
	require.Less(t, float64(large.Rounds[0].Allocs-small.Rounds[0].Allocs)/200_000, 0.01)
}

func TestRefused(t *testing.T) {
	w := Workloads()[0]
	for want, o := range map[string]Options{
		"there is no format \"orc\"": {Format: "orc"},
		"there is no source \"s3\"":  {Source: "s3"},
		"format csv has no effect":   {Source: "memory", Format: "csv"},
		"a broker has no effect":     {Broker: "x:1"},
		"there is no row loop":       {Source: "memory", Baseline: true},
		"cannot be negative":         {Rows: -1},
	} {
		_, err := Run(context.Background(), w, o)
		require.ErrorContains(t, err, want)
	}
}

func TestDatasetsAreDeterministic(t *testing.T) {
	for _, d := range dataset.All() {
		for _, format := range dataset.Formats {
			var a, b, other bytes.Buffer
			require.NoError(t, d.Write(&a, format, dataset.Options{Rows: 200, Seed: 3}, nil))
			require.NoError(t, d.Write(&b, format, dataset.Options{Rows: 200, Seed: 3}, nil))
			require.NoError(t, d.Write(&other, format, dataset.Options{Rows: 200, Seed: 4}, nil))
			require.Equal(t, a.Bytes(), b.Bytes(), d.Name)
			require.NotEqual(t, a.Bytes(), other.Bytes(), d.Name)
		}
	}
}
