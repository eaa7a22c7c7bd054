// Package build turns nodes of a bound plan into operators: it is the only
// place that constructs them. Read [Operator] first.
//
// The package imports logical and the operators; it knows no SQL text and opens
// no sources or sinks.
package build
