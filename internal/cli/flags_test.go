package cli

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner"
)

func TestBindings(t *testing.T) {
	for _, c := range []struct {
		text  string
		path  string
		props map[string]string
	}{
		{`t=f.csv`, "f.csv", map[string]string{}},
		{`t=-`, "-", map[string]string{}},
		{`t=a=b.csv,Topic=A`, "a=b.csv", map[string]string{"topic": "A"}},
		{`t=f.csv,columns="a INT, b STRING",csv.header=false`, "f.csv", map[string]string{"columns": "a INT, b STRING", "csv.header": "false"}},
		{`t="a,b.csv",csv.delimiter=","`, "a,b.csv", map[string]string{"csv.delimiter": ","}},
		{`t=f.csv,csv.quote='"',csv.null="say ""none"""`, "f.csv", map[string]string{"csv.quote": `"`, "csv.null": `say "none"`}},
		{`t=data/{a,b}*.jsonl,format=json`, "data/{a,b}*.jsonl", map[string]string{"format": "json"}},
		{`t=f.csv,columns=x MAP<STRING`, "f.csv", map[string]string{"columns": "x MAP<STRING"}},
		{`t=f.csv,a=`, "f.csv", map[string]string{"a": ""}},
	} {
		b, err := binding(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, planner.Binding{Name: "t", Path: c.path, Props: c.props}, b, c.text)
	}
	for text, want := range map[string]string{
		"f.csv": "NAME=PATH", "=f.csv": "NAME=PATH", "t=": "the path is empty", "t=f.csv,x": `"x" is no key=value`, `t=f.csv,a="x`: "not closed",
		`t=f.csv,a="x"y`: "a comma must follow", "t=f.csv,a=1,A=2": "given twice", "t=f.csv,=2": "no key=value", `a,b=c`: "NAME=PATH",
	} {
		_, err := binding(text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := bindings("--from", []string{"t=a", "T=b"})
	require.ErrorContains(t, err, `--from gives "T" twice`)
	require.ErrorIs(t, err, ingest.ErrUsage)
}

func TestPairs(t *testing.T) {
	m, err := pairs("--set", []string{"a=1", "b.c=x=y", "d="})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "1", "b.c": "x=y", "d": ""}, m)
	for _, bad := range [][]string{{"a"}, {"=1"}, {"a=1", "a=2"}} {
		_, err := pairs("--set", bad)
		require.ErrorIs(t, err, ingest.ErrUsage)
	}
}

func TestJoinStats(t *testing.T) {
	require.Equal(t, []string{"query", "--stats=json", "json"}, joinStats([]string{"query", "--stats", "json", "json"}))
	require.Equal(t, []string{"--stats", "SELECT 1"}, joinStats([]string{"--stats", "SELECT 1"}))
	require.Equal(t, []string{"--stats"}, joinStats([]string{"--stats"}))
	require.Equal(t, []string{"--", "--stats", "json"}, joinStats([]string{"--", "--stats", "json"}))
}

func TestSpeedAndBatch(t *testing.T) {
	for in, want := range map[string]float64{"": 0, "max": 0, "1x": 1, "10x": 10, "0.5x": 0.5} {
		got, err := speed(in)
		require.NoError(t, err)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"10", "0x", "-1x", "NaNx", "fast", "x"} {
		_, err := speed(in)
		require.ErrorIs(t, err, ingest.ErrUsage, in)
	}
	for in, want := range map[string]*arrowexec.SizerOptions{"": nil, "auto": {Strategy: "adaptive"}, "64": {Strategy: "fixed_size", Size: 64}} {
		got, err := sizer(in)
		require.NoError(t, err)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"0", "-1", "many", "1e3"} {
		_, err := sizer(in)
		require.ErrorIs(t, err, ingest.ErrUsage, in)
	}
}

func TestProgressText(t *testing.T) {
	start := time.UnixMilli(0)
	for _, c := range []struct {
		s    arrowexec.SourceStats
		at   time.Duration
		want string
	}{
		{arrowexec.SourceStats{}, 0, "0 rows, 0 B, 0 rows/s"},
		{arrowexec.SourceStats{Rows: 1234567, Bytes: 999}, time.Second, "1,234,567 rows, 999 B, 1,234,567 rows/s"},
		{arrowexec.SourceStats{Rows: 100, Bytes: 2_500_000, Total: 10_000_000}, 10 * time.Second, "100 rows, 2.5 MB, 10 rows/s, 25%, ETA 30s"},
		{arrowexec.SourceStats{Rows: 1, Bytes: 20, Total: 10}, time.Second, "1 rows, 20 B, 1 rows/s, 100%"},
	} {
		p := progress{start: start, last: c.s}
		require.Equal(t, c.want, p.text(start.Add(c.at)))
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1234567890: "1,234,567,890"} {
		require.Equal(t, want, thousands(n))
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_999: "1.0 MB", 1 << 40: "1.1 TB"} {
		require.Equal(t, want, size(n))
	}
	for d, want := range map[time.Duration]string{1234: "1µs", 1234567: "1.2ms", 1234567890: "1.23s", 75 * time.Second: "1m15s"} {
		require.Equal(t, want, brief(d))
	}
}

func TestLedgerText(t *testing.T) {
	l := arrowexec.Ledger{In: 1000, Used: 900, Filtered: 50, Late: 20, Failed: 20, Held: 10, Out: 7, LateApplied: 2}
	text := ledgerText(planner.Report{
		Ledger: l, Elapsed: time.Second, Bytes: 2000,
		Queries: []planner.QueryReport{{Name: "q", Ledger: l}},
		Sources: []planner.SourceReport{{Name: "t", Ledger: l, Rows: 1000, UnknownFields: 3, Tombstones: 4}},
		Sinks:   []planner.SinkReport{{Name: "s", Rows: 7}},
		Run:     arrowexec.Result{Batches: 5, Decisions: []arrowexec.Decision{{Want: 10, Got: 9, Next: 20, Reason: "why"}}},
	}, true)
	require.Equal(t, `ledger       in  used  filtered  late  failed  held  out
source t  1,000   900        50    20      20    10
query q   1,000   900        50    20      20    10    7
sink s                                                 7
source t: 3 fields that its schema does not have were ignored
source t: 4 records without payload were skipped
query q: 2 late rows were used all the same
1,000 rows, 2.0 kB in 1s: 1,000 rows/s; 7 rows out
5 batches, peak batch memory 0 B, 0 sizing decisions
  batch: wanted 10, got 9 in 0s, next 20: why`, text)
}

func TestSuggestions(t *testing.T) {
	list := []function{{Name: "UPPER"}, {Name: "LOWER"}, {Name: "SUM"}}
	require.Contains(t, containing(list, "uper"), "UPPER")
	require.Equal(t, "; velo-sql functions lists all", containing(list, "zzz"))
}

func TestSpeltErrors(t *testing.T) {
	require.True(t, errors.Is(usage("x %d", 1), ingest.ErrUsage))
	require.Equal(t, "x 1", usage("x %d", 1).Error())
}
