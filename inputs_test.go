package velo_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo"
	"github.com/velostream/velo/operators/agg"
)

// Inputs that cannot mean anything are errors, not silence or a panic.
func TestInputsThatMeanNothing(t *testing.T) {
	eng, err := velo.Open()
	require.NoError(t, err)
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	have := velo.FromRecords("trades", tradeSchema, rec)
	take := func(arrow.Record) error { return nil }
	for _, c := range []struct {
		in   []velo.Input
		want string
	}{
		{[]velo.Input{velo.From("trades", nil)}, `source "trades": its reader is nil`},
		{[]velo.Input{velo.FromSeq("trades", tradeSchema, nil)}, `source "trades": its iterator or schema is nil`},
		{[]velo.Input{velo.FromChan("trades", tradeSchema, nil)}, `source "trades": its channel or schema is nil`},
		{[]velo.Input{velo.FromRecords("trades", nil)}, `source "trades": its schema is nil`},
		{[]velo.Input{have, velo.FromFile("Trades", "t.jsonl", nil)}, `source "Trades" is given twice`},
		{[]velo.Input{velo.FromFile("Trades", "t.jsonl", nil), have}, `source "trades" is given twice`},
		{[]velo.Input{have, velo.To("big", nil, take)}, `no statement writes the sink "big"`},
		{[]velo.Input{have, velo.To("big", nil, take), velo.To("BIG", nil, take)}, `sink "BIG" is given twice`},
	} {
		_, err := eng.Query(context.Background(), "SELECT price FROM trades", c.in...)
		require.ErrorContains(t, err, c.want)
	}
	_, err = eng.Start(context.Background(), "CREATE STREAM big AS SELECT price FROM trades", have, velo.To("bug", nil, take))
	require.ErrorContains(t, err, `no statement writes the sink "bug"`)
	for _, name := range []string{"SUM", "UPPER", "STRING_AGG"} {
		_, err = velo.Open(velo.WithAggregates(&agg.Func{Name: name}))
		require.ErrorContains(t, err, "function "+name+" is registered twice")
	}
}

// Records in memory have the system columns that rows of a plain file have.
func TestSystemColumnsOfRecords(t *testing.T) {
	eng, err := velo.Open(velo.WithClock(func() int64 { return 1700000000000 }))
	require.NoError(t, err)
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	rows, err := eng.Query(context.Background(), "SELECT _offset o, _partition p, _topic t, _key k, _timestamp ts, HEADER_KEYS() h FROM trades WHERE _offset = 1 AND _key IS NULL", velo.FromRecords("trades", tradeSchema, rec))
	require.NoError(t, err)
	n := 0
	for r, err := range rows.Records() {
		require.NoError(t, err)
		n += int(r.NumRows())
		var got []string
		for _, c := range r.Columns() {
			got = append(got, c.ValueStr(0))
		}
		require.Equal(t, []string{"1", "0", "trades", "(null)", "1700000000000", ""}, got)
	}
	require.Equal(t, 1, n)
}

// A sink that fails, or panics, ends the job with its error.
func TestSinksThatFail(t *testing.T) {
	eng, err := velo.Open()
	require.NoError(t, err)
	rec := trades(memory.DefaultAllocator)
	defer rec.Release()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for want, write := range map[string]func(arrow.Record) error{
		"sink is full": func(arrow.Record) error { return errors.New("sink is full") },
		"oops":         func(arrow.Record) error { panic("oops") },
	} {
		job, err := eng.Start(ctx, "CREATE STREAM big AS SELECT price FROM trades", velo.FromRecords("trades", tradeSchema, rec), velo.To("big", nil, write))
		require.NoError(t, err)
		_, err = job.Wait(ctx)
		require.ErrorContains(t, err, want)
	}
}
