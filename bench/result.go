package bench

import (
	"runtime"
	"time"
)

// Machine is what the figures hang on.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	Procs int    `json:"gomaxprocs"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
}

// File is the JSON form of a run, which compare reads.
type File struct {
	Machine Machine   `json:"machine"`
	Results []*Result `json:"results"`
}

// Result is what a workload cost, answer checked in every round.
type Result struct {
	Workload   string  `json:"workload"`
	Source     string  `json:"source"`
	Format     string  `json:"format"`
	Threads    int     `json:"threads"`
	Batch      string  `json:"batch"`
	Keys       int     `json:"keys,omitempty"`
	Rows       int64   `json:"rows"`
	Bytes      int64   `json:"bytes"` // of the input
	AnswerRows int     `json:"answer_rows"`
	Rounds     []Round `json:"rounds"`

	RowsPerSecond float64 `json:"rows_per_s"` // of wall time, median
	MBPerSecond   float64 `json:"mb_per_s"`
	NsPerRow      float64 `json:"cpu_ns_per_row"`
	AllocsPerRow  float64 `json:"allocs_per_row"`
	PeakBytes     int64   `json:"peak_bytes"`
	BatchBytes    int64   `json:"batch_bytes"` // batch memory taken at most

	Batches   int64         `json:"batches"`
	BatchMin  int           `json:"batch_min"`
	BatchP50  int           `json:"batch_p50"`
	BatchMax  int           `json:"batch_max"`
	LatencyP5 time.Duration `json:"batch_latency_p50_ns"`
	LatencyP9 time.Duration `json:"batch_latency_p99_ns"`

	Baseline *Baseline `json:"baseline,omitempty"`
}

// Baseline is what the row loop cost in the rounds between.
type Baseline struct {
	Rounds       []Round `json:"rounds"`
	NsPerRow     float64 `json:"cpu_ns_per_row"`
	AllocsPerRow float64 `json:"allocs_per_row"`
	Ratio        float64 `json:"ratio"` // of CPU time, median of the rounds' ratios
}

func thisMachine() Machine {
	return Machine{CPU: cpuName(), Cores: runtime.NumCPU(), Procs: runtime.GOMAXPROCS(0), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
}

func (r *Result) summarize() {
	n := float64(r.Rows)
	wall := median(r.Rounds, func(x Round) float64 { return x.Wall.Seconds() })
	r.RowsPerSecond, r.MBPerSecond = n/wall, float64(r.Bytes)/1e6/wall
	r.NsPerRow = median(r.Rounds, func(x Round) float64 { return float64(x.CPU) }) / n
	r.AllocsPerRow = median(r.Rounds, func(x Round) float64 { return float64(x.Allocs) }) / n
	b := r.Baseline
	if b == nil {
		return
	}
	b.NsPerRow = median(b.Rounds, func(x Round) float64 { return float64(x.CPU) }) / n
	b.AllocsPerRow = median(b.Rounds, func(x Round) float64 { return float64(x.Allocs) }) / n
	var ratios []float64
	for i, x := range b.Rounds {
		ratios = append(ratios, float64(x.CPU)/float64(r.Rounds[i].CPU))
	}
	b.Ratio = median(ratios, func(x float64) float64 { return x })
}
