// Package distinct is SELECT DISTINCT: of rows that are equal in all columns it
// keeps the first, NULL equal to NULL.
//
// Read [Operator.Process]. What was seen is a [group.Table] on Go's heap; with a
// retention, keys older than that in event time are forgotten, and the next row
// of such a key is a first one again. The package imports arrowexec, vec and
// operators/group.
package distinct
