package planner_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

// Where the rows of each query went: its predicates, HAVING, joins, UNNEST, late
// rows by how much, errors, and the partitions behind the watermark.
func TestWhyEmpty(t *testing.T) {
	b := newBench(t, planner.Replay)
	b.file("t.capture.jsonl",
		`{"topic":"t","partition":0,"offset":0,"ts":1,"payload":{"ts":10000,"k":"a","v":1}}`,
		`{"topic":"t","partition":0,"offset":1,"ts":2,"payload":{"ts":25000,"k":"b","v":2}}`,
		`{"topic":"t","partition":1,"offset":0,"ts":3,"payload":{"ts":45000,"k":"b","v":5}}`,
		`{"topic":"t","partition":0,"offset":2,"ts":4,"payload":{"ts":13000,"k":"a","v":6}}`,
		`{"topic":"t","partition":0,"offset":3,"ts":5,"payload":{"ts":null,"k":"a","v":7}}`,
		`{"topic":"t","partition":0,"offset":4,"ts":6,"payload":{"ts":46000,"k":"a","v":8}}`)
	b.o.From = []planner.Binding{{Name: "t", Path: b.dir + "/t.capture.jsonl"}}
	b.o.Out = b.dir
	app, err := b.compile(`CREATE STREAM t (ts BIGINT, k STRING, v BIGINT) WITH ('event.time.field'='ts', 'event.time.format'='epoch_millis');
CREATE STREAM o AS SELECT k, COUNT(*) AS n FROM t WHERE v > 1 GROUP BY k WINDOW TUMBLING(10s) HAVING COUNT(*) > 5;
CREATE STREAM j AS SELECT x.k FROM t x JOIN t y ON x.k = y.k AND x.v < y.v WITHIN 1s;
CREATE STREAM u AS SELECT e FROM t, UNNEST(CASE WHEN v > 100 THEN ARRAY[v] END) AS e;`)
	require.NoError(t, err, describe(err))
	defer app.Close()
	rep, err := app.Run(context.Background(), planner.RunOptions{})
	require.NoError(t, err)
	const marks = `watermark of t: 1970-01-01T00:00:46.000Z
  partition 0: 1970-01-01T00:00:46.000Z, ended
  partition 1: 1970-01-01T00:00:45.000Z, ended
`
	require.Equal(t, `== o ==
in 6 = used 0 + filtered 4 + late 1 + failed 1 + held 0; out 0
`+marks+`filtered 1: (v > 1)
filtered 3: by HAVING (COUNT(*) > 5)
late 1: their windows were closed when they came
  by 12000 ms
failed 1: event_time errors

== j ==
in 12 = used 0 + filtered 8 + late 2 + failed 2 + held 0; out 0
`+marks+marks+`filtered 8: by a join, without a match
late 2: the watermark had passed them when they came
failed 2: event_time errors

== u ==
in 6 = used 0 + filtered 6 + late 0 + failed 0 + held 0; out 0
filtered 6: by UNNEST, without elements
`, app.WhyEmpty(rep))
}
