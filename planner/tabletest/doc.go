// Package tabletest proves what the contract says of tables: a reference model that
// handles one record at a time, a seeded generator of applications and inputs, and a
// runner that compares what the engine writes with what the model writes. Read
// model_test.go first.
//
// The model is written from the contract alone and shares no code with the engine: a
// table is the list of its rows, a join two lists, a group the list of its rows. It is
// slow and plain on purpose.
//
// A seed decides an application (declared tables and streams, chains of statements),
// its input (captures with deletions and keys, JSON lines, CSV) and how it is run:
// batch sizes, threads, rules left out, and the batches at which the run is cut,
// written down and continued by a fresh application. Every sink is a capture, whose
// keys, times and deletions are compared. On a difference the case is shrunk and
// printed with its seed.
//
//	go test ./planner/tabletest -run TestModel -args -seeds 20000   // or make fuzz-tables N=20000
//	go test ./planner/tabletest -run TestModel -args -from 4711 -seeds 1 -show
//
// The package is test code only; it must not be imported.
package tabletest
