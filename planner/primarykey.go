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

// target is the declaration of what a statement writes: that of CREATE … (cols) AS
// itself, or that of the target of INSERT; nil: there is none.
func (c *compiler) target(in *ast.Insert) *ast.Create {
	if in == nil {
		return c.created
	}
	if d := c.declared[strings.ToLower(in.Target.Name)]; d != nil {
		return d.create
	}
	return nil
}

// declaredKey makes the key of a statement's records of the columns that the
// declaration of its target calls PRIMARY KEY; AS _key goes before it.
func (c *compiler) declaredKey(b *bind.Binder, st *Statement, d *ast.Create) bool {
	bound, names := st.bound, keyColumns(d)
	if len(names) == 0 || !b.Settings.NeedKey || bound.KeyGiven || len(d.Columns) != bound.Visible {
		return true
	}
	p := identity(bound.Node)
	var parts []expr.Expr
	for _, name := range names {
		i := slices.IndexFunc(d.Columns, func(col *ast.ColumnDef) bool { return strings.EqualFold(col.Name.Name, name) })
		if i < 0 {
			return true // which is said elsewhere
		}
		e := p.Exprs[i]
		if t := bind.Type(d.Columns[i].Type); t != nil && !arrow.TypeEqual(e.Type(), t) {
			if cast, err := expr.NewCast(e, t, false); err == nil {
				e = cast
			}
		}
		parts = append(parts, e)
	}
	key := b.RecordKey(d.Name.Pos(), names, parts)
	if key == nil {
		return false
	}
	bound.KeyColumns = names
	if bound.Key < 0 {
		bound.Key = len(p.Exprs)
		p.Exprs = append(p.Exprs, nil)
		p.Out = append(p.Out, logical.Field{Name: "_key", Type: vec.TypeString, System: true})
	}
	p.Exprs[bound.Key] = key
	bound.Node = p
	return true
}

// keyedByWindow tells that a bound of the window is part of the PRIMARY KEY of what is
// created.
func keyedByWindow(d *ast.Create) bool {
	s, ok := d.Query.Body.(*ast.Select)
	if !ok {
		return false
	}
	names := keyColumns(d)
	for i, it := range s.Items {
		key := it.PrimaryKey
		if len(s.Items) == len(d.Columns) {
			name := d.Columns[i].Name.Name
			key = key || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		}
		if key && it.Expr != nil && namesWindow(it.Expr) {
			return true
		}
	}
	return false
}

// namesWindow tells that an expression is made of a bound of the window.
func namesWindow(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		name := ""
		switch x := n.(type) {
		case *ast.Name:
			name = strings.ToUpper(x.Parts[len(x.Parts)-1].Name)
			found = found || name == "_WINDOW_START" || name == "_WINDOW_END"
		case *ast.Call:
			name = strings.ToUpper(x.Name)
			found = found || strings.HasSuffix(name, "_START") || strings.HasSuffix(name, "_END")
		}
		return !found
	})
	return found
}

// checkKeyFields reports names in key.fields that the declared columns do not have.
func (c *compiler) checkKeyFields(source string, keys *keyset, columns *arrow.Schema) {
	v, ok := keys.props.Get("key.fields")
	if !ok || columns == nil {
		return
	}
	var names []string
	for _, f := range columns.Fields() {
		names = append(names, f.Name)
	}
	for _, name := range strings.Split(v, ",") {
		name = strings.TrimSpace(name)
		if name != "" && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			c.errs.Add(diag.Errorf(diag.UnknownColumn, c.o.Source, keys.at["key.fields"], "key.fields names no column of source %q: %q", source, name).WithHint("%s", diag.SuggestHint(name, names, true)))
		}
	}
}
