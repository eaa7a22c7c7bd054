package cli

import (
	"encoding/json"
	"strings"
	"time"

	gotable "github.com/jedib0t/go-pretty/v6/table"
	gotext "github.com/jedib0t/go-pretty/v6/text"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// ledger prints what became of every input row: as text unless -q, or as the
// one object of --stats json.
func (s *session) ledger(f *flags, r planner.Report) {
	if f.stats == "json" {
		line, err := json.Marshal(statsOf(r))
		if err != nil {
			s.talk.fail(err)
			return
		}
		s.talk.line("%s", line)
		return
	}
	if f.quiet && f.stats == "" {
		return
	}
	s.talk.line("%s", ledgerText(r, f.stats == "text"))
}

// ledgerText is a table of fates with a row for each source, query and sink,
// and a line of totals.
func ledgerText(r planner.Report, more bool) string {
	w := gotable.NewWriter()
	w.SetStyle(gotable.Style{
		Box:     gotable.BoxStyle{PaddingRight: "  "},
		Format:  gotable.FormatOptions{Header: gotext.FormatDefault},
		Options: gotable.Options{},
	})
	w.SuppressTrailingSpaces()
	var configs []gotable.ColumnConfig
	for i := 2; i <= 8; i++ {
		configs = append(configs, gotable.ColumnConfig{Number: i, Align: gotext.AlignRight, AlignHeader: gotext.AlignRight})
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(gotable.Row{"ledger", "in", "used", "filtered", "late", "failed", "held", "out"})
	fates := func(name string, l arrowexec.Ledger, out string) {
		w.AppendRow(gotable.Row{name, thousands(l.In), thousands(l.Used), thousands(l.Filtered), thousands(l.Late), thousands(l.Failed), thousands(l.Held), out})
	}
	var notes []string
	for _, x := range r.Sources {
		if x.Among > 0 { // the fates of its rows stand with the queries
			w.AppendRow(gotable.Row{"source " + x.Name, thousands(x.Ledger.In + x.Among), "", "", "", "", "", ""})
		} else {
			fates("source "+x.Name, x.Ledger, "")
		}
		if x.UnknownFields > 0 {
			notes = append(notes, "source "+x.Name+": "+thousands(x.UnknownFields)+" fields that its schema does not have were ignored")
		}
		if x.Tombstones > 0 {
			notes = append(notes, "source "+x.Name+": "+thousands(x.Tombstones)+" records without payload were skipped")
		}
	}
	for _, x := range r.Queries {
		fates("query "+x.Name, x.Ledger, thousands(x.Ledger.Out))
		if x.Ledger.LateApplied > 0 {
			notes = append(notes, "query "+x.Name+": "+thousands(x.Ledger.LateApplied)+" late rows were used all the same")
		}
	}
	for _, x := range r.Sinks {
		w.AppendRow(gotable.Row{"sink " + x.Name, "", "", "", "", "", "", thousands(x.Rows)})
	}
	lines := append([]string{w.Render()}, notes...)
	in := read(r).Rows
	if in == 0 {
		in = r.Ledger.In
	}
	lines = append(lines, thousands(in)+" rows, "+size(r.Bytes)+" in "+brief(r.Elapsed)+": "+thousands(rate(in, r.Elapsed))+" rows/s; "+thousands(r.Ledger.Out)+" rows out")
	if more {
		lines = append(lines, thousands(r.Run.Batches)+" batches, peak batch memory "+size(r.Run.Peak)+", "+thousands(r.Run.Sized)+" sizing decisions")
		for _, d := range r.Run.Decisions {
			lines = append(lines, "  batch: wanted "+thousands(int64(d.Want))+", got "+thousands(int64(d.Got))+" in "+brief(d.Time)+", next "+thousands(int64(d.Next))+": "+d.Reason)
		}
	}
	return strings.Join(lines, "\n")
}

// brief writes a duration with three digits or so.
func brief(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}

// fates are the six fates of input rows and the rows written.
type fates struct {
	In       int64 `json:"in"`
	Used     int64 `json:"used"`
	Filtered int64 `json:"filtered"`
	Late     int64 `json:"late"`
	Failed   int64 `json:"failed"`
	Held     int64 `json:"held"`
	Out      int64 `json:"out"`
}

func fatesOf(l arrowexec.Ledger) fates {
	return fates{In: l.In, Used: l.Used, Filtered: l.Filtered, Late: l.Late, Failed: l.Failed, Held: l.Held, Out: l.Out}
}

// stats is the object of --stats json.
type stats struct {
	Ledger  fates                  `json:"ledger"`
	Sources map[string]sourceStats `json:"sources"`
	Sinks   map[string]sinkStats   `json:"sinks"`
	Bytes   int64                  `json:"bytes"`
	Seconds float64                `json:"seconds"`
	Run     runStats               `json:"run"`
}

type sourceStats struct {
	fates
	Among         int64 `json:"among_others,omitempty"` // rows of queries that read other inputs too, which have the fates
	Rows          int64 `json:"rows"`
	Bytes         int64 `json:"bytes"`
	UnknownFields int64 `json:"unknown_fields"`
	Tombstones    int64 `json:"tombstones"`
	// Watermark in ms; absent when no query has event time.
	Watermark  *int64           `json:"watermark,omitempty"`
	Partitions []partitionStats `json:"partitions,omitempty"`
}

type partitionStats struct {
	Partition int32  `json:"partition"`
	Watermark *int64 `json:"watermark"` // null before the first row
	Ended     bool   `json:"ended"`
	Idle      bool   `json:"idle"`
}

type stateStats struct {
	Query       string `json:"query"`
	Operator    string `json:"operator"`
	Keys        int64  `json:"keys"`
	OpenWindows int64  `json:"open_windows"`
	Bytes       int64  `json:"bytes"`
}

// instant is a watermark, or nothing before the first row.
func instant(ms int64) *int64 {
	if ms == arrowexec.NoWatermark {
		return nil
	}
	return &ms
}

type sinkStats struct {
	Out   int64 `json:"out"`
	Bytes int64 `json:"bytes"`
}

// runStats is what the contract leaves open: queries, batches and how their
// sizes were chosen.
type runStats struct {
	Queries     map[string]fates     `json:"queries"`
	LateApplied int64                `json:"late_applied"`
	Batches     int64                `json:"batches"`
	Peak        int64                `json:"peak_bytes"`
	Sized       int64                `json:"sized"`
	Decisions   []arrowexec.Decision `json:"decisions"`
	Stopped     bool                 `json:"stopped"`
	State       []stateStats         `json:"state"`
}

func statsOf(r planner.Report) stats {
	s := stats{
		Ledger: fatesOf(r.Ledger), Sources: map[string]sourceStats{}, Sinks: map[string]sinkStats{}, Bytes: r.Bytes, Seconds: r.Elapsed.Seconds(),
		Run: runStats{Queries: map[string]fates{}, LateApplied: r.Ledger.LateApplied, Batches: r.Run.Batches, Peak: r.Run.Peak, Sized: r.Run.Sized, Decisions: r.Run.Decisions, Stopped: r.Run.Stopped},
	}
	if s.Run.Decisions == nil {
		s.Run.Decisions = []arrowexec.Decision{}
	}
	for _, x := range r.Sources {
		t := sourceStats{fates: fatesOf(x.Ledger), Among: x.Among, Rows: x.Rows, Bytes: x.Bytes, UnknownFields: x.UnknownFields, Tombstones: x.Tombstones, Watermark: instant(x.Watermark)}
		for _, p := range x.Partitions {
			t.Partitions = append(t.Partitions, partitionStats{Partition: p.Partition, Watermark: instant(p.Watermark), Ended: p.Ended, Idle: p.Idle})
		}
		s.Sources[x.Name] = t
	}
	for _, x := range r.Sinks {
		s.Sinks[x.Name] = sinkStats{Out: x.Rows, Bytes: x.Bytes}
	}
	s.Run.State = []stateStats{}
	for _, x := range r.States {
		s.Run.State = append(s.Run.State, stateStats{Query: x.Query, Operator: x.Operator, Keys: x.State.Keys, OpenWindows: x.State.Windows, Bytes: x.State.Bytes})
	}
	for _, x := range r.Queries {
		s.Run.Queries[x.Name] = fatesOf(x.Ledger)
	}
	return s
}
