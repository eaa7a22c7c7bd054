// Package filter is WHERE, and HAVING outside of aggregates: it narrows the
// selection of a batch to the rows for which a predicate is TRUE.
//
// Read [Operator.Process]. Rows stay where they are; nothing is copied. The
// package imports arrowexec, vec and expr.
package filter
