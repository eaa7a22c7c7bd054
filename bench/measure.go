package bench

import (
	"runtime"
	"runtime/metrics"
	"slices"
	"syscall"
	"time"
)

// Round is what one execution cost. CPU is that of the whole process, garbage
// collection included.
type Round struct {
	CPU        time.Duration `json:"cpu_ns"`
	Wall       time.Duration `json:"wall_ns"`
	Allocs     int64         `json:"allocs"`
	AllocBytes int64         `json:"alloc_bytes"`
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure runs f from a clean heap.
func measure(f func() error) (Round, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime(), time.Now()
	err := f()
	r := Round{CPU: cpuTime() - cpu, Wall: time.Since(start)}
	runtime.ReadMemStats(&after)
	r.Allocs, r.AllocBytes = int64(after.Mallocs-before.Mallocs), int64(after.TotalAlloc-before.TotalAlloc)
	return r, err
}

// peak gives the most heap that f held above what there was before it, garbage
// that had not been collected yet included, looked at every millisecond.
func peak(f func() error) (int64, error) {
	runtime.GC()
	base := heap()
	done, top := make(chan struct{}), make(chan uint64)
	go func() {
		most := base
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, heap())
			case <-done:
				top <- max(most, heap())
				return
			}
		}
	}()
	err := f()
	close(done)
	return int64(<-top - base), err
}

func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// median gives the middle of what f says of the rounds.
func median[T any](list []T, f func(T) float64) float64 {
	return quantile(list, 0.5, f)
}

func quantile[T any](list []T, q float64, f func(T) float64) float64 {
	if len(list) == 0 {
		return 0
	}
	x := make([]float64, len(list))
	for i, v := range list {
		x[i] = f(v)
	}
	slices.Sort(x)
	return x[min(int(q*float64(len(x))), len(x)-1)]
}
