package planner

import (
	"context"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// explain compiles EXPLAIN [ANALYZE]: the statement is compiled as if it stood
// alone behind those before it, so that its plan is the one that would run.
func (c *compiler) explain(s *ast.Statement, b *ast.Explain) {
	switch b.Body.(type) {
	case *ast.Query, *ast.Create, *ast.Insert:
	default:
		c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, b.Pos(), "EXPLAIN takes SELECT, CREATE … AS or INSERT"))
		return
	}
	if cr, ok := b.Body.(*ast.Create); ok && cr.Query == nil {
		c.errs.Add(diag.Errorf(diag.Refused, c.o.Source, b.Pos(), "a declaration has no plan").WithHint("EXPLAIN a query that reads it"))
		return
	}
	inner := *s
	inner.Body = b.Body
	o := c.o
	o.Rows = func(ingest.Output) (arrowexec.Sink, error) { return &discard{}, nil }
	if _, insert := b.Body.(*ast.Insert); insert && o.Mode == Query {
		o.Mode = Run
	}
	app, err := newCompiler(c.ctx, append(c.all[:c.at:c.at], &inner), nil, o).done()
	if list, ok := err.(diag.List); ok {
		c.errs.Add(list...)
		return
	}
	if err != nil {
		if c.usage == nil {
			c.usage = err
		}
		return
	}
	c.errs.Add(app.Warnings...)
	c.app.explained = app
	// What stands before it is part of the plan and runs for ANALYZE only.
	c.app.Statements, c.app.sinks = nil, nil
	l := newListing(nil, "plan")
	lines := func(text string) [][]expr.Expr {
		var rows [][]expr.Expr
		for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
			rows = append(rows, []expr.Expr{expr.StringConst(line)})
		}
		return rows
	}
	v := &logical.Values{Out: l.cols}
	if b.Analyze && c.o.Mode != Validate {
		v.Run = func(ctx context.Context) ([][]expr.Expr, error) {
			report, err := app.Run(ctx, RunOptions{Analyze: true})
			if err != nil {
				return nil, err
			}
			return lines(app.ExplainAnalyzed(report)), nil
		}
	} else {
		v.Rows = lines(app.explainLast())
	}
	c.answer(s, v)
}
