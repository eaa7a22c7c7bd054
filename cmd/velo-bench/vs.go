package main

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
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

func vsPeers() *cobra.Command {
	var o bench.VsOptions
	var output string
	var except []string
	c := &cobra.Command{Use: "peers [WORKLOAD…]", Short: "CPU time against DuckDB, DataFusion, ClickHouse and Polars for the same answer, all workloads that they have if none is named", RunE: func(c *cobra.Command, names []string) error {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		o.Self = []string{self}
		var todo []*bench.Workload
		for _, n := range names {
			w, err := bench.FindWorkload(n)
			if err != nil {
				return err
			}
			todo = append(todo, w)
		}
		if len(todo) == 0 {
			engines := o.Engines
			if len(engines) == 0 {
				engines = bench.Engines
			}
			for _, w := range bench.Workloads() {
				if len(w.Asked(engines)) > 0 && !slices.Contains(except, w.Name) {
					todo = append(todo, w)
				}
			}
		}
		for _, n := range except {
			if _, err := bench.FindWorkload(n); err != nil {
				return err
			}
			if slices.Contains(names, n) {
				return usage("%s is named and excepted", n)
			}
		}
		return compareAll(c, names, todo, output, func(w *bench.Workload) ([]*bench.Comparison, error) {
			r, err := bench.Vs(c.Context(), w, o)
			return []*bench.Comparison{r}, err
		})
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 0, "rows of input (the workload's own, mostly a million)")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each of all engines in turn")
	f.IntVar(&o.Threads, "threads", 1, "pipelines and cores of our own side; the others have one")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringSliceVar(&except, "except", nil, "`NAMES` of workloads that are left out where none is named")
	f.StringSliceVar(&o.Engines, "engines", nil, "`NAMES` of the engines to compare with (duckdb,datafusion,clickhouse,polars)")
	f.StringVar(&o.Python, "python", "", "`PROGRAM`: a Python that has their packages (looked for)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// compareAll compares workloads one after another; one that fails does not end the others.
func compareAll(c *cobra.Command, args []string, todo []*bench.Workload, output string, f func(*bench.Workload) ([]*bench.Comparison, error)) error {
	var list []*bench.Comparison
	var errs []error
	text := c.OutOrStdout()
	if output == "json" {
		text = c.ErrOrStderr()
	}
	for _, w := range todo {
		r, err := f(w)
		if err != nil {
			errs = append(errs, err)
			if errors.Is(err, bench.ErrNotInstalled) || c.Context().Err() != nil {
				break
			}
			continue
		}
		for _, x := range r {
			errs = append(errs, x.Text(text))
		}
		list = append(list, r...)
	}
	if output == "json" && len(list) > 0 {
		errs = append(errs, bench.NewComparisons(commandLine(c, args), list).JSON(c.OutOrStdout()))
	}
	return errors.Join(errs...)
}

// commandLine is a command with the flags that were given, for those who repeat it.
func commandLine(c *cobra.Command, args []string) string {
	line := c.CommandPath()
	for _, a := range args {
		line += " " + a
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "python" && f.Name != "output" {
			line += " --" + f.Name + "=" + strings.Trim(f.Value.String(), "[]")
		}
	})
	return line
}

func vsTPCH() *cobra.Command {
	var o bench.VsOptions
	var output string
	var scale float64
	c := &cobra.Command{Use: "tpch", Short: "CPU time of the 22 queries of TPC-H against DuckDB", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		o.Self = []string{self}
		list, err := bench.VsTPCH(c.Context(), scale, o)
		if err != nil {
			return err
		}
		if output == "json" {
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(list)
		}
		bench.TPCHComparisonText(c.OutOrStdout(), list)
		return nil
	}}
	f := c.Flags()
	f.Float64Var(&scale, "scale", 0.1, "1 is 6 million line items")
	f.IntVar(&o.Rounds, "rounds", 5, "pairs of processes")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringVar(&o.Python, "python", "", "`PROGRAM`: a Python that has DuckDB (looked for)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func vsKafka() *cobra.Command {
	var o bench.TopicOptions
	var output string
	var procs int
	c := &cobra.Command{Use: "kafka [WORKLOAD…]", Short: "CPU time of the ways to read and write topics, and of a program written by hand", RunE: func(c *cobra.Command, names []string) error {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		if procs > 0 {
			runtime.GOMAXPROCS(procs)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		o.Self = []string{self}
		if len(names) == 0 {
			names = []string{"kafka-fetch", "kafka-group", "kafka-tumbling", "kafka-project", "kafka-changes"}
		}
		var list []*bench.Comparison
		for _, n := range names {
			w, err := bench.FindWorkload(n)
			if err != nil {
				return err
			}
			r, err := bench.VsTopic(c.Context(), w, o)
			if err != nil {
				return err
			}
			list = append(list, r)
			if output == "text" {
				if err := r.Text(c.OutOrStdout()); err != nil {
					return err
				}
			}
		}
		if output == "json" {
			return bench.NewComparisons(commandLine(c, names), list).JSON(c.OutOrStdout())
		}
		return nil
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 1_000_000, "rows of input")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each of all sides in turn")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.IntVar(&procs, "procs", 0, "GOMAXPROCS; 1: figures of one core (default all cores)")
	f.StringVar(&o.Broker, "broker", "", "Kafka broker `HOST:PORT` (kfake in a process of its own)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func vsFlink() *cobra.Command {
	var o bench.FlinkOptions
	var output string
	var procs int
	c := &cobra.Command{Use: "flink [WORKLOAD…]", Short: "CPU time of workloads that write a topic against Flink SQL, over a real broker", RunE: func(c *cobra.Command, names []string) error {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		if procs > 0 {
			runtime.GOMAXPROCS(procs)
		}
		if len(names) == 0 {
			names = []string{"kafka-tumbling", "kafka-project", "kafka-changes"}
		}
		var list []*bench.Comparison
		for _, n := range names {
			w, err := bench.FindWorkload(n)
			if err != nil {
				return err
			}
			r, err := bench.VsFlink(c.Context(), w, o)
			if err != nil {
				return err
			}
			list = append(list, r)
			text := c.OutOrStdout()
			if output == "json" {
				text = c.ErrOrStderr()
			}
			if err := r.Text(text); err != nil {
				return err
			}
		}
		if output == "json" {
			return bench.NewComparisons(commandLine(c, names), list).JSON(c.OutOrStdout())
		}
		return nil
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 1_000_000, "rows of the shorter run; the longer one has four times as many")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds, each of both sides and sizes in turn")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.IntVar(&procs, "procs", 0, "GOMAXPROCS of our own side; 1: figures of one core (default all cores)")
	f.StringVar(&o.Broker, "broker", "", "Kafka broker `HOST:PORT`; scripts/kafka/start.sh starts one")
	f.StringVar(&o.Script, "script", "scripts/flink/run.sh", "`PROGRAM` that runs a file of SQL with Flink")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func vsStart() *cobra.Command {
	var o bench.StartOptions
	var output string
	c := &cobra.Command{Use: "start", Short: "CPU time of whole processes for a query over ten rows: velo-sql against DuckDB's program", Args: cobra.NoArgs, RunE: func(c *cobra.Command, args []string) (err error) {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		if o.Self, err = os.Executable(); err != nil {
			return err
		}
		list, err := bench.VsStart(c.Context(), o)
		if err != nil {
			return err
		}
		if output == "json" {
			return bench.NewComparisons(commandLine(c, args), list).JSON(c.OutOrStdout())
		}
		for _, r := range list {
			err = errors.Join(err, r.Text(c.OutOrStdout()))
		}
		return err
	}}
	f := c.Flags()
	f.IntVar(&o.Rounds, "rounds", 20, "pairs of processes")
	f.StringVar(&o.Velo, "velo", "", "`PROGRAM`: velo-sql (looked for beside velo-bench)")
	f.StringVar(&o.DuckDB, "duckdb", "", "`PROGRAM`: DuckDB (looked for)")
	f.StringVar(&o.Python, "python", "", "`PROGRAM`: a Python that has the package duckdb-cli (looked for)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// broker is what vs kafka starts.
func broker() *cobra.Command {
	return &cobra.Command{Use: "broker", Short: "be a broker in memory until the input ends", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return bench.Broker(c.InOrStdin(), c.OutOrStdout())
	}}
}

// engine is our side of vs peers.
func engine() *cobra.Command {
	return &cobra.Command{Use: "engine", Short: "run a workload whenever the input asks for it", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return bench.Engine(c.Context(), c.InOrStdin(), c.OutOrStdout())
	}}
}
