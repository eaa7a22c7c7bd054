package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/pkg/profile"
	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
	"github.com/velostream/velo/bench/dataset"
)

func measure() *cobra.Command {
	var o bench.Options
	var batch, kind, output string
	var procs int
	var scale float64
	var queries []int
	var answers string
	c := &cobra.Command{Use: "run [WORKLOAD… | tpch]", Short: "run workloads, all if none is named, or the 22 queries of TPC-H", RunE: func(c *cobra.Command, names []string) (err error) {
		if batch != "auto" {
			if o.Batch, err = strconv.Atoi(batch); err != nil || o.Batch <= 0 {
				return usage("--batch takes auto or a number of rows, not %q", batch)
			}
		}
		if o.Profile, err = profiler(kind); err != nil {
			return err
		}
		if procs > 0 {
			runtime.GOMAXPROCS(procs)
		}
		if output != "text" && output != "json" && output != "benchstat" {
			return usage("-o takes text, json or benchstat, not %q", output)
		}
		if len(names) == 1 && names[0] == "tpch" {
			return runTPCH(c, &o, scale, queries, answers, output)
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
				if !o.Baseline || w.HasLoop(w.Source, w.Format) { // not all have a row loop
					todo = append(todo, w)
				}
			}
		}
		var results []*bench.Result
		var errs []error
		for _, w := range todo {
			r, err := bench.Run(c.Context(), w, o)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			results = append(results, r)
			if output == "text" {
				if err := r.Text(c.OutOrStdout()); err != nil {
					return err
				}
			}
		}
		f := bench.NewFile(results)
		switch output {
		case "json":
			errs = append(errs, f.JSON(c.OutOrStdout()))
		case "benchstat":
			errs = append(errs, f.Benchstat(c.OutOrStdout()))
		}
		return errors.Join(errs...)
	}}
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 1_000_000, "rows of input")
	f.StringVar(&o.Source, "source", "", "memory, file or kafka (the workload's own)")
	f.StringVar(&o.Format, "format", "", "of files: "+strings.Join(dataset.Formats, ", ")+" (the workload's own)")
	f.IntVar(&o.Threads, "threads", 1, "pipelines of the query")
	f.IntVar(&procs, "procs", 0, "GOMAXPROCS; 1: figures of one core (default all cores)")
	f.StringVar(&batch, "batch", "auto", "rows of a batch, or auto")
	f.StringVar(&kind, "profile", "", "cpu, mem or trace, written under profiles/WORKLOAD")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the dataset's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "measured rounds")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.BoolVar(&o.Baseline, "baseline", false, "run the row loop in Go between the rounds and print the ratio")
	f.StringVar(&o.Broker, "broker", "", "Kafka broker `HOST:PORT` (kfake in this process)")
	f.StringVar(&o.Fetch, "fetch", "", "kafka.fetch of topics: raw or poll (the engine's own)")
	f.StringVar(&o.Produce, "produce", "", "kafka.produce of workloads that write a topic: raw or client (the engine's own)")
	f.Float64Var(&scale, "scale", 0.1, "of tpch: 1 is 6 million line items")
	f.StringVar(&answers, "answers", "", "of tpch: `FOLDER` for the answers as JSON")
	f.IntSliceVar(&queries, "queries", nil, "of tpch: numbers of queries (all 22)")
	f.StringVarP(&output, "output", "o", "text", "text, json or benchstat")
	return c
}

func profiler(kind string) (func(string) (func(), error), error) {
	kinds := map[string]func(*profile.Profile){"cpu": profile.CPUProfile, "mem": profile.MemProfileAllocs, "trace": profile.TraceProfile}
	k := kinds[kind]
	switch {
	case kind == "":
		return nil, nil
	case k == nil:
		return nil, usage("--profile takes cpu, mem or trace, not %q", kind)
	}
	return func(workload string) (func(), error) {
		dir := filepath.Join("profiles", workload)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		return profile.Start(k, profile.ProfilePath(dir), profile.NoShutdownHook, profile.Quiet).Stop, nil
	}, nil
}

func generate() *cobra.Command {
	var size dataset.Options
	var out string
	var scale float64
	c := &cobra.Command{Use: "generate DATASET", Short: "write a dataset as .jsonl, .csv, .arrow, .arrows, .parquet, .avro or .capture.jsonl", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) (err error) {
		if args[0] == "tpch" {
			return bench.WriteTPCH(out, scale, size.Seed)
		}
		d, err := dataset.Find(args[0])
		if err != nil {
			return usage("%w", err)
		}
		if size.Rows < 0 || size.Keys < 0 {
			return usage("--rows and --keys cannot be negative")
		}
		if out == "-" {
			return d.Write(c.OutOrStdout(), d.Format, size, nil)
		}
		format := strings.TrimPrefix(filepath.Ext(out), ".")
		switch {
		case format == "txt":
			format = d.Format
		case strings.HasSuffix(out, ".capture.jsonl"):
			format = "capture"
		}
		if err := dataset.CheckFormat(format); err != nil {
			return usage("%w", err)
		}
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		return d.Write(f, format, size, nil)
	}}
	c.Flags().Int64Var(&size.Rows, "rows", 1_000_000, "rows")
	c.Flags().Uint64Var(&size.Seed, "seed", 1, "seed")
	c.Flags().IntVar(&size.Keys, "keys", 0, "distinct keys (the dataset's own)")
	c.Flags().Float64Var(&scale, "scale", 0.1, "of tpch, whose tables go as CSV into the folder --output")
	c.Flags().StringVarP(&out, "output", "o", "-", "`FILE`, whose ending is the format; - for standard output in the dataset's own")
	return c
}
