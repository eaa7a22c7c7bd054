// Package strftime compiles strftime patterns and writes and reads times with
// them. Read [Compile] first. Nothing is allocated per value. The package
// imports only arrowexec/text, so that formats and event-time readers can share
// it with the functions.
package strftime
