// Package attach gives every row of its left input the answer of a subquery
// that does not depend on the row: the one row of a scalar subquery, whether
// there is a row at all (EXISTS), or whether the row's values are among the
// subquery's (IN), in SQL's three-valued logic.
//
// Read [Op]: it is two ports, one node each, with the same consumer. Rows of the
// left input wait, in scopes of the operator's own, until the subquery has
// ended; from then on they pass. The package imports arrowexec, expr, vec,
// operators/group and operators/kept.
package attach
