package arrowexec

import (
	"fmt"
	"time"
)

// SizerOptions are the batch.* keys.
type SizerOptions struct {
	Strategy string        // adaptive fixed_size time_window memory_based low_latency mega_batch
	Size     int           // batch.size: the fixed size, or the first size of an adaptive one; 0: chosen
	Min, Max int           // batch.min, batch.max; 0: 100 and 65536
	Target   time.Duration // batch.target.time; 0: 100 ms
	Memory   int64         // memory_based: bytes one batch should take; 0: 32 MiB
}

// Decision is one choice of a batch size: what was asked for, what came, how
// long the batch took from source to sink, and what will be asked for next.
type Decision struct {
	Want   int           `json:"want"`
	Got    int           `json:"got"`
	Time   time.Duration `json:"ns"`
	Next   int           `json:"next"`
	Reason string        `json:"reason"`
}

// Sizer chooses batch sizes.
type Sizer struct {
	o    SizerOptions
	want int
	// first and last hold the decisions that statistics show.
	first, last []Decision
	count       int64
}

const keptDecisions = 64

// NewSizer checks the options and gives a sizer.
func NewSizer(o SizerOptions) (*Sizer, error) {
	if o.Strategy == "" {
		o.Strategy = "adaptive"
	}
	if o.Min <= 0 {
		o.Min = 100
	}
	if o.Max <= 0 {
		o.Max = 65536
	}
	if o.Target <= 0 {
		o.Target = 100 * time.Millisecond
	}
	if o.Memory <= 0 {
		o.Memory = 32 << 20
	}
	if o.Min > o.Max {
		return nil, fmt.Errorf("batch.min %d is greater than batch.max %d", o.Min, o.Max)
	}
	s := &Sizer{o: o}
	switch o.Strategy {
	case "adaptive":
		s.want = 4096
	case "fixed_size":
		s.want = 8192
	case "time_window":
		s.want = o.Max
	case "memory_based":
		s.want = 1024
	case "low_latency":
		s.want = o.Min
	case "mega_batch":
		s.want = o.Max
	default:
		return nil, fmt.Errorf("unknown batch.strategy %q; known: adaptive fixed_size time_window memory_based low_latency mega_batch", o.Strategy)
	}
	if o.Size > 0 {
		s.want = o.Size
		if o.Strategy == "adaptive" {
			s.o.Strategy = "fixed_size"
		}
	}
	if s.o.Strategy != "fixed_size" {
		s.want = min(max(s.want, s.o.Min), s.o.Max)
	}
	return s, nil
}

// Want is how many rows to ask for now.
func (s *Sizer) Want() int { return s.want }

// Observe takes what became of the last batch: rows, time from source to sink,
// and bytes of memory.
func (s *Sizer) Observe(got int, took time.Duration, bytes int64) {
	next, reason := s.next(got, took, bytes)
	d := Decision{Want: s.want, Got: got, Time: took, Next: next, Reason: reason}
	s.want = next
	s.count++
	if len(s.first) < keptDecisions {
		s.first = append(s.first, d)
		return
	}
	if len(s.last) == keptDecisions {
		copy(s.last, s.last[1:])
		s.last = s.last[:keptDecisions-1]
	}
	s.last = append(s.last, d)
}

func (s *Sizer) next(got int, took time.Duration, bytes int64) (int, string) {
	clamp := func(n int) int { return min(max(n, s.o.Min), s.o.Max) }
	switch s.o.Strategy {
	case "fixed_size":
		return s.want, "fixed size"
	case "mega_batch":
		return s.want, "largest size"
	case "time_window":
		return s.want, "all that arrives in the target time"
	case "low_latency":
		if got < s.want {
			return clamp(s.want / 2), "input is slower than asked for"
		}
		if took < s.o.Target/10 {
			return clamp(s.want * 2), "batch took less than a tenth of the target"
		}
		return s.want, "close to the target"
	case "memory_based":
		if got == 0 || bytes == 0 {
			return s.want, "no rows"
		}
		return clamp(int(s.o.Memory / (bytes/int64(got) + 1))), "bytes a row seen last"
	}
	if got < s.want {
		return s.want, "input gave fewer rows than asked for"
	}
	switch {
	case took <= 0:
		return clamp(s.want * 2), "too fast to measure"
	case took < s.o.Target/2:
		return clamp(s.want * 2), "below half of the target time"
	case took > s.o.Target*2:
		return clamp(s.want / 2), "above twice the target time"
	case took > s.o.Target:
		return clamp(int(float64(s.want) * float64(s.o.Target) / float64(took))), "above the target time"
	}
	return s.want, "within the target time"
}

// Decisions gives the number of decisions so far and those kept: the first and
// the last 64.
func (s *Sizer) Decisions() (int64, []Decision) {
	return s.count, append(append([]Decision(nil), s.first...), s.last...)
}
