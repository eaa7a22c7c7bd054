// Package eventtime gives every row its event time and its watermark. It has two
// operators: [Operator] right after a source, and [Require] behind the WHERE,
// which fails the rows whose time could not be read.
//
// Read [Operator.Process]. The event time is a TIMESTAMP column put after the
// columns of the source, NULL where it cannot be read. A row's watermark
// (Batch.Marks) is the source's just before that row: the least over its live
// partitions of the greatest event time so far minus the delay.
//
// The package imports arrowexec, vec, text and Arrow; it knows no SQL.
package eventtime
