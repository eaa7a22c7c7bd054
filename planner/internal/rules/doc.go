// Package rules rewrites bound plans: each rule is a function over a
// logical.Node in a file of its own, listed in [All] in the order in which they
// run. A rule never changes which rows come out, nor which of them fail: what
// may fail is moved only to where it is computed for the same rows. Tests run
// the golden files with each rule switched off.
//
// Columns that nobody reads are left out by logical.Use and logical.Renumber,
// which decide what a scan decodes.
package rules
