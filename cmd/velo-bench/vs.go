package main

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func vs() *cobra.Command {
	c := &cobra.Command{Use: "vs", Short: "compare with another program, process by process", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		return usage("vs needs the program to compare with: duckdb")
	}}
	c.AddCommand(vsDuckDB())
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
