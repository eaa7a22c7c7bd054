package velo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// checked is an allocator that must be empty at the end of the test.
func checked(t *testing.T) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

func open(t *testing.T, opts ...velo.Option) *velo.Engine {
	eng, err := velo.Open(opts...)
	require.NoError(t, err)
	return eng
}

// drain gives the rows of a result, cells joined by "|".
func drain(rows *velo.Rows) (out []string, err error) {
	for rec, err := range rows.Records() {
		if err != nil {
			return out, err
		}
		for i := range int(rec.NumRows()) {
			s := ""
			for k, c := range rec.Columns() {
				if k > 0 {
					s += "|"
				}
				s += c.ValueStr(i)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func numbers(mem memory.Allocator, from, n int) arrow.Record {
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil))
	defer b.Release()
	c := b.Field(0).(*array.Int64Builder)
	for i := range n {
		if i%7 == 6 {
			c.AppendNull()
			continue
		}
		c.Append(int64(from + i))
	}
	return b.NewRecord()
}

func TestQueries(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	rec := numbers(mem, 0, 10) // 0 … 9, with NULL for 6
	defer rec.Release()
	none := numbers(mem, 0, 0)
	defer none.Release()
	for _, c := range []struct {
		name, sql string
		in        arrow.Record
		want      []string
		ledger    string
	}{
		{"filter", "SELECT n FROM t WHERE n >= 7", rec, []string{"7", "8", "9"}, "in 10 used 3 filtered 7"},
		{"nulls", "SELECT COUNT(*), COUNT(n), SUM(n) FROM t", rec, []string{"10|9|39"}, "in 10 used 10 filtered 0"},
		{"groups by first arrival", "SELECT n % 2 AS odd, COUNT(*) FROM t GROUP BY odd", rec, []string{"0|4", "1|5", "(null)|1"}, "in 10 used 10 filtered 0"},
		{"order", "SELECT n FROM t ORDER BY n DESC NULLS LAST LIMIT 2", rec, []string{"9", "8"}, "in 10 used 2 filtered 8"},
		{"empty", "SELECT n FROM t", none, nil, "in 0 used 0 filtered 0"},
		{"aggregate of nothing", "SELECT COUNT(*), SUM(n) FROM t", none, []string{"0|(null)"}, "in 0 used 0 filtered 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := eng.Query(context.Background(), c.sql, velo.FromRecords("t", c.in.Schema(), c.in))
			require.NoError(t, err)
			got, err := drain(rows)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			l := rows.Report().Ledger
			require.Equal(t, c.ledger, fmt.Sprintf("in %d used %d filtered %d", l.In, l.Used, l.Filtered))
			require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held)
			require.NoError(t, rows.Close(), "a second time is allowed")
		})
	}
}

func TestBatchSizeAndThreadsDoNotShow(t *testing.T) {
	mem := checked(t)
	rec := numbers(mem, 0, 1000)
	defer rec.Release()
	var want []string
	for _, threads := range []int{1, 3} {
		for _, size := range []string{"1", "3", "64", "1024"} {
			eng := open(t, velo.WithAllocator(mem), velo.WithThreads(threads))
			rows, err := eng.Query(context.Background(), "SELECT n % 10 AS d, SUM(n), AVG(n) FROM t GROUP BY d",
				velo.FromRecords("t", rec.Schema(), rec), velo.Set("batch.size", size))
			require.NoError(t, err)
			got, err := drain(rows)
			require.NoError(t, err)
			require.Len(t, got, 11)
			if want == nil {
				want = got
			}
			require.Equal(t, want, got, "threads %d, batches of %s", threads, size)
		}
	}
}

func TestStatementErrorsComeAtOnce(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	rec := numbers(mem, 0, 3)
	defer rec.Release()
	in := velo.FromRecords("t", rec.Schema(), rec)
	_, err := eng.Query(context.Background(), "SELECT m,\n  UPPPER(n) FROM t", in)
	var errs velo.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, 2)
	require.Equal(t, []int{1, 8, 2, 3}, []int{errs[0].Pos.Line, errs[0].Pos.Col, errs[1].Pos.Line, errs[1].Pos.Col})
	_, err = eng.Start(context.Background(), "SELECT m FROM t", in)
	require.ErrorAs(t, err, &errs)
	list, err := eng.Check(context.Background(), "SELECT n FROM t", in)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = eng.Query(context.Background(), "SELECT n FROM t", in, in)
	require.ErrorContains(t, err, `source "t" is given twice`)
}

