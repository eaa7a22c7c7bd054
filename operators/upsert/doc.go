// Package upsert keeps the rows of a table by its PRIMARY KEY: a later row of a
// key takes the place of the earlier one, a deletion takes it away.
//
// Read [Operator.Process]. For a query that follows the table every record gives
// the old row, taken back, and then the new one ([arrowexec.Batch.Retracts]); for
// one that wants the table as it is at the end, [Options.Final] gives its rows
// then. The rows are columns on a scope of the operator's own, the row of each key
// is an array by the key's number. The package imports arrowexec, vec,
// operators/group and operators/kept.
package upsert
