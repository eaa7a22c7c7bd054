package bench

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/velostream/velo/bench/tpch"
)

// TPCHComparison is the CPU time of both for one query of TPC-H, in ms; medians of
// pairs of processes, within each the median of its runs.
type TPCHComparison struct {
	Query  int       `json:"query"`
	Rows   int       `json:"rows"`
	DuckDB string    `json:"duckdb"`
	Velo   []float64 `json:"velo_cpu_ms"`
	Other  []float64 `json:"duckdb_cpu_ms"`
}

func middle(list []float64) float64 {
	return quantile(list, 0.5, func(x float64) float64 { return x })
}

// Ratio is how many times DuckDB's time the engine takes.
func (c *TPCHComparison) Ratio() float64 { return middle(c.Velo) / middle(c.Other) }

// runsInProcess is how often each process runs a query, and one more that warms up.
const runsInProcess = 3

// VsTPCH runs the queries of TPC-H in a process of the engine and in one of DuckDB, in
// turns, each on one thread, over tables in memory: Arrow records here, tables of
// DuckDB's own there. Generating and loading is not counted. All answers are compared.
func VsTPCH(ctx context.Context, scale float64, o VsOptions) ([]*TPCHComparison, error) {
	if scale <= 0 || o.Rounds < 0 {
		return nil, usage{fmt.Errorf("the scale must be positive and rounds cannot be negative")}
	}
	python, version, err := findPython(ctx, o.Python, "duckdb")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "velo-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := WriteTPCH(dir, scale, o.Seed); err != nil {
		return nil, err
	}
	var list []*TPCHComparison
	var scripts []script
	for _, q := range tpch.Queries() {
		list = append(list, &TPCHComparison{Query: q.Number, DuckDB: version})
		scripts = append(scripts, script{Query: "CREATE OR REPLACE TEMP TABLE answer AS " + q.SQL,
			Answer: fmt.Sprintf("COPY answer TO '%s' (FORMAT csv, HEADER false)", filepath.Join(dir, fmt.Sprintf("q%02d.csv", q.Number)))})
	}
	prepare := tpchTables(dir)
	for range max(o.Rounds, 1) {
		own, err := o.ownTPCH(ctx, dir, scale)
		if err != nil {
			return nil, err
		}
		times, err := duckEach(ctx, python, prepare, scripts)
		if err != nil {
			return nil, err
		}
		for i, c := range list {
			if c.Rows, err = sameAnswer(dir, c.Query); err != nil {
				return nil, err
			}
			c.Velo = append(c.Velo, float64(own[i].CPU())/1e6)
			c.Other = append(c.Other, float64(times[i])/1e6)
		}
	}
	return list, nil
}

