package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
)

// ScaledWorkloads are those that [VsThreads] runs when none is named: files that are
// read in parts, and records in memory.
var ScaledWorkloads = []string{"json-filter-group", "csv-group", "csv-filter-group", "1brc", "json-tumbling", "arrow-group", "parquet-group", "group-keys", "group-symbols", "group-million"}

// scaledRows are read where a row takes so little that a workload's own rows are over in
// 10 ms: a tenth of that is what a query takes whatever its rows.
var scaledRows = map[string]int64{"arrow-group": 12_000_000, "group-keys": 12_000_000, "group-symbols": 12_000_000}

// VsThreads runs a workload of files or of memory with one pipeline and with several, each
// number in a process of its own, in rounds that take turns, and as many processes of one
// pipeline at once: that is what the machine gives, whose cores share a cache, the memory
// and, it may be, more. The first comparison is of wall time, which a machine with other
// work on its cores has no meaning for, the second of CPU time: what the threads cost
// altogether. Processes at once have done the work as often as they are many.
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
		o.Rows = max(w.Rows, scaledRows[w.Name])
	}
	b, s, err := o.layFor(ctx, w)
	if err != nil {
		return nil, err
	}
	defer b.release()
	answer := filepath.Join(filepath.Dir(b.path), "answer-of-threads.csv")
	var engines []*engine
	defer func() {
		for _, e := range engines {
			e.stop()
		}
	}()
	var files []string
	for i := range o.Threads + 1 { // the first with all threads
		s.Engine, s.Threads = oneThread, 1
		if i == 0 {
			s.Engine, s.Threads = strconv.Itoa(o.Threads)+" threads", o.Threads
		}
		if w.Answer != "" {
			s.File = answer
			if i > 1 {
				s.File += strconv.Itoa(i)
			}
		}
		e, err := start(ctx, s, append(o.Self[:len(o.Self):len(o.Self)], "engine")...)
		if err != nil {
			return nil, err
		}
		engines, files = append(engines, e), append(files, s.File)
	}
	sides := [][]*engine{engines[:1], engines[1:2], engines[1:]}
	wall, cpu := make([]Figures, len(sides)), make([]Figures, len(sides))
	for round := range o.Rounds + 1 {
		for i, side := range sides {
			r, err := askAll(side)
			if err != nil {
				return nil, err
			}
			wall[i].Name = side[0].name
			if i == 2 {
				wall[i].Name = strconv.Itoa(len(side)) + " processes at once"
			}
			cpu[i].Name = wall[i].Name
			if rows := float64(b.o.Rows) * float64(len(side)); round > 0 {
				wall[i].Values = append(wall[i].Values, r.Wall*1e9/rows)
				cpu[i].Values = append(cpu[i].Values, r.CPU*1e9/rows)
			}
		}
	}
	for i, e := range engines {
		if _, err := b.checkPeer(e, files[i], orElse(files[i], answer)); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
	}
	of := func(unit string, f []Figures, bars ...Bar) *Comparison {
		return &Comparison{Work: w.Name, About: fmt.Sprintf("%d threads", o.Threads), Unit: unit, Rows: b.o.Rows, AnswerRows: len(b.want), Velo: f[0], Peers: f[1:], Bars: bars}
	}
	return []*Comparison{of("wall ns/row", wall, Bar{Peer: oneThread, Ratio: 0.9 * float64(o.Threads)}), of(CPUPerRow, cpu)}, nil
}

const oneThread = "one thread"

// askAll asks engines at once, and gives the time until the last has ended and the CPU of all.
func askAll(engines []*engine) (all response, err error) {
	answers, errs := make([]response, len(engines)), make([]error, len(engines))
	var wg sync.WaitGroup
	for i, e := range engines {
		wg.Go(func() { answers[i], errs[i] = e.ask(request{}) })
	}
	wg.Wait()
	for _, r := range answers {
		all.Wall = max(all.Wall, r.Wall)
		all.CPU += r.CPU
	}
	return all, errors.Join(errs...)
}
