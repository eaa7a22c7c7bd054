package bind

import (
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// exprs binds the expressions of one clause.
type exprs struct {
	b      *Binder
	in     *scope
	clause string // "WHERE", for messages
	// hook may bind a subexpression itself: aggregates and group keys.
	hook func(ast.Expr) (expr.Expr, bool)
	// aliases are the SELECT items that a name may mean when no column has it.
	aliases []item
	// aliasFirst makes aliases win over columns: ORDER BY.
	aliasFirst bool
	// unaliased are the items without an alias, which a name in ORDER BY may mean when
	// neither an alias nor a column has it.
	unaliased []item
	// headers allows SET_HEADER and REMOVE_HEADER.
	headers bool
	edits   bool // one was bound
	// column may refuse a column: those neither grouped nor aggregated.
	column   func(ast.Expr, expr.Expr) expr.Expr
	expanded map[string]bool
	// overs collects the OVER calls of a SELECT list and its ORDER BY; nil where
	// OVER is not allowed.
	overs *overs
	// subs takes the subqueries of the clause; nil: there can be none.
	subs *subqueries
	// guards are conditions for what is being bound to be computed; inside says that
	// it is not the clause itself.
	guards []expr.Expr
	inside bool
	// untyped keeps what hasNoType told while an expression is bound: each part would
	// be bound twice, and those in it twice for each.
	untyped map[ast.Expr]bool
}

type item struct {
	name string
	e    ast.Expr
}

// bindTyped is bind where all columns have types.
func (x *exprs) bindTyped(e ast.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	if x.hook != nil {
		if r, ok := x.hook(e); ok {
			return r
		}
	}
	switch e := e.(type) {
	case *ast.Name:
		return x.bindName(e)
	case *ast.NullLit:
		return expr.NullConst(vec.TypeNull)
	case *ast.BoolLit:
		return expr.BoolConst(e.Value)
	case *ast.IntLit:
		return expr.IntConst(e.Value)
	case *ast.DecimalLit:
		return x.decimal(e)
	case *ast.DoubleLit:
		return expr.FloatConst(e.Value)
	case *ast.StringLit:
		return expr.StringConst(e.Value)
	case *ast.BytesLit:
		return expr.BytesConst(e.Value)
	case *ast.TypedLit:
		return x.typedLit(e)
	case *ast.IntervalLit:
		return expr.IntervalConst(arrow.MonthDayNanoInterval{Months: e.Months, Days: e.Days, Nanoseconds: e.Micros * 1000})
	case *ast.DurationLit:
		return expr.IntervalConst(arrow.MonthDayNanoInterval{Nanoseconds: int64(e.Value)})
	case *ast.Unary:
		return x.unary(e)
	case *ast.Binary:
		return x.binary(e)
	case *ast.Is:
		v := x.bind(e.X)
		if v == nil {
			return nil
		}
		if e.Kind == ast.IsNull {
			return expr.NewIsNull(v, e.Not)
		}
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewIsTruth(v, string(e.Kind), e.Not) })
	case *ast.IsDistinct:
		return x.distinct(e)
	case *ast.Between:
		v, lo, hi := x.bind(e.X), x.bind(e.Low), x.bind(e.High)
		if v == nil || lo == nil || hi == nil {
			return nil
		}
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewBetween(v, lo, hi, e.Not, e.Symmetric) })
	case *ast.Like:
		return x.like(e)
	case *ast.In:
		return x.inList(e)
	case *ast.Quantified:
		return x.quantified(e)
	case *ast.Exists:
		return x.once(e, func() expr.Expr { return x.exists(e) })
	case *ast.Subquery:
		return x.once(e, func() expr.Expr { return x.scalar(e) })
	case *ast.Case:
		return x.caseExpr(e)
	case *ast.Cast:
		return x.cast(e)
	case *ast.Extract:
		v := x.bind(e.X)
		if v == nil {
			return nil
		}
		return x.function(e.UnitPos, "EXTRACT", []expr.Expr{expr.StringConst(strings.ToLower(e.Unit)), v})
	case *ast.AtTimeZone:
		v, z := x.bind(e.X), x.bind(e.Zone)
		if v == nil || z == nil {
			return nil
		}
		return x.called(&ast.Call{Place: e.Place, Name: "AT_TIME_ZONE"}, []expr.Expr{v, z}, []ast.Expr{e.X, e.Zone})
	case *ast.Index:
		v, i := x.bind(e.X), x.bind(e.Index)
		if v == nil || i == nil {
			return nil
		}
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewIndex(v, i) })
	case *ast.Field:
		v := x.bind(e.X)
		if v == nil {
			return nil
		}
		return x.field(v, e.Name)
	case *ast.ArrayExpr:
		items := x.list(e.Items)
		if items == nil && len(e.Items) > 0 {
			return nil
		}
		return x.placedIn(e.Pos(), e.Items, func() (expr.Expr, error) { return expr.NewArray(items) })
	case *ast.MapExpr:
		var flat []ast.Expr
		for _, m := range e.Entries {
			flat = append(flat, m.Key, m.Value)
		}
		kv := x.list(flat)
		if kv == nil && len(flat) > 0 {
			return nil
		}
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewMap(kv) })
	case *ast.StructExpr:
		return x.structExpr(e)
	case *ast.RowExpr:
		x.b.errorf(diag.Refused, e.Pos(), "a row value stands only in comparisons and in IN")
		return nil
	case *ast.Call:
		return x.call(e)
	}
	return nil // BadExpr: reported by the parser
}

