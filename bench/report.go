package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// NewFile makes the JSON form of results of this machine.
func NewFile(results []*Result) *File { return &File{Machine: thisMachine(), Results: results} }

// JSON writes the file.
func (f *File) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(f)
}

// Text writes a result for people.
func (r *Result) Text(w io.Writer) error {
	var sb strings.Builder
	fmt.Fprintf(&sb, "%s  source %s, %s, %d rows, %d threads, batch %s: answer of %d rows is right\n", r.Workload, r.Source, r.Format, r.Rows, r.Threads, r.Batch, r.AnswerRows)
	fmt.Fprintf(&sb, "  %.0f rows/s  %.1f MB/s  %.1f ns/row CPU  %.4f allocations/row  peak %.1f MB (batches %.1f MB)\n", r.RowsPerSecond, r.MBPerSecond, r.NsPerRow, r.AllocsPerRow, float64(r.PeakBytes)/1e6, float64(r.BatchBytes)/1e6)
	fmt.Fprintf(&sb, "  %d batches of %d to %d rows (median %d), latency p50 %v p99 %v\n", r.Batches, r.BatchMin, r.BatchMax, r.BatchP50, r.LatencyP5, r.LatencyP9)
	if b := r.Baseline; b != nil {
		fmt.Fprintf(&sb, "  row loop: %.1f ns/row CPU  %.2f allocations/row; the engine takes 1/%.1f of its CPU time\n", b.NsPerRow, b.AllocsPerRow, b.Ratio)
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

// Benchstat writes the file in the form of go test -bench, a line a round; an
// operation is a row.
func (f *File) Benchstat(w io.Writer) error {
	var sb strings.Builder
	fmt.Fprintf(&sb, "goos: %s\ngoarch: %s\npkg: github.com/velostream/velo/bench\ncpu: %s\n", f.Machine.OS, f.Machine.Arch, f.Machine.CPU)
	for _, r := range f.Results {
		name := "Benchmark"
		for _, part := range strings.Split(r.Workload, "-") {
			name += strings.ToUpper(part[:1]) + part[1:]
		}
		name += fmt.Sprintf("/source=%s/format=%s/threads=%d/batch=%s", r.Source, r.Format, r.Threads, r.Batch)
		if r.Keys > 0 {
			name += fmt.Sprintf("/keys=%d", r.Keys)
		}
		n := float64(r.Rows)
		for _, x := range r.Rounds {
			fmt.Fprintf(&sb, "%s %d %.2f ns/op %.2f cpu-ns/op %.2f MB/s %.2f B/op %.4f allocs/op\n", name, r.Rows,
				float64(x.Wall)/n, float64(x.CPU)/n, float64(r.Bytes)/1e6/x.Wall.Seconds(), float64(x.AllocBytes)/n, float64(x.Allocs)/n)
		}
	}
	_, err := io.WriteString(w, sb.String())
	return err
}