// ownTPCH runs the engine's side in a process of its own.
func (o VsOptions) ownTPCH(ctx context.Context, answers string, scale float64) ([]*TPCHResult, error) {
	args := append(o.Self[1:len(o.Self):len(o.Self)], "run", "tpch", "--rounds", strconv.Itoa(runsInProcess), "--procs", "1", "--threads", "1", "-o", "json",
		"--scale", strconv.FormatFloat(scale, 'g', -1, 64), "--seed", strconv.FormatUint(o.Seed, 10), "--answers", answers)
	cmd := exec.CommandContext(ctx, o.Self[0], args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	var results []*TPCHResult
	if err := json.Unmarshal(out.Bytes(), &results); err != nil || len(results) != 22 {
		return nil, fmt.Errorf("the engine's process gave %d results of 22", len(results))
	}
	return results, nil
}

// tpchTables are the statements that load the CSV files of a folder.
func tpchTables(dir string) string {
	var sb strings.Builder
	sb.WriteString("SET threads = 1;")
	for _, t := range tpch.Generate(0, 1) {
		var cols []string
		for _, f := range t.Schema.Fields() {
			kind := "VARCHAR"
			switch f.Type.ID() {
			case arrow.INT64:
				kind = "BIGINT"
			case arrow.DATE32:
				kind = "DATE"
			case arrow.DECIMAL128:
				kind = "DECIMAL(15,2)"
			}
			cols = append(cols, fmt.Sprintf("'%s': '%s'", f.Name, kind))
		}
		fmt.Fprintf(&sb, " CREATE TABLE %s AS SELECT * FROM read_csv('%s', header = true, columns = {%s});",
			t.Name, strings.ReplaceAll(filepath.Join(dir, t.Name+".csv"), "'", "''"), strings.Join(cols, ", "))
		t.Release()
	}
	return sb.String()
}

const pythonQueries = `
import duckdb, json, resource, sys
s = json.load(sys.stdin)
def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime
con = duckdb.connect()
con.execute(s["prepare"])
for q in s["queries"]:
    con.execute(q["query"])
    for _ in range(s["runs"]):
        before = cpu()
        con.execute(q["query"])
        print("cpu", cpu() - before)
    con.execute(q["answer"])
`

// script is a query and the statement that puts its answer into a file.
type script struct {
	Query  string `json:"query"`
	Answer string `json:"answer"`
}

// duckEach gives the median CPU time of each query in one process of DuckDB.
func duckEach(ctx context.Context, python, prepare string, queries []script) ([]time.Duration, error) {
	stdin, err := json.Marshal(map[string]any{"prepare": prepare, "queries": queries, "runs": runsInProcess})
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, python, "-c", pythonQueries)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(stdin), &out, &errs
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("duckdb: %w: %s", err, strings.TrimSpace(errs.String()))
	}
	var seconds []float64
	for l := range strings.Lines(out.String()) {
		if text, ok := strings.CutPrefix(l, "cpu "); ok { // DuckDB may draw how far it is
			x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				return nil, fmt.Errorf("duckdb: %w", err)
			}
			seconds = append(seconds, x)
		}
	}
	if len(seconds) != len(queries)*runsInProcess {
		return nil, fmt.Errorf("duckdb: %d times of %d", len(seconds), len(queries)*runsInProcess)
	}
	var times []time.Duration
	for i := range queries {
		times = append(times, time.Duration(middle(seconds[i*runsInProcess:(i+1)*runsInProcess])*float64(time.Second)))
	}
	return times, nil
}

// sameAnswer compares the answers to a query that both have left in a folder.
func sameAnswer(dir string, query int) (rows int, err error) {
	name := filepath.Join(dir, fmt.Sprintf("q%02d", query))
	text, err := os.ReadFile(name + ".json")
	if err != nil {
		return 0, err
	}
	var own [][]string
	if err := json.Unmarshal(text, &own); err != nil {
		return 0, fmt.Errorf("query %d: %w", query, err)
	}
	f, err := os.Open(name + ".csv")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	other, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return 0, fmt.Errorf("query %d: %w", query, err)
	}
	if len(own) != len(other) {
		return 0, fmt.Errorf("query %d: %d rows, and DuckDB has %d", query, len(own), len(other))
	}
	for i, row := range own {
		for c, cell := range row {
			if !sameCell(cell, other[i][c]) {
				return 0, fmt.Errorf("query %d: row %d is %q, and DuckDB has %q", query, i+1, row, other[i])
			}
		}
	}
	return len(own), nil
}

// sameCell compares two values; quotients have six digits here and are DOUBLE there.
func sameCell(a, b string) bool {
	if a == b {
		return true
	}
	x, err := strconv.ParseFloat(a, 64)
	y, also := strconv.ParseFloat(b, 64)
	return err == nil && also == nil && math.Abs(x-y) <= 1e-6+1e-9*math.Abs(y)
}

// TPCHComparisonText prints comparisons as a table, the total last.
func TPCHComparisonText(w io.Writer, list []*TPCHComparison) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.AppendHeader(table.Row{"query", "rows", "cpu ms here", "DuckDB " + list[0].DuckDB, "times as much"})
	var own, other float64
	for _, c := range list {
		own, other = own+middle(c.Velo), other+middle(c.Other)
		t.AppendRow(table.Row{c.Query, c.Rows, fmt.Sprintf("%.1f", middle(c.Velo)), fmt.Sprintf("%.1f", middle(c.Other)), fmt.Sprintf("%.2f", c.Ratio())})
	}
	t.AppendFooter(table.Row{"total", "", fmt.Sprintf("%.1f", own), fmt.Sprintf("%.1f", other), fmt.Sprintf("%.2f", own/other)})
	t.Render()
}
