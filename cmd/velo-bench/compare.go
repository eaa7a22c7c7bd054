package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func compare() *cobra.Command {
	return &cobra.Command{Use: "compare OLD.json NEW.json", Short: "compare two results of run -o json", Args: cobra.ExactArgs(2), RunE: func(c *cobra.Command, args []string) error {
		var files [2]*bench.File
		for i, path := range args {
			in, err := os.Open(path)
			if err != nil {
				return usage("%w", err)
			}
			files[i], err = bench.ReadFile(in)
			in.Close()
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		return bench.Compare(c.OutOrStdout(), files[0], files[1])
	}}
}
