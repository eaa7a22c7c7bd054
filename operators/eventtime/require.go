package eventtime

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// RequireOptions of [Require].
type RequireOptions struct {
	Column   int       // the event time that [Operator] made
	Field    expr.Expr // what it was read from, for the reason; nil: the record's timestamp
	Name     string    // the field's name
	Format   Format
	Failures *arrowexec.Failures
}

// Require stands behind the WHERE and fails the rows whose event time could not
// be read. Rows that the WHERE removes are filtered, whatever their time.
type Require struct {
	arrowexec.Stateless
	o   RequireOptions
	ctx expr.Ctx
}

// NewRequire makes the operator.
func NewRequire(o RequireOptions) *Require { return &Require{o: o} }

// Process drops rows without an event time.
func (r *Require) Process(b *arrowexec.Batch, emit arrowexec.Emit) error {
	v := b.Cols[r.o.Column]
	if !v.HasNulls() {
		return emit(b)
	}
	n := b.Rows()
	good, bad := vec.Slice[int32](b.Scope, n)[:0], vec.Slice[int32](b.Scope, n)[:0]
	split := func(i int) {
		if v.IsNull(i) {
			bad = append(bad, int32(i))
		} else {
			good = append(good, int32(i))
		}
	}
	if b.Sel == nil {
		for i := range b.N {
			split(i)
		}
	}
	for _, i := range b.Sel {
		split(int(i))
	}
	if len(bad) == 0 {
		return emit(b)
	}
	var field *vec.Vec
	reasons := map[int32]error{}
	if r.o.Field != nil {
		r.ctx.Reset(b)
		field = r.o.Field.Eval(&r.ctx, vec.Sel(bad))
		for _, f := range r.ctx.Failed() {
			reasons[f.Row] = f.Err
		}
	}
	for _, i := range bad {
		err := reasons[i]
		if err == nil {
			err = r.o.Format.explain(r.o.Name, field, int(i))
		}
		if err := r.o.Failures.Row(b, int(i), "event_time", r.o.Name, err); err != nil {
			return err
		}
	}
	return emit(b.With(b.Cols, vec.Sel(good)))
}
