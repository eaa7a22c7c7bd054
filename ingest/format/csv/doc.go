// Package csv reads and writes RFC 4180 text: files with a header, and single
// records without one as payloads of a topic. It decodes straight from bytes to
// the builders of the wanted columns; a field that nobody reads is only skipped.
//
// Read [Format] first, then decoder.record, which reads any record, and
// decoder.many, which reads plain ones many at once with the same result.
// Column memory belongs to the batch's scope; the decoder keeps a few scratch
// bytes of its own.
//
// The package must not import planner, operators, expr or encoding/csv, which
// is its oracle in tests only.
package csv
