// Package ingest is how bytes become columns and rows become bytes: the nouns
// [Connector] (a source that was found), [Scan] (what a query wants of it),
// [Decoder], [StreamDecoder] and [Encoder] (formats), and the [Registry] that
// lists them.
//
// Read [Connector] first. Every source and every format has a folder of its own
// below this one and is listed once, in ingest/all. Column memory belongs to the
// batch's scope; raw record bytes live as long as the batch.
//
// The package imports arrowexec and Arrow; it must not import planner,
// operators or expr.
package ingest
