// Command velo-bench measures the engine; a wrong answer prints no speed.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
	"github.com/velostream/velo/bench/dataset"
)

func main() {
	// As velo-sql does, so that the figures are its.
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(400)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	began := false
	root := &cobra.Command{Use: "velo-bench", Short: "measure the engine, answers checked", SilenceUsage: true, SilenceErrors: true}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	root.AddCommand(list(), measure(), generate(), later("sweep WORKLOAD"), later("compare OLD.json NEW.json"), later("vs PROGRAM"))
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "velo-bench:", err)
		if !began {
			return 2
		}
		return 1
	}
	return 0
}

// later refuses a command that does not exist yet, by name.
func later(use string) *cobra.Command {
	return &cobra.Command{Use: use, Short: "not supported yet", Hidden: true, DisableFlagParsing: true, RunE: func(c *cobra.Command, _ []string) error {
		return fmt.Errorf("%s is not supported yet; there are list, run and generate", c.Name())
	}}
}

func list() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "list workloads and datasets", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		w := c.OutOrStdout()
		for _, x := range bench.Workloads() {
			fmt.Fprintf(w, "%-18s %s\n%18s %s\n", x.Name, x.About, "", x.SQL)
		}
		fmt.Fprintln(w, "\ndatasets:")
		for _, d := range dataset.All() {
			fmt.Fprintf(w, "%-18s %s\n", d.Name, d.About)
		}
		return nil
	}}
}
