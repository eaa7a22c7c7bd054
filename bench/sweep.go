package bench

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// SweepSizes are the batch sizes of a sweep.
var SweepSizes = []int{100, 256, 1024, 4096, 16384, 65536}

// Sweep runs a workload once for each batch size. The rounds of the sizes are
// taken in turns, so that a machine whose speed drifts is unfair to none.
func Sweep(ctx context.Context, w *Workload, o Options, sizes []int) ([]*Result, error) {
	rounds := o.Rounds
	if rounds < 0 {
		return nil, usage{fmt.Errorf("rounds cannot be negative")}
	}
	if rounds == 0 {
		rounds = 5
	}
	all := make([]*Result, len(sizes))
	for range rounds {
		for i, n := range sizes {
			o.Batch, o.Rounds = n, 1
			r, err := Run(ctx, w, o)
			if err != nil {
				return nil, err
			}
			if all[i] == nil {
				all[i] = r
				continue
			}
			all[i].add(r)
		}
	}
	return all, nil
}

// add takes the rounds of another run of the same.
func (r *Result) add(o *Result) {
	n := time.Duration(len(r.Rounds))
	r.LatencyP5 = (r.LatencyP5*n + o.LatencyP5) / (n + 1)
	r.LatencyP9 = max(r.LatencyP9, o.LatencyP9)
	r.Rounds = append(r.Rounds, o.Rounds...)
	r.summarize()
}

// Chart draws throughput and latency against batch size, both from nothing to
// the greatest.
func Chart(w io.Writer, results []*Result) error {
	const width = 30
	most, slowest := 0.0, time.Duration(0)
	for _, r := range results {
		most, slowest = max(most, r.RowsPerSecond), max(slowest, r.LatencyP5)
	}
	bar := func(part float64) string {
		s := strings.Repeat("█", int(part*width+0.5))
		return s + strings.Repeat(" ", width-utf8.RuneCountInString(s))
	}
	var sb strings.Builder
	if len(results) > 0 {
		r := results[0]
		fmt.Fprintf(&sb, "%s  source %s, %s, %d rows, %d threads, %d rounds each: answers are right\n", r.Workload, r.Source, r.Format, r.Rows, r.Threads, len(r.Rounds))
	}
	fmt.Fprintf(&sb, "%6s  %-*s %9s %8s  %-*s %9s %9s\n", "batch", width, "throughput", "Mrows/s", "CPU ns", width, "latency of a batch", "p50", "p99")
	for _, r := range results {
		fmt.Fprintf(&sb, "%6s  %s %9.2f %8.1f  %s %9s %9s\n", r.Batch, bar(r.RowsPerSecond/most), r.RowsPerSecond/1e6, r.NsPerRow,
			bar(float64(r.LatencyP5)/float64(max(slowest, 1))), short(r.LatencyP5), short(r.LatencyP9))
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

func short(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(100 * time.Nanosecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
