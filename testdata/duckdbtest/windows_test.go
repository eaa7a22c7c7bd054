package duckdbtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// event is a row of a stream: a group, a value and a time in milliseconds.
type event struct {
	key, val string // null for NULL
	at       int64
}

func randomEvents(r *rand.Rand) []event {
	var out []event
	at := int64(1_700_000_000_000) + int64(r.IntN(1000))
	for range pick(r, 0, 1, 5, 40, 200) {
		at += pick(r, int64(0), 1, 5, 90, 400, 2500, int64(r.IntN(10_000)))
		e := event{fmt.Sprint(r.IntN(3)), fmt.Sprint(r.IntN(100) - 50), at}
		if r.IntN(8) == 0 {
			e.key = "null"
		}
		if r.IntN(6) == 0 {
			e.val = "null"
		}
		out = append(out, e)
	}
	return out
}

// TestWindows compares the final rows of tumbling, hopping and session windows,
// and of OVER, with queries that say the same in DuckDB. Rows come in the order
// of time, so that none is late.
func TestWindows(t *testing.T) {
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	first := *seed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	dir := t.TempDir()
	const aggs = "COUNT(*) AS n, COUNT(v) AS c, SUM(v) AS s, MIN(v) AS lo, MAX(v) AS hi"
	for i := range *count / 10 {
		r := rand.New(rand.NewPCG(first+uint64(i), 5))
		events := randomEvents(r)
		var file, rows strings.Builder
		for n, e := range events {
			fmt.Fprintf(&file, "{\"id\":%d,\"k\":%s,\"v\":%s,\"ts\":%d}\n", n, e.key, e.val, e.at)
			fmt.Fprintf(&rows, "INSERT INTO e VALUES (%d, %s, %s, %d);", n, e.key, e.val, e.at)
		}
		path := filepath.Join(dir, "e.jsonl")
		if err := os.WriteFile(path, []byte(file.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE OR REPLACE TABLE e (id BIGINT, k BIGINT, v BIGINT, ts BIGINT);" + rows.String()); err != nil {
			t.Fatal(err)
		}
		in := []input{{"e", path, map[string]string{"columns": "id BIGINT, k BIGINT, v BIGINT, ts BIGINT", "event.time.field": "ts"}}}
		size := pick(r, int64(100), 1000, 3000, 7000)
		advance := size / pick(r, int64(1), 2, 5)
		gap := pick(r, int64(50), 500, 3000)
		n, m := r.IntN(4), r.IntN(3)
		for _, c := range []struct{ what, velo, duck string }{
			{"tumbling", fmt.Sprintf("SELECT k, _window_start AS w, %s FROM e WINDOW TUMBLING(%dms) GROUP BY k EMIT FINAL", aggs, size),
				fmt.Sprintf("SELECT k, ts // %d * %d AS w, %s FROM e GROUP BY k, w", size, size, aggs)},
			{"tumbling with HAVING", fmt.Sprintf("SELECT k, _window_end AS w, %s FROM e WHERE v > -40 WINDOW TUMBLING(%dms) GROUP BY k HAVING COUNT(*) > 1 EMIT FINAL", aggs, size),
				fmt.Sprintf("SELECT k, ts // %d * %d + %d AS w, %s FROM e WHERE v > -40 GROUP BY k, w HAVING COUNT(*) > 1", size, size, size, aggs)},
			{"hopping", fmt.Sprintf("SELECT k, _window_start AS w, %s FROM e WINDOW SLIDING(%dms, %dms) GROUP BY k EMIT FINAL", aggs, size, advance),
				fmt.Sprintf("SELECT k, w, %s FROM (SELECT k, v, (ts // %d - o) * %d AS w, ts FROM e, range(%d) r(o)) x WHERE ts < w + %d GROUP BY k, w", aggs, advance, advance, (size+advance-1)/advance, size)},
			{"session", fmt.Sprintf("SELECT k, _window_start AS w, _window_end AS z, %s FROM e WINDOW SESSION(%dms) GROUP BY k EMIT FINAL", aggs, gap),
				fmt.Sprintf(`SELECT k, MIN(ts) AS w, MAX(ts) + %d AS z, %s FROM (SELECT k, v, ts, SUM(new) OVER (PARTITION BY k ORDER BY ts, id) AS n FROM
					(SELECT id, k, v, ts, CASE WHEN ts - LAG(ts) OVER (PARTITION BY k ORDER BY ts, id) <= %d THEN 0 ELSE 1 END AS new FROM e) a) b GROUP BY k, n`, gap, aggs, gap)},
			{"rows", fmt.Sprintf("SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts, id ROWS BETWEEN %d PRECEDING AND %d FOLLOWING) AS s, LAG(v, %d) OVER (PARTITION BY k ORDER BY ts, id) AS l FROM e", n, m, n), ""},
			{"range", fmt.Sprintf("SELECT id, COUNT(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN %d PRECEDING AND CURRENT ROW) AS s, MAX(v) OVER (ORDER BY ts RANGE BETWEEN CURRENT ROW AND %d FOLLOWING) AS m FROM e", gap, size), ""},
			{"first", fmt.Sprintf("SELECT id, n, q FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v %s, ts DESC, id) AS n, RANK() OVER (PARTITION BY k ORDER BY v %[1]s, ts DESC, id) AS q FROM e) x WHERE n %s %d",
				pick(r, "", "DESC", "NULLS FIRST", "DESC NULLS LAST"), pick(r, "<", "<=", "="), 1+r.IntN(4)), ""},
			{"shift", fmt.Sprintf("SELECT id, LAG(v, %d, %d) OVER (PARTITION BY k ORDER BY v, id) AS a, LEAD(id, %[1]d, %[2]d) OVER (ORDER BY ts DESC, id) AS b, LAST_VALUE(v) OVER (PARTITION BY k ORDER BY v DESC, id ROWS BETWEEN %d PRECEDING AND %[1]d FOLLOWING) AS c FROM e", n, m, m), ""},
			{"rank", "SELECT id, RANK() OVER (PARTITION BY k ORDER BY v) AS r, ROW_NUMBER() OVER (ORDER BY ts DESC, id) AS n, FIRST_VALUE(v) OVER (PARTITION BY k ORDER BY ts, id) AS f FROM e", ""},
		} {
			if c.duck == "" {
				c.duck = c.velo
			}
			ours, err := velo(c.velo, in)
			if err != nil {
				t.Fatalf("%s: %v\n%s", c.what, err, c.velo)
			}
			theirs, err := duck(db, c.duck)
			if err != nil {
				t.Fatalf("%s: %v\n%s", c.what, err, c.duck)
			}
			if !same(ours, theirs, false) {
				t.Errorf("seed %d, %s: other rows\n%s\n%s\nvelo   %v\nduckdb %v\n%s", first+uint64(i), c.what, c.velo, c.duck, cut(ours), cut(theirs), file.String())
			}
		}
	}
}
