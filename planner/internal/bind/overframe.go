package bind

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/over"
	"github.com/velostream/velo/operators/sort"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// frame binds the frame, or gives the default one.
func (x *exprs) frame(o *ast.Over, order []sort.Key) (over.Frame, bool) {
	if o.Frame == nil {
		return over.Default(), true
	}
	f := over.Frame{Range: o.Frame.Mode == ast.Range}
	kinds := map[ast.BoundKind]over.BoundKind{
		ast.UnboundedPreceding: over.UnboundedPreceding, ast.Preceding: over.Preceding, ast.CurrentRow: over.CurrentRow,
		ast.Following: over.Following, ast.UnboundedFollowing: over.UnboundedFollowing,
	}
	f.Start.Kind, f.End.Kind = kinds[o.Frame.Start.Kind], kinds[o.Frame.End.Kind]
	if !f.Range {
		for _, p := range []struct {
			in  ast.Bound
			out *over.Bound
		}{{o.Frame.Start, &f.Start}, {o.Frame.End, &f.End}} {
			if lit, ok := p.in.Offset.(*ast.IntLit); ok {
				p.out.Rows = lit.Value
			}
		}
		return f, true
	}
	if o.Frame.Start.Offset == nil && o.Frame.End.Offset == nil {
		return f, true
	}
	if len(order) != 1 {
		x.b.errorf(diag.Value, o.Frame.Pos(), "a RANGE frame with an offset needs exactly one ORDER BY item, not %d", len(order))
		return f, false
	}
	f.Key, f.Desc = order[0].Expr, order[0].Desc
	if vec.KindOf(f.Key.Type()) == vec.Time { // a bound may lie beyond the day
		if f.Key = x.b.castTo(o.Frame.Pos(), f.Key, vec.TypeInterval); f.Key == nil {
			return f, false
		}
	}
	ok := true
	bound := func(in ast.Bound) expr.Expr {
		if in.Offset == nil {
			return nil
		}
		offset := x.bind(in.Offset)
		if offset != nil && expr.IsTextLiteral(offset) {
			offset = x.frameText(in.Offset, offset, f.Key.Type())
		}
		if offset == nil {
			ok = false
			return nil
		}
		if d, isDuration := in.Offset.(*ast.DurationLit); isDuration && vec.KindOf(f.Key.Type()) == vec.Int64 {
			offset = expr.IntConst(d.Value.Milliseconds()) // a BIGINT used as a time is ms
		}
		if k, isConst := expr.Fold(offset).(*expr.Const); isConst && negative(k) {
			x.b.errorf(diag.Value, ast.Start(in.Offset), "the offset of RANGE must not be negative")
			ok = false
			return nil
		}
		op := "+"
		if (in.Kind == ast.Preceding) != f.Desc {
			op = "-"
		}
		key := f.Key
		if vec.KindOf(key.Type()) == vec.Int64 && integer(offset) { // a bound may lie beyond BIGINT
			if key = x.b.castTo(in.Pos(), key, vec.DecimalType(19, 0)); key == nil {
				ok = false
				return nil
			}
		}
		e := x.function(in.Pos(), op, []expr.Expr{key, offset})
		if e == nil {
			ok = false
		}
		return e
	}
	f.Start.At, f.End.At = bound(o.Frame.Start), bound(o.Frame.End)
	if !ok {
		return f, false
	}
	t := f.Key.Type()
	for _, e := range []expr.Expr{f.Start.At, f.End.At} {
		if e != nil {
			c, same := expr.CommonType(t, e.Type())
			if !same {
				x.b.errorf(diag.Type, o.Frame.Pos(), "the frame's offset does not go with a key of %s", expr.TypeName(f.Key.Type()))
				return f, false
			}
			t = c
		}
	}
	cast := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		if e = x.b.castTo(o.Frame.Pos(), e, t); e == nil {
			ok = false
		}
		return e
	}
	f.Key, f.Start.At, f.End.At = cast(f.Key), cast(f.Start.At), cast(f.End.At)
	return f, ok
}

// frameText reads the text that says how far RANGE reaches: an interval of times, a
// number of numbers.
func (x *exprs) frameText(at ast.Expr, text expr.Expr, key arrow.DataType) expr.Expr {
	if k := vec.KindOf(key); k == vec.Date || k == vec.Timestamp {
		key = vec.TypeInterval
	}
	return x.placed(ast.Start(at), func() (expr.Expr, error) { return expr.Convert(text, key) })
}
