// Package kafka reads topics into batches and writes batches to topics:
// kafka_source and kafka_sink. It is the only package that knows the Kafka
// client (franz-go).
//
// Read [Source] and [Sink] first: the two entries of the registry. A source has
// two ways to read. A bounded one ([rangeSource]) reads exact offset ranges,
// known per partition when it starts, in the order of the record timestamps. An
// unbounded one ([groupSource]) is a member of a consumer group and commits the
// offsets whose output was acknowledged. Both hand polled records to [columns],
// which calls the payload's decoder and fills the system columns that the query
// reads; a raw fetch path may later take that seam.
//
// Every property is one line of the table in keys.go, which serves WITH keys and
// -X alike.
//
// Column memory belongs to the batch's scope. Record bytes belong to the client
// library and the garbage collector: they stay valid as long as the batch's
// Origin is held.
//
// The package imports ingest, arrowexec and franz-go; it must not import
// planner, operators or expr, nor other connectors (recordkey, which fills columns
// from message keys, is shared by all of them).
package kafka
