package bind

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner/internal/logical"
)

// resolveAggregate picks the overload with the fewest widened arguments.
func resolveAggregate(f *agg.Func, args []expr.Expr, star bool) (logical.AggCall, error) {
	best, cost := -1, 1<<30
	for i := range f.Overloads {
		o := &f.Overloads[i]
		if len(args) > len(o.Args) || len(args) < len(o.Args)-o.Optional {
			continue
		}
		total := 0
		for k, a := range args {
			c := paramCost(a.Type(), o.Args[k])
			if c < 0 {
				total = -1
				break
			}
			total += c
		}
		if total >= 0 && total < cost {
			best, cost = i, total
		}
	}
	if best < 0 {
		return logical.AggCall{}, mismatch(f, args)
	}
	o := &f.Overloads[best]
	types := make([]arrow.DataType, len(args))
	consts := make([]*vec.Vec, len(args))
	bound := make([]expr.Expr, len(args))
	for k, a := range args {
		p := o.Args[k]
		if !p.Any && vec.KindOf(a.Type()) != p.Kind {
			t, ok := plainType(p.Kind)
			if !ok {
				return logical.AggCall{}, fmt.Errorf("%s does not take %s", f.Name, expr.TypeName(a.Type()))
			}
			c, err := expr.NewCast(a, t, false)
			if err != nil {
				return logical.AggCall{}, err
			}
			a = c
		}
		a = expr.Fold(a)
		if c, ok := a.(*expr.Const); ok {
			consts[k] = c.One
		}
		bound[k], types[k] = a, a.Type()
	}
	t, err := o.Type(types, consts)
	if err != nil {
		if len(args) == 1 {
			err = &expr.ArgumentError{Arg: 0, Message: err.Error()}
		}
		return logical.AggCall{}, err
	}
	return logical.AggCall{Func: f, Overload: o, Args: bound, Type: t}, nil
}

// mismatch says that an aggregate does not take arguments: their number, or the
// first that no overload takes at its place.
func mismatch(f *agg.Func, args []expr.Expr) error {
	var ts []string
	for _, a := range args {
		ts = append(ts, expr.TypeName(a.Type()))
	}
	e := &expr.ArgumentError{Arg: len(args) - 1, Message: fmt.Sprintf("%s does not take (%s); hint: write %s", f.Name, strings.Join(ts, ", "), f.Signature)}
	number := false
	for i, a := range args {
		taken := false
		for _, o := range f.Overloads {
			number = number || len(args) <= len(o.Args) && len(args) >= len(o.Args)-o.Optional
			taken = taken || i < len(o.Args) && paramCost(a.Type(), o.Args[i]) >= 0
		}
		if !taken && e.Arg == len(args)-1 {
			e.Arg = i
		}
	}
	if !number {
		e.Arg = -1
	}
	return e
}

// widening is the order in which numbers widen.
var widening = map[vec.Kind]int{vec.Int8: 1, vec.Int16: 2, vec.Int32: 3, vec.Int64: 4, vec.Decimal: 5, vec.Float32: 6, vec.Float64: 7}

func paramCost(t arrow.DataType, p agg.Param) int {
	k := vec.KindOf(t)
	switch {
	case p.Any:
		return 1
	case k == p.Kind:
		return 0
	case k == vec.Null:
		return 2
	case k == vec.Date && p.Kind == vec.Timestamp:
		return 2
	case widening[k] > 0 && widening[p.Kind] > widening[k] && p.Kind != vec.Float32:
		return 2 + widening[p.Kind] - widening[k]
	}
	return -1
}

func plainType(k vec.Kind) (arrow.DataType, bool) {
	switch k {
	case vec.Bool:
		return vec.TypeBool, true
	case vec.Int8:
		return vec.TypeInt8, true
	case vec.Int16:
		return vec.TypeInt16, true
	case vec.Int32:
		return vec.TypeInt32, true
	case vec.Int64:
		return vec.TypeInt64, true
	case vec.Float32:
		return vec.TypeFloat32, true
	case vec.Float64:
		return vec.TypeFloat64, true
	case vec.Decimal:
		return vec.DecimalType(38, 9), true
	case vec.String:
		return vec.TypeString, true
	case vec.Binary:
		return vec.TypeBinary, true
	case vec.Date:
		return vec.TypeDate, true
	case vec.Time:
		return vec.TypeTime, true
	case vec.Timestamp:
		return vec.TypeTimestamp, true
	case vec.Interval:
		return vec.TypeInterval, true
	}
	return nil, false
}
