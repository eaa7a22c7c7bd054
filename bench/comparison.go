package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// Figures are what one of those compared took in each round.
type Figures struct {
	Name    string    `json:"name"`
	Version string    `json:"version,omitempty"`
	Values  []float64 `json:"values"`                   // in the comparison's unit
	Allocs  float64   `json:"allocs_per_row,omitempty"` // ours only
}

// Bar is how many times less than a peer we mean to take; no peer: than the best. One of
// MBps is how many MB we mean to read and write together in a second of CPU.
type Bar struct {
	Peer  string  `json:"peer,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`
	MBps  float64 `json:"mb_per_s,omitempty"`
}

// verdict says what a bar asks for and what was reached: true if that is enough. It is
// empty where nobody is there to compare with.
func (c *Comparison) verdict(b Bar) (text string, met bool) {
	if b.MBps > 0 {
		reached := float64(c.Bytes) / float64(c.Rows) / c.Velo.Median() * 1e3 // bytes a row by ns a row
		return fmt.Sprintf("%.4g MB/s (%.0f)", b.MBps, reached), reached >= b.MBps
	}
	p := c.Peer(b.Peer)
	if p == nil {
		return "", false
	}
	ratio := c.Ratio(p).Median
	if b.Peer == "" {
		return fmt.Sprintf("%.4g", b.Ratio), ratio >= b.Ratio
	}
	return fmt.Sprintf("%.4g × %s (%.2f)", b.Ratio, p.Name, ratio), ratio >= b.Ratio
}

// Comparison is the cost of one piece of work here and in peers, in rounds that take
// turns, all answers checked. Every `velo-bench vs` but tpch writes it, and the tables of
// BENCHMARKS.md are made from it.
type Comparison struct {
	Work       string    `json:"work"`
	About      string    `json:"about,omitempty"`
	Unit       string    `json:"unit"` // of the values, less is better: CPU ns/row when nothing is said
	Rows       int64     `json:"rows"`
	Bytes      int64     `json:"bytes,omitempty"` // of files read and written by us, where both are files
	AnswerRows int       `json:"answer_rows,omitempty"`
	Velo       Figures   `json:"velo"`
	Peers      []Figures `json:"peers"`
	Bars       []Bar     `json:"bars,omitempty"`
}

// CPUPerRow is the unit of most comparisons.
const CPUPerRow = "CPU ns/row"

// Median of a side's rounds.
func (s *Figures) Median() float64 {
	return quantile(s.Values, 0.5, func(x float64) float64 { return x })
}

// Best is the peer that takes least; nil where there is none.
func (c *Comparison) Best() *Figures {
	var best *Figures
	for i := range c.Peers {
		if best == nil || c.Peers[i].Median() < best.Median() {
			best = &c.Peers[i]
		}
	}
	return best
}

// Peer is a side by name, or the best where the name is empty.
func (c *Comparison) Peer(name string) *Figures {
	if name == "" {
		return c.Best()
	}
	for i := range c.Peers {
		if c.Peers[i].Name == name {
			return &c.Peers[i]
		}
	}
	return nil
}

// Spread is a ratio in the rounds: the median, the least and the greatest.
type Spread struct{ Median, Min, Max float64 }

func (s Spread) String() string { return fmt.Sprintf("%.2f (%.2f to %.2f)", s.Median, s.Min, s.Max) }

// Ratio is how many times less than a peer we took, round by round.
func (c *Comparison) Ratio(peer *Figures) Spread {
	var list []float64
	for i, x := range peer.Values {
		list = append(list, x/c.Velo.Values[i])
	}
	id := func(x float64) float64 { return x }
	return Spread{quantile(list, 0.5, id), quantile(list, 0, id), quantile(list, 1, id)}
}

// Text writes a comparison for people.
func (c *Comparison) Text(w io.Writer) error {
	var sb strings.Builder
	fmt.Fprintf(&sb, "%-20s %d rows", c.Work, c.Rows)
	if c.AnswerRows > 0 {
		fmt.Fprintf(&sb, ", answer of %d rows equal", c.AnswerRows)
	}
	fmt.Fprintf(&sb, "; %s: %.1f here", c.Unit, c.Velo.Median())
	if c.Velo.Allocs > 0 {
		fmt.Fprintf(&sb, " (%.4f allocations/row)", c.Velo.Allocs)
	}
	for i := range c.Peers {
		p := &c.Peers[i]
		fmt.Fprintf(&sb, ", %.1f %s", p.Median(), strings.TrimSpace(p.Name+" "+p.Version))
	}
	if best := c.Best(); best != nil {
		fmt.Fprintf(&sb, "; %s times less than %s in %d rounds", c.Ratio(best), best.Name, len(c.Velo.Values))
	}
	for _, b := range c.Bars {
		if text, met := c.verdict(b); text != "" {
			verdict := "missed"
			if met {
				verdict = "met"
			}
			fmt.Fprintf(&sb, "; target %s: %s", text, verdict)
		}
	}
	sb.WriteByte('\n')
	_, err := io.WriteString(w, sb.String())
	return err
}

// Comparisons is the JSON form of several, with where they were seen.
type Comparisons struct {
	Machine Machine       `json:"machine"`
	Time    time.Time     `json:"time"`
	Commit  string        `json:"commit"`
	Load    string        `json:"load_average"` // of the last minute, when they ended
	Command string        `json:"command"`
	List    []*Comparison `json:"comparisons"`
}

// commitVar is the commit of the build, where the one who builds knows better than the
// program, whose own results are changes too.
const commitVar = "VELO_BENCH_COMMIT"

// NewComparisons tells where a list was seen, by which arguments of velo-bench.
func NewComparisons(command string, list []*Comparison) *Comparisons {
	c := &Comparisons{Machine: thisMachine(), Time: time.Now().UTC().Truncate(time.Second), Load: loadAverage(), Command: command, List: list}
	if c.Commit = os.Getenv(commitVar); c.Commit != "" {
		return c
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		changed := ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				c.Commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = ", changed"
			}
		}
		c.Commit += changed
	}
	return c
}

// JSON writes the list.
func (c *Comparisons) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(c)
}
