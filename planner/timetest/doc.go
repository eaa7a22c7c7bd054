// Package timetest proves the streaming semantics: a reference model that
// handles one row at a time, a seeded generator of applications and inputs, and
// a runner that compares what the engine gives with what the model gives. Read
// model_test.go first.
//
// The model is written from the contract alone and shares no code with the
// engine: a group is the list of its rows, an aggregate a loop over the list, a
// window its bounds. It is slow and plain on purpose.
//
// A seed decides an application (sources, queries, WITH keys), its input
// (partitions, disorder, duplicates, gaps, NULL keys, records without a row or a readable
// time) and how it is run: batch sizes, threads, and the batch at which the
// run is cut, written down and continued by a fresh application. On a difference
// the case is shrunk and printed with its seed.
//
//	go test ./planner/timetest -run TestModel -args -seeds 20000   // or make fuzz-time N=20000
//	go test ./planner/timetest -run TestModel -args -from 4711 -seeds 1 -show
//
// The package is test code only; it must not be imported.
package timetest
