package hashagg

import (
	"fmt"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Output turns emitted columns to batches: it drops rows that failed, applies
// HAVING and gives each row the input rows that it stands for.
type Output struct {
	Having   expr.Expr // over the columns of the batch; nil: all rows
	Failures *arrowexec.Failures
	// Deletes makes [Output.SendEach] give a row that takes back the last one emitted
	// of a group that HAVING no longer lets pass. Blank is then called with the rows
	// that do, whose columns it may change.
	Deletes bool
	Blank   func(b *arrowexec.Batch, rows []int32)
	ctx     expr.Ctx
}

func wrap(c *Call, err error) error {
	if c.Name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", c.Name, err)
}

// Send emits a batch whose N rows are rows of groups ids. The caller has set
// its columns, to which it may have added its own (window bounds), its scope,
// order and times; Send sets Sel and Weights. own is what each row adds to the
// pending rows of its group before it is emitted (EMIT CHANGES), nil when they
// were added by [Groups.Update]. Nothing is emitted when no row is left, unless
// always: then the batch still carries its watermark.
func (o *Output) Send(b *arrowexec.Batch, failed []Failed, g *Groups, ids []int32, own []int64, always bool, emit arrowexec.Emit) error {
	b.Sel = nil
	b.Weights = vec.Slice[int64](b.Scope, b.N)
	if own == nil && o.Having == nil && len(failed) == 0 { // all pass
		g.settleAll(ids[:b.N], b.Weights)
		if b.N == 0 && !always {
			return nil
		}
		return emit(b)
	}
	if o.Having == nil && len(failed) == 0 && !g.counted { // so too of EMIT CHANGES
		for i, id := range ids[:b.N] {
			b.Weights[i], g.pending[id] = g.pending[id]+own[i], 0
		}
		if b.N == 0 && !always {
			return nil
		}
		return emit(b)
	}
	pass := o.judge(b, failed)
	out := vec.Slice[int32](b.Scope, b.N)[:0]
	var bad []int32
	for i, id := range ids[:b.N] {
		if own != nil {
			g.pending[id] += own[i]
		}
		switch pass[i] {
		case passed:
			b.Weights[i] = g.settle(id)
			out = append(out, int32(i))
		case rejected:
			b.Weights[i] = 0
			g.drop(id)
		default:
			b.Weights[i] = g.settle(id)
			bad = append(bad, int32(i))
		}
	}
	if err := o.report(b, failed, bad); err != nil {
		return err
	}
	if len(out) < b.N {
		b.Sel = vec.Sel(out)
	}
	if len(out) == 0 && !always {
		return nil
	}
	return emit(b)
}

// report gives the rows that failed to the row policy.
func (o *Output) report(b *arrowexec.Batch, failed []Failed, bad []int32) error {
	for _, i := range bad {
		f := o.find(failed, i)
		if err := o.Failures.Row(b, int(i), f.class, "", f.err); err != nil {
			return err
		}
	}
	return nil
}

// judgements of a row.
const (
	passed = iota
	rejected
	broken
	vanished // its group has no rows left; HAVING does not ask it
	deleted  // rejected, but the row of its group that was emitted before is not
)

func (o *Output) judge(b *arrowexec.Batch, failed []Failed) []byte {
	pass := b.Scope.Zeroed(b.N)
	o.judgeOthers(b, failed, pass, false)
	return pass
}

// judgeOthers judges all rows but those that have vanished, if there are some.
func (o *Output) judgeOthers(b *arrowexec.Batch, failed []Failed, pass []byte, some bool) {
	for _, f := range failed {
		if pass[f.Row] == passed {
			pass[f.Row] = broken
		}
	}
	o.ctx.Reset(b)
	if o.Having == nil || b.N == 0 {
		return
	}
	var sel vec.Sel
	if some || len(failed) > 0 {
		sel = vec.Slice[int32](b.Scope, b.N)[:0]
		for i, p := range pass {
			if p == passed {
				sel = append(sel, int32(i))
			}
		}
	}
	kept := expr.Filter(&o.ctx, o.Having, sel)
	if kept != nil {
		each(b.N, sel, func(i int) { pass[i] = rejected })
		for _, i := range kept {
			pass[i] = passed
		}
	}
	for _, f := range o.ctx.Failed() {
		pass[f.Row] = broken
	}
}

type cause struct {
	class string
	err   error
}

func (o *Output) find(failed []Failed, row int32) cause {
	for _, f := range failed {
		if f.Row == row {
			return cause{"overflow", f.Err}
		}
	}
	for _, f := range o.ctx.Failed() {
		if f.Row == row {
			return cause{f.Class, f.Err}
		}
	}
	return cause{"expression", fmt.Errorf("row %d of the output could not be computed", row)}
}
