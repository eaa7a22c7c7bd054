package ingest

import "io"

// The interfaces of this file are optional: a format implements those that its
// file form needs, and whoever reads or writes whole files asks for them.

// HeaderDecoder is a StreamDecoder of files that may begin with a header.
type HeaderDecoder interface {
	StreamDecoder
	// Header reads the header at the start of a file and tells how many bytes it
	// took. It is called once for each file, and for each later part of a split
	// file again with the same bytes, before DecodeStream. When buf may end
	// within the header and final is not set, ok is false and it is called again
	// with more.
	Header(buf []byte, final bool) (used int, ok bool, err error)
}

// HeaderInferrer is an Inferrer for files that begin with a header: Header comes
// before the records of each file.
type HeaderInferrer interface {
	Inferrer
	Header(header []byte) error
}

// Splitter is a StreamDecoder that finds record starts in a whole file, for
// formats whose boundaries cannot be told from a part of it.
type Splitter interface {
	// Split gives the first record start at or after each of the ascending
	// positions in at; from is the start of the first record. It may leave out
	// starts, if finding them costs more than reading in parallel saves.
	Split(r io.ReaderAt, from, size int64, at []int64) ([]int64, error)
}

// Framer is an Encoder whose file has something before its first record or
// after its last.
type Framer interface {
	Begin(dst []byte) []byte
	End(dst []byte) []byte
}