// placed runs a constructor and reports its error at a place.
func (x *exprs) placed(at ast.Pos, f func() (expr.Expr, error)) expr.Expr {
	e, err := f()
	if err != nil {
		x.b.failed(at, diag.Type, err)
		return nil
	}
	return e
}

// placedIn is placed with the arguments, for a mistake in one.
func (x *exprs) placedIn(at ast.Pos, args []ast.Expr, f func() (expr.Expr, error)) expr.Expr {
	e, err := f()
	if err == nil {
		return e
	}
	x.b.wrongArgument(at, err, func(i int) ast.Expr {
		if i < len(args) {
			return args[i]
		}
		return nil
	})
	return nil
}

// failed reports an error of a constructor; a "; hint: …" in it becomes the hint.
func (b *Binder) failed(at ast.Pos, kind diag.Kind, err error) {
	msg, hint, _ := strings.Cut(err.Error(), "; hint: ")
	b.errorHint(kind, at, hint, "%s", msg)
}

// list binds all items, so that all errors are reported; nil when one failed.
func (x *exprs) list(items []ast.Expr) []expr.Expr {
	out := make([]expr.Expr, len(items))
	ok := true
	for i, e := range items {
		out[i] = x.bind(e)
		ok = ok && out[i] != nil
	}
	if !ok {
		return nil
	}
	return out
}

func (x *exprs) bindName(n *ast.Name) expr.Expr {
	if x.aliasFirst && len(n.Parts) == 1 {
		if e, ok := x.alias(n, x.aliases); ok {
			return e
		}
	}
	e, ok, report := x.name(n)
	if !ok && len(n.Parts) == 1 {
		list := x.aliases
		if x.aliasFirst {
			list = x.unaliased
		}
		if e, ok := x.alias(n, list); ok {
			return e
		}
	}
	if e == nil {
		if !ok && !x.in.unknown {
			if e, found := x.outer(n); found {
				return e
			}
		}
		if before := len(*x.b.Errs); report != nil {
			if report(); x.in.unknown && len(*x.b.Errs) == before { // a path into columns that nobody knows
				return null()
			}
		}
		return nil
	}
	if x.column != nil {
		return x.column(n, e)
	}
	return e
}

// alias binds the one of some SELECT items that a name means.
func (x *exprs) alias(n *ast.Name, items []item) (expr.Expr, bool) {
	name := n.Parts[0].Name
	at := itemOf(name, len(items), func(i int) string { return items[i].name })
	if at < 0 || x.expanded[name] {
		return nil, false
	}
	if x.expanded == nil {
		x.expanded = map[string]bool{}
	}
	x.expanded[name] = true
	first := x.aliasFirst
	x.aliasFirst = false // inside the item names mean columns again
	saved := x.aliases
	x.aliases = items[:at] // an item may use the items before it
	e := x.bind(items[at].e)
	x.aliases = saved
	x.aliasFirst = first
	delete(x.expanded, name)
	return e, true
}

