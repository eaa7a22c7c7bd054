// Package window is aggregation by windows of event time: tumbling, sliding
// (hopping), cumulate and session windows, with or without group keys.
//
// Read [Options], then aligned.Process for windows that stand fixed in time and
// sessions.Process for those that rows make. A row is judged by the watermark
// before it (Batch.Marks), so the rows that come out depend on the rows that went
// in and their order, never on how they were cut to batches.
//
// A tumbling window, and any window with EMIT CHANGES, has a small table of
// groups of its own, reused when it has closed. Sliding and cumulate windows
// with EMIT FINAL share panes, and what is merged of them: see shared. State is on
// Go's heap; emitted columns belong to a scope opened for them.
//
// The package imports arrowexec, vec, expr, operators/hashagg and operators/group.
package window
