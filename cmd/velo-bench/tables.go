package main

import (
	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func tables() *cobra.Command {
	var into string
	c := &cobra.Command{Use: "tables DIR", Short: "make the tables of BENCHMARKS.md from what vs has written", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		if into != "" {
			return bench.PutTables(args[0], into)
		}
		names, list, err := bench.ReadComparisons(args[0])
		if err != nil {
			return err
		}
		return bench.Tables(c.OutOrStdout(), names, list)
	}}
	c.Flags().StringVar(&into, "into", "", "`FILE` whose tables are replaced (they are printed)")
	return c
}
