// Package alike reads records that differ in nothing but their values, many at once:
// lines of JSON, lines of captures, payloads of a topic.
//
// Read [Runs] first. A form is learnt of one record: its texts between the values. The
// quotes of many records are found at once; a record has as many as the one that was
// learnt, so record and value number tell where everything is. Then each text is
// compared, and the value behind it read, from the first record to the last. So no value
// waits for another's end, and what to do with a value is asked once a run.
//
// A run ends before the first record that differs in any byte of its texts or has a value
// that does not fit. That record is for the reader of single records, which alone judges
// what is wrong with it: there are no errors here.
//
// The package imports ingest and ingest/jsonscan; it knows no files, no transport and no
// columns.
package alike
