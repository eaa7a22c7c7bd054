// Package json is the payload format "json": records to columns, whole files of
// JSON lines or JSON documents to columns, the columns of undeclared data, and
// rows to JSON objects.
//
// Read [Decoder.Decode] first: a scanner compiled from the wanted columns, the
// fields of STRUCTs included, which guesses every key from the one before it and
// writes values straight into the builders. Every record is checked whole: the
// grammar, UTF-8, and that nothing follows the object.
//
// Bytes of records are borrowed and copied to the builders, whose memory is the
// batch's scope's. A decoder keeps only what it learnt about keys.
//
// The package imports ingest, ingest/jsonscan, arrowexec/text and arrowexec; it
// knows no files and no transport.
package json