func TestCloseEarly(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	rec := numbers(mem, 0, 10_000)
	defer rec.Release()
	query := func() *velo.Rows {
		rows, err := eng.Query(context.Background(), "SELECT n FROM t", velo.FromRecords("t", rec.Schema(), rec), velo.Set("batch.size", "10"))
		require.NoError(t, err)
		return rows
	}
	require.NoError(t, query().Close(), "before the first record")
	rows := query()
	seen := 0
	for _, err := range rows.Records() {
		require.NoError(t, err)
		if seen++; seen == 3 {
			break
		}
	}
	require.Equal(t, 3, seen)
	require.NoError(t, rows.Close())
}

func TestCancelledQueryTellsSo(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	rec := numbers(mem, 0, 10_000)
	defer rec.Release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rows, err := eng.Query(ctx, "SELECT n FROM t", velo.FromRecords("t", rec.Schema(), rec), velo.Set("batch.size", "10"))
	require.NoError(t, err)
	var last error
	seen := 0
	for _, err := range rows.Records() {
		if last = err; err != nil {
			break
		}
		seen++
		cancel()
	}
	require.ErrorIs(t, last, context.Canceled)
	require.Less(t, seen, 1000)
}

func TestRowErrors(t *testing.T) {
	mem := checked(t)
	var log bytes.Buffer
	eng := open(t, velo.WithAllocator(mem), velo.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	var failed []string
	rows, err := eng.Query(context.Background(), "SELECT CAST(s AS BIGINT) AS n FROM (VALUES ('1'), ('x'), (NULL), ('4')) t(s)",
		velo.OnRowError(func(_ string, err *velo.RowError) { failed = append(failed, err.Class) }))
	require.NoError(t, err)
	got, err := drain(rows)
	require.NoError(t, err)
	require.Equal(t, []string{"1", "(null)", "4"}, got, "one bad row costs no neighbour")
	require.Equal(t, []string{"cast"}, failed)
	require.EqualValues(t, 1, rows.Report().Ledger.Failed)
	require.Contains(t, log.String(), "class=cast")
}

// TestClockAndVariables: NOW() is the engine's clock, ${NAME} the value given, and
// the columns are known before a record comes.
func TestClockAndVariables(t *testing.T) {
	eng := open(t, velo.WithClock(func() int64 { return 1_700_000_000_000 }))
	rows, err := eng.Query(context.Background(), "SELECT CAST(NOW() AS STRING) AS at, ${WHAT} AS what", velo.Var("WHAT", "40 + 2"))
	require.NoError(t, err)
	names := []string{}
	for _, f := range rows.Schema().Fields() {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"at", "what"}, names)
	n := 0
	for rec, err := range rows.Records() {
		require.NoError(t, err)
		n++
		require.Equal(t, "2023-11-14T22:13:20.000Z", rec.Column(0).ValueStr(0))
		require.Equal(t, "42", rec.Column(1).ValueStr(0))
	}
	require.Equal(t, 1, n)
}

func TestTwoEnginesDoNotMeet(t *testing.T) {
	one, two := checked(t), checked(t)
	var wg sync.WaitGroup
	for i, mem := range []memory.Allocator{one, two} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			eng, err := velo.Open(velo.WithAllocator(mem))
			if err != nil {
				t.Error(err)
				return
			}
			rec := numbers(mem, i*1000, 5)
			defer rec.Release()
			for range 20 {
				rows, err := eng.Query(context.Background(), "SELECT MIN(n) FROM t", velo.FromRecords("t", rec.Schema(), rec))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := drain(rows)
				if err != nil || len(got) != 1 || got[0] != fmt.Sprint(i*1000) {
					t.Errorf("engine %d: %v, %v", i, got, err)
				}
			}
		}()
	}
	wg.Wait()
}

func TestJobsOverChannels(t *testing.T) {
	for _, how := range []string{"closed", "stopped", "cancelled", "failed"} {
		t.Run(how, func(t *testing.T) {
			mem := checked(t)
			eng := open(t, velo.WithAllocator(mem))
			ch := make(chan arrow.Record)
			got := make(chan int64, 100)
			boom := errors.New("boom")
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			schema := numbersSchema(t)
			job, err := eng.Start(ctx, "CREATE STREAM even AS SELECT n FROM t WHERE n % 2 = 0", velo.FromChan("t", schema, ch),
				velo.To("even", func(s *arrow.Schema) { require.Equal(t, "n", s.Field(0).Name) }, func(rec arrow.Record) error {
					if how == "failed" {
						return boom
					}
					for i := range int(rec.NumRows()) {
						got <- rec.Column(0).(*array.Int64).Value(i)
					}
					return nil
				}))
			require.NoError(t, err)
			ch <- numbers(mem, 0, 4)
			if how != "failed" {
				require.EqualValues(t, 0, <-got)
				require.EqualValues(t, 2, <-got)
			}
			switch how {
			case "closed":
				close(ch)
				rep, err := job.Wait(context.Background())
				require.NoError(t, err)
				require.EqualValues(t, 4, rep.Ledger.In)
				require.EqualValues(t, 2, rep.Ledger.Used)
				require.EqualValues(t, 4, job.Stats().Rows)
			case "stopped":
				require.NoError(t, job.Stop(context.Background()))
				require.NoError(t, job.Stop(context.Background()), "a second time is allowed")
			case "cancelled":
				cancel()
				<-job.Done()
				_, err := job.Wait(context.Background())
				require.ErrorIs(t, err, context.Canceled)
			case "failed":
				_, err := job.Wait(context.Background())
				require.ErrorIs(t, err, boom)
			}
		})
	}
}

