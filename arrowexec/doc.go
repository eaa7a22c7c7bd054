// Package arrowexec is the nouns of the engine and its one loop: [Batch],
// [Operator], [Source], [Sink], [Graph] and [Run], with the adaptive batch
// [Sizer], row errors, and the [Ledger] in which every input row has one fate.
//
// Read [Run] first. It asks the sizer for a number of rows, opens a scope,
// asks the source for a batch, and pushes the batch through the operators as
// plain calls on one stack until the sink's Write has returned; then the scope
// is closed. Nothing is paid per record: no goroutine, channel, lock, clock
// reading or interface call.
//
// The scope owns all memory of a batch; operators and sinks borrow it until the
// call they were given it in returns. What an operator keeps, it copies.
//
// The package imports arrowexec/vec and Arrow only.
package arrowexec
