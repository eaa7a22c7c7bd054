package planner

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/operators/eventtime"
	"github.com/velostream/velo/operators/window"
	"github.com/velostream/velo/planner/internal/logical"
)

// built is an operator of a run and the step of the plan that it carries out.
type built struct {
	st   *Statement
	node logical.Node
	op   arrowexec.Operator
}

// column is how plans write a column: its number, then its name.
var column = regexp.MustCompile(`#\d+:`)

// WhyEmpty says, for each query of a finished run, where its input rows went:
// which predicates removed how many, which kinds of errors failed them, what is
// held in which state, and which partition holds the watermark. The operators
// of a run with several pipelines are not all known; run with one thread.
func (a *App) WhyEmpty(rep Report) string {
	var sb strings.Builder
	for i, st := range a.Statements {
		if i > 0 {
			sb.WriteString("\n")
		}
		l := st.ledger
		fmt.Fprintf(&sb, "== %s ==\nin %d = used %d + filtered %d + late %d + failed %d + held %d; out %d\n",
			st.Name, l.In, l.Used, l.Filtered, l.Late, l.Failed, l.Held, l.Out)
		if l.In == 0 {
			sb.WriteString("no rows were read\n")
		}
		rest := l.Filtered
		for _, b := range a.built {
			if b.st == st {
				rest -= b.why(&sb)
			}
		}
		if rest > 0 {
			fmt.Fprintf(&sb, "filtered %d: by %s\n", rest, strings.Join(a.otherFilters(st), ", "))
		}
		if l.Late > 0 {
			what := "the watermark had passed them"
			if windowed(st.plan) != nil {
				what = "their windows were closed"
			}
			fmt.Fprintf(&sb, "late %d: %s when they came\n", l.Late, what)
			for _, b := range a.built {
				if w, ok := b.op.(window.Operator); ok && b.st == st {
					delays(&sb, w)
				}
			}
		}
		kinds := map[string]int64{}
		for k, n := range st.failures.Kinds {
			kinds[k] += n
		}
		for _, s := range st.scans {
			for k, n := range s.failures.Kinds {
				kinds[k] += n
			}
		}
		var names []string
		for k := range kinds {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			fmt.Fprintf(&sb, "failed %d: %s errors\n", kinds[k], k)
		}
	}
	return sb.String()
}

// why says what one operator did to rows; the result is how many it filtered.
func (b built) why(sb *strings.Builder) int64 {
	var dropped int64
	if f, ok := b.node.(*logical.Filter); ok {
		dropped = b.op.(interface{ Dropped() int64 }).Dropped()
		fmt.Fprintf(sb, "filtered %d: %s\n", dropped, column.ReplaceAllString(f.Pred.String(), ""))
	}
	if t, ok := b.op.(*eventtime.Operator); ok {
		if n := b.node.(*logical.Time); n.Marks {
			watermarks(sb, n.Source, t)
		}
	}
	if s, ok := b.op.(arrowexec.Stater); ok {
		if x := s.State(); x.Keys > 0 || x.Windows > 0 {
			name, _, _ := strings.Cut(b.node.Explain(), " ")
			fmt.Fprintf(sb, "state of %s: %d keys, %d open windows, %d bytes\n", name, x.Keys, x.Windows, x.Bytes)
		}
		if w, ok := b.op.(window.Operator); ok {
			openWindows(sb, w.OpenWindows())
		}
	}
	return dropped
}

// delays says by how much late rows were late.
func delays(sb *strings.Builder, w window.Operator) {
	switch n, least, median, most := w.Delays(); {
	case n == 1:
		fmt.Fprintf(sb, "  by %d ms\n", most)
	case n > 1:
		fmt.Fprintf(sb, "  by %d to %d ms, half of them by about %d ms at most\n", least, most, median)
	}
}

// openWindows shows the first windows that are open and hold rows.
func openWindows(sb *strings.Builder, list []window.Open) {
	const most = 5
	list = slices.DeleteFunc(list, func(w window.Open) bool { return w.Rows == 0 })
	for _, w := range list[:min(most, len(list))] {
		fmt.Fprintf(sb, "  window [%s, %s) holds %d rows\n", moment(w.Start), moment(w.End), w.Rows)
	}
	if n := len(list) - most; n > 0 {
		fmt.Fprintf(sb, "  and %d more that hold rows\n", n)
	}
}

// watermarks shows each partition's part in the watermark and who holds it.
func watermarks(sb *strings.Builder, source string, t *eventtime.Operator) {
	mark, parts := t.Marks()
	fmt.Fprintf(sb, "watermark of %s: %s\n", source, moment(mark))
	holder := -1
	for i, p := range parts {
		if !p.Ended && !p.Idle && (holder < 0 || p.Watermark < parts[holder].Watermark) {
			holder = i
		}
	}
	for i, p := range parts {
		state := ""
		switch {
		case i == holder:
			state = ", holds the watermark"
		case p.Ended:
			state = ", ended"
		case p.Idle:
			state = ", idle"
		}
		fmt.Fprintf(sb, "  partition %d: %s%s\n", p.Partition, moment(p.Watermark), state)
	}
}

func moment(ms int64) string {
	switch ms {
	case arrowexec.NoWatermark:
		return "none, no row has come"
	case arrowexec.EndOfTime:
		return "the end of time"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// otherFilters names what else in a plan filters rows.
func (a *App) otherFilters(st *Statement) []string {
	var out []string
	walk(st.plan, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Aggregate:
			if n.Having != nil {
				out = append(out, "HAVING "+column.ReplaceAllString(n.Having.String(), ""))
			}
		case *logical.Join:
			if n.Kind != logical.FullJoin {
				out = append(out, "a join, without a match")
			}
		case *logical.Unnest:
			if !n.Outer {
				out = append(out, "UNNEST, without elements")
			}
		case *logical.Distinct:
			out = append(out, "DISTINCT")
		case *logical.Limit:
			out = append(out, "LIMIT or OFFSET")
		case *logical.Sort:
			if n.Limit >= 0 {
				out = append(out, "LIMIT or OFFSET")
			}
		}
	})
	for _, s := range st.scans {
		if s.skipped.Tombstones > 0 {
			out = append(out, fmt.Sprintf("records of %s without a payload", s.name))
		}
	}
	return out
}

// times fills in the watermarks of sources and what state operators hold.
func (a *App) times(rep *Report) {
	for _, b := range a.built {
		if s, ok := b.op.(arrowexec.Stater); ok {
			name, _, _ := strings.Cut(b.node.Explain(), " ")
			rep.States = append(rep.States, StateReport{Query: b.st.Name, Operator: name, State: s.State()})
		}
		n, ok := b.node.(*logical.Time)
		if !ok {
			continue
		}
		scan, ok := n.Input.(*logical.Scan)
		if !ok {
			continue
		}
		for i, s := range a.sources {
			if s.id != scan.Source || rep.Sources[i].Partitions != nil {
				continue
			}
			mark, parts := b.op.(*eventtime.Operator).Marks()
			rep.Sources[i].Watermark = mark
			for _, p := range parts {
				rep.Sources[i].Partitions = append(rep.Sources[i].Partitions, PartitionReport(p))
			}
		}
	}
}
