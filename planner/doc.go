// Package planner turns SQL text into something that runs: [Compile] reads an
// application, finds its sources and sinks, binds every statement and reports
// all errors at once; [App.Run] executes it and gives a [Report] with the ledger
// of every query.
//
// Read [Compile] first, then statement.go for one statement, sources.go and
// sinks.go for what names mean, keys.go for WITH, wire.go for rules and columns,
// and graph.go for how bound plans become operators. Parsing, binding and building
// live in internal.
//
// The package imports ingest's nouns and the operators; the concrete sources,
// sinks and formats come in by the registry that the caller passes.
package planner
