package bench

import (
	"bufio"
	"context"
	_ "embed" // peers.py
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/velostream/velo/bench/dataset"
)

// Peers are a workload's query in the words of other engines: SQL, and for Polars an
// expression of Python over the lazy frame t. An engine without a query is not asked.
// The table has the name of the dataset, and the answer the columns of ours.
type Peers struct {
	DuckDB, DataFusion, ClickHouse, Polars string
}

// sameSQL asks the three that have SQL in the same words.
func sameSQL(sql, polars string) Peers {
	return Peers{DuckDB: sql, DataFusion: sql, ClickHouse: sql, Polars: polars}
}

func (p Peers) of(engine string) string {
	switch engine {
	case "duckdb":
		return p.DuckDB
	case "datafusion":
		return p.DataFusion
	case "clickhouse":
		return p.ClickHouse
	}
	return p.Polars
}

// Engines are the peers that a workload may be compared with, by their Python packages;
// ClickHouse's is chdb.
var Engines = []string{"duckdb", "datafusion", "clickhouse", "polars"}

//go:embed peers.py
var peersPy string

// ErrNotInstalled is that of a comparison with a program that is not there.
var ErrNotInstalled = errors.New("not installed")

type notInstalled struct{ error }

func (notInstalled) Is(target error) bool { return target == ErrNotInstalled }

// findPython gives a Python that has a package; program, if given, is where it is.
func findPython(ctx context.Context, program, pkg string) (path, version string, err error) {
	try := []string{"python3", "python"}
	if program != "" {
		try = []string{program}
	}
	for _, p := range try {
		path, err := exec.LookPath(p)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "-c", "import "+pkg+"; print("+pkg+".__version__)").Output()
		if err == nil {
			return path, strings.TrimSpace(string(out)), nil
		}
	}
	return "", "", notInstalled{fmt.Errorf("no Python with the package %s in %s; install it (pip install %s), or name a Python that has it by --python", pkg, strings.Join(try, ", "), pkg)}
}

// engine is a process that runs one query whenever it is asked: a peer's, or our own.
// It reads and writes lines of JSON.
type engine struct {
	name, version string
	cmd           *exec.Cmd
	in            io.WriteCloser
	out           *bufio.Scanner
	errs          strings.Builder
}

// setup is the first line that an engine reads.
type setup struct {
	Engine   string       `json:"engine"`
	Tables   []setupTable `json:"tables"`
	Query    string       `json:"query"`
	File     string       `json:"file"`     // the file that the answer goes to in each run; empty: it is kept
	Answer   string       `json:"answer"`   // the format of that file, csv or jsonl
	Workload string       `json:"workload"` // of our own side
	Threads  int          `json:"threads"`
}

// setupTable is a file that an engine reads as a table.
type setupTable struct {
	Name      string      `json:"name"`
	Path      string      `json:"path"`
	Format    string      `json:"format"` // arrows: a stream, which it loads into memory; arrow: a file, which each run reads
	Columns   [][2]string `json:"columns"`
	Delimiter string      `json:"delimiter"`
	Header    bool        `json:"header"`
	Plain     bool        `json:"plain"` // CSV without quotes, and the engine may know
	Nulls     bool        `json:"nulls"`
}

// request asks an engine for a run, or for the answer of the last run in a file.
type request struct {
	Answer string `json:"answer"`
}

type response struct {
	CPU     float64 `json:"cpu"`  // seconds
	Wall    float64 `json:"wall"` // seconds, of our own side
	Allocs  int64   `json:"allocs"`
	Version string  `json:"version"`
	Error   string  `json:"error"`
}

// start starts an engine and has it load its data.
func start(ctx context.Context, s setup, command ...string) (*engine, error) {
	e := &engine{name: s.Engine, cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	e.cmd.Stderr = &e.errs
	e.cmd.WaitDelay = time.Second
	var err error
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.out = bufio.NewScanner(out)
	e.out.Buffer(nil, 1<<20)
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	r, err := e.ask(s)
	if err != nil {
		e.stop()
		return nil, err
	}
	e.version = r.Version
	return e, nil
}

func (e *engine) ask(v any) (r response, err error) {
	line, err := json.Marshal(v)
	if err != nil {
		return r, err
	}
	if _, err := e.in.Write(append(line, '\n')); err != nil {
		return r, fmt.Errorf("%s: it ended early: %s", e.name, strings.TrimSpace(e.errs.String()))
	}
	for e.out.Scan() {
		text := e.out.Bytes()
		if len(text) == 0 || text[0] != '{' { // an engine may draw how far it is
			continue
		}
		if err := json.Unmarshal(text, &r); err != nil {
			return r, fmt.Errorf("%s: %w", e.name, err)
		}
		if r.Error != "" {
			return r, fmt.Errorf("%s: %s", e.name, r.Error)
		}
		return r, nil
	}
	return r, fmt.Errorf("%s: it ended early: %s", e.name, strings.TrimSpace(e.errs.String()))
}

// stop ends the process.
func (e *engine) stop() {
	e.in.Close()
	done := make(chan struct{})
	go func() { defer close(done); _ = e.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(5 * time.Second): // an engine that hangs at its end has given its figures
		_ = e.cmd.Process.Kill()
		<-done
	}
}

// tableOf describes a file of a dataset to an engine. Of a capture it has the columns
// that are used, which an engine must take out of the payload by name.
func tableOf(w *Workload, d *dataset.Dataset, format, path string) setupTable {
	kinds := map[dataset.Kind]string{dataset.Int: "int", dataset.Decimal: "double", dataset.Text: "text", dataset.ISOTime: "text", dataset.Exact: "decimal"}
	t := setupTable{Name: d.Name, Path: path, Format: format, Delimiter: string(rune(d.Delimiter)), Header: !d.NoHeader, Plain: w.Plain, Nulls: w.Nulls}
	for _, c := range d.Columns {
		if format == "capture" && !slices.Contains(w.Columns, c.Name) {
			continue
		}
		object, name, inside := strings.Cut(c.Name, ".")
		last := len(t.Columns) - 1
		switch {
		case !inside:
			t.Columns = append(t.Columns, [2]string{c.Name, kinds[c.Kind]})
		case last >= 0 && t.Columns[last][0] == object: // its kind is "name kind, name kind"
			t.Columns[last][1] += ", " + name + " " + kinds[c.Kind]
		default:
			t.Columns = append(t.Columns, [2]string{object, name + " " + kinds[c.Kind]})
		}
	}
	return t
}

// knownEngines refuses an engine that is not one of [Engines].
func knownEngines(names []string) error {
	for _, n := range names {
		if !slices.Contains(Engines, n) {
			return usage{fmt.Errorf("there is no engine %q to compare with; engines: %s", n, strings.Join(Engines, ", "))}
		}
	}
	return nil
}
