// Package kept holds rows that an operator keeps beyond their batch: [Rows]
// copies them, with their weights and the sequence numbers of their causes,
// into columns on a scope of its own, and writes them to Arrow records and back.
//
// The scope is opened from the pool of the first batch and closed by Close; a
// cleared Rows keeps nothing. The package imports arrowexec, vec and Arrow.
package kept
