// Package project is the SELECT list: it computes the columns of the output
// from those of the input, row by row.
//
// Read [Operator.Process]. Columns that are only passed on are shared, not
// copied. The package imports arrowexec, vec and expr.
package project
