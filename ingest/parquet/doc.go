// Package parquet reads and writes Parquet files, with a decoder of its own:
// docs/adr/0009-own-parquet.md says why.
//
// Read [Format] and reader.go first: a scan opens the column chunks of the
// wanted leaves, one row group at a time, and each batch takes the same number of
// rows from all of them. chunk.go reads pages, page.go what is in them, values.go
// turns physical values into columns, and nested.go makes lists, maps and structs
// of levels. Texts that are dictionary-encoded in the file stay so.
//
// The writer (writer.go) collects a row group, then writes its columns one by
// one. Column memory belongs to the batch's scope, dictionaries to Go's heap. The
// package must not import planner, operators or expr.
package parquet
