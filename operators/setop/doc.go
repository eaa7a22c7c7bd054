// Package setop is INTERSECT and EXCEPT, with and without ALL, over two inputs
// that end. Rows are equal as keys of a GROUP BY are: NULL equals NULL. The
// result is rows of the left input in their order there; of equal rows the
// first ones stay.
//
// Read [Op] first: the operator is two ports, one node each, whose consumer is
// the same. It keeps its rows in scopes of its own until both inputs have ended,
// and gives the memory back then. The package imports arrowexec, vec,
// operators/group and operators/kept.
package setop
