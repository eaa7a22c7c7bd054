package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/velostream/velo/bench/dataset"
)

// VsOptions are those of a comparison with other engines.
type VsOptions struct {
	Rows    int64 // 0: the workload's own, else a million
	Seed    uint64
	Keys    int
	Rounds  int
	Threads int
	Engines []string // of [Engines]; none: all
	Python  string   // that has their packages; empty: looked for
	Self    []string // the command of velo-bench
}

func (o VsOptions) filled() (VsOptions, error) {
	if o.Rounds < 0 || o.Rows < 0 || o.Keys < 0 || o.Threads < 0 {
		return o, usage{fmt.Errorf("rows, rounds, keys and threads cannot be negative")}
	}
	if err := knownEngines(o.Engines); err != nil {
		return o, err
	}
	if len(o.Engines) == 0 {
		o.Engines = Engines
	}
	o.Rounds, o.Threads = orElse(o.Rounds, 5), orElse(o.Threads, 1)
	return o, nil
}

func orElse[T comparable](x, other T) T {
	var none T
	if x == none {
		return other
	}
	return x
}

// Asked are the engines among these that a workload has a query for.
func (w *Workload) Asked(engines []string) (list []string) {
	for _, e := range engines {
		if w.Peers.of(e) != "" {
			list = append(list, e)
		}
	}
	return list
}

// Vs runs a workload here and in other engines, each in a process of its own on one
// core, in rounds that take turns, over the same data: workloads in memory over records
// that were loaded before (Arrow here, in DataFusion and in Polars, tables of their own in
// DuckDB and ClickHouse), the others over the same file. Each process runs the query once
// before it is measured. CPU time by getrusage, answer made and kept included; starting,
// generating and loading are not. The last answer of every engine is checked.
func Vs(ctx context.Context, w *Workload, o VsOptions) (*Comparison, error) {
	c, err := vs(ctx, w, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	return c, nil
}

func vs(ctx context.Context, w *Workload, o VsOptions) (*Comparison, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	asked := w.Asked(o.Engines)
	if len(asked) == 0 {
		return nil, usage{fmt.Errorf("it has no query for %v", o.Engines)}
	}
	pythons := make([]string, len(asked))
	for i, name := range asked {
		if name == "clickhouse" {
			name = "chdb"
		}
		if pythons[i], _, err = findPython(ctx, o.Python, name); err != nil {
			return nil, err
		}
	}
	if o.Rows == 0 {
		o.Rows = w.Rows
	}
	b, s, err := o.layFor(ctx, w)
	if err != nil {
		return nil, err
	}
	defer b.release()
	answer := filepath.Join(filepath.Dir(b.path), "answer-of-peer."+orElse(w.Answer, "csv"))
	if w.Answer != "" {
		s.File, s.Answer = answer, w.Answer
	}
	c := &Comparison{Work: w.Name, About: w.About, Unit: CPUPerRow, Rows: b.o.Rows, AnswerRows: len(b.want), Bars: w.Bars}
	var engines []*engine
	defer func() {
		for _, e := range engines {
			e.stop()
		}
	}()
	own := s
	own.Engine = "velo"
	e, err := start(ctx, own, append(o.Self[:len(o.Self):len(o.Self)], "engine")...)
	if err != nil {
		return nil, err
	}
	engines = append(engines, e)
	for i, name := range asked {
		s.Engine, s.Query = name, w.Peers.of(name)
		if e, err = start(ctx, s, pythons[i], "-c", peersPy); err != nil {
			return nil, err
		}
		engines = append(engines, e)
	}
	sides := make([]Figures, len(engines))
	for round := range o.Rounds + 1 {
		for i, e := range engines {
			r, err := e.ask(request{})
			if err != nil {
				return nil, err
			}
			if round == 0 {
				continue
			}
			sides[i].Name, sides[i].Version = e.name, e.version
			sides[i].Values = append(sides[i].Values, r.CPU*1e9/float64(b.o.Rows))
			sides[i].Allocs = float64(r.Allocs) / float64(b.o.Rows)
		}
	}
	for i, e := range engines {
		written, err := b.checkPeer(e, s.File, answer)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		if i == 0 && s.File != "" && w.Source == "file" {
			c.Bytes = b.bytes + written
		}
	}
	c.Velo, c.Peers = sides[0], sides[1:]
	return c, nil
}

// layFor writes a workload's data into files, and describes them to engines.
func (o VsOptions) layFor(ctx context.Context, w *Workload) (*bed, setup, error) {
	format := "arrows"
	if w.Source == "file" {
		format = w.Format
	}
	b, err := lay(ctx, w, Options{Rows: o.Rows, Seed: o.Seed, Keys: o.Keys, Source: "file", Format: format})
	if err != nil {
		return nil, setup{}, err
	}
	s := setup{Tables: []setupTable{tableOf(w, b.d, format, b.path)}, Workload: w.Name, Threads: o.Threads}
	if w.Lookup != "" {
		t, err := b.writeLookup()
		if err != nil {
			b.release()
			return nil, setup{}, err
		}
		s.Tables = append(s.Tables, t)
	}
	return b, s, nil
}

// checkPeer checks an engine's last answer, and says how many bytes its file has. Where the
// answer goes to a file the query is run once more, because all write the same one.
func (b *bed) checkPeer(e *engine, file, answer string) (written int64, err error) {
	if file == "" {
		if _, err := e.ask(request{Answer: answer}); err != nil {
			return 0, err
		}
	} else if _, err := e.ask(request{}); err != nil {
		return 0, err
	}
	st, err := os.Stat(answer)
	if err != nil {
		return 0, err
	}
	var rows [][]any
	if file == "" {
		rows, err = csvRows(answer, b.want, false)
	} else {
		rows, err = fileRows(b.w.Answer, answer, b.want)
	}
	if err != nil {
		return 0, err
	}
	if err := os.RemoveAll(answer); err != nil {
		return 0, err
	}
	return st.Size(), b.check(rows)
}

// writeLookup writes the table that is joined.
func (b *bed) writeLookup() (t setupTable, err error) {
	d, err := dataset.Find(b.w.Lookup)
	if err != nil {
		return t, err
	}
	f, err := os.Create(filepath.Join(filepath.Dir(b.path), d.Name+".arrows"))
	if err != nil {
		return t, err
	}
	defer f.Close()
	if err := d.Write(f, "arrows", dataset.Options{Rows: lookupRows}, nil); err != nil {
		return t, err
	}
	return tableOf(b.w, d, "arrows", f.Name()), f.Close()
}
