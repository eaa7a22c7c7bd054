// Package funcs holds the scalar functions of the SQL dialect, a file per
// family: [All] lists them as expr.Func values with overloads, documentation
// and an example each.
//
// Read [All] first, then a family's file. A kernel computes the selected rows
// of whole columns; constant patterns, paths, units, zones and formats are
// compiled once, when the call is bound. Results live in the batch's scope and
// are borrowed.
//
// Functions that evaluate lazily (COALESCE, IF, CASE) are expressions of package
// expr. The package must not import operators, the planner or ingest.
package funcs
