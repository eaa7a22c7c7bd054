package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// VsOptions are those of a comparison with DuckDB.
type VsOptions struct {
	Rows   int64
	Seed   uint64
	Keys   int
	Rounds int
	DuckDB string   // its program, or a Python that has it; empty: looked for
	Self   []string // the command of velo-bench
}

// Comparison is the CPU time of both for one workload, in pairs of processes.
type Comparison struct {
	Workload   string    `json:"workload"`
	Rows       int64     `json:"rows"`
	AnswerRows int       `json:"answer_rows"`
	DuckDB     string    `json:"duckdb"`
	Velo       []float64 `json:"velo_cpu_ns_per_row"`
	Other      []float64 `json:"duckdb_cpu_ns_per_row"`
	Allocs     float64   `json:"allocs_per_row"`
	Ratio      float64   `json:"ratio"` // DuckDB's time divided by the engine's: median, least and greatest of the rounds
	RatioMin   float64   `json:"ratio_min"`
	RatioMax   float64   `json:"ratio_max"`
}

// Vs runs a workload in a process of the engine and in one of DuckDB, in turns,
// each on one thread. Each process runs the query twice, over data at hand: of
// workloads in memory as Arrow records here and as a table of DuckDB's own, of the
// others as the same file. The CPU time of the second run is counted, answer made
// and kept included; starting, generating and loading are not.
func Vs(ctx context.Context, w *Workload, o VsOptions) (*Comparison, error) {
	if w.Duck == "" {
		return nil, usage{fmt.Errorf("workload %s has no query for DuckDB", w.Name)}
	}
	if o.Rounds < 0 || o.Rows < 0 || o.Keys < 0 {
		return nil, usage{fmt.Errorf("rows, rounds and keys cannot be negative")}
	}
	if o.Rounds == 0 {
		o.Rounds = 5
	}
	duck, err := findDuckDB(ctx, o.DuckDB)
	if err != nil {
		return nil, err
	}
	format := "csv"
	if w.Source == "file" {
		format = w.Format
	}
	b, err := lay(ctx, w, Options{Rows: o.Rows, Seed: o.Seed, Keys: o.Keys, Source: "file", Format: format})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	defer b.release()
	answer := filepath.Join(filepath.Dir(b.path), "answer.csv")
	s := duckScript(w, b.d, format, b.path, answer)
	c := &Comparison{Workload: w.Name, Rows: b.o.Rows, AnswerRows: len(b.want), DuckDB: duck.version}
	var ratios []float64
	for range o.Rounds {
		r, err := o.own(ctx, w, b.o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		cpu, err := duck.run(ctx, s)
		if err == nil {
			err = checkCSV("DuckDB", answer, b.want, w.Keys)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		c.Allocs = r.AllocsPerRow
		c.Velo = append(c.Velo, r.NsPerRow)
		c.Other = append(c.Other, float64(cpu)/float64(b.o.Rows))
		ratios = append(ratios, c.Other[len(c.Other)-1]/r.NsPerRow)
	}
	id := func(x float64) float64 { return x }
	c.Ratio, c.RatioMin, c.RatioMax = quantile(ratios, 0.5, id), quantile(ratios, 0, id), quantile(ratios, 1, id)
	return c, nil
}

// own runs the engine's side: one measured round of a process of its own.
func (o VsOptions) own(ctx context.Context, w *Workload, size Options) (*Result, error) {
	args := append(o.Self[1:len(o.Self):len(o.Self)], "run", w.Name, "--rounds", "1", "--procs", "1", "--threads", "1", "-o", "json",
		"--rows", strconv.FormatInt(size.Rows, 10), "--seed", strconv.FormatUint(size.Seed, 10), "--keys", strconv.Itoa(size.Keys))
	cmd := exec.CommandContext(ctx, o.Self[0], args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	var f File
	if err := json.Unmarshal(out.Bytes(), &f); err != nil || len(f.Results) != 1 {
		return nil, fmt.Errorf("the engine's process gave no result: %q", out.String())
	}
	return f.Results[0], nil
}

// Text writes a comparison for people.
func (c *Comparison) Text(w io.Writer) error {
	id := func(x float64) float64 { return x }
	_, err := fmt.Fprintf(w, "%-18s %d rows, answer of %d rows equal; CPU %.1f ns/row here, %.1f DuckDB %s: %.2f times less (%.2f to %.2f in %d rounds); %.4f allocations/row\n",
		c.Workload, c.Rows, c.AnswerRows, quantile(c.Velo, 0.5, id), quantile(c.Other, 0.5, id), c.DuckDB, c.Ratio, c.RatioMin, c.RatioMax, len(c.Velo), c.Allocs)
	return err
}

// WriteComparisons writes the JSON form, with the machine.
func WriteComparisons(w io.Writer, list []*Comparison) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(struct {
		Machine     Machine       `json:"machine"`
		Time        time.Time     `json:"time"`
		Comparisons []*Comparison `json:"comparisons"`
	}{thisMachine(), time.Now().UTC(), list})
}
