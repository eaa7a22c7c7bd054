// Package all is the one list of what a velo can read and write. A source, sink
// or format is its folder and its line here.
//
// Read [New]. Nothing else imports all sources; nothing registers itself.
//
// It is the top of ingest: the sources, sinks and formats do not import it. It
// must not import planner or operators. It owns no memory.
package all
