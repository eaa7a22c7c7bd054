// Package agg is the aggregate functions: [Func] describes one, [State] is its
// state for many groups at once, as arrays indexed by dense group id.
//
// Read [State] first. State is pointer-free where its values are, lives on Go's
// heap or in a scope of the operator's, never in the batch's, and is copied out
// when rows are emitted. The package imports arrowexec, vec and Arrow; it knows
// neither how keys become group ids nor when rows are emitted.
package agg
