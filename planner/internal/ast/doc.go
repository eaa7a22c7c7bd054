// Package ast is the syntax tree of the SQL dialect: plain structs, one file
// per area, each node with the place it came from.
//
// Read Statement first, then Query and the list of Expr nodes in expr.go. A
// tree is what the text says and nothing more: names are not resolved, types
// not derived, aliases not looked up. Inspect walks it, Format writes it back
// as SQL text.
//
// The place of a node (Pos) is the token an error about it should point at:
// for an operator the operator itself, for a call the function's name, else the
// first token. Start gives the first token of any expression.
//
// The package imports only planner/internal/diag and owns no Arrow memory.
package ast
