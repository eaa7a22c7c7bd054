// Package parse turns SQL text into ast trees: variables are expanded, the text
// is cut into tokens, and a recursive-descent parser with an operator-precedence
// loop for expressions reads statement after statement.
//
// Read Statements first, then parser.statement; tokens come from scanner.run,
// variables from Expand. Expr and Columns read the parts of SQL that stand in WITH
// values and library calls.
//
// Every place reported is a place in the text as the user wrote it. The first
// syntax error of a statement ends that statement: from then on the parser sees
// nothing but its end, so no function needs an error result, and every loop
// here must stop at the end token.
//
// The package imports only ast and diag, and owns no Arrow memory.
package parse
