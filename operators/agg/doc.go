// Package agg is the aggregate functions: [Func] describes one, [State] is its
// state for many groups at once, as arrays indexed by dense group id, and [All]
// is the one list of them.
//
// Read [State] first. State is pointer-free where its values are, lives on Go's
// heap or in a scope of the state's own, never in the batch's, and is copied
// out when rows are emitted. What a value is never depends on how rows were cut
// to batches or spread over pipelines: integers and decimals are summed in more
// than 128 bits, floats with their rounding errors, and aggregates in which
// order matters go by the sequence numbers of the rows.
//
// [Distinct] and [Ordered] wrap a State for DISTINCT and for ORDER BY inside
// the call. FILTER is the operator's business: it narrows the selection.
//
// A [Retractor] takes rows back as well: counts and sums in place, others by keeping
// the rows of their groups ([Retracting]).
//
// The package imports arrowexec, expr (to compare values), vec, operators/group
// (for sets of distinct values) and Arrow; it knows neither how keys become group ids nor when rows
// are emitted.
package agg
