// Package ordinal numbers the rows of its input: 0, 1, 2 … in their order, in a
// further column. A plan that joins its inputs in another order than they were
// written in puts its rows back into order by these numbers.
//
// Read [Operator]. The package imports arrowexec and vec.
package ordinal
