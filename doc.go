// Package velo is streaming and batch SQL on Apache Arrow record batches, to be
// embedded: [Open] an engine, [Engine.Query] for one bounded query, or
// [Engine.Start] for an application that runs until it is stopped.
//
// Records that the engine hands out are borrowed until the next one is asked
// for; Retain one to keep it. Nothing is printed, nothing is global: two engines
// in one process do not meet.
package velo
