package bind

import (
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// project computes the output columns, then those of the record, then hidden
// sort keys.
func (z *selecting) project(keys []ordered) {
	b := z.b
	p := &logical.Project{Input: z.node, Headers: -1}
	names := newNamer()
	position := map[int]int{} // item → output column
	var key, when expr.Expr
	for i, it := range z.items {
		if it.e == nil {
			return
		}
		e := it.e
		switch it.role {
		case "_key":
			key = b.castTo(it.ast.Pos(), e, vec.TypeString)
			continue
		case "_event_time":
			when = z.asTime(it.ast.Pos(), e)
			z.bound.Restamped = when != nil
			continue
		}
		if typeless := z.in.typeless() && (vec.KindOf(e.Type()) == vec.Null || untyped(e.Type())); typeless {
			z.bound.Typeless = append(z.bound.Typeless, make([]bool, len(p.Exprs)+1-len(z.bound.Typeless))...)
			z.bound.Typeless[len(p.Exprs)] = true
			e = null()
		}
		if vec.KindOf(e.Type()) == vec.Null && !z.keepNull {
			e = b.castTo(it.ast.Pos(), e, vec.TypeString)
			if e == nil {
				return
			}
		}
		if untyped(e.Type()) && !z.keepNull {
			b.errorHint(diag.Type, it.ast.Pos(), "write CAST(ARRAY[] AS ARRAY<BIGINT>), or the type that is meant", "%s is empty and has no type", e)
			return
		}
		position[i] = len(p.Exprs)
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: names.unique(it.name), Type: e.Type()})
	}
	z.bound.Visible = len(p.Exprs)
	if z.bound.Visible == 0 && !z.in.unknown && (z.outermost || !z.record) {
		if key == nil && when == nil { // only * stands there
			b.errorHint(diag.Value, z.s.Pos(), "name system columns, such as _offset, or declare columns", "the query has no columns: source %q has none that * could mean", z.in.source)
			return
		}
		b.noColumns(z.s.Pos())
		return
	}
	z.recordColumns(p, key, when)
	in := z.node.Fields()
	if z.bound.Windowed {
		for _, n := range []string{"_window_start", "_window_end"} {
			for i, f := range in {
				if f.Name == n && f.System {
					p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: n, T: vec.TypeInt64})
					p.Out = append(p.Out, logical.Field{Name: "#" + n[1:], Type: vec.TypeInt64, Hidden: true})
				}
			}
		}
	}
	for i := range keys {
		k := &keys[i]
		at, ok := position[k.item]
		if k.item < 0 || !ok {
			e := k.e
			if z.patch != nil {
				e = z.patch(e)
			}
			at = len(p.Exprs)
			p.Exprs = append(p.Exprs, e)
			p.Out = append(p.Out, logical.Field{Name: "#order", Type: e.Type(), Hidden: true})
		}
		k.key.Expr = &expr.Column{Index: at, Name: p.Out[at].Name, T: p.Out[at].Type}
	}
	if b.mentions["#edits"] && z.outermost {
		p.HeaderEdits, p.Headers = true, z.bound.Headers
	}
	z.bound.Node = p
}

func (z *selecting) asTime(at ast.Pos, e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	switch vec.KindOf(e.Type()) {
	case vec.Timestamp, vec.Date, vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Null:
		return z.b.castTo(at, e, vec.TypeTimestamp)
	}
	z.b.errorf(diag.Type, at, "AS _event_time takes a TIMESTAMP or a BIGINT of ms, not %s", expr.TypeName(e.Type()))
	return nil
}

// recordColumns adds the key, headers and time of the output record.
func (z *selecting) recordColumns(p *logical.Project, key, when expr.Expr) {
	b := z.b
	find := func(name string) expr.Expr {
		i, n := (&scope{fields: z.node.Fields()}).find("", name, false)
		if n == 0 {
			return nil
		}
		f := z.node.Fields()[i]
		return &expr.Column{Index: i, Name: name, T: f.Type}
	}
	add := func(e expr.Expr, name string, t arrow.DataType) int {
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, logical.Field{Name: name, Type: t, System: true})
		return len(p.Exprs) - 1
	}
	z.bound.KeyGiven = key != nil
	if key == nil && (b.Settings.NeedKey || !z.outermost) {
		key = z.outputKey(find)
	}
	if key != nil {
		z.bound.Key = add(key, "_key", vec.TypeString)
	}
	var headers expr.Expr
	if z.needsHeaders(b.Settings.NeedHeaders || b.mentions["_headers"]) {
		if z.agg != nil {
			for i, f := range z.agg.Out {
				if f.Hidden && arrow.TypeEqual(f.Type, vec.TypeHeaders) && strings.HasSuffix(f.Name, "_headers") {
					headers = &expr.Column{Index: i, Name: "_headers", T: vec.TypeHeaders}
				}
			}
		} else {
			headers = find("_headers")
		}
	}
	if headers != nil {
		z.bound.Headers = add(headers, "_headers", vec.TypeHeaders)
	}
	if when == nil && (z.timeCol >= 0 || z.agg != nil) {
		if when = find("_event_time"); when == nil {
			when = find("_timestamp")
		}
		if when != nil {
			when = z.asTime(z.s.Pos(), when)
		}
	}
	if when != nil {
		z.bound.Time = add(when, "_event_time", vec.TypeTimestamp)
	}
}

func (b *Binder) noColumns(at ast.Pos) {
	b.errorf(diag.Value, at, "the query has no columns: _key and _event_time leave the payload")
}

// needsHeaders tells that the rows carry headers: the record does unless it drops them,
// and what is below asks for them where the statement names headers.
func (z *selecting) needsHeaders(record bool) bool {
	return record && !z.b.Settings.KeepNoHeaders || !z.outermost && z.b.mentions["_headers"]
}
