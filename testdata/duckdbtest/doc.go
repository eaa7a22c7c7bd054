// Package duckdbtest compares velo with DuckDB: generated queries over generated
// tables, the final rows of windows over generated streams, and the golden SQL of
// testdata/sql. Read fuzz_test.go first. It is a module of its own, because DuckDB needs cgo and velo has none;
// it is test code only.
//
//	make fuzz-sql N=50000 SEED=1
//
// A query is a tree that is written twice, once in each dialect; where the two
// dialects mean different things on purpose, dialect.go names the difference with
// its reason, and the generator stays out of its way. What is left must be equal.
// A query that differs is made smaller as long as it still differs, and printed
// with its tables.
//
// golden_test.go runs every golden record that is a query over tables, translated
// by translate.go. What is not run, what DuckDB refuses, and what differs is
// counted by reason: reasons.go tells the first two by their form, golden.txt
// lists the records that differ. A record that differs without a reason fails, and
// so does a reason without a difference.
//
//	go test -run Golden -v . -args -show JSON     # the records of one reason
package duckdbtest
