// Package cli is velo-sql: it turns flags and environment into planner options,
// runs what was asked for, and tells people and scripts what came of it. Rows
// go to standard output, everything else to standard error.
//
// Read [Main] first, then flags.go for what every command takes, statement.go
// for the way from text to exit code, and one file for each command. Nothing of
// the language or the engine is decided here.
//
// The package is the outermost layer: it may import everything, and nothing
// imports it but the command. It owns no batch memory.
package cli
