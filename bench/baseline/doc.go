// Package baseline has the programs the engine is compared with: the same
// queries as one would write them in Go by hand, a row at a time, with
// encoding/json into map[string]any, with encoding/csv, and over the columns of
// Arrow records. They are shipped so that a ratio can be checked. Read [JSON]
// and [Tumbling] first.
//
// The package must not import the engine.
package baseline
