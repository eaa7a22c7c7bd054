// Package logictest runs the golden SQL of testdata/sql: tables, queries, and the
// rows, ledgers and messages that the contract wants of them. Read run_test.go
// first.
//
// # Form of a .slt file
//
// Blocks are separated by blank lines; lines that start with # between blocks
// are comments.
//
//	table trades.jsonl event.time.field=ts columns="a INT, b STRING"
//	{"a":1,"b":"x","ts":1000}
//
// A table is a file under its name; the extension says the format (.jsonl, .csv,
// .json; a file of capture lines is told by its first record, `format=capture`
// says it of an empty one). The words behind the name are the options of
// --from. A table may be empty; a line ~ is a blank line of the file. It is there for all blocks of the file below it.
//
//	case name-of-the-case [replay] [threads=1] [capture=SINK,SINK] [door=no] [set:KEY=VALUE]
//	SELECT a
//	FROM trades
//	----
//	{"a":1}
//	---- ledger
//	in=2 used=1 filtered=1 late=0 failed=0 held=0 out=1
//
// After the SQL come sections, and a blank line ends the case. `----` alone is
// the rows in order, as JSON lines; `---- ledger` the fates of rows; `---- file
// NAME` a sink's file of a replay; `---- failed` the row errors, sorted;
// `---- error` the statement errors and `---- warning` the warnings, each as
// `LINE:COL kind: message`, hints below them as `hint: …`; `---- stop` the error
// that ends the run. A case without sections has no answer yet: -update writes it.
//
//	eval trades
//	a + 1 => [2,null]
//	nope  => error 1:8 unknown_column: unknown column "nope" in source "trades"
//
// Each line of an eval block is a record of its own: the values of the
// expression over all rows of the table. A row that fails has no value. Only the
// last arrow of a line counts.
//
//	plan name
//	SELECT …
//	----
//	the lines of EXPLAIN
//
// # How it is run
//
// Each record runs at batch sizes 1, 3, 64 and 1024 with one and three threads
// on poisoned memory under a checking allocator; the answers must be the same
// and nothing may be left. A query whose rows do not depend on the file is run
// again over Arrow records: as a reader of sliced and of dictionary-encoded
// columns, and in several pieces for three pipelines.
//
// The package is test code only; it must not be imported.
package logictest
