// Package memory makes sources and sinks of an embedder's own Arrow records: an
// array.RecordReader, an iterator or a channel in, a func out.
//
// Read [FromReader], [FromSeq], [FromChannel] and [NewSink]. A source's columns
// share the memory of the record, which the batch's scope retains. The package
// must not import planner, operators or expr.
package memory
