// Package decorrelate turns the subqueries of a bound plan ([logical.Attach])
// into joins. Read [Plan] first.
//
// A subquery that does not depend on the rows around it is joined as it stands.
// One that does names values of these rows, its parameters, as [expr.Outer]
// anywhere in its plan. EXISTS and IN over filters and inner joins become a mark
// join: conditions with parameters become its keys and its residual condition
// (pull.go). Any other plan is computed for all values of the parameters at
// once: each node of it carries the parameters as columns, aggregates and the
// like have them as further keys (dependent.go), and the result is joined with
// the rows around it by them. The columns come from the subquery's own equalities
// where these give all parameters, and else from a join with the distinct values
// that the rows around it have (domain.go).
//
// It works from the outermost subquery inwards: one inside another sees the
// parameters of the outer one as columns of its own input. The package imports
// logical, expr, agg, over and diag.
package decorrelate
