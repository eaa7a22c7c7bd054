package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func vsThreads() *cobra.Command {
	var o bench.VsOptions
	var output string
	c := &cobra.Command{Use: "threads [WORKLOAD…]", Short: "wall and CPU time of several pipelines against one", RunE: func(c *cobra.Command, names []string) error {
		if output != "text" && output != "json" {
			return usage("-o takes text or json, not %q", output)
		}
		if o.Threads < 2 {
			return usage("--threads must be 2 or more to be compared with one")
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		o.Self = []string{self}
		which := names
		if len(which) == 0 {
			which = bench.ScaledWorkloads
		}
		var todo []*bench.Workload
		for _, n := range which {
			w, err := bench.FindWorkload(n)
			if err != nil {
				return err
			}
			todo = append(todo, w)
		}
		return compareAll(c, names, todo, output, func(w *bench.Workload) ([]*bench.Comparison, error) {
			return bench.VsThreads(c.Context(), w, o)
		})
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 0, "rows of input (the workload's own, mostly a million)")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each of both in turn")
	f.IntVar(&o.Threads, "threads", 2, "pipelines and cores")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	return c
}
