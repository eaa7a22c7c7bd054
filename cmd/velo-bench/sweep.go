package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func sweep() *cobra.Command {
	var o bench.Options
	var procs int
	var output string
	c := &cobra.Command{Use: "sweep WORKLOAD", Short: "draw throughput and latency against batch size", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		w, err := bench.FindWorkload(args[0])
		if err != nil {
			return err
		}
		if output != "text" && output != "json" && output != "svg" {
			return usage("-o takes text, json or svg, not %q", output)
		}
		if procs > 0 {
			runtime.GOMAXPROCS(procs)
		}
		results, err := bench.Sweep(c.Context(), w, o, bench.SweepSizes)
		if err != nil {
			return err
		}
		switch output {
		case "json":
			return bench.NewFile(results).JSON(c.OutOrStdout())
		case "svg":
			return bench.SVG(c.OutOrStdout(), results)
		}
		return bench.Chart(c.OutOrStdout(), results)
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 1_000_000, "rows of input")
	f.StringVar(&o.Source, "source", "", "memory, file or kafka (the workload's own)")
	f.StringVar(&o.Format, "format", "", "of files (the workload's own)")
	f.IntVar(&o.Threads, "threads", 1, "pipelines of the query")
	f.IntVar(&procs, "procs", 0, "GOMAXPROCS; 1: figures of one core (default all cores)")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the dataset's own)")
	f.IntVar(&o.Rounds, "rounds", 3, "measured rounds of each size")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringVar(&o.Broker, "broker", "", "Kafka broker `HOST:PORT` (kfake in this process)")
	f.StringVarP(&output, "output", "o", "text", "text, json or svg")
	return c
}
