package ast

import "strconv"

func (w *writer) query(q *Query) {
	if len(q.CTEs) > 0 {
		w.s("WITH ")
		w.list(len(q.CTEs), func(i int) { w.cte(q.CTEs[i]) })
		w.s(" ")
	}
	w.queryBody(q.Body)
	if len(q.OrderBy) > 0 {
		w.s(" ORDER BY ")
		w.orderBy(q.OrderBy)
	}
	if q.Limit != nil {
		w.s(" LIMIT ", q.Limit.Text)
	}
	if q.Offset != nil {
		w.s(" OFFSET ", q.Offset.Text)
	}
	if q.Emit != nil {
		w.s(" ")
		w.emit(q.Emit)
	}
	if q.LateRows != nil {
		w.s(" LATE ROWS INTO ")
		w.ident(*q.LateRows)
	}
	if q.Into != nil {
		w.s(" INTO ")
		w.ident(*q.Into)
	}
	if q.With != nil {
		w.s(" ")
		w.options(q.With)
	}
}

func (w *writer) queryBody(b QueryBody) {
	switch x := b.(type) {
	case *Select:
		w.selectBlock(x)
	case *Values:
		w.s("VALUES ")
		w.list(len(x.Rows), func(i int) {
			w.s("(")
			w.items(x.Rows[i])
			w.s(")")
		})
	case *SetOp:
		w.member(x.Left, x.Kind, false)
		w.s(" ", x.Kind.String(), " ")
		if x.All {
			w.s("ALL ")
		}
		w.member(x.Right, x.Kind, true)
	case *Query:
		w.s("(")
		w.query(x)
		w.s(")")
	}
}

// member writes one side of a set operation, in parentheses where the other
// precedence, or grouping to the right, asks for them.
func (w *writer) member(b QueryBody, outer SetKind, right bool) {
	op, ok := b.(*SetOp)
	if ok && (right && (op.Kind != Intersect || outer == Intersect) || outer == Intersect && op.Kind != Intersect) {
		w.s("(")
		w.queryBody(b)
		w.s(")")
		return
	}
	w.queryBody(b)
}

func (w *writer) cte(c *CTE) {
	w.ident(c.Name)
	if c.Columns != nil {
		w.s(" ")
		w.idents(c.Columns)
	}
	w.s(" AS (")
	w.query(c.Query)
	w.s(")")
}

func (w *writer) selectBlock(s *Select) {
	w.s("SELECT ")
	if s.Distinct {
		w.s("DISTINCT ")
	}
	w.list(len(s.Items), func(i int) { w.selectItem(s.Items[i]) })
	if s.From != nil {
		w.s(" FROM ")
		w.source(s.From)
	}
	if s.Where != nil {
		w.s(" WHERE ")
		w.expr(s.Where, precLowest)
	}
	if s.HasGroupBy {
		w.s(" GROUP BY ")
		w.items(s.GroupBy)
		switch {
		case s.Window != nil && s.Window.InGroupBy:
			if len(s.GroupBy) > 0 {
				w.s(", ")
			}
			w.window(s.Window)
		case len(s.GroupBy) == 0:
			w.s("()")
		}
	}
	if s.Window != nil && !s.Window.InGroupBy {
		w.s(" WINDOW ")
		w.window(s.Window)
	}
	if s.Having != nil {
		w.s(" HAVING ")
		w.expr(s.Having, precLowest)
	}
}

func (w *writer) selectItem(it *SelectItem) {
	if it.Star != nil {
		w.star(it.Star)
		return
	}
	w.expr(it.Expr, precLowest)
	w.as(it.Alias)
	if it.PrimaryKey {
		w.s(" PRIMARY KEY")
	}
}

func (w *writer) star(s *Star) {
	for _, q := range s.Qualifier {
		w.ident(q)
		w.s(".")
	}
	w.s("*")
	if len(s.Except) > 0 {
		w.s(" EXCEPT ")
		w.idents(s.Except)
	}
}

func (w *writer) orderBy(list []*OrderItem) {
	w.list(len(list), func(i int) { w.orderItem(list[i]) })
}

func (w *writer) orderItem(o *OrderItem) {
	w.expr(o.Expr, precLowest)
	if o.Desc {
		w.s(" DESC")
	}
	w.s([...]string{"", " NULLS FIRST", " NULLS LAST"}[o.Nulls])
}

