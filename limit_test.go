package velo_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/velostream/velo"
)

// Every operator that keeps rows or groups stops the run over the limit, and says
// which one it was, what it holds and how many bytes that takes.
func TestEveryStateHasALimit(t *testing.T) {
	var sb strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&sb, "{\"k\":\"key-%d\",\"v\":%d,\"at\":%d}\n", i, i, 1_700_000_000_000+i)
	}
	path := filepath.Join(t.TempDir(), "t.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(sb.String()), 0o600))
	eng, err := velo.Open(velo.WithMemoryLimit(100_000))
	require.NoError(t, err)
	for sql, want := range map[string]string{
		"SELECT k, COUNT(*) FROM t GROUP BY k":                                                                    "state of HashAggregate keys=[k] aggregates=[COUNT(*)] emit=FINAL takes ",
		"SELECT k, COUNT(*) FROM t GROUP BY k EMIT CHANGES":                                                       "state of HashAggregate keys=[k] aggregates=[COUNT(*)] emit=CHANGES takes ",
		"SELECT k, COUNT(*) FROM t GROUP BY k WINDOW TUMBLING(1h)":                                                "groups in 1 open windows",
		"SELECT k, COUNT(*) FROM t GROUP BY k WINDOW SLIDING(1h, 1m)":                                             "groups in 60 open windows",
		"SELECT k, COUNT(*) FROM t GROUP BY k WINDOW SESSION(1h)":                                                 "state of WindowAggregate SESSION(1h0m0s) keys=[k]",
		"SELECT DISTINCT k FROM t":                                                                                "state of Distinct",
		"SELECT k FROM t ORDER BY v":                                                                              "state of Sort order takes ",
		"SELECT k, ROW_NUMBER() OVER (ORDER BY v) FROM t":                                                         "keeps ",
		"SELECT a.k FROM t a JOIN t b ON a.k = b.k":                                                               "state of HashJoin INNER keys=[k = k] takes ",
		"SELECT k FROM t WHERE v IN (SELECT v FROM t WHERE v > 5)":                                                "state of HashJoin ",
		"SELECT k FROM t INTERSECT SELECT k FROM t":                                                               "state of INTERSECT takes ",
		"SELECT k FROM t EXCEPT ALL SELECT k FROM t":                                                              "state of EXCEPT takes ",
		"SELECT MEDIAN(v) FROM t":                                                                                 "state of HashAggregate keys=[] ",
		"SELECT COUNT(DISTINCT k) FROM t":                                                                         "state of HashAggregate keys=[] ",
		"SELECT a.k FROM t a JOIN t b ON a.k = b.k AND b.at BETWEEN a.at - 5 AND a.at + 5":                        "state of HashJoin ",
		"SELECT a.k FROM t a JOIN t b ON a.k = b.k WITHIN 1h":                                                     "state of IntervalJoin INNER",
		"SELECT k, SUM(v) OVER (ROWS WINDOW BUFFER 20000 ROWS) FROM t":                                            "Over SUM(v) (BUFFER 20000 ROWS) keeps ",
		"SELECT k, SUM(v) OVER (ROWS WINDOW BUFFER 9 ROWS PARTITION BY k) FROM t":                                 "rows of 4096 partitions in ",
		"SELECT k FROM t ORDER BY v LIMIT 15000":                                                                  "state of TopN limit=15000 offset=0 order takes ",
		"SELECT k, COUNT(*) FROM t GROUP BY k WINDOW CUMULATE(at, 1h, 2h)":                                        "groups in 2 open windows",
		"SELECT k, COUNT(*) FROM t GROUP BY k WINDOW TUMBLING(1ms) WITH ('late.data.strategy'='update_previous')": "open windows",
		"SELECT k, COUNT(*) FROM t GROUP BY k WINDOW TUMBLING(1h) EMIT CHANGES EVERY 1h":                          "groups in 1 open windows",
		"SELECT k, FIRST_VALUE(k) FROM t GROUP BY k":                                                              "state of HashAggregate",
		"SELECT LISTAGG(k), ARRAY_AGG(v) FROM t":                                                                  "state of HashAggregate",
		"SELECT APPROX_COUNT_DISTINCT(k) FROM t GROUP BY k":                                                       "state of HashAggregate",
	} {
		rows, err := eng.Query(context.Background(), sql, velo.FromFile("t", path, map[string]string{"event.time.field": "at"}))
		if !assert.NoError(t, err, sql) {
			continue
		}
		var failed error
		for _, err := range rows.Records() {
			failed = err
		}
		if !assert.ErrorContains(t, failed, want, sql) {
			continue
		}
		assert.Regexp(t, `\d+ bytes.*more than the (memory )?limit of 100000 bytes; raise`, failed.Error(), sql)
	}
}
