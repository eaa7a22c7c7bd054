package logical

import (
	"fmt"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec/expr"
)

// Fields of the node kinds.
func (n *Scan) Fields() []Field      { return n.Out }
func (n *Values) Fields() []Field    { return n.Out }
func (n *Time) Fields() []Field      { return n.Out }
func (n *Filter) Fields() []Field    { return n.Input.Fields() }
func (n *Require) Fields() []Field   { return n.Input.Fields() }
func (n *Project) Fields() []Field   { return n.Out }
func (n *Aggregate) Fields() []Field { return n.Out }
func (n *Distinct) Fields() []Field  { return n.Input.Fields() }
func (n *Sort) Fields() []Field      { return n.Input.Fields() }
func (n *Limit) Fields() []Field     { return n.Input.Fields() }
func (n *Union) Fields() []Field     { return n.Out }
func (n *Edge) Fields() []Field      { return n.Out }

// Inputs of the node kinds.
func (n *Scan) Inputs() []Node      { return nil }
func (n *Values) Inputs() []Node    { return nil }
func (n *Time) Inputs() []Node      { return []Node{n.Input} }
func (n *Filter) Inputs() []Node    { return []Node{n.Input} }
func (n *Require) Inputs() []Node   { return []Node{n.Input} }
func (n *Project) Inputs() []Node   { return []Node{n.Input} }
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }
func (n *Distinct) Inputs() []Node  { return []Node{n.Input} }
func (n *Sort) Inputs() []Node      { return []Node{n.Input} }
func (n *Limit) Inputs() []Node     { return []Node{n.Input} }
func (n *Union) Inputs() []Node     { return n.All }
func (n *Edge) Inputs() []Node      { return nil }

// WithInputs makes copies of the node kinds with other inputs.
func (n *Scan) WithInputs([]Node) Node        { return n }
func (n *Values) WithInputs([]Node) Node      { return n }
func (n *Edge) WithInputs([]Node) Node        { return n }
func (n *Time) WithInputs(in []Node) Node     { c := *n; c.Input = in[0]; return &c }
func (n *Filter) WithInputs(in []Node) Node   { c := *n; c.Input = in[0]; return &c }
func (n *Require) WithInputs(in []Node) Node  { c := *n; c.Input = in[0]; return &c }
func (n *Project) WithInputs(in []Node) Node  { c := *n; c.Input = in[0]; return &c }
func (n *Distinct) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }
func (n *Sort) WithInputs(in []Node) Node     { c := *n; c.Input = in[0]; return &c }
func (n *Limit) WithInputs(in []Node) Node    { c := *n; c.Input = in[0]; return &c }
func (n *Union) WithInputs(in []Node) Node    { c := *n; c.All = in; return &c }

// WithInputs makes a copy with another input.
func (n *Aggregate) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }

// Explain of the node kinds.
func (n *Scan) Explain() string {
	var cols, sys []string
	for i, f := range n.Out {
		if n.Used != nil && !n.Used[i] {
			continue
		}
		if f.System {
			sys = append(sys, f.Name)
		} else {
			cols = append(cols, f.Name)
		}
	}
	s := "Scan " + n.Source
	if n.Detail != "" {
		s += " (" + n.Detail + ")"
	}
	s += " columns=[" + strings.Join(cols, ", ") + "]"
	if len(sys) > 0 {
		s += " system=[" + strings.Join(sys, ", ") + "]"
	}
	if n.Seek != nil {
		s += " seek=[" + n.Seek.String() + "]"
	}
	return s
}

func (n *Values) Explain() string { return fmt.Sprintf("Values rows=%d", len(n.Rows)) }

func (n *Time) Explain() string {
	s := "EventTime " + n.Out[len(n.Input.Fields())].Name + "="
	if n.Column >= 0 {
		s += n.Input.Fields()[n.Column].Name
		if n.Format != "" {
			s += " format=" + n.Format
		}
	} else {
		s += "_timestamp"
	}
	switch {
	case n.Inherit:
		s += " watermark of the input"
	case n.Marks:
		s += fmt.Sprintf(" watermark=max-%s per partition, idle after %s", n.Delay, n.Idle)
	}
	return s
}

func (n *Filter) Explain() string { return "Filter " + n.Pred.String() }

// Explain names what is required.
func (n *Require) Explain() string { return "RequireEventTime" }

func (n *Project) Explain() string {
	var items []string
	for i, e := range n.Exprs {
		if n.Out[i].Hidden || n.Used != nil && !n.Used[i] {
			continue
		}
		items = append(items, n.Out[i].Name+"="+e.String())
	}
	s := "Project " + strings.Join(items, ", ")
	if n.HeaderEdits {
		s += " (changes headers)"
	}
	return s
}

func (n *Aggregate) Explain() string {
	var sb strings.Builder
	if n.Window != nil {
		fmt.Fprintf(&sb, "WindowAggregate %s", n.Window)
	} else {
		sb.WriteString("HashAggregate")
	}
	fmt.Fprintf(&sb, " keys=[%s]", exprs(n.Keys))
	var calls []string
	for _, a := range n.Aggs {
		calls = append(calls, a.Text)
	}
	fmt.Fprintf(&sb, " aggregates=[%s] emit=%s", strings.Join(calls, ", "), n.Mode)
	if n.Every > 0 {
		fmt.Fprintf(&sb, " every %s", n.Every)
	}
	if n.Having != nil {
		sb.WriteString(" having " + n.Having.String())
	}
	return sb.String()
}

// String is the window as SQL.
func (w *Window) String() string {
	parts := []string{}
	for _, d := range []time.Duration{w.Step, w.Size, w.Advance, w.Gap} {
		if d > 0 {
			parts = append(parts, d.String())
		}
	}
	s := w.Kind + "(" + strings.Join(parts, ", ") + ")"
	if w.Lateness > 0 {
		s += " lateness=" + w.Lateness.String()
	}
	return s
}

func (n *Distinct) Explain() string { return "Distinct" }

func (n *Sort) Explain() string {
	var keys []string
	for _, k := range n.Keys {
		s := k.Expr.String()
		if k.Desc {
			s += " DESC"
		}
		if k.NullsFirst != k.Desc {
			s += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[k.NullsFirst]
		}
		keys = append(keys, s)
	}
	s := "Sort " + strings.Join(keys, ", ")
	if n.Limit >= 0 {
		s = fmt.Sprintf("TopN limit=%d offset=%d %s", n.Limit, n.Offset, strings.Join(keys, ", "))
	}
	return s
}

func (n *Limit) Explain() string {
	if n.Count < 0 {
		return fmt.Sprintf("Offset %d", n.Offset)
	}
	return fmt.Sprintf("Limit %d offset %d", n.Count, n.Offset)
}

func (n *Union) Explain() string { return "UnionAll" }
func (n *Edge) Explain() string  { return "Stream " + n.Stream + " (in memory)" }

func exprs(list []expr.Expr) string {
	var s []string
	for _, e := range list {
		s = append(s, e.String())
	}
	return strings.Join(s, ", ")
}

// Tree prints a plan, inputs indented below their consumers.
func Tree(n Node) string {
	var sb strings.Builder
	var walk func(Node, int)
	walk = func(n Node, depth int) {
		sb.WriteString(strings.Repeat("  ", depth) + n.Explain() + "\n")
		for _, in := range n.Inputs() {
			walk(in, depth+1)
		}
	}
	walk(n, 0)
	return sb.String()
}
