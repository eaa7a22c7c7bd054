// Package tablejoin joins with a table that changes while it is joined: each row
// of a stream meets the table's rows as they are then, and two tables give the
// changes of their join.
//
// Read [Join] first, and [arrowexec.Batch.Retracts] for how a change is written.
// The rows of a table are kept, in the order in which they were added, in one list
// for each key; the row that is taken back is found by the sequence number under
// which it had been added, its key and its columns, so equal rows may stand more
// than once. Rows taken back leave gaps, which go when they are more than the rest.
//
// A row of the stream (probe.go) gives its pairs with the rows of its key, in
// their order. Of two tables (group.go, resolve.go) all changes with one sequence
// number make one group: what leaves first, then what comes. The pairs are first
// written down as events, a residual condition narrows them as a batch of its own,
// and then each group counts the matches of every row that it touched: a row of a
// preserved side stands alone in the result as long as it has none. What a group
// comes to goes out in one batch, the rows taken back before the rows added, with
// the event time of the record that caused them. A condition is evaluated when a
// pair comes and again when it leaves, so it must depend on nothing but the rows.
//
// Where one batch may reach both sides, its rows wait until it has, and are then
// taken in the order of their causes, so that the size of batches never shows. Rows
// kept belong to scopes of the join's own. The package imports arrowexec, expr,
// vec, group, kept and join.
package tablejoin
