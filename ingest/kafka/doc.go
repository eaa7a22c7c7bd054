// Package kafka reads topics into batches and writes batches to topics:
// kafka_source and kafka_sink. It is the only package that knows the Kafka
// client (franz-go).
//
// Read [Source] and [Sink] first: the two entries of the registry. A source has
// two ways to read. A bounded one ([rangeSource]) reads exact offset ranges,
// known per partition when it starts, in the order of the record timestamps. An
// unbounded one ([groupSource]) is a member of a consumer group and commits the
// offsets whose output was acknowledged. Both hand runs of records ([records]) to
// [columns], which calls the payload's decoder and fills the system columns that the
// query reads. Payloads that differ in nothing but their values are read many at once
// ([alikes]).
//
// Below them are two ways to fetch, kafka.fetch: [rawFetch] sends fetch requests and
// walks the answers' record batches into blocks (package recordbatch); poll copies
// what the client library's polling gives into blocks, see [polled].
//
// A [sink] has two ways to send, kafka.produce: [library] makes a record of the client
// library of each row; [producer] appends rows to record batches and sends those itself,
// one request at a time to each broker ([courier]).
//
// Every property is one line of the table in keys.go, which serves WITH keys and
// -X alike.
//
// Column memory belongs to the batch's scope. Record bytes belong to blocks, which the
// scope borrows: they are filled again when all scopes that read them are closed.
//
// The package imports ingest, arrowexec and franz-go; it must not import
// planner, operators or expr, nor other connectors (recordkey, which fills columns
// from message keys, is shared by all of them).
package kafka
