package ast

// isNil reports whether the interface is nil or holds a nil pointer of a type
// that optional fields have.
func isNil(n Node) bool {
	switch x := n.(type) {
	case nil:
		return true
	case *Query:
		return x == nil
	case *Window:
		return x == nil
	case *Over:
		return x == nil
	case *Frame:
		return x == nil
	case *Emit:
		return x == nil
	case *Options:
		return x == nil
	case *Duration:
		return x == nil
	case *Name:
		return x == nil
	case *IntLit:
		return x == nil
	case *StringLit:
		return x == nil
	case *Star:
		return x == nil
	case *TypeName:
		return x == nil
	}
	return false
}

// kids collects children, leaving nil ones out.
type kids []Node

func (k *kids) add(nodes ...Node) {
	for _, n := range nodes {
		if !isNil(n) {
			*k = append(*k, n)
		}
	}
}

func (k *kids) expr(e Expr) {
	if e != nil {
		k.add(e)
	}
}

func (k *kids) exprs(list []Expr) {
	for _, e := range list {
		k.expr(e)
	}
}

func (k *kids) order(list []*OrderItem) {
	for _, o := range list {
		k.add(o)
	}
}

// Children are the nodes directly below a node, in the order of the text.
// Idents and Aliases are no nodes of the walk.
func Children(n Node) []Node {
	var k kids
	switch x := n.(type) {
	case *Statement:
		k.add(x.Body)
	case Expr:
		k.ofExpr(x)
	case Source:
		k.ofSource(x)
	case Body:
		k.ofBody(x)
	case *Select:
		k.ofSelect(x)
	case *Values:
		for _, row := range x.Rows {
			k.exprs(row)
		}
	case *SetOp:
		k.add(x.Left, x.Right)
	case *CTE:
		k.add(x.Query)
	case *SelectItem:
		k.expr(x.Expr)
		k.add(x.Star)
	case *OrderItem:
		k.expr(x.Expr)
	case *Emit:
		k.add(x.Every)
	case *Window:
		k.add(x.Column, x.Size, x.Step, x.Advance, x.Gap)
		k.exprs(x.Keys)
	case *Over:
		k.exprs(x.PartitionBy)
		k.order(x.OrderBy)
		k.add(x.Frame, x.ExpireAfter)
	case *Frame:
		k.expr(x.Start.Offset)
		k.expr(x.End.Offset)
	case *ColumnDef:
		k.add(x.Type)
	case *TypeName:
		k.add(x.Key, x.Elem)
		for _, f := range x.Fields {
			k.add(f.Type)
		}
	case *Options:
		for _, o := range x.Items {
			k.add(o)
		}
	}
	return k
}

func (k *kids) ofBody(b Body) {
	switch x := b.(type) {
	case *Query:
		for _, c := range x.CTEs {
			k.add(c)
		}
		k.add(x.Body)
		k.order(x.OrderBy)
		k.add(x.Limit, x.Offset, x.Emit, x.With)
	case *Create:
		for _, c := range x.Columns {
			k.add(c)
		}
		k.add(x.With, x.Query)
	case *Insert:
		k.add(x.Query)
	case *Explain:
		k.add(x.Body)
	case *Describe:
		k.add(x.URI)
	case *Show:
		k.add(x.Like)
	case *StartJob:
		k.add(x.Body)
	case *DeployJob:
		k.add(x.Version, x.Body)
	case *RollbackJob:
		k.add(x.Version)
	}
}

func (k *kids) ofSelect(x *Select) {
	for _, it := range x.Items {
		k.add(it)
	}
	if x.From != nil {
		k.add(x.From)
	}
	k.expr(x.Where)
	k.exprs(x.GroupBy)
	k.add(x.Window)
	k.expr(x.Having)
}

func (k *kids) ofSource(s Source) {
	switch x := s.(type) {
	case *NamedSource:
		k.add(x.With)
	case *URISource:
		k.add(x.With)
	case *DerivedTable:
		k.add(x.Query)
	case *Unnest:
		k.exprs(x.Args)
	case *Join:
		k.add(x.Left, x.Right)
		k.expr(x.On)
		k.add(x.Within)
	}
}

func (k *kids) ofExpr(e Expr) {
	switch x := e.(type) {
	case *Unary:
		k.expr(x.X)
	case *Binary:
		k.expr(x.Left)
		k.expr(x.Right)
	case *Is:
		k.expr(x.X)
	case *IsDistinct:
		k.expr(x.Left)
		k.expr(x.Right)
	case *Between:
		k.exprs([]Expr{x.X, x.Low, x.High})
	case *Like:
		k.exprs([]Expr{x.X, x.Pattern, x.Escape})
	case *In:
		k.expr(x.X)
		k.exprs(x.List)
		k.add(x.Query)
	case *Quantified:
		k.expr(x.Left)
		k.add(x.Query)
		k.expr(x.Array)
	case *Exists:
		k.add(x.Query)
	case *Subquery:
		k.add(x.Query)
	case *RowExpr:
		k.exprs(x.Items)
	case *Case:
		k.expr(x.Operand)
		for _, w := range x.Whens {
			k.expr(w.Cond)
			k.expr(w.Result)
		}
		k.expr(x.Else)
	case *Cast:
		k.expr(x.X)
		k.add(x.Type)
	case *Extract:
		k.expr(x.X)
	case *AtTimeZone:
		k.expr(x.X)
		k.expr(x.Zone)
	case *Index:
		k.expr(x.X)
		k.expr(x.Index)
	case *Field:
		k.expr(x.X)
	case *ArrayExpr:
		k.exprs(x.Items)
	case *MapExpr:
		for _, m := range x.Entries {
			k.expr(m.Key)
			k.expr(m.Value)
		}
	case *StructExpr:
		for _, f := range x.Fields {
			k.expr(f.Expr)
		}
	case *Call:
		k.exprs(x.Args)
		k.order(x.OrderBy)
		k.order(x.WithinGroup)
		k.expr(x.Filter)
		k.add(x.Over)
	}
}
