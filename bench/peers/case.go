package main

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Case is one piece of work that velo and others do.
type Case struct {
	Name    string
	Records int
	Ours    Way
	Peers   []Way
}

// Way is one way of doing the work of a case.
type Way struct {
	Name string
	// Run does all of the work once, as quickly as it can be done.
	Run func() error
	// Sum does it once and sums up what it found.
	Sum func() (Sums, error)
	// Target is how many times the CPU time of ours this way should take at
	// least; 0: there is no target.
	Target float64
}

// Sums are what the values of all records come to. They are equal when two ways
// found the same values.
type Sums struct {
	Rows   int
	Ints   int64
	Floats float64
	Texts  uint64 // of a hash of each text
}

// Text adds one text.
func (s *Sums) Text(x string) {
	h := uint64(14695981039346656037)
	for i := range len(x) {
		h = (h ^ uint64(x[i])) * 1099511628211
	}
	s.Texts += h
}

// Result is how velo compares with one peer in one case.
type Result struct {
	Case     string  `json:"case"`
	Ours     float64 `json:"ours_ns"`
	Peer     string  `json:"peer"`
	PeerNs   float64 `json:"peer_ns"`
	Ratio    float64 `json:"ratio"`
	RatioMin float64 `json:"ratio_min"`
	RatioMax float64 `json:"ratio_max"`
	Allocs   float64 `json:"allocs_per_record"`
	Target   float64 `json:"target"`
}

// least is how much CPU time one measurement takes at least.
const least = 40 * time.Millisecond

// Measure checks that all ways agree, then runs them in turns. The ratios are
// those of measurements that followed each other.
func (c *Case) Measure(o Options) ([]Result, error) {
	ways := append([]Way{c.Ours}, c.Peers...)
	var want Sums
	for i, w := range ways {
		got, err := w.Sum()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		if i == 0 {
			want = got
		} else if got != want {
			return nil, fmt.Errorf("%s finds other values than velo: %+v, not %+v", w.Name, got, want)
		}
	}
	times := make([]int, len(ways))
	for i, w := range ways {
		for times[i] = 1; ; times[i] *= 2 {
			d, err := spent(w.Run, times[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.Name, err)
			}
			if d >= least {
				break
			}
		}
	}
	ns := make([][]float64, len(ways))
	for range o.Rounds {
		for i, w := range ways {
			runtime.GC()
			d, err := spent(w.Run, times[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.Name, err)
			}
			ns[i] = append(ns[i], float64(d)/float64(times[i]*c.Records))
		}
	}
	allocs, err := c.allocs(times[0])
	if err != nil {
		return nil, err
	}
	var out []Result
	for i, w := range ways[1:] {
		ratios := make([]float64, o.Rounds)
		for r := range ratios {
			ratios[r] = ns[i+1][r] / ns[0][r]
		}
		slices.Sort(ratios)
		out = append(out, Result{
			Case: c.Name, Ours: median(ns[0]), Peer: w.Name, PeerNs: median(ns[i+1]), Target: w.Target,
			Ratio: median(ratios), RatioMin: ratios[0], RatioMax: ratios[len(ratios)-1], Allocs: allocs,
		})
	}
	return out, nil
}

// allocs are those of ours, a record.
func (c *Case) allocs(times int) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		if err := c.Ours.Run(); err != nil {
			return 0, err
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(times*c.Records), nil
}

// spent is the CPU time of the process while f runs some times, garbage
// collection included.
func spent(f func() error, times int) (time.Duration, error) {
	from := cpuTime()
	for range times {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return cpuTime() - from, nil
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(list []float64) float64 {
	x := slices.Clone(list)
	slices.Sort(x)
	return x[len(x)/2]
}
