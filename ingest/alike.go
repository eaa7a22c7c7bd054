package ingest

// Leaf is a value without parts in the text of a record: where it stands, a string
// without its quotes.
type Leaf struct {
	From, To int
	// Text tells a string from numbers, true, false and null.
	Text bool
	// Column is the wanted column that it is of; -1: of none.
	Column int
}

// AlikeDecoder is a decoder that also reads records whose values have been found
// already, many at once: those of a run of records that differ in nothing but their
// values.
type AlikeDecoder interface {
	Decoder
	// Leaves appends the values of a record, in their order, and counts the fields
	// that the schema does not have. ok is false for records that Decode must read.
	Leaves(record []byte, to []Leaf) (leaves []Leaf, unknown int, ok bool)
	// Open begins a run of at most n records, whose texts have size bytes in all;
	// false where that cannot be.
	Open(rows *Rows, n, size int) bool
	// Column reads the values of a column, from the first record of the run on, and
	// tells how many it could: value i is buf[from[i]:to[i]], printable ASCII without
	// quotes and backslashes, and there are 64 bytes more in buf.
	Column(column int, text bool, buf []byte, from, to []int32) int
	// Shut makes rows of the first n records of the run. Columns that were not read
	// are NULL.
	Shut(rows *Rows, n int)
}
