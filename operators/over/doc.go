// Package over computes window functions: ranks, LAG and LEAD, values and
// aggregates over frames, as SQL defines them for an input that ends. It keeps
// all rows and gives them at the end, in the order of arrival, each with one
// more column for every call. Read [Operator.Flush] first.
//
// The package knows neither planner nor ingest. Kept rows belong to the
// operator's own scope, what it emits to the scope of the batch.
package over
