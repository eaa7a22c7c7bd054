package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/velostream/velo/bench"
)

// selfVar makes the test binary be velo-bench, for the processes that vs starts.
const selfVar = "VELO_BENCH_TEST_SELF"

func TestMain(m *testing.M) {
	if os.Getenv(selfVar) != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

func velobench(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestWrongUseExitsWith2(t *testing.T) {
	for want, args := range map[string]string{
		"unknown command":                    "walk",
		"unknown flag":                       "run --rwos 5",
		"invalid argument":                   "run --rows many",
		"--batch takes auto or a number":     "run --batch none",
		"--batch takes auto or a number of":  "run --batch 0",
		"-o takes text, json or benchstat":   "run -o xml",
		"--profile takes cpu, mem or trace":  "run --profile all",
		"there is no workload":               "run nothing",
		"there is no source":                 "run csv-group --source s3",
		"there is no row loop":               "run kafka-group --baseline",
		"cannot be negative":                 "run csv-group --rows -1",
		"there is no dataset":                "generate nothing",
		"--rows and --keys cannot":           "generate trades --rows -1",
		"there is no format":                 "generate trades -o x.xml",
		"accepts 2 arg":                      "compare one.json",
		"no such file":                       "compare one.json two.json",
		"accepts 1 arg":                      "sweep",
		"rounds cannot be negative":          "sweep csv-group --rounds -1",
		"-o takes text, json or svg, not":    "sweep csv-group -o png",
		"vs needs what to compare with":      "vs",
		"there is no workload \"x\"":         "vs peers x",
		"is named and excepted":              "vs peers tumbling --except tumbling",
		"there is no workload \"y\"":         "vs peers --except y",
		"must be 2 or more":                  "vs threads --threads 1",
		"its broker would need the cores":    "vs threads kafka-group",
		"it has no query for":                "vs peers kafka-group",
		"has no consumer written by hand":    "vs kafka group-keys",
		"a way to fetch has no effect":       "run group-keys --fetch raw",
		"-o takes text or json, not \"csv\"": "vs peers -o csv",
		"--source takes file or memory":      "vs peers --source topic",
	} {
		code, out, errs := velobench(strings.Fields(args)...)
		require.Equal(t, 2, code, args)
		require.Contains(t, errs, want, args)
		require.Empty(t, out, args)
	}
}

func TestList(t *testing.T) {
	code, out, errs := velobench("list")
	require.Zero(t, code, errs)
	for _, w := range bench.Workloads() {
		require.Contains(t, out, w.Name)
	}
	code, out, errs = velobench("list", "--names")
	require.Zero(t, code, errs)
	require.Len(t, strings.Fields(out), len(bench.Workloads()))
}

func TestRunAndCompare(t *testing.T) {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")}
	for _, p := range paths {
		code, out, errs := velobench("run", "csv-group", "group-keys", "--rows", "2000", "--rounds", "2", "-o", "json")
		require.Zero(t, code, errs)
		require.NoError(t, os.WriteFile(p, []byte(out), 0o600))
	}
	code, out, errs := velobench("compare", paths[0], paths[1])
	require.Zero(t, code, errs)
	require.Equal(t, 2, strings.Count(out, "times the old"), out)
	require.NoError(t, os.WriteFile(paths[0], []byte("{}"), 0o600))
	code, _, errs = velobench("compare", paths[0], paths[1])
	require.Equal(t, 1, code)
	require.Contains(t, errs, "no results")
	code, out, errs = velobench("run", "1brc", "--rows", "2000", "--rounds", "1", "-o", "benchstat")
	require.Zero(t, code, errs)
	require.Contains(t, out, "Benchmark1brc/source=file/format=csv")
}

func TestBaselineOfAll(t *testing.T) {
	code, out, errs := velobench("run", "--baseline", "--rows", "2000", "--rounds", "1")
	require.Zero(t, code, errs)
	n := 0
	for _, w := range bench.Workloads() {
		if w.HasLoop(w.Source, w.Format) {
			n++
		}
	}
	require.Equal(t, n, strings.Count(out, "row loop:"), out)
}

func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	var out, errs bytes.Buffer
	require.Equal(t, 130, run(ctx, []string{"run", "csv-group", "--rows", "1000"}, &out, &errs))
	require.Equal(t, "velo-bench: interrupted\n", errs.String())
	require.Empty(t, out.String())
}

func TestGenerate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "measurements.txt")
	code, _, errs := velobench("generate", "1brc", "--rows", "100", "-o", path)
	require.Zero(t, code, errs)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 100, bytes.Count(text, []byte("\n")))
	require.Equal(t, 100, bytes.Count(text, []byte(";")))
	code, out, _ := velobench("generate", "1brc", "--rows", "100")
	require.Zero(t, code)
	require.Equal(t, string(text), out)
}

func TestVsPeersThatAreNotThere(t *testing.T) {
	t.Setenv(selfVar, "1")
	code, out, errs := velobench("vs", "peers", "tumbling", "--python", "no-such-python")
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Equal(t, "velo-bench: tumbling: no Python with the package duckdb in no-such-python; install it (pip install duckdb), or name a Python that has it by --python\n", errs)
}

func TestVsPeersWhereInstalled(t *testing.T) {
	t.Setenv(selfVar, "1")
	for _, engine := range bench.Engines {
		asked := 0
		for _, w := range bench.Workloads() {
			asked += len(w.Asked([]string{engine}))
		}
		code, out, errs := velobench("vs", "peers", "--engines", engine, "--rows", "2000", "--rounds", "1")
		if strings.Contains(errs, "no Python with the package") {
			continue // it is compared where it is installed
		}
		require.Zero(t, code, errs)
		require.Equal(t, asked, strings.Count(out, "2000 rows, answer of"), out)
	}
}

func TestVsThreads(t *testing.T) {
	t.Setenv(selfVar, "1")
	code, out, errs := velobench("vs", "threads", "csv-group", "json-to-csv", "join-desks", "--rows", "3000", "--rounds", "1")
	require.Zero(t, code, errs)
	require.Equal(t, 6, strings.Count(out, "3000 rows, answer of"), out)
	require.Equal(t, 3, strings.Count(out, "wall ns/row"), out)
	require.Equal(t, 6, strings.Count(out, "2 processes at once;"), out)
}

func TestSweep(t *testing.T) {
	code, out, errs := velobench("sweep", "group-keys", "--rows", "3000", "--rounds", "2")
	require.Zero(t, code, errs)
	require.Equal(t, len(bench.SweepSizes)+2, strings.Count(out, "\n"), out)
	require.Contains(t, out, "2 rounds each: answers are right")
	require.Contains(t, out, "█")
	code, out, errs = velobench("sweep", "group-keys", "--rows", "3000", "--rounds", "1", "-o", "svg")
	require.Zero(t, code, errs)
	require.NoError(t, xml.Unmarshal([]byte(out), new(struct{})))
	require.Equal(t, 2, strings.Count(out, "<polyline"))
}
