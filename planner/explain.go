package planner

import (
	"fmt"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/logical"
)

// Explain shows, for each statement, the logical plan with pushed-down columns,
// the physical operators, how the input is split, and what state is kept.
func (a *App) Explain() string { return a.explain(a.Statements) }

// explainLast shows the last statement alone.
func (a *App) explainLast() string { return a.explain(a.Statements[len(a.Statements)-1:]) }

func (a *App) explain(list []*Statement) string {
	var sb strings.Builder
	for i, st := range list {
		if i > 0 {
			sb.WriteString("\n")
		}
		fmt.Fprintf(&sb, "== %s ==\nlogical plan:\n", st.Name)
		sb.WriteString(indent(logical.Tree(a.named(st.plan))))
		sb.WriteString("physical operators:\n")
		sb.WriteString(indent(a.physical(st)))
		if len(st.rules) > 0 {
			fmt.Fprintf(&sb, "rules: %s\n", strings.Join(st.rules, ", "))
		}
		fmt.Fprintf(&sb, "partitioning: %s\nstate: %s\noutput: %s\n", a.partitioning(st), state(st.plan), a.outputLine(st))
	}
	return sb.String()
}

// named shows sources by name instead of by the key they are found under.
func (a *App) named(n logical.Node) logical.Node {
	if s, ok := n.(*logical.Scan); ok {
		c := *s
		if src := a.source(s.Source); src != nil {
			c.Source = src.name
		}
		return &c
	}
	in := n.Inputs()
	if len(in) == 0 {
		return n
	}
	next := make([]logical.Node, len(in))
	for i := range in {
		next[i] = a.named(in[i])
	}
	return n.WithInputs(next)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

func (a *App) physical(st *Statement) string {
	var lines []string
	walk(st.plan, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Scan:
			lines = append(lines, fmt.Sprintf("source %s: decodes %d payload columns, %d system columns", a.source(n.Source).name, payloadColumns(n), len(n.Out)-payloadColumns(n)))
		case *logical.Aggregate:
			kind := "hash aggregate"
			if n.Window != nil {
				kind = "window aggregate"
			}
			lines = append(lines, fmt.Sprintf("%s: %d keys, %d aggregates, emits %s", kind, len(n.Keys), len(n.Aggs), n.Mode))
		default:
			name, _, _ := strings.Cut(n.Explain(), " ")
			lines = append(lines, strings.ToLower(name))
		}
	})
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return strings.Join(append(lines, "sink "+a.outputName(st)), "\n→ ")
}

func payloadColumns(n *logical.Scan) int {
	k := 0
	for _, f := range n.Out {
		if !f.System {
			k++
		}
	}
	return k
}

func (a *App) outputName(st *Statement) string {
	if st.sink == nil {
		return "memory"
	}
	if st.sink.typ == "rows" {
		return "stdout"
	}
	return fmt.Sprintf("%s (%s)", st.sink.name, st.sink.typ)
}

func (a *App) outputLine(st *Statement) string {
	var cols []string
	for _, f := range st.output.Fields {
		cols = append(cols, f.Name+" "+expr.TypeName(f.Type))
	}
	s := a.outputName(st) + " (" + strings.Join(cols, ", ") + ")"
	if len(st.bound.KeyColumns) > 0 {
		s += " key=[" + strings.Join(st.bound.KeyColumns, ", ") + "]"
	}
	return s
}

func (a *App) partitioning(st *Statement) string {
	switch {
	case len(st.scans) == 1 && st.bound.Bounded && a.o.Threads > 1 && !readsTable(st.plan):
		return fmt.Sprintf("one pipeline per piece of %s, at most %d at a time", st.scans[0].name, a.o.Threads)
	case len(st.scans) > 1:
		return "one pipeline; sources merged by record timestamp"
	}
	return "one pipeline"
}

// readsTable tells that a plan keeps a table, which sees its records in their order.
func readsTable(n logical.Node) bool {
	found := false
	walk(n, func(n logical.Node) {
		_, ok := n.(*logical.Table)
		found = found || ok
	})
	return found
}

func state(n logical.Node) string {
	var parts []string
	walk(n, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Aggregate:
			if n.Window != nil {
				parts = append(parts, "groups of open windows")
			} else {
				parts = append(parts, "every group")
			}
		case *logical.Sort:
			if n.Limit >= 0 {
				parts = append(parts, fmt.Sprintf("the first %d rows", n.Limit+n.Offset))
			} else {
				parts = append(parts, "all rows (sort)")
			}
		case *logical.InTime:
			parts = append(parts, "rows that the watermark has not passed")
		case *logical.Over:
			if n.Buffered {
				parts = append(parts, "the last rows of each partition (OVER)")
			} else if first := n.Windows[0].First; first > 0 {
				parts = append(parts, fmt.Sprintf("the first %d rows of each partition (OVER)", first))
			} else {
				parts = append(parts, "all rows (OVER)")
			}
		case *logical.Join:
			if n.Table == logical.TableBoth {
				parts = append(parts, "both sides of a join")
			} else if v := n.Interval; v != nil {
				parts = append(parts, fmt.Sprintf("both sides of a join, %d ms and more behind the watermark", max(v.Upper, -v.Lower, 0)+v.Lateness))
			} else {
				parts = append(parts, "right side of a join")
			}
		case *logical.Distinct:
			parts = append(parts, "every distinct row")
		case *logical.Table:
			parts = append(parts, "every row of table "+n.Name)
		}
	})
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, "; ")
}

// ExplainAnalyzed shows what each operator of a finished run did.
func (a *App) ExplainAnalyzed(rep Report) string {
	var sb strings.Builder
	sb.WriteString(a.Explain())
	sb.WriteString("\n== run ==\n") // in one pipeline, so that every operator is seen
	fmt.Fprintf(&sb, "%-20s %10s %12s %12s %12s %12s %12s\n", "operator", "batches", "rows in", "rows out", "bytes in", "time", "state bytes")
	for _, n := range rep.Nodes {
		fmt.Fprintf(&sb, "%-20s %10d %12d %12d %12d %12s %12d\n", n.Name, n.Batches, n.In, n.Out, n.Bytes, n.Time.Round(time.Microsecond), n.State.Bytes)
	}
	for _, s := range rep.Sources {
		fmt.Fprintf(&sb, "source %s: %d rows, %d bytes\n", s.Name, s.Rows, s.Bytes)
	}
	fmt.Fprintf(&sb, "batches: %d, batch memory at most %d bytes\nbatch sizes:\n", rep.Run.Batches, rep.Run.Peak)
	for _, d := range rep.Run.Decisions {
		fmt.Fprintf(&sb, "  wanted %d, got %d in %s; next %d: %s\n", d.Want, d.Got, d.Time.Round(time.Microsecond), d.Next, d.Reason)
	}
	return sb.String()
}
