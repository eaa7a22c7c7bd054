// Package captureipc reads and writes captures as Arrow IPC: the fields of the
// envelope, which package capture has as lines of JSON, are columns.
//
// Read [Columns.Append] first: it gives the records of a record batch to the same
// [capture.Records] that lines are scanned into. [Find] tells a capture from other
// Arrow data, [Writer] writes records.
//
// Bytes of records are borrowed from the record batch, which the scope keeps. The
// package must not import planner, operators or expr.
package captureipc
