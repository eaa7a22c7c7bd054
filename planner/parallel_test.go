package planner_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// A run in several pipelines that ends early, at once or on the way, leaves no row
// without a fate.
func TestParallelRunsThatEndEarly(t *testing.T) {
	var text strings.Builder
	for i := range 400_000 {
		fmt.Fprintf(&text, "{\"k\":%d,\"v\":%d}\n", i%97, i)
	}
	for _, c := range []struct {
		name, sql string
		stop      bool
	}{
		{"limit", `SELECT k, v FROM 's.jsonl' WHERE v % 2 = 0 LIMIT 3`, false},
		{"limit of nothing but columns", `SELECT * FROM 's.jsonl' LIMIT 3`, false},
		{"stopped rows", `SELECT k, v FROM 's.jsonl' WHERE v % 2 = 0`, true},
		{"stopped aggregate", `SELECT k, COUNT(*) AS n FROM 's.jsonl' WHERE v % 2 = 0 GROUP BY k`, true},
		{"stopped sort", `SELECT k, v FROM 's.jsonl' ORDER BY v DESC`, true},
		{"stopped window", `SELECT k, COUNT(*) AS n FROM 's.jsonl' WITH ('event.time.field'='v') GROUP BY k WINDOW TUMBLING(1h)`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, planner.Query)
			b.o.Threads = 3
			b.file("s.jsonl", text.String())
			app, err := b.compile(c.sql)
			require.NoError(t, err, describe(err))
			o := planner.RunOptions{}
			if c.stop {
				stop := make(chan struct{})
				var once sync.Once
				o.Stop, o.ProgressEvery = stop, time.Millisecond
				o.Progress = func(s arrowexec.SourceStats) {
					if s.Rows > 0 {
						once.Do(func() { close(stop) })
					}
				}
			}
			rep, err := app.Run(context.Background(), o)
			require.NoError(t, err)
			require.NoError(t, app.Close())
			l := rep.Ledger
			require.Equal(t, l.In, l.Used+l.Filtered+l.Late+l.Failed+l.Held, "%+v", l)
		})
	}
}
