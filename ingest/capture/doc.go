// Package capture reads and writes the envelope of capture files: one Kafka
// record a line, as kcat -J prints it,
//
//	{"topic":"orders","partition":0,"offset":7,"tstype":"create","ts":1700000000000,"headers":["k","v"],"key":"c1","payload":"{…}"}
//
// Read [Scanner.Scan] first: it turns lines into [Records], whose payloads go to
// the decoder of a payload format. [Detect] tells a capture from plain JSON
// lines, [Counts] is the light pass that finds a file's partitions before it is
// read, [AppendRecord] and [Encoder] write lines.
//
// [Runs] read lines that differ in nothing but their values many at once, payloads
// and all, and leave every other line to the scanner.
//
// Bytes of records are borrowed: they point into the scanned buffer, or, where
// the envelope had to be unescaped, into memory of the batch's scope.
//
// The package imports ingest, ingest/alike, ingest/jsonscan and arrowexec; it knows no files,
// no payload format and no Kafka client.
package capture
