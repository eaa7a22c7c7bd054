// Command velo-bench measures the engine; a wrong answer prints no speed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run gives the exit code: 2 for what was asked wrongly, 1 for what failed, 130 when interrupted.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	began := false
	root := &cobra.Command{Use: "velo-bench", Short: "measure the engine, answers checked", SilenceUsage: true, SilenceErrors: true}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	root.AddCommand(list(), measure(), generate(), compare(), sweep(), vs(), broker(), engine(), tables())
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	if err := root.ExecuteContext(ctx); err != nil {
		if ctx.Err() != nil { // whatever a process that was ended with us has said
			fmt.Fprintln(errs, "velo-bench: interrupted")
			return 130
		}
		fmt.Fprintln(errs, "velo-bench:", err)
		if !began || errors.Is(err, bench.ErrUsage) || errors.Is(err, errUsage) {
			return 2
		}
		return 1
	}
	return 0
}

var errUsage = errors.New("wrong use")

type usageError struct{ error }

func (usageError) Is(target error) bool { return target == errUsage }

// usage is an error that ends with exit code 2.
func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func list() *cobra.Command {
	var names bool
	c := &cobra.Command{Use: "list", Short: "list workloads and datasets", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		w := c.OutOrStdout()
		if names {
			for _, x := range bench.Workloads() {
				fmt.Fprintln(w, x.Name)
			}
			return nil
		}
		for _, x := range bench.Workloads() {
			fmt.Fprintf(w, "%-18s %s\n%18s %s\n", x.Name, x.About, "", x.SQL)
		}
		fmt.Fprintln(w, "\ndatasets:")
		for _, d := range dataset.All() {
			fmt.Fprintf(w, "%-18s %s\n", d.Name, d.About)
		}
		return nil
	}}
	c.Flags().BoolVar(&names, "names", false, "the names of the workloads only")
	return c
}
