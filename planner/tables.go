package planner

import (
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// asTable makes the rows of a relation those of the table that a declaration with a
// PRIMARY KEY names.
func (c *compiler) asTable(s *source, r *bind.Relation) *bind.Relation {
	d := c.declarationOf(s)
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

// declarationOf is what declares a source; nil: nothing does.
func (c *compiler) declarationOf(s *source) *declaration {
	if s.quoted {
		return nil
	}
	return c.declared[strings.ToLower(s.name)]
}

// isTable tells that a source was declared by CREATE TABLE.
func (c *compiler) isTable(s *source) bool {
	d := c.declarationOf(s)
	return d != nil && d.create.Relation == ast.Table
}

// keyColumns are the PRIMARY KEY of a declaration, in its order.
func (d *declaration) keyColumns() []string { return keyColumns(d.create) }

func keyColumns(d *ast.Create) []string {
	var out []string
	for _, pk := range d.PrimaryKey {
		out = append(out, pk.Name)
	}
	for _, col := range d.Columns {
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
	f := &follower{c: c, app: app, table: table, timed: st.bound.Time >= 0, at: q.Pos(), endless: !st.bound.Bounded}
	node, changes := f.node(st.bound.Node, f.app)
	if f.refused {
		return false
	}
	st.bound.Node = node
	if changes {
		st.bound.Node = &logical.Upserts{Input: node, Key: st.bound.Key, Time: st.bound.Time, Deletes: table}
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
	endless bool // the statement reads something that does not end
	below   int  // steps between the plan's top, but for projections, and the node
	refused bool
	deletes bool // an aggregate deletes rows of the table that the statement makes
}

// steady refuses what is not the same when a row is taken back as when it was added.
func (f *follower) steady(n logical.Node) {
	logical.EachExpr(n, func(e expr.Expr) {
		if expr.Volatile(e) {
			f.fail("NOW(), RANDOM() or the like over table %q, which changes: it has another value when the row is taken back", "call it in the outermost SELECT list, or in a query over the result", nameOf(n))
		}
	})
}

// nameOf is the first table below a node.
func nameOf(n logical.Node) string {
	name := ""
	walk(n, func(n logical.Node) {
		if t, ok := n.(*logical.Table); ok && name == "" {
			name = t.Name
		}
	})
	return name
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
	case *logical.Project:
		in, changes := f.node(n.Input, can)
		if changes && f.below > 0 {
			f.steady(n)
		}
		return n.WithInputs([]logical.Node{in}), changes
	case *logical.Filter, *logical.Require:
		f.below++
		in, changes := f.node(n.Inputs()[0], can)
		f.below--
		if changes {
			f.steady(n)
		}
		return n.WithInputs([]logical.Node{in}), changes
	case *logical.Time:
		in, changes := f.node(n.Input, can && !n.Marks)
		return n.WithInputs([]logical.Node{in}), changes
	case *logical.Aggregate:
		if n.Window != nil {
			if t := logical.TableOf(n.Input); t != nil {
				f.fail("a window over table %q, whose rows may change after the window has closed",
					"GROUP BY without a window, or make or declare it with CREATE STREAM: then each of its records is a row", t.Name)
				return n, false
			}
		}
		c := *n
		f.below++
		c.Input, c.Retract = f.node(n.Input, f.app && n.Window == nil && n.Mode != logical.Final)
		f.below--
		if c.Retract {
			f.steady(n)
		}
		again := n.Mode != logical.Final || n.Corrects()
		if f.table && again && (c.Retract || n.Having != nil) {
			c.Deletes, f.deletes = true, true
		}
		return &c, false
	}
	if j, ok := n.(*logical.Join); ok {
		return f.join(j, can)
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

// join decides what kind of join it is: with a table that changes, of two of them, or
// an ordinary one.
func (f *follower) join(n *logical.Join, can bool) (logical.Node, bool) {
	f.below++
	defer func() { f.below-- }()
	c := *n
	switch {
	case n.Table == logical.TableRight:
		c.Left, _ = f.node(n.Left, false)
		c.Right, c.Table, c.Merged = f.side(n.Right, n.Table)
		return &c, false
	case n.Table == logical.TableLeft:
		c.Right, _ = f.node(n.Right, false)
		c.Left, c.Table, c.Merged = f.side(n.Left, n.Table)
		return &c, false
	case n.AsOf != nil:
		c.Left, _ = f.node(n.Left, false)
		return f.versions(&c), false
	case !can || !n.Hashed() || n.Kind > logical.CrossJoin:
		c.Left, _ = f.node(n.Left, false)
		c.Right, _ = f.node(n.Right, false)
		return &c, false
	}
	var lc, rc bool
	c.Left, lc = f.node(n.Left, true)
	c.Right, rc = f.node(n.Right, true)
	if lc || rc {
		c.Table, c.Merged = logical.TableBoth, true
		f.steady(n)
	}
	return &c, lc || rc
}

// versions makes an ASOF join one with all rows that a table has ever had: a row
// stands until the next one of its key, and a deletion is a row that matches nothing.
func (f *follower) versions(n *logical.Join) logical.Node {
	t := logical.TableOf(n.Right)
	if t == nil {
		n.Right, _ = f.node(n.Right, false)
		return n
	}
	n.Right = withoutTable(n.Right)
	if t.Deleted < 0 {
		return n
	}
	nl, fields := len(n.Left.Fields()), n.Fields()
	gone := -1 // projections leave the column out: it has no name
	for i, x := range fields[nl:] {
		if x.Name == ingest.ColDeleted && x.System {
			gone = nl + i
		}
	}
	if gone < 0 {
		f.fail("ASOF JOIN with a query over table %q, whose rows may be deleted", "join the table itself, and put conditions in ON or WHERE", t.Name)
		return n
	}
	is, err := expr.NewIsTruth(&expr.Column{Index: gone, Name: ingest.ColDeleted, T: vec.TypeBool}, "TRUE", n.Kind == logical.AsOfJoin)
	if err != nil {
		panic("bug: a column of deletions is no BOOLEAN: " + err.Error())
	}
	if n.Kind == logical.AsOfJoin {
		return &logical.Filter{Input: n, Pred: is}
	}
	p := &logical.Project{Input: n, Headers: -1, Joined: true, Out: fields}
	for i, x := range fields {
		var e expr.Expr = &expr.Column{Index: i, Name: x.Name, T: x.Type}
		if i >= nl {
			if e, err = expr.NewIf(is, expr.NullConst(x.Type), e); err != nil {
				panic("bug: a column or NULL: " + err.Error())
			}
		}
		p.Exprs = append(p.Exprs, e)
	}
	return p
}

// withoutTable gives the rows of a table as its source has them.
func withoutTable(n logical.Node) logical.Node {
	if t, ok := n.(*logical.Table); ok {
		return t.Input
	}
	in := withoutTable(n.Inputs()[0])
	if t, ok := n.(*logical.Time); ok && t.Column >= 0 {
		c := *t
		for i, x := range in.Fields() {
			if x.Name == ingest.ColDeleted && x.System {
				c.Deleted = i
			}
		}
		n = &c
	}
	return n.WithInputs([]logical.Node{in})
}

// side is the table of a join with a stream. One that ends, and neither changes nor
// comes record by record, is read first, as by an ordinary join.
func (f *follower) side(n logical.Node, table logical.Tables) (logical.Node, logical.Tables, bool) {
	out, changes := f.node(n, true)
	timed, flows, ends := true, true, true
	walk(out, func(n logical.Node) {
		switch n := n.(type) {
		case *logical.Scan:
			timed = timed && n.Timed
			ends = ends && n.Bounded
		case *logical.Edge:
			ends = ends && n.Bounded
		case *logical.Filter, *logical.Require, *logical.Project, *logical.Time, *logical.Table, *logical.Join:
		default:
			flows = false
		}
	})
	if !flows {
		out, _ = f.node(n, false)
		changes = false
	}
	if ends && !changes && !(timed && flows) && !f.endless {
		return out, logical.NoTable, false
	}
	return out, table, timed && flows
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
	ledger *arrowexec.Ledger
}

// Process passes the rows on.
func (d *deletionsOp) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	if d.column {
		return emit(b.With(append(b.Cols[:len(b.Cols):len(b.Cols)], deleted(b)), b.Sel))
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
