package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/velostream/velo/bench/dataset"
)

// duckDB is an installed DuckDB: its own program, or a Python that has it.
type duckDB struct {
	program string
	python  bool
	version string
}

// findDuckDB looks for DuckDB; program, if given, is where it is.
func findDuckDB(ctx context.Context, program string) (*duckDB, error) {
	try := []string{"duckdb", "python3", "python"}
	if program != "" {
		try = []string{program}
	}
	for _, p := range try {
		path, err := exec.LookPath(p)
		if err != nil {
			continue
		}
		if strings.Contains(filepath.Base(p), "python") {
			if out, err := exec.CommandContext(ctx, path, "-c", "import duckdb; print(duckdb.__version__)").Output(); err == nil {
				return &duckDB{path, true, strings.TrimSpace(string(out))}, nil
			}
			continue
		}
		if out, err := exec.CommandContext(ctx, path, "--version").Output(); err == nil {
			return &duckDB{path, false, strings.Fields(string(out) + " ?")[0]}, nil
		}
	}
	return nil, notInstalled{fmt.Errorf("no DuckDB in %s; install its program from duckdb.org or its package (pip install duckdb), or name one by --duckdb", strings.Join(try, ", "))}
}

// ErrNotInstalled is that of a comparison with a program that is not there.
var ErrNotInstalled = errors.New("not installed")

type notInstalled struct{ error }

func (notInstalled) Is(target error) bool { return target == ErrNotInstalled }

// script is what DuckDB runs: prepare, then the query twice, the second time
// measured, then its answer to a file.
type script struct {
	Prepare string `json:"prepare"`
	Query   string `json:"query"`
	Answer  string `json:"answer"`
}

const pythonSide = `
import duckdb, json, resource, sys
s = json.load(sys.stdin)
def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime
con = duckdb.connect()
con.execute(s["prepare"])
con.execute(s["query"])
before = cpu()
con.execute(s["query"])
spent = cpu() - before
con.execute(s["answer"])
print("cpu", spent)
`

// run gives the CPU time of the query alone, by getrusage in DuckDB's process.
func (d *duckDB) run(ctx context.Context, s script) (time.Duration, error) {
	args, in := []string{"-batch", "-init", os.DevNull}, "%s\n%s\n.timer on\n%s\n.timer off\n%s\n"
	stdin := fmt.Appendf(nil, in, s.Prepare, s.Query, s.Query, s.Answer)
	if d.python {
		args = []string{"-c", pythonSide}
		stdin, _ = json.Marshal(s)
	}
	c := exec.CommandContext(ctx, d.program, args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(stdin), &out, &errs
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("duckdb: %w: %s", err, strings.TrimSpace(errs.String()))
	}
	if text := strings.TrimSpace(errs.String()); text != "" && !d.python {
		return 0, fmt.Errorf("duckdb: %s", text)
	}
	return spent(out.String())
}

// spent reads "cpu SECONDS", or the shell's "Run Time (s): real R user U sys S".
func spent(out string) (time.Duration, error) {
	sum, found := 0.0, false
	f := strings.Fields(out)
	for i, word := range f {
		if word != "cpu" && word != "user" && word != "sys" || i+1 == len(f) {
			continue
		}
		x, err := strconv.ParseFloat(f[i+1], 64)
		if err != nil {
			return 0, fmt.Errorf("duckdb: its time %q cannot be read", f[i+1])
		}
		sum, found = sum+x, true
	}
	if !found {
		return 0, fmt.Errorf("duckdb: no time in its output %q", out)
	}
	return time.Duration(sum * float64(time.Second)), nil
}

// duckScript is the script of a workload over a file of its dataset.
func duckScript(w *Workload, d *dataset.Dataset, format, path, answer string) script {
	types := map[dataset.Kind]string{dataset.Int: "BIGINT", dataset.Decimal: "DOUBLE", dataset.Text: "VARCHAR", dataset.ISOTime: "VARCHAR", dataset.Exact: "DECIMAL(18,4)"}
	var cols []string
	for _, c := range d.Columns {
		cols = append(cols, fmt.Sprintf("'%s': '%s'", c.Name, types[c.Kind]))
	}
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	from := fmt.Sprintf("read_csv(%s, delim = '%c', header = %v, columns = {%s})", quoted(path), d.Delimiter, !d.NoHeader, strings.Join(cols, ", "))
	switch format {
	case "parquet":
		from = fmt.Sprintf("read_parquet(%s)", quoted(path))
	case "jsonl":
		from = fmt.Sprintf("read_json(%s, format = 'newline_delimited', columns = {%s})", quoted(path), strings.Join(cols, ", "))
	}
	prepare := "SET threads = 1;"
	sql := w.Duck
	if w.Source == "memory" {
		prepare += fmt.Sprintf(" CREATE TABLE \"%s\" AS SELECT * FROM %s;", d.Name, from)
	} else {
		for _, name := range []string{d.Name, `"` + d.Name + `"`} {
			sql = strings.ReplaceAll(sql, " FROM "+name, " FROM "+from)
		}
	}
	return script{
		Prepare: prepare,
		Query:   "CREATE OR REPLACE TEMP TABLE answer AS " + sql + ";",
		Answer:  "COPY answer TO " + quoted(answer) + " (FORMAT csv, HEADER false);",
	}
}