// TestStreamsJoinWhileTheyRun: pairs come out at once, an unmatched row when the
// watermark of both sides has passed its bound, not at the end.
func TestStreamsJoinWhileTheyRun(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	a, b := make(chan arrow.Record), make(chan arrow.Record)
	got := make(chan string, 100)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	job, err := eng.Start(ctx, `CREATE STREAM o AS SELECT a.n AS a, b.n AS b FROM a LEFT JOIN b ON a.n = b.n WITHIN 10ms
		WITH ('a.event.time.field'='n', 'a.event.time.format'='epoch_millis', 'b.event.time.field'='n', 'b.event.time.format'='epoch_millis')`,
		velo.FromChan("a", numbersSchema(t), a), velo.FromChan("b", numbersSchema(t), b),
		velo.To("o", nil, func(rec arrow.Record) error {
			for i := range int(rec.NumRows()) {
				got <- rec.Column(0).ValueStr(i) + " " + rec.Column(1).ValueStr(i)
			}
			return nil
		}))
	require.NoError(t, err)
	a <- numbers(mem, 0, 3)
	b <- numbers(mem, 1, 1)
	require.Equal(t, "1 1", <-got)
	a <- numbers(mem, 50, 1)
	b <- numbers(mem, 60, 1)
	require.Equal(t, "0 (null)", <-got)
	require.Equal(t, "2 (null)", <-got)
	require.NoError(t, job.Stop(context.Background()))
	rep, err := job.Wait(context.Background())
	require.NoError(t, err)
	require.Empty(t, got)
	require.Equal(t, int64(6), rep.Ledger.In)
	require.Equal(t, int64(4), rep.Ledger.Used)
	require.Equal(t, int64(2), rep.Ledger.Held)
}

func TestStreamsWithoutATimeBound(t *testing.T) {
	eng := open(t)
	ch := func(name string) velo.Input { return velo.FromChan(name, numbersSchema(t), make(chan arrow.Record)) }
	_, err := eng.Start(context.Background(), "CREATE STREAM o AS SELECT a.n FROM a JOIN b ON a.n = b.n", ch("a"), ch("b"))
	require.ErrorContains(t, err, "query:1:38:")
	require.ErrorContains(t, err, "a join of two streams needs a time bound on both sides")
	_, err = eng.Start(context.Background(), "CREATE STREAM o AS SELECT a.n FROM a JOIN b ON a.n = b.n AND b._event_time > a._event_time", ch("a"), ch("b"))
	require.ErrorContains(t, err, "needs a time bound on both sides")
}

func numbersSchema(t *testing.T) *arrow.Schema {
	rec := numbers(memory.NewGoAllocator(), 0, 0)
	t.Cleanup(rec.Release)
	return rec.Schema()
}

// Columns that are declared for records in memory hold: those that the records lack
// are NULL, NOT NULL makes a row error, and a type that does not go is refused.
func TestDeclaredColumnsOfMemory(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	rec := numbers(mem, 0, 10) // NULL for 6
	defer rec.Release()
	read := func(columns, sql string) ([]string, velo.Ledger, error) {
		rows, err := eng.Query(context.Background(), "CREATE STREAM t ("+columns+"); "+sql, velo.FromRecords("t", rec.Schema(), rec))
		if err != nil {
			return nil, velo.Ledger{}, err
		}
		defer rows.Close()
		out, err := drain(rows)
		return out, rows.Report().Ledger, err
	}
	got, ledger, err := read("n BIGINT NOT NULL, more STRING", "SELECT n, more FROM t WHERE n > 4")
	require.NoError(t, err)
	require.Equal(t, []string{"5|(null)", "7|(null)", "8|(null)", "9|(null)"}, got)
	require.EqualValues(t, 1, ledger.Failed)
	require.EqualValues(t, 10, ledger.In)
	got, _, err = read("n DOUBLE", "SELECT n / 4 AS q FROM t LIMIT 3")
	require.NoError(t, err)
	require.Equal(t, []string{"0", "0.25", "0.5"}, got)
	_, _, err = read("n BOOLEAN", "SELECT n FROM t")
	require.ErrorContains(t, err, `column "n": the column is BIGINT`)
}
