// Package unnest is UNNEST in FROM: every row of the input becomes one row for
// each element of its arrays, with the input's columns and then the elements.
//
// Read [Operator.Process]. It keeps nothing between batches, and what it emits
// has at most a fixed number of rows whatever the arrays hold. The package
// imports arrowexec, expr and vec.
package unnest
