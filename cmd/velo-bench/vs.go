package main

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func vs() *cobra.Command {
	c := &cobra.Command{Use: "vs", Short: "compare with other programs for the same answer", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		return usage("vs needs the program to compare with: duckdb, or kafka for consumers of topics")
	}}
	c.AddCommand(vsDuckDB(), vsKafka())
	return c
}

func vsDuckDB() *cobra.Command {
	var o bench.VsOptions
	var output string
	var scale float64
	c := &cobra.Command{Use: "duckdb [WORKLOAD… | tpch]", Short: "CPU time against DuckDB for the same answer, all workloads that it can answer if none is named", RunE: func(c *cobra.Command, names []string) error {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		o.Self = []string{self}
		if len(names) == 1 && names[0] == "tpch" {
			return vsTPCH(c, scale, o, output)
		}
		var todo []*bench.Workload
		for _, n := range names {
			w, err := bench.FindWorkload(n)
			if err != nil {
				return err
			}
			todo = append(todo, w)
		}
		if len(todo) == 0 {
			for _, w := range bench.Workloads() {
				if w.Duck != "" {
					todo = append(todo, w)
				}
			}
		}
		var list []*bench.Comparison
		var errs []error
		for _, w := range todo {
			r, err := bench.Vs(c.Context(), w, o)
			if err != nil {
				errs = append(errs, err)
				if errors.Is(err, bench.ErrNotInstalled) {
					break
				}
				continue
			}
			list = append(list, r)
			if output == "text" {
				errs = append(errs, r.Text(c.OutOrStdout()))
			}
		}
		if output == "json" && len(list) > 0 {
			errs = append(errs, bench.WriteComparisons(c.OutOrStdout(), list))
		}
		return errors.Join(errs...)
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 1_000_000, "rows of input")
	f.Float64Var(&scale, "scale", 0.1, "of tpch: 1 is 6 million line items")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "pairs of processes")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringVar(&o.DuckDB, "duckdb", "", "`PROGRAM`: DuckDB, or a Python that has it (looked for)")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

func vsTPCH(c *cobra.Command, scale float64, o bench.VsOptions, output string) error {
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
		var list []*bench.TopicComparison
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
			return bench.WriteTopicComparisons(c.OutOrStdout(), list)
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

// broker is what vs kafka starts.
func broker() *cobra.Command {
	return &cobra.Command{Use: "broker", Short: "be a broker in memory until the input ends", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return bench.Broker(c.InOrStdin(), c.OutOrStdout())
	}}
}