// itemOf finds a name among n items: the first that is spelled so, else the only one
// that is in another case, else -1.
func itemOf(name string, n int, of func(int) string) int {
	at, count := -1, 0
	for i := range n {
		if of(i) == name {
			return i
		}
		if strings.EqualFold(of(i), name) {
			at = i
			count++
		}
	}
	if count != 1 {
		return -1
	}
	return at
}

func (x *exprs) decimal(e *ast.DecimalLit) expr.Expr {
	c, err := expr.ConstFromText(e.Text, vec.DecimalType(int32(max(e.Precision, 1)), int32(e.Scale)))
	if err != nil {
		x.b.errorf(diag.Literal, e.Pos(), "%v", err)
		return nil
	}
	return c
}

func (x *exprs) typedLit(e *ast.TypedLit) expr.Expr {
	t := Type(e.Type)
	if t == nil {
		return nil
	}
	micros := e.Type.Kind == ast.TypeTimestamp && fractionDigits(e.Text) > 3
	read := t
	if micros {
		read = vec.TypeTimestampMicros
	}
	c, err := expr.ConstFromText(e.Text, read)
	if err != nil {
		x.b.errorf(diag.Literal, e.TextPos, "%v", err)
		return nil
	}
	switch {
	case micros && e.Args && e.Type.Digits == 3:
		return x.b.castTo(e.Pos(), c, t)
	case e.Type.Length > 0:
		return x.function(e.Pos(), "LEFT", []expr.Expr{c, expr.IntConst(int64(e.Type.Length))})
	}
	return c
}

func fractionDigits(s string) int {
	i := strings.IndexByte(s, '.')
	if i < 0 {
		return 0
	}
	n := 0
	for _, c := range s[i+1:] {
		if c < '0' || c > '9' {
			break
		}
		n++
	}
	return n
}

func (x *exprs) unary(e *ast.Unary) expr.Expr {
	v := x.bind(e.X)
	if v == nil {
		return nil
	}
	switch e.Op {
	case ast.Not:
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewNot(v) })
	case ast.Plus:
		switch vec.KindOf(v.Type()) {
		case vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Float32, vec.Float64, vec.Decimal, vec.Interval, vec.Null:
			return v
		}
		x.b.errorf(diag.Type, e.Pos(), "operator + does not take %s", expr.TypeName(v.Type()))
		return nil
	}
	return x.function(e.Pos(), "neg", []expr.Expr{v})
}

func (x *exprs) binary(e *ast.Binary) expr.Expr {
	if lr, ok := e.Left.(*ast.RowExpr); ok {
		return x.rows(e, lr)
	}
	if e.Op == ast.And || e.Op == ast.Or {
		return x.logic(e)
	}
	l, r := x.bind(e.Left), x.bind(e.Right)
	if l == nil || r == nil {
		return nil
	}
	if e.Op.IsComparison() {
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewCompare(string(e.Op), l, r) })
	}
	if e.Op == ast.Concat && (vec.KindOf(l.Type()) == vec.List || vec.KindOf(r.Type()) == vec.List) {
		return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewListConcat(l, r) })
	}
	return x.function(e.Pos(), string(e.Op), []expr.Expr{l, r})
}

func (x *exprs) cast(e *ast.Cast) expr.Expr {
	t := Type(e.Type)
	v := x.bind(e.X)
	if v == nil || t == nil {
		return nil
	}
	c := x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewCast(v, t, e.Try) })
	if c == nil || e.Type.Length == 0 {
		return c
	}
	return x.function(e.Pos(), "LEFT", []expr.Expr{c, expr.IntConst(int64(e.Type.Length))})
}

func (x *exprs) structExpr(e *ast.StructExpr) expr.Expr {
	var vals []expr.Expr
	ok := true
	for _, f := range e.Fields {
		v := x.bind(f.Expr)
		ok = ok && v != nil
		vals = append(vals, v)
	}
	if !ok {
		return nil
	}
	return x.placed(e.Pos(), func() (expr.Expr, error) { return expr.NewStruct(fieldNames(e), vals) })
}
