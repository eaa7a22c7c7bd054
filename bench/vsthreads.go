package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
)

// ScaledWorkloads are those that [VsThreads] runs when none is named: files that are
// read in parts, and records in memory.
var ScaledWorkloads = []string{"json-filter-group", "csv-group", "csv-filter-group", "1brc", "json-tumbling", "group-keys", "group-million"}

// VsThreads runs a workload of files or of memory with one pipeline and with several, each
// number in a process of its own, in rounds that take turns. The first comparison is
// of wall time, which a machine with other work on its cores has no meaning for, the
// second of CPU time: what the threads cost altogether.
func VsThreads(ctx context.Context, w *Workload, o VsOptions) ([]*Comparison, error) {
	list, err := vsThreads(ctx, w, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	return list, nil
}

func vsThreads(ctx context.Context, w *Workload, o VsOptions) ([]*Comparison, error) {
	if w.Source == "kafka" {
		return nil, usage{fmt.Errorf("its broker would need the cores that are measured; files and records in memory are compared")}
	}
	o.Threads = orElse(o.Threads, 2)
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if o.Rows == 0 {
		o.Rows = w.Rows
	}
	b, s, err := o.layFor(ctx, w)
	if err != nil {
		return nil, err
	}
	defer b.release()
	answer := filepath.Join(filepath.Dir(b.path), "answer-of-threads.csv")
	counts := []int{o.Threads, 1}
	var engines []*engine
	defer func() {
		for _, e := range engines {
			e.stop()
		}
	}()
	for _, n := range counts {
		s.Engine, s.Threads = strconv.Itoa(n)+" threads", n
		if n == 1 {
			s.Engine = "one thread"
		}
		if w.Answer != "" {
			s.File = answer
		}
		e, err := start(ctx, s, append(o.Self[:len(o.Self):len(o.Self)], "engine")...)
		if err != nil {
			return nil, err
		}
		engines = append(engines, e)
	}
	wall, cpu := make([]Figures, len(engines)), make([]Figures, len(engines))
	for round := range o.Rounds + 1 {
		for i, e := range engines {
			r, err := e.ask(request{})
			if err != nil {
				return nil, err
			}
			wall[i].Name, cpu[i].Name = e.name, e.name
			if round > 0 {
				wall[i].Values = append(wall[i].Values, r.Wall*1e9/float64(b.o.Rows))
				cpu[i].Values = append(cpu[i].Values, r.CPU*1e9/float64(b.o.Rows))
			}
		}
	}
	for _, e := range engines {
		if _, err := b.checkPeer(e, s.File, answer); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
	}
	of := func(unit string, f []Figures, bars ...Bar) *Comparison {
		return &Comparison{Work: w.Name, About: fmt.Sprintf("%d threads", o.Threads), Unit: unit, Rows: b.o.Rows, AnswerRows: len(b.want), Velo: f[0], Peers: f[1:], Bars: bars}
	}
	return []*Comparison{of("wall ns/row", wall, Bar{Ratio: 0.9 * float64(o.Threads)}), of(CPUPerRow, cpu)}, nil
}
