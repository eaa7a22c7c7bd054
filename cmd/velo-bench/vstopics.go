package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/velostream/velo/bench"
)

func vsKafka() *cobra.Command {
	var o bench.TopicOptions
	var procs int
	c := comparison("kafka [WORKLOAD…]", "CPU time of the ways to read and write topics, and of a program written by hand", func(v *versus) error {
		o.Self = v.self
		todo, err := v.workloads([]string{"kafka-fetch", "kafka-group", "kafka-tumbling", "kafka-project", "kafka-changes"})
		if err != nil {
			return err
		}
		if procs > 0 {
			runtime.GOMAXPROCS(procs)
		}
		return v.each(todo, func(w *bench.Workload) ([]*bench.Comparison, error) {
			r, err := bench.VsTopic(v.Context(), w, o)
			return []*bench.Comparison{r}, err
		})
	})
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 4_000_000, "rows of input; what a run costs once is 2,000 to 10,000 allocations and 3 ms")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each of all sides in turn")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.IntVar(&procs, "procs", 0, "GOMAXPROCS; 1: figures of one core (default all cores)")
	f.StringVar(&o.Broker, "broker", "", "Kafka broker `HOST:PORT` (kfake in a process of its own)")
	return c
}

func vsFlink() *cobra.Command {
	var o bench.FlinkOptions
	var procs int
	c := comparison("flink [WORKLOAD…]", "CPU time of workloads that write a topic against Flink SQL, over a real broker", func(v *versus) error {
		todo, err := v.workloads([]string{"kafka-tumbling", "kafka-project", "kafka-changes"})
		if err != nil {
			return err
		}
		if procs > 0 {
			runtime.GOMAXPROCS(procs)
		}
		return v.each(todo, func(w *bench.Workload) ([]*bench.Comparison, error) {
			r, err := bench.VsFlink(v.Context(), w, o)
			return []*bench.Comparison{r}, err
		})
	})
	f := c.Flags()
	f.Int64Var(&o.Rows, "rows", 1_000_000, "rows of the shorter run; the longer one has four times as many")
	f.IntVar(&o.Keys, "keys", 0, "distinct keys (the workload's own)")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds, each of both sides and sizes in turn")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the generator")
	f.IntVar(&procs, "procs", 0, "GOMAXPROCS of our own side; 1: figures of one core (default all cores)")
	f.StringVar(&o.Broker, "broker", "", "Kafka broker `HOST:PORT`; scripts/kafka/start.sh starts one")
	f.StringVar(&o.Script, "script", "scripts/flink/run.sh", "`PROGRAM` that runs a file of SQL with Flink")
	return c
}

// broker is what vs kafka starts.
func broker() *cobra.Command {
	return &cobra.Command{Use: "broker", Short: "be a broker in memory until the input ends", Hidden: true, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return bench.Broker(c.InOrStdin(), c.OutOrStdout())
	}}
}
