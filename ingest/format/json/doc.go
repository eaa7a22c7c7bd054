// Package json is the payload format "json": records to columns, whole files of
// JSON lines or JSON documents to columns, the columns of undeclared data, and
// rows to JSON objects.
//
// Read [Decoder.Decode] first, then Decoder.fast, which reads nearly all records:
// a scanner compiled from the wanted columns, which guesses every key from the one
// before it and writes values where they stand in the columns, a block of records
// before the builders are told. Records that differ in nothing but their values are read
// column by column instead, by who has found the values (alike.go, ingest/alike).
// Decoder.object reads what is left over, and what STRUCTs hold, with an append to a
// builder for each value. Every record is checked whole, unless json.validate says
// otherwise: the grammar, UTF-8, and that nothing follows the object.
//
// Bytes of records are borrowed and copied to the builders, whose memory is the
// batch's scope's. A decoder keeps only what it learnt about keys.
//
// The package imports ingest, ingest/alike, ingest/jsonscan, arrowexec/text and
// arrowexec; it knows no files and no transport.
package json
