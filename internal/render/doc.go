// Package render prints the rows of a query: tables for people, lines for
// programs, Arrow files and captures. Every form is an [arrowexec.Sink] over a
// writer.
//
// Read [New] first. Forms that are payload formats (jsonl, json, csv, tsv) are
// written by the encoders of the registry; lines.go frames them. A sink copies
// the text of a batch before Write returns and owns no batch memory.
//
// The package imports ingest and arrowexec; it must not import planner or
// operators.
package render