func (w *writer) emit(e *Emit) {
	w.s("EMIT ", e.Mode.String())
	if e.Every != nil {
		w.s(" EVERY ", e.Every.String())
	}
}

func (w *writer) alias(a *Alias) {
	if a == nil {
		return
	}
	w.s(" AS ")
	w.ident(a.Name)
	if a.Columns != nil {
		w.s(" ")
		w.idents(a.Columns)
	}
}

func (w *writer) sourceWith(o *Options) {
	if o != nil {
		w.s(" ")
		w.options(o)
	}
}

func (w *writer) source(s Source) {
	switch x := s.(type) {
	case *NamedSource:
		w.path(x.Name)
		w.alias(x.Alias)
		w.sourceWith(x.With)
	case *URISource:
		w.s(Quote(x.URI))
		w.alias(x.Alias)
		w.sourceWith(x.With)
	case *DerivedTable:
		w.s("(")
		w.query(x.Query)
		w.s(")")
		w.alias(x.Alias)
	case *Unnest:
		w.s("UNNEST(")
		w.items(x.Args)
		w.s(")")
		w.alias(x.Alias)
	case *Join:
		w.join(x)
	}
}

func (w *writer) join(j *Join) {
	if j.Comma {
		w.source(j.Left)
		w.s(", ")
		if r, ok := j.Right.(*Join); ok && r.Comma {
			w.s("(")
			w.source(r)
			w.s(")")
			return
		}
		w.source(j.Right)
		return
	}
	if l, ok := j.Left.(*Join); ok && l.Comma {
		w.s("(")
		w.source(l)
		w.s(")")
	} else {
		w.source(j.Left)
	}
	w.s(" ")
	if j.AsOf {
		w.s("ASOF ")
	}
	if j.Kind != InnerJoin {
		w.s(j.Kind.String(), " ")
	}
	w.s("JOIN ")
	if r, ok := j.Right.(*Join); ok {
		w.s("(")
		w.source(r)
		w.s(")")
	} else {
		w.source(j.Right)
	}
	if j.On != nil {
		w.s(" ON ")
		w.expr(j.On, precLowest)
	}
	if j.Using != nil {
		w.s(" USING ")
		w.idents(j.Using)
	}
	if j.Within != nil {
		w.s(" WITHIN ", j.Within.String())
	}
}

func (w *writer) window(x *Window) {
	w.s(x.Kind.String(), "(")
	if x.Column != nil {
		w.path(x.Column.Parts)
		w.s(", ")
	}
	switch x.Kind {
	case Tumbling:
		w.s(x.Size.String())
	case Sliding:
		w.s(x.Size.String(), ", ", x.Advance.String())
	case Session:
		w.s(x.Gap.String())
		for _, k := range x.Keys {
			w.s(", ")
			w.expr(k, precLowest)
		}
	case Cumulate:
		w.s(x.Step.String(), ", ", x.Size.String())
	}
	w.s(")")
}

func (w *writer) over(o *Over) {
	w.s("OVER (")
	sep := ""
	part := func(text string) {
		w.s(sep, text)
		sep = " "
	}
	if o.Buffer > 0 {
		part("ROWS WINDOW BUFFER " + strconv.FormatInt(o.Buffer, 10) + " ROWS")
	}
	if len(o.PartitionBy) > 0 {
		part("PARTITION BY ")
		w.items(o.PartitionBy)
	}
	if len(o.OrderBy) > 0 {
		part("ORDER BY ")
		w.orderBy(o.OrderBy)
	}
	if o.Frame != nil {
		part("")
		w.frame(o.Frame)
	}
	if o.ExpireAfter != nil {
		part("EXPIRE AFTER " + o.ExpireAfter.String() + " INACTIVITY")
	}
	w.s(")")
}

func (w *writer) frame(f *Frame) {
	w.s(f.Mode.String(), " BETWEEN ")
	w.bound(f.Start)
	w.s(" AND ")
	w.bound(f.End)
}

func (w *writer) bound(b Bound) {
	if b.Offset != nil {
		w.expr(b.Offset, precUnary)
		w.s(" ")
	}
	w.s([...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}[b.Kind])
}
