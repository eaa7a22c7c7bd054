package main

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/velostream/velo/bench"
)

func vs() *cobra.Command {
	c := &cobra.Command{Use: "vs", Short: "compare with other programs for the same answer", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		return usage("vs needs what to compare with: peers, threads, tpch, start, kafka for programs of topics, or flink")
	}}
	c.AddCommand(vsPeers(), vsTPCH(), vsKafka(), vsFlink(), vsStart(), vsThreads())
	return c
}

// versus is what the comparisons share: the command, what it was given, where it writes,
// and this program, which most of them start again.
type versus struct {
	*cobra.Command
	args   []string
	output string
	self   []string
}

// comparison is a command of vs.
func comparison(use, short string, run func(v *versus) error) *cobra.Command {
	v := &versus{}
	v.Command = &cobra.Command{Use: use, Short: short, RunE: func(_ *cobra.Command, args []string) error {
		if v.output != "text" && v.output != "json" {
			return usage("-o takes text or json, not %q", v.output)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		v.args, v.self = args, []string{self}
		return run(v)
	}}
	v.Flags().StringVarP(&v.output, "output", "o", "text", "text or json")
	return v.Command
}

// workloads are those that were named, or else the usual ones.
func (v *versus) workloads(usual []string) ([]*bench.Workload, error) {
	names := v.args
	if len(names) == 0 {
		names = usual
	}
	var list []*bench.Workload
	for _, n := range names {
		w, err := bench.FindWorkload(n)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, nil
}

// each compares workloads one after another; one that fails does not end the others.
func (v *versus) each(todo []*bench.Workload, compare func(*bench.Workload) ([]*bench.Comparison, error)) error {
	var list []*bench.Comparison
	var errs []error
	text := v.OutOrStdout()
	if v.output == "json" {
		text = v.ErrOrStderr() // so that long work is seen
	}
	for _, w := range todo {
		r, err := compare(w)
		if err != nil {
			errs = append(errs, err)
			if errors.Is(err, bench.ErrNotInstalled) || v.Context().Err() != nil {
				break
			}
			continue
		}
		for _, x := range r {
			errs = append(errs, x.Text(text))
		}
		list = append(list, r...)
	}
	if v.output == "json" && len(list) > 0 {
		errs = append(errs, bench.NewComparisons(v.line(), list).JSON(v.OutOrStdout()))
	}
	return errors.Join(errs...)
}

// line is the command with the flags that were given, for those who repeat it.
func (v *versus) line() string {
	line := v.CommandPath()
	for _, a := range v.args {
		line += " " + a
	}
	v.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "python" && f.Name != "output" {
			line += " --" + f.Name + "=" + strings.Trim(f.Value.String(), "[]")
		}
	})
	return line
}

func vsPeers() *cobra.Command {
	var o bench.VsOptions
	var except []string
	var source string
	c := comparison("peers [WORKLOAD…]", "CPU time against DuckDB, DataFusion, ClickHouse and Polars for the same answer, all workloads that they have if none is named", func(v *versus) error {
		o.Self = v.self
		if source != "" && source != "file" && source != "memory" {
			return usage("--source takes file or memory, not %q", source)
		}
		for _, n := range except {
			if _, err := bench.FindWorkload(n); err != nil {
				return err
			}
			if slices.Contains(v.args, n) {
				return usage("%s is named and excepted", n)
			}
		}
		engines := o.Engines
		if len(engines) == 0 {
			engines = bench.Engines
		}
		var usual []string
		for _, w := range bench.Workloads() {
			if len(w.Asked(engines)) > 0 && (source == "" || w.Source == source) && !slices.Contains(except, w.Name) {
				usual = append(usual, w.Name)
			}
		}
		todo, err := v.workloads(usual)
		if err != nil {
			return err
		}
		return v.each(todo, func(w *bench.Workload) ([]*bench.Comparison, error) {
			r, err := bench.Vs(v.Context(), w, o)
			return []*bench.Comparison{r}, err
		})
	})
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 0, "rows of input (the workload's own, mostly a million)")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each of all engines in turn")
	f.IntVar(&o.Threads, "threads", 1, "pipelines and cores of our own side; the others have one")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringVar(&source, "source", "", "file or memory: only workloads that read this, where none is named")
	f.StringSliceVar(&except, "except", nil, "`NAMES` of workloads that are left out where none is named")
	f.StringSliceVar(&o.Engines, "engines", nil, "`NAMES` of the engines to compare with (duckdb,datafusion,clickhouse,polars)")
	f.StringVar(&o.Python, "python", "", "`PROGRAM`: a Python that has their packages (looked for)")
	return c
}

func vsThreads() *cobra.Command {
	var o bench.VsOptions
	c := comparison("threads [WORKLOAD…]", "wall and CPU time of several pipelines against one", func(v *versus) error {
		o.Self = v.self
		if o.Threads < 2 {
			return usage("--threads must be 2 or more to be compared with one")
		}
		todo, err := v.workloads(bench.ScaledWorkloads)
		if err != nil {
			return err
		}
		return v.each(todo, func(w *bench.Workload) ([]*bench.Comparison, error) {
			return bench.VsThreads(v.Context(), w, o)
		})
	})
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 0, "rows of input (the workload's own, mostly a million)")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each of both in turn")
	f.IntVar(&o.Threads, "threads", 2, "pipelines and cores")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	return c
}

func vsTPCH() *cobra.Command {
	var o bench.VsOptions
	var scale float64
	c := comparison("tpch", "CPU time of the 22 queries of TPC-H against DuckDB", func(v *versus) error {
		o.Self = v.self
		list, err := bench.VsTPCH(v.Context(), scale, o)
		if err != nil {
			return err
		}
		if v.output == "json" {
			enc := json.NewEncoder(v.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(list)
		}
		bench.TPCHComparisonText(v.OutOrStdout(), list)
		return nil
	})
	c.Args = cobra.NoArgs
	f := c.Flags()
	f.Float64Var(&scale, "scale", 0.1, "1 is 6 million line items")
	f.IntVar(&o.Rounds, "rounds", 5, "pairs of processes")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringVar(&o.Python, "python", "", "`PROGRAM`: a Python that has DuckDB (looked for)")
	return c
}

func vsStart() *cobra.Command {
	var o bench.StartOptions
	c := comparison("start", "CPU time of whole processes for a query over ten rows: velo-sql against DuckDB's program", func(v *versus) error {
		o.Self = v.self[0]
		list, err := bench.VsStart(v.Context(), o)
		if err != nil {
			return err
		}
		if v.output == "json" {
			return bench.NewComparisons(v.line(), list).JSON(v.OutOrStdout())
		}
		for _, r := range list {
			err = errors.Join(err, r.Text(v.OutOrStdout()))
		}
		return err
	})
	c.Args = cobra.NoArgs
	f := c.Flags()
	f.IntVar(&o.Rounds, "rounds", 20, "pairs of processes")
	f.StringVar(&o.Velo, "velo", "", "`PROGRAM`: velo-sql (looked for beside velo-bench)")
	f.StringVar(&o.DuckDB, "duckdb", "", "`PROGRAM`: DuckDB (looked for)")
	f.StringVar(&o.Python, "python", "", "`PROGRAM`: a Python that has the package duckdb-cli (looked for)")
	return c
}

// engine is our side of vs peers.
func engine() *cobra.Command {
	return &cobra.Command{Use: "engine", Short: "run a workload whenever the input asks for it", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return bench.Engine(c.Context(), c.InOrStdin(), c.OutOrStdout())
	}}
}
