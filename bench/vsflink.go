package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// FlinkOptions are those of a comparison with Flink SQL.
type FlinkOptions struct {
	TopicOptions
	Script string // scripts/flink/run.sh
}

// larger is how many times more rows the larger of two runs has.
const larger = 4

// flinkTrades is the table of the trades' topic.
const flinkTrades = `CREATE TABLE trades (
	trade_id BIGINT, symbol STRING, price DOUBLE, quantity BIGINT, side STRING, trader STRING, ` + "`timestamp`" + ` BIGINT, event_time STRING,
	ts AS TO_TIMESTAMP_LTZ(` + "`timestamp`" + `, 3), WATERMARK FOR ts AS ts - INTERVAL '10' SECOND
) WITH ('connector' = 'kafka', 'topic' = '%s', 'properties.bootstrap.servers' = '%s', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');
`

// VsFlink measures a workload that writes a topic here and in Flink SQL, over the same
// topics of a broker, all answers checked. A row's time is that of a long run less that of
// a short one, over the rows between them: so starting up, which is ten seconds of a
// JVM's, is left out on both sides.
func VsFlink(ctx context.Context, w *Workload, o FlinkOptions) (*Comparison, error) {
	switch {
	case w.Flink == "":
		return nil, usage{fmt.Errorf("workload %s has no query for Flink", w.Name)}
	case o.Broker == "":
		return nil, usage{fmt.Errorf("Flink needs a broker: scripts/kafka/start.sh prints the address of one")}
	case o.Rounds < 0:
		return nil, usage{fmt.Errorf("rounds cannot be negative")}
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Rows == 0 {
		o.Rows = 1_000_000
	}
	var beds []*bed
	for _, rows := range []int64{o.Rows, larger * o.Rows} {
		b, err := lay(ctx, w, Options{Rows: rows, Seed: o.Seed, Keys: o.Keys, Source: "kafka", Broker: o.Broker, Fetch: "raw", Produce: "raw"})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		defer b.release()
		beds = append(beds, b)
	}
	here := func(b *bed) (cpu time.Duration, err error) {
		_, err = b.checked(ctx, func(f func() error) error {
			r, err := measure(f)
			cpu = r.CPU
			return err
		})
		return cpu, err
	}
	flink := func(b *bed) (cpu time.Duration, err error) {
		direct := func(f func() error) error { return f() }
		err = b.streamed(ctx, direct, func(to string) (err error) {
			cpu, err = b.flink(ctx, o.Script, to)
			return err
		})
		return cpu, err
	}
	if _, err := here(beds[0]); err != nil { // memory that is had once
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	c := &Comparison{Work: w.Name, About: w.About, Unit: CPUPerRow, Rows: (larger - 1) * o.Rows, AnswerRows: len(beds[1].want), Bars: w.FlinkBars,
		Velo: Figures{Name: "kafka.produce=raw"}, Peers: []Figures{{Name: "Flink SQL"}}}
	for range o.Rounds {
		for i, run := range []func(*bed) (time.Duration, error){here, flink} {
			side := []*Figures{&c.Velo, &c.Peers[0]}[i]
			var cpu [2]time.Duration
			for k, b := range beds {
				var err error
				if cpu[k], err = run(b); err != nil {
					return nil, fmt.Errorf("%s, %s: %w", w.Name, side.Name, err)
				}
			}
			side.Values = append(side.Values, float64(cpu[1]-cpu[0])/float64(c.Rows))
		}
	}
	return c, nil
}

// flink runs the workload once with Flink, from its topic to another, and tells the CPU
// time of the process.
func (b *bed) flink(ctx context.Context, script, to string) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "velo-bench-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "job.sql")
	sink := fmt.Sprintf("'topic' = '%s', 'properties.bootstrap.servers' = '%s', 'properties.compression.type' = 'lz4', 'properties.linger.ms' = '5'", to, b.o.Broker)
	sql := fmt.Sprintf(flinkTrades, b.topic, b.o.Broker) + strings.ReplaceAll(b.w.Flink, "$SINK", sink) + ";\n"
	if err := os.WriteFile(file, []byte(sql), 0o666); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, script, file)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", script, err, said.String())
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
