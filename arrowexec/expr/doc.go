// Package expr evaluates SQL expressions over whole batches: [Expr] is a bound,
// typed expression, [Func] with its [Overload]s is a function, [Registry] the
// one list of them. Builtins and the functions of an embedder are the same
// thing.
//
// Read [Expr] first. An expression is evaluated for a selection of rows and
// gives a column whose other rows are undefined, so a guarded division is never
// computed: AND, OR, CASE, COALESCE and IF narrow the selection. NULL is decided
// by the engine for strict functions, which is most of them.
//
// Results live in the batch's scope and are borrowed. The package imports
// arrowexec, arrowexec/vec and Arrow; it knows no SQL text and no operator.
package expr
