package ingest

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
	// Split gives the first record start at or after a position; from is a record
	// start before it. It gives none, -1, at the end, and if finding one costs more
	// than reading in parallel saves. plain tells that the text in between has nothing
	// that was looked for.
	Split(r Ranger, from, size, at int64) (start int64, plain bool, err error)
	// Plain says that the text to decode, behind the header, is plain.
	Plain()
}

// Ranger gives up to n bytes of a file from a place on, until it is asked again.
type Ranger interface {
	Range(at int64, n int) ([]byte, error)
}

// Framer is an Encoder whose file has something before its first record or
// after its last.
type Framer interface {
	Begin(dst []byte) []byte
	End(dst []byte) []byte
}
