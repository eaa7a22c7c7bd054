package planner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/velostream/velo/planner"
)

// oddities are records that stand between thousands that are alike. "" is an empty one.
var oddities = []string{
	`{"i":-0,"s":"a","f":-0,"u":1}`, `{"i":1,"s":"a","f":1e400,"u":1}`, `{"i":1,"s":"a","f":1,"u":1e400}`, `{"i":99999999999999999999,"s":"a","f":1,"u":1}`,
	`{"i":01,"s":"a","f":1,"u":1}`, `{"i":1,"s":"a","f":00.5,"u":1}`, `{"i":1,"s":"a","f":1,"u":01}`, `{"i":1,"s":"a","f":1.,"u":1}`, `{"i":1,"s":"a","f":1,"u":.5}`,
	"{\"i\":1,\"s\":\"\x01\",\"f\":1,\"u\":1}", "{\"i\":1,\"s\":\"a\tb\",\"f\":1,\"u\":1}", "{\"i\":1,\"s\":\"\xff\",\"f\":1,\"u\":1}", "{\"i\":1,\"s\":\"\xed\xa0\x80\",\"f\":1,\"u\":1}",
	`{"i":1,"s":"é","f":1,"u":1}`, `{"i":1,"s":"\u00e9\"\\","f":1,"u":1}`, `{"i":1,"s":"\x","f":1,"u":1}`, `{"i":1,"s":"a"b","f":1,"u":1}`, `{"i":1,"s":"a,"f":1,"u":1}`,
	"\ufeff{\"i\":1,\"s\":\"a\",\"f\":1,\"u\":1}", "{\"i\":1,\"s\":\"a\",\"f\":1,\"u\":1}\r", `{"i":1,"s":"a","f":1,"u":1}  `, ` {"i":1,"s":"a","f":1,"u":1}`, `{"i":1,"s":"a","f":1,"u":1}x`,
	`{"i":1,"s":"a","f":1,"u":1}}`, `{"i":1,"s":"a","f":1,"u":1`, `{"i":1,"s":"a","f":1,"u":1,}`, `{"i":1,"i":2,"f":1,"u":1}`, `{"i":1,"s":"a","f":1,"i":"x"}`, `{"i":"x","s":"a","f":1,"i":1}`,
	`{"i":1,"s":null,"f":null,"u":null}`, `{"i":null,"s":"a","f":1,"u":1}`, `{"s":"a"}`, `{"I":7,"S":"a","F":1,"u":1}`, `{"i":"7","s":7,"f":"7","u":"7"}`, `{"i":1.0,"s":true,"f":true,"u":tru}`,
	`{"i":1,"s":[1,{"x":2}],"f":1,"u":[]}`, `{"i":1,"s":"a","f":1,"u":{}}`, `{"i": 1,"s" :"a", "f":1 ,"u":1 }`, `{}`, `[]`, `null`, `7`, `"x"`, ``, ` `, `nothing`, "\x00",
	`{"i":1234567890123456789,"s":"a text that is longer than sixteen bytes","f":0.123456789012345678,"u":-12.5e-7}`, `{"i":-9223372036854775808,"s":"","f":-1.5,"u":true}`, `{"i":9223372036854775808,"s":"","f":5e-324,"u":false}`,
}

// manyAlike are records of one program, with each of the oddities some of which stand side by side.
func manyAlike(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf(`{"i":%d,"s":"SYM%d","f":%d.%03d,"u":%d}`, i, i%97, i%1000, i*7%1000, i*i))
		if i%83 == 40 {
			out = append(out, oddities[i/83%len(oddities)])
		}
		if i%997 == 500 {
			out = append(out, oddities[i/997%len(oddities)], oddities[(i/997+17)%len(oddities)])
		}
	}
	return out
}

