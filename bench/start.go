package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/velostream/velo/bench/dataset"
)

// StartOptions are those of a comparison of how programs start.
type StartOptions struct {
	Rounds int    // 0: 20
	Velo   string // velo-sql; empty: beside the program that asks, else by name
	DuckDB string // DuckDB's own program; empty: that of the Python package duckdb_cli, else by name
	Python string // that has the package; empty: looked for
	Self   string // the program that asks
}

// startRows are few enough that nothing but the start counts.
const startRows = 10

// VsStart compares the CPU time of whole processes, from their start to their end, for
// a query over ten rows, in JSON lines and in CSV.
func VsStart(ctx context.Context, o StartOptions) ([]*Comparison, error) {
	if o.Rounds < 0 {
		return nil, usage{fmt.Errorf("rounds cannot be negative")}
	}
	if o.Rounds == 0 {
		o.Rounds = 20
	}
	ours, err := exec.LookPath(o.Velo)
	if o.Velo == "" {
		if ours, err = exec.LookPath(filepath.Join(filepath.Dir(o.Self), "velo-sql")); err != nil {
			ours, err = exec.LookPath("velo-sql")
		}
	}
	if err != nil {
		return nil, notInstalled{fmt.Errorf("velo-sql is neither beside velo-bench nor found by name; build it, or name it by --velo")}
	}
	theirs, version, err := findDuckDB(ctx, o)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "velo-bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	d, err := dataset.Find("trades")
	if err != nil {
		return nil, err
	}
	var list []*Comparison
	for _, format := range []string{"jsonl", "csv"} {
		path := filepath.Join(dir, "ten."+format)
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		if err := d.Write(f, format, dataset.Options{Rows: startRows, Seed: 1}, nil); err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		sql := fmt.Sprintf("SELECT side, COUNT(*) AS n, SUM(quantity) AS quantity, MAX(symbol) AS last FROM '%s' GROUP BY side ORDER BY side", path)
		c := &Comparison{
			Work: "start-" + format, About: "a whole process, from its start to its end, for a GROUP BY over a file of ten rows", Unit: "CPU ms",
			Rows: startRows, Velo: Figures{Name: "velo"}, Peers: []Figures{{Name: "duckdb", Version: version}}, Bars: []Bar{{Ratio: 1}},
		}
		for round := range o.Rounds + 1 { // the first is not counted: it reads the programs from disk
			a, x, err := process(ctx, ours, "query", "-q", "-o", "csv", sql)
			if err != nil {
				return nil, err
			}
			b, y, err := process(ctx, theirs, "-batch", "-init", os.DevNull, "-csv", "-c", sql)
			if err != nil {
				return nil, err
			}
			if !slices.Equal(a, b) || len(a) < 2 {
				return nil, fmt.Errorf("%s: wrong answer: %q, and DuckDB says %q", c.Work, a, b)
			}
			if round > 0 {
				c.AnswerRows = len(a) - 1
				c.Velo.Values, c.Peers[0].Values = append(c.Velo.Values, x), append(c.Peers[0].Values, y)
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// process runs a program and gives its lines and its CPU time in ms.
func process(ctx context.Context, program string, args ...string) (lines []string, ms float64, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w: %s", filepath.Base(program), err, strings.TrimSpace(errs.String()))
	}
	spent := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return strings.Fields(out.String()), float64(spent) / float64(time.Millisecond), nil
}

// findDuckDB gives DuckDB's program itself: the script that the package installs
// starts a Python first.
func findDuckDB(ctx context.Context, o StartOptions) (path, version string, err error) {
	path = o.DuckDB
	for _, python := range []string{o.Python, "python3", "python"} {
		if path != "" || python == "" {
			continue
		}
		out, err := exec.CommandContext(ctx, python, "-c", "import duckdb_cli, os; print(os.path.join(os.path.dirname(duckdb_cli.__file__), 'duckdb'))").Output()
		if err == nil {
			path = strings.TrimSpace(string(out))
		}
	}
	if path == "" {
		path = "duckdb"
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", "", notInstalled{fmt.Errorf("no program of DuckDB: install it (pip install duckdb-cli), or name it by --duckdb, or a Python that has it by --python")}
	}
	return path, strings.TrimPrefix(append(strings.Fields(string(out)), "?")[0], "v"), nil
}
