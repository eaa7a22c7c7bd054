package bench

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/velostream/velo"
	"github.com/velostream/velo/bench/tpch"
)

// TPCHOptions are those of a run of the 22 TPC-H queries.
type TPCHOptions struct {
	Scale   float64 // 1 is 6 million line items
	Seed    uint64
	Rounds  int
	Threads int
	Queries []int  // numbers; none: all
	Answers string // folder that takes the answers as JSON
	Profile func(workload string) (func(), error)
}

// TPCHResult is what one query cost.
type TPCHResult struct {
	Query   int     `json:"query"`
	Rows    int     `json:"rows"`
	Digest  string  `json:"digest"` // of the answer
	Rounds  []Round `json:"rounds"`
	Checked bool    `json:"checked"` // the answer is one that DuckDB gave too
}

// CPU is the median of the rounds.
func (r *TPCHResult) CPU() time.Duration {
	return time.Duration(median(r.Rounds, func(x Round) float64 { return float64(x.CPU) }))
}

// answers are the digests of answers that were compared with those of DuckDB over
// the same tables, by scale, for seed 1.
//
//go:embed tpch/answers.json
var answers embed.FS

func knownAnswers(scale float64, seed uint64) ([]string, error) {
	b, err := answers.ReadFile("tpch/answers.json")
	if err != nil {
		return nil, err
	}
	var all map[string][]string
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("tpch/answers.json: %w", err)
	}
	if seed != 1 {
		return nil, nil
	}
	return all[strconv.FormatFloat(scale, 'g', -1, 64)], nil
}

// TPCH generates the tables as Arrow records in memory and runs the queries over
// them, each so many times. An answer that differs from the known one of its
// scale is an error.
func TPCH(ctx context.Context, o TPCHOptions, each func(*TPCHResult) error) error {
	if o.Scale <= 0 {
		return usage{fmt.Errorf("the scale must be positive, not %v", o.Scale)}
	}
	for _, n := range o.Queries {
		if n < 1 || n > 22 {
			return usage{fmt.Errorf("TPC-H has the queries 1 to 22, not %d", n)}
		}
	}
	known, err := knownAnswers(o.Scale, o.Seed)
	if err != nil {
		return err
	}
	tables := tpch.Generate(o.Scale, o.Seed)
	defer func() {
		for _, t := range tables {
			t.Release()
		}
	}()
	eng, err := velo.Open(velo.WithThreads(max(o.Threads, 1)))
	if err != nil {
		return err
	}
	var errs []error
	for _, q := range tpch.Queries() {
		if len(o.Queries) > 0 && !slices.Contains(o.Queries, q.Number) {
			continue
		}
		r, err := runTPCH(ctx, eng, q, tables, o)
		if err != nil {
			errs = append(errs, fmt.Errorf("query %d: %w", q.Number, err))
			continue
		}
		if len(known) == 22 {
			r.Checked = known[q.Number-1] == r.Digest
			if !r.Checked {
				errs = append(errs, fmt.Errorf("query %d: wrong answer: digest %s, and %s is right", q.Number, r.Digest, known[q.Number-1]))
			}
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

func runTPCH(ctx context.Context, eng *velo.Engine, q tpch.Query, tables []*tpch.Table, o TPCHOptions) (*TPCHResult, error) {
	r := &TPCHResult{Query: q.Number}
	if o.Profile != nil {
		stop, err := o.Profile(fmt.Sprintf("tpch-q%02d", q.Number))
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	for range max(o.Rounds, 1) {
		var text [][]string
		m, err := measure(func() (err error) {
			text, err = query(ctx, eng, q.SQL, tables)
			return err
		})
		if err != nil {
			return nil, err
		}
		r.Rounds, r.Rows, r.Digest = append(r.Rounds, m), len(text), digest(text)
		if o.Answers != "" {
			if err := keepAnswer(o.Answers, q.Number, text); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// query gives the rows of an answer as text.
func query(ctx context.Context, eng *velo.Engine, sql string, tables []*tpch.Table) (out [][]string, err error) {
	var in []velo.Input
	for _, t := range tables {
		in = append(in, velo.FromRecords(t.Name, t.Schema, t.Records...))
	}
	rows, err := eng.Query(ctx, sql, in...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rec, err := range rows.Records() {
		if err != nil {
			return nil, err
		}
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for c, col := range rec.Columns() {
				if row[c] = array.NullValueStr; col.IsValid(i) {
					row[c] = col.ValueStr(i)
				}
			}
			out = append(out, row)
		}
	}
	return out, nil
}

func digest(rows [][]string) string {
	h := sha256.New()
	for _, r := range rows {
		for _, c := range r {
			io.WriteString(h, c+"\x1f")
		}
		io.WriteString(h, "\n")
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func keepAnswer(dir string, number int, rows [][]string) error {
	b, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, fmt.Sprintf("q%02d.json", number)), b, 0o666)
}

// WriteTPCH writes the tables as CSV files into a folder.
func WriteTPCH(dir string, scale float64, seed uint64) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, t := range tpch.Generate(scale, seed) {
		err := t.WriteCSV(filepath.Join(dir, t.Name+".csv"))
		t.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// TPCHText prints the results as a table.
func TPCHText(w io.Writer, results []*TPCHResult) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.AppendHeader(table.Row{"query", "rows", "cpu ms", "wall ms", "MB allocated", "answer"})
	var total time.Duration
	for _, r := range results {
		total += r.CPU()
		wall := median(r.Rounds, func(x Round) float64 { return float64(x.Wall) })
		bytes := median(r.Rounds, func(x Round) float64 { return float64(x.AllocBytes) })
		t.AppendRow(table.Row{r.Query, r.Rows, ms(float64(r.CPU())), ms(wall), fmt.Sprintf("%.0f", bytes/1e6), map[bool]string{true: "checked", false: r.Digest}[r.Checked]})
	}
	t.AppendFooter(table.Row{"total", "", ms(float64(total))})
	t.Render()
}

func ms(ns float64) string { return fmt.Sprintf("%.1f", ns/1e6) }
