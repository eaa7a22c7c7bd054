package velo_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo"
)

func ticks(mem memory.Allocator, rows [][3]int64) arrow.Record {
	schema := ticksSchema()
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for _, r := range rows {
		for c, x := range r {
			b.Field(c).(*array.Int64Builder).Append(x)
		}
	}
	return b.NewRecord()
}

func ticksSchema() *arrow.Schema {
	var fields []arrow.Field
	for _, n := range []string{"ts", "g", "v"} {
		fields = append(fields, arrow.Field{Name: n, Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

func lines(rec arrow.Record) (out []string) {
	for i := range int(rec.NumRows()) {
		var cells []string
		for c := range rec.Columns() {
			cells = append(cells, rec.Column(c).ValueStr(i))
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

// TestOverWhileTheStreamRuns reads rows from a channel that stays open and wants
// those of OVER before it is closed: all that wait for nothing. After the end the
// rows are those of the same statement over records that end.
func TestOverWhileTheStreamRuns(t *testing.T) {
	rows := [][3]int64{{1000, 1, 10}, {2000, 2, 20}, {3000, 1, 30}, {4000, 1, 40}, {5000, 2, 50}, {70000, 1, 60}, {71000, 2, 70}, {72000, 1, 80}}
	cases := []struct {
		over string
		live []string // while the channel is open
	}{
		{"SUM(v) OVER (ROWS WINDOW BUFFER 2 ROWS PARTITION BY g)", []string{"10 10", "20 20", "30 40", "40 70", "50 70", "60 100", "70 120", "80 140"}},
		{"COUNT(*) OVER (ROWS WINDOW BUFFER 9 ROWS PARTITION BY g EXPIRE AFTER 1m INACTIVITY)", []string{"10 1", "20 1", "30 2", "40 3", "50 2", "60 1", "70 1", "80 2"}},
		{"LEAD(v) OVER (ROWS WINDOW BUFFER 9 ROWS PARTITION BY g)", []string{"10 30", "30 40", "20 50", "40 60", "50 70", "60 80"}},
		{"LEAD(v) OVER (ROWS WINDOW BUFFER 9 ROWS PARTITION BY g EXPIRE AFTER 1m INACTIVITY)", []string{"10 30", "30 40", "20 50", "40 (null)", "50 (null)", "60 80"}},
		{"LAG(v) OVER (PARTITION BY g)", []string{"10 (null)", "20 (null)", "30 10", "40 30", "50 20", "60 40", "70 50", "80 60"}},
		{"MAX(v) OVER (ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)", []string{"10 (null)", "20 10", "30 20", "40 30", "50 40", "60 50", "70 60", "80 70"}},
		{"SUM(v) OVER (ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)", []string{"10 30", "20 60", "30 90", "40 120", "50 150", "60 180", "70 210"}},
		// the last row waits for the watermark, which stands at its time
		{"LAG(v) OVER (PARTITION BY g ORDER BY ts)", []string{"10 (null)", "20 (null)", "30 10", "40 30", "50 20", "60 40", "70 50"}},
		{"AVG(v) OVER (PARTITION BY g ORDER BY _event_time, v ROWS 1 PRECEDING)", []string{"10 10", "20 20", "30 20", "40 35", "50 35", "60 50", "70 60"}},
	}
	for _, c := range cases {
		t.Run(c.over, func(t *testing.T) {
			mem := checked(t)
			eng := open(t, velo.WithAllocator(mem))
			sql := "CREATE STREAM o AS SELECT v, " + c.over + " AS x FROM t"
			run := func(in velo.Input, during func(got chan string)) []string {
				got := make(chan string, 100)
				job, err := eng.Start(context.Background(), sql, in, velo.Set("t.event.time.field", "ts"), velo.Set("t.event.time.format", "epoch_millis"),
					velo.To("o", nil, func(rec arrow.Record) error {
						for _, l := range lines(rec) {
							got <- l
						}
						return nil
					}))
				require.NoError(t, err)
				during(got)
				rep, err := job.Wait(context.Background())
				require.NoError(t, err)
				require.EqualValues(t, len(rows), rep.Ledger.Used, "%+v", rep.Ledger)
				close(got)
				var rest []string
				for l := range got {
					rest = append(rest, l)
				}
				return rest
			}
			ch := make(chan arrow.Record)
			var live []string
			rest := run(velo.FromChan("t", ticksSchema(), ch), func(got chan string) {
				for i := range rows { // one by one, and two at once
					if i%3 == 2 {
						continue
					}
					ch <- ticks(mem, rows[i:min(i+1+i%3, len(rows))])
				}
				for range c.live {
					live = append(live, <-got)
				}
				require.Empty(t, got)
				close(ch)
			})
			require.Equal(t, c.live, live)
			all := run(velo.From("t", reader(t, mem, rows)), func(chan string) {})
			streamed := append(live, rest...)
			if strings.HasPrefix(c.over, "LEAD") { // rows leave in the order of their partition
				slices.Sort(all)
				slices.Sort(streamed)
			}
			require.Equal(t, all, streamed)
		})
	}
}

func reader(t *testing.T, mem memory.Allocator, rows [][3]int64) array.RecordReader {
	rec := ticks(mem, rows)
	defer rec.Release()
	r, err := array.NewRecordReader(ticksSchema(), []arrow.Record{rec})
	require.NoError(t, err)
	t.Cleanup(r.Release)
	return r
}

// TestOverInTimeEqualsAReplay gives random rows in the order of their times, with
// ties, to a channel and to a reader.
func TestOverInTimeEqualsAReplay(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 1))
	for _, over := range []string{
		"SUM(v) OVER (PARTITION BY g ORDER BY ts RANGE BETWEEN 5 PRECEDING AND CURRENT ROW)",
		"COUNT(*) OVER (ORDER BY ts RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING)",
		"MAX(v) OVER (ORDER BY ts RANGE 0 PRECEDING)",
		"ARRAY_AGG(v) OVER (PARTITION BY g ORDER BY ts, v DESC ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)",
		"FIRST_VALUE(v) OVER (PARTITION BY g ORDER BY _event_time RANGE BETWEEN INTERVAL '4' MILLISECOND PRECEDING AND CURRENT ROW)",
		"MIN(v) OVER (PARTITION BY g ORDER BY ts RANGE BETWEEN 9 PRECEDING AND CURRENT ROW EXPIRE AFTER 4ms INACTIVITY)",
		"SUM(v) OVER (PARTITION BY g ORDER BY ts RANGE BETWEEN 5 PRECEDING AND CURRENT ROW) + LEAD(v) OVER (ORDER BY ts)",
	} {
		t.Run(over, func(t *testing.T) {
			mem := checked(t)
			eng := open(t, velo.WithAllocator(mem))
			var rows [][3]int64
			now := int64(1000)
			for range 300 {
				now += rnd.Int64N(3)
				rows = append(rows, [3]int64{now, rnd.Int64N(4), rnd.Int64N(100)})
			}
			run := func(in velo.Input, feed func()) (got []string) {
				job, err := eng.Start(context.Background(), "CREATE STREAM o AS SELECT ts, g, v, "+over+" AS x FROM t", in,
					velo.Set("t.event.time.field", "ts"), velo.Set("t.event.time.format", "epoch_millis"),
					velo.To("o", nil, func(rec arrow.Record) error { got = append(got, lines(rec)...); return nil }))
				require.NoError(t, err)
				feed()
				rep, err := job.Wait(context.Background())
				require.NoError(t, err)
				require.EqualValues(t, len(rows), rep.Ledger.Used, "%+v", rep.Ledger)
				return got
			}
			all := run(velo.From("t", reader(t, mem, rows)), func() {})
			ch := make(chan arrow.Record)
			streamed := run(velo.FromChan("t", ticksSchema(), ch), func() {
				for at := 0; at < len(rows); {
					n := min(1+rnd.IntN(9), len(rows)-at)
					ch <- ticks(mem, rows[at:at+n])
					at += n
				}
				close(ch)
			})
			if strings.Contains(over, "v DESC") { // ties leave in the order of v
				slices.Sort(all)
				slices.Sort(streamed)
			}
			require.Equal(t, all, streamed)
		})
	}
}

// TestRangeBeforeTheWatermarkPassesARow gives a frame of time the news that the
// watermark has moved before it has any row.
func TestRangeBeforeTheWatermarkPassesARow(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	ch := make(chan arrow.Record)
	var got []string
	job, err := eng.Start(context.Background(), "CREATE STREAM o AS SELECT v, SUM(v) OVER (ORDER BY ts RANGE 5 PRECEDING) AS x FROM t", velo.FromChan("t", ticksSchema(), ch),
		velo.Set("t.event.time.field", "ts"), velo.Set("t.event.time.format", "epoch_millis"),
		velo.To("o", nil, func(rec arrow.Record) error { got = append(got, lines(rec)...); return nil }))
	require.NoError(t, err)
	for _, r := range [][3]int64{{1000, 1, 10}, {1004, 1, 20}, {1009, 1, 30}} {
		ch <- ticks(mem, [][3]int64{r})
	}
	close(ch)
	_, err = job.Wait(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"10 10", "20 30", "30 50"}, got)
}

// TestOverDropsWhatIsLate has a row behind the watermark, which ORDER BY of event
// time without a buffer waits for; a bounded run has no late rows.
func TestOverDropsWhatIsLate(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	ch := make(chan arrow.Record, 1)
	ch <- ticks(mem, [][3]int64{{1000, 1, 10}, {5000, 1, 20}, {3000, 1, 30}, {4500, 1, 40}, {9000, 1, 50}})
	close(ch)
	var got []string
	job, err := eng.Start(context.Background(), "CREATE STREAM o AS SELECT v, LAG(v) OVER (ORDER BY ts) AS x FROM t", velo.FromChan("t", ticksSchema(), ch),
		velo.Set("t.event.time.field", "ts"), velo.Set("t.event.time.format", "epoch_millis"), velo.Set("t.watermark.strategy", "bounded_out_of_orderness"), velo.Set("t.watermark.max_out_of_orderness", "1s"),
		velo.To("o", nil, func(rec arrow.Record) error { got = append(got, lines(rec)...); return nil }))
	require.NoError(t, err)
	rep, err := job.Wait(context.Background())
	require.NoError(t, err)
	require.Equal(t, []string{"10 (null)", "40 10", "20 40", "50 20"}, got)
	require.Equal(t, "4 1", fmt.Sprint(rep.Ledger.Used, rep.Ledger.Late))
}

// TestHeldRowsOfAStoppedRun stops a run whose last row waits for another.
func TestHeldRowsOfAStoppedRun(t *testing.T) {
	mem := checked(t)
	eng := open(t, velo.WithAllocator(mem))
	ch, got := make(chan arrow.Record), make(chan string, 9)
	job, err := eng.Start(context.Background(), "CREATE STREAM o AS SELECT v, LEAD(v) OVER (ROWS WINDOW BUFFER 3 ROWS) AS x FROM t", velo.FromChan("t", ticksSchema(), ch),
		velo.To("o", nil, func(rec arrow.Record) error {
			for _, l := range lines(rec) {
				got <- l
			}
			return nil
		}))
	require.NoError(t, err)
	ch <- ticks(mem, [][3]int64{{1, 1, 10}, {2, 1, 20}, {3, 1, 30}})
	require.Equal(t, "10 20", <-got)
	require.Equal(t, "20 30", <-got)
	require.NoError(t, job.Stop(context.Background()))
	rep, err := job.Wait(context.Background())
	require.NoError(t, err)
	require.Equal(t, "3 2 1", fmt.Sprint(rep.Ledger.In, rep.Ledger.Used, rep.Ledger.Held))
}
