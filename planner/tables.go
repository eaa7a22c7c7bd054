package planner

import (
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// asTable makes the rows of a relation those of the table that a declaration with a
// PRIMARY KEY names.
func (c *compiler) asTable(r *bind.Relation) *bind.Relation {
	d := c.declared[strings.ToLower(r.Name)]
	if d == nil || d.create.Relation != ast.Table {
		return r
	}
	t := &logical.Table{Input: r.Node, Name: r.Name, Deleted: -1, Stamp: -1, Time: -1, Bounded: r.Bounded, Format: r.Time.Format}
	for _, name := range d.keyColumns() {
		for i, f := range r.Node.Fields() {
			if !f.System && strings.EqualFold(f.Name, name) {
				t.Keys = append(t.Keys, i)
				break
			}
		}
	}
	if len(t.Keys) == 0 || len(t.Keys) < len(d.keyColumns()) { // a bag, or columns that nobody knows
		return r
	}
	for i, f := range r.Node.Fields() {
		switch {
		case f.System && f.Name == ingest.ColDeleted:
			t.Deleted = i
		case f.System && f.Name == ingest.ColTimestamp:
			t.Stamp = i
		case !f.System && r.Time.Field != "" && strings.EqualFold(f.Name, r.Time.Field) && (t.Time < 0 || f.Name == r.Time.Field):
			t.Time = i
		}
	}
	r.Node = t
	return r
}

// isTable tells that a name was declared by CREATE TABLE.
func (c *compiler) isTable(name string) bool {
	d := c.declared[strings.ToLower(name)]
	return d != nil && d.create.Relation == ast.Table
}

// keyColumns are the PRIMARY KEY of a declaration, in its order.
func (d *declaration) keyColumns() []string {
	var out []string
	for _, pk := range d.create.PrimaryKey {
		out = append(out, pk.Name)
	}
	for _, col := range d.create.Columns {
		if col.PrimaryKey {
			out = append(out, col.Name.Name)
		}
	}
	return out
}

// follow decides for each table that a statement reads whether the statement
// follows its changes, which a statement of an application does where all that
// stands above can take rows back, or reads the table as it is at the end.
func (c *compiler) follow(st *Statement, q *ast.Query, table bool) bool {
	app := c.o.Mode != Query
	if e := q.Emit; e != nil {
		app = e.Mode == ast.EmitChanges
	}
	f := &follower{c: c, app: app, table: table, timed: st.bound.Time >= 0, at: q.Pos()}
	node, changes := f.node(st.bound.Node, f.app)
	if f.refused {
		return false
	}
	st.bound.Node = node
	if changes {
		st.bound.Node = &logical.Upserts{Input: node, Key: st.bound.Key, Deletes: table}
	}
	st.deletes = table && (changes || f.deletes)
	st.keyed = table && st.bound.Key >= 0 && (changes || len(st.bound.KeyColumns) > 0)
	return true
}

type follower struct {
	c       *compiler
	app     bool // statements are those of an application: changes come out
	table   bool // the statement makes a table
	timed   bool // its rows have times
	at      ast.Pos
	refused bool
	deletes bool // an aggregate deletes rows of the table that the statement makes
}

// node rewrites a plan; can says that what stands above takes rows back. changes
// tells that the rows of the plan are taken back.
func (f *follower) node(n logical.Node, can bool) (out logical.Node, changes bool) {
	switch n := n.(type) {
	case *logical.Table:
		c := *n
		in, _ := f.node(n.Input, false)
		c.Input, c.Changes = in, can
		if !can || !f.timed { // nobody asks for the times of deletions
			c.Stamp, c.Time = -1, -1
		}
		if !can && !n.Bounded {
			f.fail("the statement needs table %q as it is at its end, and the table has none", "follow it with WHERE, GROUP BY or JOIN, or read a bounded source", n.Name)
		}
		return &c, can
	case *logical.Filter, *logical.Require, *logical.Project:
		in, changes := f.node(n.Inputs()[0], can)
		return n.WithInputs([]logical.Node{in}), changes
	case *logical.Time:
		in, changes := f.node(n.Input, can && !n.Marks)
		return n.WithInputs([]logical.Node{in}), changes
	case *logical.Aggregate:
		if n.Window != nil {
			if t := tableOf(n.Input); t != nil {
				f.fail("a window over table %q, whose rows may change after the window has closed",
					"GROUP BY without a window, or make or declare it with CREATE STREAM: then each of its records is a row", t.Name)
				return n, false
			}
		}
		c := *n
		c.Input, c.Retract = f.node(n.Input, f.app && n.Window == nil && n.Mode != logical.Final)
		if f.table && n.Mode != logical.Final && n.Window == nil && (c.Retract || n.Having != nil) {
			c.Deletes, f.deletes = true, true
		}
		return &c, false
	}
	ins := n.Inputs()
	if len(ins) == 0 {
		return n, false
	}
	next := make([]logical.Node, len(ins))
	for i, in := range ins {
		next[i], _ = f.node(in, false)
	}
	return n.WithInputs(next), false
}

// tableOf is the table whose rows are those of a plan.
func tableOf(n logical.Node) *logical.Table {
	switch n := n.(type) {
	case *logical.Table:
		return n
	case *logical.Filter, *logical.Require, *logical.Project, *logical.Time:
		return tableOf(n.Inputs()[0])
	}
	return nil
}

// fail refuses the statement; the first reason counts.
func (f *follower) fail(format, hint string, table string) {
	if !f.refused {
		f.c.errs.Add(diag.Errorf(diag.Refused, f.c.o.Source, f.at, format, table).WithHint("%s", hint))
	}
	f.refused = true
}

// deletionsOp marks deletions in a BOOLEAN column behind the others, for a sink that
// writes them; for any other it drops them.
type deletionsOp struct {
	arrowexec.Stateless
	column bool
	time   int // column of the rows' times, -1: none
	ledger *arrowexec.Ledger
}

// Process passes the rows on.
func (d *deletionsOp) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if d.column {
		cols := append(b.Cols[:len(b.Cols):len(b.Cols)], deleted(b))
		if d.time >= 0 {
			cols[d.time] = b.TimesOfCauses(cols[d.time])
		}
		return emit(b.With(cols, b.Sel))
	}
	if b.Retracts == nil {
		return emit(b)
	}
	out := vec.Slice[int32](b.Scope, b.Rows())[:0]
	keep := func(i int32) {
		if b.Retracted(int(i)) {
			d.ledger.Filtered += b.WeightOf(int(i))
			return
		}
		out = append(out, i)
	}
	if b.Sel == nil {
		for i := range b.N {
			keep(int32(i))
		}
	}
	for _, i := range b.Sel {
		keep(i)
	}
	return emit(b.With(b.Cols, vec.Sel(out)))
}

// deleted is a BOOLEAN column: the row is taken back.
func deleted(b *arrowexec.Batch) *vec.Vec {
	if b.Retracts == nil {
		return b.Scope.NullConst(vec.TypeBool, b.N)
	}
	v := vec.NewBuilder(b.Scope, vec.TypeBool, b.N)
	for i := range b.N {
		v.Bool(b.Retracted(i))
	}
	return v.Finish()
}

// takesDeletions tells that a sink writes deletions of rows by their key.
func (s *sinkDef) takesDeletions() bool {
	return s.record && (s.typ == "kafka_sink" || s.typ == "file_sink" || s.typ == "rows")
}
