// Package file reads and writes files: formats of the registry, of text and of
// columns (Arrow IPC, Parquet, Avro), and captures, plain or compressed, one file,
// a glob, a folder or standard input.
//
// Read [SourceType] and source.go first, then text.go, which turns a stream of
// bytes into batches. Plain files are mapped; bytes of others are read straight
// into memory of the batch's scope. Either way raw records live as long as their
// batch, and the unread tail of a buffer is carried over to the next. Compressed
// input is unpacked by a goroutine of its own, which ends with the source. Sinks
// write under a temporary name and rename on commit.
//
// The package must not import planner, operators, expr or the Kafka client.
package file
