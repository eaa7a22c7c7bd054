// Package join joins two bounded inputs: the right one is read to its end and
// kept, then the left one streams through batch by batch.
//
// Read [Join] first: its two ports, [Join.Right] and [Join.Left], are the
// operators of a graph. Equality keys become dense numbers (operators/group) and
// the right rows of a number stand in one list; candidate pairs are two arrays
// of row numbers, a residual condition narrows them as a batch of its own, and
// rows are gathered only when a batch goes out. Without keys every pair is a
// candidate. For ASOF the one right row that is nearest is found among those of
// the number. Rows come in the order of the left rows, then of the right ones;
// right rows without a match (RIGHT, FULL) at the end, in their order.
//
// Left rows that come before the right input has ended are kept too: both sides
// may read one source. Rows kept belong to scopes of the join's own; what it
// emits belongs to the scope of the batch, or to one opened for the emission.
// The package imports arrowexec, expr, vec, group and kept.
package join
