package timetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

// inTime are queries with OVER without a buffer, in the order of the event time of an
// input that does not end, above other queries. The first column of their rows is
// that time, or rises with it.
var inTime = []struct {
	name  string
	above string // the statement before o, which makes f
	sql   string
	// rows says that OVER reads the rows of the source: those behind its watermark are
	// late there.
	rows bool
}{
	{"derived table", "", "SELECT ts, id, SUM(v) OVER (PARTITION BY k ORDER BY _event_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM (SELECT ts, id, k, v FROM a WHERE v <> 3) q", true},
	{"by the field itself", "", "SELECT ts, id, LAG(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM (SELECT ts, id, k, v FROM a WHERE v <> 3) q", true},
	{"CTE", "", "WITH c AS (SELECT id, ts AS t, k, v FROM a WHERE v <> 3) SELECT t, id, COUNT(*) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN 20 PRECEDING AND CURRENT ROW) AS s FROM c", true},
	{"chain", "CREATE STREAM f AS SELECT ts, id, k, v FROM a WHERE v <> 3;", "SELECT ts, id, SUM(v) OVER (PARTITION BY k ORDER BY _event_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM f", true},
	{"chain by the field", "CREATE STREAM f AS SELECT ts, id, k, v FROM (SELECT * FROM a) q WHERE v <> 3;", "SELECT ts, id, LAG(id) OVER (ORDER BY ts) AS s FROM f WHERE v > 0", true},
	{"UNION ALL", "CREATE STREAM f AS SELECT ts, id, k, v FROM a WHERE v > 3;", `SELECT ts, id, LAG(id) OVER (PARTITION BY k ORDER BY _event_time) AS s, MAX(v) OVER (ORDER BY _event_time ROWS 3 PRECEDING) AS m
		FROM (SELECT ts, id, k, v FROM a WHERE v < 3 UNION ALL SELECT ts, id, k, v FROM f UNION ALL SELECT ts, id, k, v FROM a WHERE v = 3) q`, true},
	{"OVER above OVER", "", "SELECT ts, id, LAG(s) OVER (PARTITION BY k ORDER BY ts) AS l FROM (SELECT ts, id, k, SUM(v) OVER (ORDER BY ts ROWS 1 PRECEDING) AS s FROM a) q WHERE s <> 3", true},
	{"windows by their start", "", "SELECT s, k, n, LAG(n) OVER (PARTITION BY k ORDER BY s) AS l FROM (SELECT _window_start AS s, k, COUNT(*) AS n FROM a WINDOW TUMBLING(ts, 40ms) GROUP BY k) q", false},
	{"chain of windows", "CREATE STREAM f AS SELECT _window_start AS s, k, COUNT(*) AS n FROM a WINDOW SLIDING(ts, 40ms, 20ms) GROUP BY k;", "SELECT s, k, n, SUM(n) OVER (ORDER BY _event_time ROWS 2 PRECEDING) AS l FROM f", false},
	{"sessions by their end", "", "SELECT e, k, n, LAG(n) OVER (PARTITION BY k ORDER BY e) AS l FROM (SELECT _window_end AS e, k, COUNT(*) AS n FROM a WINDOW SESSION(ts, 7ms) GROUP BY k) q", false},
	{"join", "CREATE STREAM f AS SELECT ts, id, k, v FROM a WHERE v > 3;", `SELECT GREATEST(a.ts, b.ts) AS t, a.id, b.id AS jd, LAG(b.id) OVER (PARTITION BY a.k ORDER BY _event_time, a.id, b.id) AS l
		FROM a JOIN f b ON a.k = b.k WITHIN 5ms WHERE a.v < 3`, false},
	{"above a join", "CREATE STREAM f AS SELECT ts, id, k, v FROM a WHERE v > 3;", `SELECT t, id, jd, LAG(jd) OVER (ORDER BY _event_time, id, jd) AS l
		FROM (SELECT GREATEST(a.ts, b.ts) AS t, a.id, b.id AS jd FROM a JOIN f b ON a.k = b.k WITHIN 5ms WHERE a.v < 3) q`, false},
}

