package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/velostream/velo/bench"
)

// Case is one piece of work that velo and others do.
type Case struct {
	Name    string
	Records int
	Ours    Way
	Peers   []Way
	Best    float64 // how many times our time the best of them should take; 0: there is no target
}

// Way is one way of doing the work of a case.
type Way struct {
	Name string
	// Run does all of the work once, as quickly as it can be done.
	Run func() error
	// Sum does it once and sums up what it found.
	Sum    func() (Sums, error)
	Module string  // of a library, whose version is told
	Target float64 // how many times our time it should take at least; 0: there is no target
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

// least is how much CPU time one measurement takes at least.
const least = 40 * time.Millisecond

// Measure checks that all ways agree, then runs them in turns.
func (c *Case) Measure(o Options) (*bench.Comparison, error) {
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
	out := &bench.Comparison{Work: c.Name, Unit: bench.CPUPerRow, Rows: int64(c.Records), Velo: bench.Figures{Name: "velo", Values: ns[0], Allocs: allocs}}
	if c.Best > 0 {
		out.Bars = append(out.Bars, bench.Bar{Ratio: c.Best})
	}
	for i, w := range c.Peers {
		out.Peers = append(out.Peers, bench.Figures{Name: w.Name, Version: version(w.Module), Values: ns[i+1]})
		if w.Target > 0 {
			out.Bars = append(out.Bars, bench.Bar{Peer: w.Name, Ratio: w.Target})
		}
	}
	return out, nil
}

// version is that of a module this program is built with.
func version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	if module == "std" {
		return strings.TrimPrefix(info.GoVersion, "go")
	}
	for _, m := range info.Deps {
		if m.Path == module {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return ""
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
