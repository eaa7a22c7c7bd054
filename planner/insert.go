package planner

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/bind"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// insertColumns brings a query's columns into the order and types of INSERT's
// target: by position, missing ones NULL, BIGINT widens, other differences are
// errors.
func (c *compiler) insertColumns(st *Statement, in *ast.Insert) bool {
	d := c.declared[strings.ToLower(in.Target.Name)]
	var want []arrow.Field
	if d != nil {
		if schema := bind.Schema(d.create.Columns); schema != nil {
			want = schema.Fields()
		}
	}
	b := st.bound
	fields := b.Node.Fields()
	var order []int // want → query column, -1: NULL
	switch {
	case in.HasColumns && len(want) > 0:
		order = make([]int, len(want))
		for i := range order {
			order[i] = -1
		}
		if len(in.Columns) != b.Visible {
			c.fail(diag.Arity, in.Target.Pos(), "INSERT names %d columns and the query has %d", len(in.Columns), b.Visible)
			return false
		}
		for k, id := range in.Columns {
			at := slices.IndexFunc(want, func(f arrow.Field) bool { return strings.EqualFold(f.Name, id.Name) })
			if at < 0 {
				var names []string
				for _, f := range want {
					names = append(names, f.Name)
				}
				c.errs.Add(diag.Errorf(diag.UnknownColumn, c.o.Source, id.Pos(), "unknown column %q in %q", id.Name, in.Target.Name).WithHint("%s", diag.SuggestHint(id.Name, names, true)))
				return false
			}
			order[at] = k
		}
	case len(want) > 0:
		if b.Visible > len(want) {
			c.fail(diag.Arity, in.Target.Pos(), "INSERT has %d columns for the %d of %q", b.Visible, len(want), in.Target.Name)
			return false
		}
		for i := range want {
			if i < b.Visible {
				order = append(order, i)
			} else {
				order = append(order, -1)
			}
		}
	case in.HasColumns:
		if len(in.Columns) != b.Visible {
			c.fail(diag.Arity, in.Target.Pos(), "INSERT names %d columns and the query has %d", len(in.Columns), b.Visible)
			return false
		}
		for i, id := range in.Columns {
			order = append(order, i)
			want = append(want, arrow.Field{Name: id.Name, Type: fields[i].Type})
		}
	default:
		return true
	}
	p := &logical.Project{Input: b.Node, Headers: -1}
	for i, w := range want {
		var e expr.Expr = expr.NullConst(w.Type)
		if k := order[i]; k >= 0 {
			e = &expr.Column{Index: k, Name: fields[k].Name, T: fields[k].Type}
			if !arrow.TypeEqual(e.Type(), w.Type) {
				if !widens(e.Type(), w.Type) {
					c.errs.Add(diag.Errorf(diag.Type, c.o.Source, in.Query.Pos(), "column %q of %q is %s, and the query gives %s", w.Name, in.Target.Name, expr.TypeName(w.Type), expr.TypeName(e.Type())).WithHint("CAST it"))
					return false
				}
				cast, err := expr.NewCast(e, w.Type, false)
				if err != nil {
					c.fail(diag.Type, in.Query.Pos(), "%v", err)
					return false
				}
				e = cast
			}
		}
		if notNull := d != nil && i < len(d.create.Columns) && d.create.Columns[i].NotNull; notNull && order[i] < 0 {
			c.fail(diag.Type, in.Target.Pos(), "column %q of %q is NOT NULL, and the INSERT gives it no value", w.Name, in.Target.Name)
			return false
		} else if notNull {
			e = &expr.Required{Of: e, Column: w.Name}
		}
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: w.Name, Type: w.Type})
	}
	keep := func(idx *int) {
		if *idx >= 0 {
			f := fields[*idx]
			p.Exprs = append(p.Exprs, &expr.Column{Index: *idx, Name: f.Name, T: f.Type})
			p.Out = append(p.Out, f)
			*idx = len(p.Exprs) - 1
		}
	}
	b.Visible = len(want)
	keep(&b.Key)
	keep(&b.Headers)
	keep(&b.Time)
	b.Node = p
	return true
}

func widens(from, to arrow.DataType) bool {
	f, t := vec.KindOf(from), vec.KindOf(to)
	ints := []vec.Kind{vec.Int8, vec.Int16, vec.Int32, vec.Int64}
	switch {
	case f == vec.Null:
		return true
	case slices.Contains(ints, f):
		return t == vec.Decimal || t == vec.Float64 || slices.Index(ints, t) > slices.Index(ints, f)
	case f == vec.Float32:
		return t == vec.Float64
	case f == vec.Decimal && t == vec.Decimal, f == vec.Timestamp && t == vec.Timestamp:
		return true
	}
	return false
}

// coerce makes column i of a statement type t, for CREATE … (cols) AS.
func (c *compiler) coerce(st *Statement, i int, t arrow.DataType, at ast.Pos) bool {
	fields := st.bound.Node.Fields()
	if t == nil || arrow.TypeEqual(fields[i].Type, t) {
		return true
	}
	if !widens(fields[i].Type, t) {
		c.errs.Add(diag.Errorf(diag.Type, c.o.Source, at, "column %d is declared %s and the query gives %s", i+1, expr.TypeName(t), expr.TypeName(fields[i].Type)).WithHint("CAST it"))
		return false
	}
	p := identity(st.bound.Node)
	cast, err := expr.NewCast(p.Exprs[i], t, false)
	if err != nil {
		c.fail(diag.Type, at, "%v", err)
		return false
	}
	p.Exprs[i], p.Out[i].Type = cast, t
	st.bound.Node = p
	st.finish(st.output.Name)
	return true
}

func identity(n logical.Node) *logical.Project {
	p := &logical.Project{Input: n, Headers: -1}
	for i, f := range n.Fields() {
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, T: f.Type})
		p.Out = append(p.Out, f)
	}
	return p
}

// rename gives the statement's columns other names, and lets those that are declared
// NOT NULL have no NULL.
func (st *Statement) rename(columns []*ast.ColumnDef) {
	p := identity(st.bound.Node)
	for i, col := range columns {
		p.Out[i].Name = col.Name.Name
		if col.NotNull {
			p.Exprs[i] = &expr.Required{Of: p.Exprs[i], Column: col.Name.Name}
		}
	}
	st.bound.Node = p
	st.finish(st.output.Name)
}
