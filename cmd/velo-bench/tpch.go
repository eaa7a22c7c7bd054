package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

// runTPCH runs the queries of TPC-H.
func runTPCH(c *cobra.Command, o *bench.Options, scale float64, queries []int, answers, output string) error {
	if output == "benchstat" {
		return usage("tpch prints text or json, not benchstat")
	}
	var results []*bench.TPCHResult
	err := bench.TPCH(c.Context(), bench.TPCHOptions{Scale: scale, Seed: o.Seed, Rounds: o.Rounds, Threads: o.Threads, Queries: queries,
		Profile: o.Profile, Answers: answers}, func(r *bench.TPCHResult) error {
		results = append(results, r)
		return nil
	})
	if output == "json" {
		enc := json.NewEncoder(c.OutOrStdout())
		enc.SetIndent("", "  ")
		if jerr := enc.Encode(results); jerr != nil {
			return jerr
		}
		return err
	}
	bench.TPCHText(c.OutOrStdout(), results)
	return err
}
