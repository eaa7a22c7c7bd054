package bind

import (
	"errors"
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// unitFirst are functions whose first argument is a unit that may be written as
// a bare word.
var unitFirst = map[string]bool{
	"DATE_TRUNC": true, "DATEDIFF": true, "DATE_DIFF": true, "DATE_PART": true, "DATE_ADD": true, "DATE_SUB": true,
}

var units = map[string]bool{
	"microsecond": true, "microseconds": true, "millisecond": true, "milliseconds": true, "second": true, "seconds": true,
	"minute": true, "minutes": true, "hour": true, "hours": true, "day": true, "days": true, "week": true, "weeks": true,
	"month": true, "months": true, "quarter": true, "quarters": true, "year": true, "years": true, "decade": true,
	"century": true, "millennium": true, "epoch": true, "dow": true, "isodow": true, "doy": true, "isoyear": true,
}

// overOnly are functions that need OVER.
var overOnly = map[string]bool{
	"ROW_NUMBER": true, "RANK": true, "DENSE_RANK": true, "PERCENT_RANK": true, "CUME_DIST": true, "NTILE": true,
	"NTH_VALUE": true, "LAG": true, "LEAD": true,
}

func (x *exprs) call(c *ast.Call) expr.Expr {
	if c.Over != nil {
		return x.over(c)
	}
	if overOnly[c.Name] {
		x.b.errorHint(diag.Aggregate, c.Pos(), "write "+c.Name+"(…) OVER (…)", "%s needs OVER", c.Name)
		return nil
	}
	if _, ok := x.b.Aggs[c.Name]; ok {
		if e, ok := x.outerAggregate(c); ok {
			return e
		}
		x.b.errorf(diag.Aggregate, c.Pos(), "aggregate function %s is not allowed in %s", c.Name, x.clause)
		return nil
	}
	if c.Star || c.Distinct || c.Filter != nil || len(c.OrderBy) > 0 || len(c.WithinGroup) > 0 || c.Nulls != ast.NullsUnset {
		if f, ok := x.b.Funcs.Lookup(c.Name); ok {
			x.b.errorf(diag.Aggregate, c.Pos(), "%s is no aggregate function: DISTINCT, FILTER, ORDER BY and * have no meaning in it", f.Name)
			return nil
		}
	}
	if col, ok := windowBounds[c.Name]; ok {
		x.boundArguments(c)
		if i, n := x.in.find("", col, false); n > 0 {
			return &expr.Column{Index: i, Name: col, T: vec.TypeInt64}
		}
		x.b.errorHint(diag.Window, c.Pos(), "add WINDOW TUMBLING(…)", "%s is allowed in windowed queries only", c.Name)
		return nil
	}
	switch c.Name {
	case "COALESCE", "IFNULL", "NVL":
		args := x.steps(c.Args, is("NULL", false), false)
		if args == nil && len(c.Args) > 0 {
			return nil
		}
		if len(args) == 0 || c.Name != "COALESCE" && len(args) != 2 {
			x.b.errorf(diag.Arity, c.Pos(), "%s takes %s, not %d arguments", c.Name, map[bool]string{true: "at least one argument", false: "2 arguments"}[c.Name == "COALESCE"], len(args))
			return nil
		}
		return x.placedIn(c.Pos(), c.Args, func() (expr.Expr, error) { return expr.NewCoalesce(args) })
	case "NULLIF":
		args := x.list(c.Args)
		if args == nil && len(c.Args) > 0 {
			return nil
		}
		if len(args) != 2 {
			x.b.errorf(diag.Arity, c.Pos(), "NULLIF takes 2 arguments, not %d", len(args))
			return nil
		}
		return x.placed(c.Pos(), func() (expr.Expr, error) { return expr.NewNullIf(args[0], args[1]) })
	case "IF":
		args, ok := []expr.Expr(nil), true
		for i, a := range c.Args {
			var conds []expr.Expr
			if i > 0 && args[0] != nil {
				if t := is("TRUE", i > 1)(args[0]); t != nil {
					conds = append(conds, t)
				}
			}
			args = append(args, x.under(a, conds))
			ok = ok && args[i] != nil
		}
		if !ok {
			return nil
		}
		if len(args) == 2 {
			args = append(args, expr.NullConst(vec.TypeNull))
		}
		if len(args) != 3 {
			x.b.errorf(diag.Arity, c.Pos(), "IF takes 2 or 3 arguments, not %d", len(args))
			return nil
		}
		return x.placedIn(c.Pos(), c.Args, func() (expr.Expr, error) { return expr.NewIf(args[0], args[1], args[2]) })
	case "TIMESTAMP":
		if len(c.Args) == 0 {
			e, ok, report := x.name(&ast.Name{Place: c.Place, Parts: []ast.Ident{{Place: c.Place, Name: "_timestamp"}}})
			if !ok || e == nil {
				if report != nil {
					report()
				}
				return nil
			}
			return x.placed(c.Pos(), func() (expr.Expr, error) { return expr.NewCast(e, vec.TypeTimestamp, false) })
		}
	case "HEADER", "HAS_HEADER", "HEADER_KEYS", "SET_HEADER", "REMOVE_HEADER":
		return x.header(c)
	}
	astArgs := c.Args
	var args []expr.Expr
	twoArgs := len(astArgs) == 2 && (c.Name == "DATE_ADD" || c.Name == "DATE_SUB") // (t, INTERVAL): no unit
	if unitFirst[c.Name] && len(astArgs) > 0 && !twoArgs {
		if n, ok := astArgs[0].(*ast.Name); ok && len(n.Parts) == 1 && units[strings.ToLower(n.Parts[0].Name)] {
			args = append(args, expr.StringConst(strings.ToLower(n.Parts[0].Name)))
			astArgs = astArgs[1:]
		}
	}
	if _, ok := x.b.Funcs.Lookup(c.Name); !ok {
		x.unknownFunction(c)
		column := x.column // it may be meant to be an aggregate
		x.column = nil
		x.list(astArgs)
		x.column = column
		return nil
	}
	rest := x.list(astArgs)
	if rest == nil && len(astArgs) > 0 {
		return nil
	}
	return x.called(c, append(args, rest...), astArgs)
}

// function resolves a function by name and type.
func (x *exprs) function(at ast.Pos, name string, args []expr.Expr) expr.Expr {
	f, ok := x.b.Funcs.Lookup(name)
	if !ok {
		x.unknownFunction(&ast.Call{Place: ast.At(at), Name: name})
		return nil
	}
	return x.placed(at, func() (expr.Expr, error) { return expr.NewCall(f, args) })
}

// called resolves a function as it was written: what is wrong with an argument
// stands at the argument.
func (x *exprs) called(c *ast.Call, args []expr.Expr, written []ast.Expr) expr.Expr {
	f, ok := x.b.Funcs.Lookup(c.Name)
	if !ok {
		x.unknownFunction(c)
		return nil
	}
	var e expr.Expr
	var err error
	if f.Name == "ARRAY_CONTAINS" && len(args) == 2 {
		args[0], err = expr.ElementsLike(args[0], args[1])
	}
	if err == nil {
		e, err = expr.NewCall(f, args)
	}
	if err == nil {
		return e
	}
	x.b.wrongArgument(c.Pos(), err, func(i int) ast.Expr {
		if i -= len(args) - len(written); i >= 0 {
			return written[i]
		}
		return nil
	})
	return nil
}

// wrongArgument reports an error of a call at the argument that it is about, or
// at the function's name.
func (b *Binder) wrongArgument(at ast.Pos, err error, written func(int) ast.Expr) {
	var wrong *expr.ArgumentError
	switch {
	case !errors.As(err, &wrong):
		b.failed(at, diag.Type, err)
	case wrong.Arg < 0:
		b.failed(at, diag.Arity, err)
	default:
		if a := written(wrong.Arg); a != nil {
			at = ast.Start(a)
		}
		b.failed(at, diag.Type, err)
	}
}

func (x *exprs) unknownFunction(c *ast.Call) {
	names := x.b.Funcs.Names()
	for n, f := range x.b.Aggs {
		if !f.Internal {
			names = append(names, n)
		}
	}
	for n := range overOnly {
		names = append(names, n)
	}
	for _, f := range expr.Special() {
		names = append(append(names, f.Name), f.Aliases...)
	}
	slices.Sort(names)
	x.b.errorHint(diag.UnknownFunction, c.Pos(), diag.SuggestHint(c.Name, names, false), "unknown function %q", c.Name)
}

// header binds the header functions: they read, or edit, the column _headers.
func (x *exprs) header(c *ast.Call) expr.Expr {
	edit := c.Name == "SET_HEADER" || c.Name == "REMOVE_HEADER"
	if edit && !x.headers {
		x.b.errorf(diag.Refused, c.Pos(), "%s is allowed in the outermost SELECT list only", c.Name)
		return nil
	}
	args := x.list(c.Args)
	if args == nil && len(c.Args) > 0 {
		return nil
	}
	i, n := x.in.find("", "_headers", false)
	if n == 0 {
		x.b.errorf(diag.UnknownColumn, c.Pos(), "%s: headers are not available here", c.Name)
		return nil
	}
	if edit {
		x.edits = true
		for k, a := range args { // other types as CAST AS STRING
			if vec.KindOf(a.Type()) != vec.String && !(k == 1 && vec.KindOf(a.Type()) == vec.Binary) {
				s, err := expr.NewCast(a, vec.TypeString, false)
				if err != nil {
					x.b.failed(c.Pos(), diag.Type, err)
					return nil
				}
				args[k] = s
			}
		}
	}
	var col expr.Expr = &expr.Column{Index: i, Name: "_headers", T: vec.TypeHeaders}
	if x.column != nil {
		if col = x.column(c, col); col == nil {
			return nil
		}
	}
	return x.function(c.Pos(), c.Name, append([]expr.Expr{col}, args...))
}