// disordered makes records of three partitions, the watermark before each, and at the
// end one for each partition that lets all others go.
func disordered(rnd *rand.Rand, n, delay int, late bool) (recs []*record, marks []int64) {
	const parts = 3
	greatest := [parts]int64{before, before, before}
	add := func(p int, ts int64, k value, v int64) {
		mark := slices.Min(greatest[:])
		if mark != before {
			mark -= int64(delay)
		}
		id := int64(len(recs))
		recs, marks = append(recs, &record{part: p, stamp: ts, vals: []value{id, ts, k, v, ""}}), append(marks, mark)
		greatest[p] = max(greatest[p], ts)
	}
	now := int64(100_000)
	for range n {
		now += int64(rnd.IntN(6))
		ts := now - int64(rnd.IntN(delay+1))
		if late && rnd.IntN(6) == 0 {
			ts -= int64(rnd.IntN(3 * delay))
		}
		var k value
		if x := rnd.IntN(4); x > 0 {
			k = fmt.Sprint("k", x)
		}
		add(rnd.IntN(parts), ts, k, int64(rnd.IntN(7)))
	}
	for p := range parts {
		add(p, ended, "z", 1)
	}
	return recs, marks
}

// ended is the time of the last records.
const ended = int64(900_000)

func firstColumn(t *testing.T, line string) (x int64) {
	t.Helper()
	for i := range line {
		if line[i] == ':' {
			_, err := fmt.Sscan(line[i+1:], &x)
			require.NoError(t, err)
			return x
		}
	}
	t.Fatalf("no column in %s", line)
	return 0
}

// TestOverInTimeAboveQueries runs them over a source that does not end, and wants the
// rows of a replay of the same records but for the late ones, in the order of time, and
// each as soon as the watermark has passed it.
func TestOverInTimeAboveQueries(t *testing.T) {
	for i, c := range inTime {
		t.Run(c.name, func(t *testing.T) {
			for round := range 4 {
				rnd := rand.New(rand.NewPCG(uint64(i), uint64(round)))
				const delay = 12
				recs, marks := disordered(rnd, 150, delay, c.rows && round%2 == 0)
				src := &source{name: "a", parts: 3, field: true, stamps: true, delay: delay, recs: recs}
				a := &app{sources: []*source{src}, raw: []statement{{"o", c.above + "CREATE STREAM o AS " + c.sql}}}
				if c.above != "" {
					a.raw = append(a.raw, statement{sink: "f"})
				}
				l := &live{}
				var sinks map[string]kept
				for from := 0; from < len(recs); {
					n := min(1+rnd.IntN([]int{1, 5, 60}[round%3]), len(recs)-from)
					s := step{now: int64(from), recs: recs[from : from+n]}
					if from += n; c.rows && from < len(recs) {
						to, mark := from, marks[from]
						s.see = func() {
							for _, l := range sinks["o"].lines() {
								require.Less(t, firstColumn(t, l), mark)
							}
							if i > 0 {
								return
							}
							passed := 0
							for at, r := range recs[:to] {
								if ts := r.vals[1].(int64); ts >= marks[at] && ts < mark && r.vals[3] != int64(3) {
									passed++
								}
							}
							require.Len(t, sinks["o"].lines(), passed)
						}
					}
					l.steps = append(l.steps, s)
				}
				var start func() planner.Report
				sinks, _, start = runLive(t, a, l)
				rep := start()
				for _, q := range rep.Queries {
					b := q.Ledger
					require.Equal(t, b.In, b.Used+b.Filtered+b.Late+b.Failed+b.Held, "%s: %+v", q.Name, b)
				}
				got := slices.Clone(sinks["o"].lines())
				require.NotEmpty(t, got)
				require.True(t, slices.IsSortedFunc(got, func(x, y string) int { return int(firstColumn(t, x) - firstColumn(t, y)) }), "%v", got)
				slices.Sort(got)

				inTimeOf := func(at int) bool { return !c.rows || recs[at].vals[1].(int64) >= marks[at] }
				src.recs = nil
				for at, r := range recs {
					if inTimeOf(at) {
						src.recs = append(src.recs, r)
					}
				}
				for _, threads := range []int{1, 3} {
					a.shape.pieces = threads
					res, err := run(a, 1+rnd.IntN(20), threads)
					require.NoError(t, err)
					var want []string
					for _, l := range res.lines["o"] {
						if firstColumn(t, l) < ended-100 {
							want = append(want, l)
						}
					}
					slices.Sort(want)
					require.Equal(t, want, got, "round %d", round)
				}
			}
		})
	}
}
