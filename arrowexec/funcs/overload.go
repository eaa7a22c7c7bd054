package funcs

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

type (
	typeFunc    = func(args []arrow.DataType, consts []*expr.Const) (arrow.DataType, error)
	prepareFunc = func(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error)
)

// is is the result type of most overloads: one type.
func is(t arrow.DataType) typeFunc {
	return func([]arrow.DataType, []*expr.Const) (arrow.DataType, error) { return t, nil }
}

// same gives the type of argument i.
func same(i int) typeFunc {
	return func(args []arrow.DataType, _ []*expr.Const) (arrow.DataType, error) { return args[i], nil }
}

func kinds(ks ...vec.Kind) []expr.Param {
	ps := make([]expr.Param, len(ks))
	for i, k := range ks {
		ps[i].Kind = k
	}
	return ps
}

// anything is a parameter that takes every type as it is.
var anything = expr.Param{Any: true}

func on(result typeFunc, k expr.Kernel, args ...vec.Kind) expr.Overload {
	return expr.Overload{Args: kinds(args...), Type: result, Kernel: k}
}

func prepared(result typeFunc, p prepareFunc, args ...vec.Kind) expr.Overload {
	return expr.Overload{Args: kinds(args...), Type: result, Prepare: p}
}

// optional marks the last n arguments of an overload as optional.
func optional(n int, o expr.Overload) expr.Overload {
	o.Optional = n
	return o
}

// constText gives the text of a constant STRING argument.
func constText(consts []*expr.Const, i int) (string, bool) {
	if i >= len(consts) || consts[i] == nil || consts[i].IsNull() || consts[i].One.Kind != vec.String {
		return "", false
	}
	return string(consts[i].One.BytesAt(0)), true
}

// constInt gives the value of a constant integer argument.
func constInt(consts []*expr.Const, i int) (int64, bool) {
	if i >= len(consts) || consts[i] == nil || consts[i].IsNull() {
		return 0, false
	}
	switch consts[i].One.Kind {
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64:
		return consts[i].One.Int64At(0), true
	}
	return 0, false
}

// compiled turns a text argument into something costly to make: once when the
// argument is constant, else whenever its text differs from the row before's.
type compiled[T any] struct {
	make  func(string) (T, error)
	fixed bool
	val   T
}

// compile makes the value of argument i at once when it is constant.
func compile[T any](consts []*expr.Const, i int, mk func(string) (T, error)) (compiled[T], error) {
	c := compiled[T]{make: mk}
	if s, ok := constText(consts, i); ok {
		v, err := mk(s)
		if err != nil {
			return c, &expr.ArgumentError{Arg: i, Message: err.Error()}
		}
		c.val, c.fixed = v, true
	}
	return c, nil
}

// reader is the state of one evaluation.
type reader[T any] struct {
	compiled[T]
	src  texts
	last string
	err  error
	any  bool
}

func (c compiled[T]) over(v *vec.Vec) *reader[T] {
	r := &reader[T]{compiled: c}
	if !c.fixed {
		r.src = textsOf(v)
	}
	return r
}

func (r *reader[T]) at(i int) (T, error) {
	if r.fixed {
		return r.val, nil
	}
	s := r.src.at(i)
	if !r.any || r.last != string(s) {
		r.last, r.any = string(s), true
		r.val, r.err = r.make(r.last)
	}
	return r.val, r.err
}

func notConstant(what string) error {
	return fmt.Errorf("%s must be a constant text", what)
}