// The rows, the errors with their lines and the dead letters of lines are the same whatever
// the batch size, and so however many of them are read at once.
func TestBatchSizesDoNotShowInLinesThatAreAlike(t *testing.T) {
	lines := manyAlike(9_000)
	b := newBench(t, planner.Query)
	path := b.file("s.jsonl", strings.Join(lines, "\n")+"\n"+`{"i":5,"s":"no newline","f":1,"u":1}`)
	require.NotEmpty(t, path)
	for _, sql := range []string{
		`SELECT i, s, f, u, _offset AS o FROM 's.jsonl'`,
		`SELECT s, _offset AS o FROM 's.jsonl'`,
		`SELECT COUNT(*) AS n, SUM(i) AS i, MIN(f) AS f, MAX(s) AS s FROM 's.jsonl'`,
	} {
		for _, null := range []string{"", " NOT NULL"} {
			var want, letters, ledger string
			var errs []string
			for k, size := range []string{"1", "3", "64", "1024", "8192"} {
				for _, threads := range []int{1, 3} {
					b.o.Threads, b.errs = threads, nil
					text := fmt.Sprintf(`%s WITH ('columns'='i BIGINT%s, s STRING, f DOUBLE, u DOUBLE', 'batch.size'='%s'`, sql, null, size)
					got := b.run(text + `)`)
					logged := b.errs
					got += b.run(text + fmt.Sprintf(`, 'failure.strategy'='dead_letter', 'dead.letter.queue.path'='%s')`, filepath.Join(b.dir, "d.jsonl")))
					if k == 0 && threads == 1 {
						want, letters, ledger, errs = got, b.read("d.jsonl"), fmt.Sprintf("%+v", b.rep.Ledger), logged
						require.Greater(t, len(errs), 10)
						require.Greater(t, strings.Count(letters, "\n"), 50)
					}
					require.Equal(t, want, got, "%s: batches of %s, %d threads", sql, size, threads)
					require.Equal(t, errs, logged, "%s: batches of %s, %d threads", sql, size, threads)
					require.Equal(t, letters, b.read("d.jsonl"))
					require.Equal(t, ledger, fmt.Sprintf("%+v", b.rep.Ledger))
				}
			}
		}
	}
}

// Nor do they show in payloads of a topic, with headers, keys and deletions between them,
// read as one partition after the other or by the order of their times.
func TestBatchSizesDoNotShowInPayloadsThatAreAlike(t *testing.T) {
	k := newBroker(t, 2, "in")
	var recs []*kgo.Record
	for i, v := range manyAlike(6_000) {
		r := &kgo.Record{Topic: "in", Partition: int32(i / 500 % 2), Value: []byte(v), Timestamp: time.UnixMilli(int64(i)), Key: fmt.Appendf(nil, "%d", i%11)}
		if i%601 == 600 {
			r.Value = nil
		}
		if i%401 == 400 {
			r.Headers = []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}
		}
		recs = append(recs, r)
	}
	require.NoError(t, k.cl.ProduceSync(context.Background(), recs...).FirstErr())
	b := newBench(t, planner.Query)
	for _, c := range []struct{ columns, keys, sql string }{
		{"i BIGINT, s STRING, f DOUBLE, u DOUBLE", "", `SELECT i, s, f, u, _offset AS o, _partition AS p, _key AS k, _headers AS h FROM s`},
		{"i BIGINT, s STRING, f DOUBLE", "", `SELECT s, _offset AS o FROM s`},
		{"i BIGINT NOT NULL, s STRING NOT NULL, f DOUBLE NOT NULL", "", `SELECT COUNT(*) AS n, SUM(i) AS i, MIN(f) AS f, MAX(s) AS s FROM s`},
		{"i BIGINT, k BIGINT", ", 'key.fields'='k'", `SELECT i, k FROM s`},
		{"i BIGINT, s STRING, f DOUBLE, u DOUBLE", ", 'json.validate'='touched'", `SELECT i, s FROM s`},
		{"i BIGINT, s STRING, f DOUBLE, u DOUBLE", ", 'kafka.fetch'='poll'", `SELECT i, s, f, u FROM s`},
	} {
		var want, letters, ledger string
		for n, size := range []string{"1", "3", "64", "1024", "8192"} {
			for _, threads := range []int{1, 3} {
				b.o.Threads = threads
				got := b.run(fmt.Sprintf(`CREATE STREAM s (%s) WITH ('type'='kafka_source', 'topic'='in', 'bootstrap.servers'='%s', 'bounded'='true'%s);
%s WITH ('batch.size'='%s', 'failure.strategy'='dead_letter', 'dead.letter.queue.path'='%s')`, c.columns, k.addr, c.keys, c.sql, size, filepath.Join(b.dir, "d.jsonl")))
				if n == 0 && threads == 1 {
					want, letters, ledger = got, b.read("d.jsonl"), fmt.Sprintf("%+v", b.rep.Ledger)
					require.Greater(t, strings.Count(letters, "\n"), 20)
				}
				require.Equal(t, want, got, "%s: batches of %s, %d threads", c.sql, size, threads)
				require.Equal(t, letters, b.read("d.jsonl"), "%s: batches of %s, %d threads", c.sql, size, threads)
				require.Equal(t, ledger, fmt.Sprintf("%+v", b.rep.Ledger))
			}
		}
	}
}
