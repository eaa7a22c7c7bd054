package bind

import (
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// withTime puts the event-time step above the source when the query needs it.
func (z *selecting) withTime() {
	b, spec, fields := z.b, z.rel.Time, z.node.Fields()
	w := z.s.Window
	if z.rel.Joined && w != nil && w.Column != nil { // that column is the time, whatever the sides have
		fields = append([]logical.Field(nil), fields...)
		for i, f := range fields {
			fields[i].Hidden = f.Hidden || f.System && f.Name == "_event_time" && !strings.EqualFold(w.Column.Parts[len(w.Column.Parts)-1].Name, f.Name)
		}
	}
	find := func(name string) int {
		i, n := (&scope{fields: fields}).find("", name, false)
		if n == 0 {
			return -1
		}
		return i
	}
	stamp := find("_timestamp")
	existing, _ := (&scope{fields: fields}).eventTime()
	var column *ast.Name // of the window; nil: event time, which is made here unless the input has it
	if w != nil && (existing >= 0 || stamp < 0 && find("_event_time") >= 0 || !z.isEventTime(w.Column, fields)) {
		column = w.Column
	}
	if existing >= 0 && column == nil {
		z.timeCol = existing
		return
	}
	if (stamp < 0 || z.rel.Joined) && column == nil { // the sides of a join have theirs
		return
	}
	t := &logical.Time{Input: z.node, Column: -1, Deleted: -1, Stamp: stamp, Part: find("_partition"), Format: spec.Format, Delay: spec.Delay, Idle: spec.Idle, Source: z.rel.Name, Marks: w != nil && !z.rel.Joined}
	field := spec.Field
	if column != nil {
		x := &exprs{b: b, in: &scope{fields: fields, source: z.rel.Name}, clause: "WINDOW"}
		c := x.bindName(column)
		col, ok := c.(*expr.Column)
		if c == nil {
			return
		}
		if !ok {
			b.refuse(column.Pos(), "a struct field as the window's time column", "select it under a name in a derived table first")
			return
		}
		switch vec.KindOf(col.T) {
		case vec.Timestamp, vec.Date, vec.Int64, vec.Int32, vec.Int16, vec.Int8, vec.Null:
		case vec.String:
			if !strings.EqualFold(field, col.Name) {
				b.errorHint(diag.Type, column.Pos(), "declare it TIMESTAMP, or set event.time.field and event.time.format", "window column %q is STRING, not a time or an integer of ms", col.Name)
				return
			}
		default:
			b.errorf(diag.Type, column.Pos(), "window column %q is %s, not a time or an integer of ms", col.Name, expr.TypeName(col.T))
			return
		}
		// A column that the input has its event time from is the same time: its
		// watermark, that of all partitions and sources below, is the input's. So is
		// that of the time of one side of a join, which is not the time of its rows.
		switch logical.EventTime(z.node, col.Index) {
		case logical.RowTimed:
			z.timeCol = existing
		case logical.SideTimed:
			t.Marks, t.Inherit = false, true
		}
		if col.Index == existing {
			z.timeCol = existing
		}
		if z.timeCol >= 0 {
			return
		}
		if !strings.EqualFold(field, col.Name) {
			t.Format = "epoch_millis"
		}
		t.Column = col.Index
		field = ""
	}
	if t.Column < 0 && field != "" {
		x := &exprs{b: b, in: &scope{fields: fields, source: z.rel.Name}}
		i, n := x.in.find("", field, true)
		if n != 1 {
			at := z.s.From.Pos()
			b.errorHint(diag.UnknownColumn, at, diag.SuggestHint(field, x.in.names(), true), "event.time.field names no column of source %q: %q", z.rel.Name, field)
		} else {
			t.Column = i
		}
	}
	if w == nil && t.Column < 0 && !b.timed() {
		return
	}
	z.node, z.timeCol = stamped(t, fields, z.qualifier())
}

// sideTime computes the event time of one side when anybody needs it; a join within
// a time bound does, and says of which column.
func (b *Binder) sideTime(r *Relation, at ast.Pos, need *timeColumn) *Relation {
	fields := r.Node.Fields()
	s := &scope{fields: fields}
	stamp, n := s.find("", "_timestamp", false)
	if _, made := s.eventTime(); made || r.Joined || n == 0 {
		return r
	}
	if need == nil && r.Time.Field == "" && !b.timed() {
		return r
	}
	part, pn := s.find("", "_partition", false)
	if pn == 0 {
		part = -1
	}
	t := &logical.Time{Input: r.Node, Column: -1, Deleted: -1, Stamp: stamp, Part: part, Format: r.Time.Format, Delay: r.Time.Delay, Idle: r.Time.Idle, Source: r.Name}
	t.Marks = need != nil
	if need != nil && need.index >= 0 {
		t.Column, t.Format = need.index, "epoch_millis"
	} else if f := r.Time.Field; f != "" {
		i, n := s.find("", f, true)
		if n != 1 {
			b.errorHint(diag.UnknownColumn, at, diag.SuggestHint(f, s.names(), true), "event.time.field names no column of source %q: %q", r.Name, f)
			return nil
		}
		t.Column = i
	}
	c := *r
	node, stamped := stamped(t, fields, fields[0].Qualifier)
	if c.Node = node; t.Column >= 0 {
		c.Node = &logical.Require{Input: node, Time: stamped, Field: t.Column, Format: t.Format}
	}
	return &c
}

// stamped puts an event-time step above its input, which has some fields, and tells
// where the time stands. It goes below UNNEST, which makes several rows of a record, or
// none: each moves the watermark once. The time of an element is known above alone.
func stamped(t *logical.Time, fields []logical.Field, qualifier string) (logical.Node, int) {
	n := t.Input
	if !unnests(n) || max(t.Column, t.Stamp, t.Part) >= len(n.Inputs()[0].Fields()) {
		t.Out = append(append([]logical.Field(nil), fields...), logical.Field{Qualifier: qualifier, Name: "_event_time", Type: vec.TypeTimestamp, System: true})
		return t, len(fields)
	}
	t.Input = n.Inputs()[0]
	nl := len(t.Input.Fields())
	below, at := stamped(t, fields[:nl], qualifier)
	n = logical.MapExprs(n, func(e expr.Expr, _ logical.Space) expr.Expr {
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Column)
			if !ok || c.Index < at {
				return e
			}
			k := *c
			k.Index++
			return &k
		})
	})
	out := append(append([]logical.Field(nil), below.Fields()...), fields[nl:]...)
	switch n := n.(type) {
	case *logical.Unnest:
		n.Input, n.Out = below, out
	case *logical.Attach:
		n.Input, n.Out = below, out
	case *logical.Filter:
		n.Input = below
	}
	return n, at
}

// unnests tells of UNNEST, with its condition above it.
func unnests(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Unnest:
		return true
	case *logical.Filter:
		return unnests(n.Input)
	case *logical.Attach:
		return unnests(n.Input)
	}
	return false
}

// clock is the step that gives the input its event time; nil: a query within has
// it, or there is none.
func (z *selecting) clock() *logical.Time {
	n := z.node
	for {
		switch x := n.(type) {
		case *logical.Time:
			return x
		case *logical.Filter, *logical.Require, *logical.Attach, *logical.Unnest:
			n = x.Inputs()[0]
		default:
			return nil
		}
	}
}
