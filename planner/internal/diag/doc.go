// Package diag is the one type of statement error: what is wrong with the text
// of a query, where, and what to do about it. The parser, the binder and the
// planner all report through it, so that errors of one file can be sorted,
// freed of repetitions and printed in one form.
//
// Read Diagnostic first, then List.Render for the printed form. Names below an
// edit distance of three are offered as hints by Nearest.
//
// The package imports nothing of this module and owns no Arrow memory.
package diag
