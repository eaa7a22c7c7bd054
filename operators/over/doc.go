// Package over computes window functions: ranks, LAG and LEAD, values and
// aggregates over frames. [Operator] does so as SQL defines them for an input
// that ends: it keeps all rows and gives them at the end, in the order of
// arrival. [Buffered] does so over the last rows of each partition, row by row as
// they come; where a call looks ahead, rows wait until others follow. Both give
// the input's columns and then one more for every call, which is computed over
// entries of a view: positions in the window's order, and what each of them sees.
// [InTime] stands before a [Buffered] whose order is that of event time. Read
// view.go first, then [Operator.Flush] and [Buffered.Process].
//
// The package knows neither planner nor ingest. Kept rows belong to the
// operator's own scope, what it emits to the scope of the batch.
package over
