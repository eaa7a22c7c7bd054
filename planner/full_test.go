package planner_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

// What an operator keeps of a column of text has 32-bit offsets: beyond them the run
// ends with an error that names the operator, and nothing wraps. The limit is lowered
// here.
func TestFullColumnsEndTheRun(t *testing.T) {
	lines := make([]string, 200)
	for i := range lines {
		lines[i] = `{"k":` + string(rune('0'+i%10)) + `,"s":"` + strings.Repeat(string(rune('a'+i%26)), 100) + `"}`
	}
	for _, c := range []struct{ sql, want string }{
		{`SELECT s FROM 's.jsonl' ORDER BY s`, "Sort: one column of text or bytes holds more than 10000 bytes"},
		{`SELECT a.s FROM 's.jsonl' a JOIN 's.jsonl' b ON a.k = b.k`, "Join"},
		{`SELECT s, ROW_NUMBER() OVER (PARTITION BY k) AS r FROM 's.jsonl'`, "Over"},
		{`SELECT LISTAGG(s) AS l FROM 's.jsonl'`, "Aggregate"},
		{`SELECT s FROM 's.jsonl'`, ""}, // a batch fits
	} {
		for _, threads := range []int{1, 3} {
			b := newBench(t, planner.Query)
			b.o.Threads = threads
			b.file("s.jsonl", lines...)
			app, err := b.compile(c.sql + ` WITH ('batch.size'='10')`)
			require.NoError(t, err, describe(err))
			_, err = app.Run(context.Background(), planner.RunOptions{MaxData: 10_000, Poison: true})
			require.NoError(t, app.Close())
			if c.want == "" {
				require.NoError(t, err, c.sql)
				continue
			}
			require.ErrorContains(t, err, c.want, c.sql)
			require.ErrorContains(t, err, "more than 10000 bytes", c.sql)
			require.NotContains(t, err.Error(), "bug in velo")
		}
	}
}
