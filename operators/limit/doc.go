// Package limit is LIMIT and OFFSET: it passes on the rows from one position to
// another in the order of their arrival, and says when it needs no more.
//
// Read [Operator.Process]. The package imports arrowexec and vec.
package limit
