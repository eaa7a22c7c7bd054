// Package vec is the memory and column layer of velo: [Pool] and [Scope] own
// bytes, [Vec] is one column in Arrow layout, [Sel] is a selection of its rows.
//
// Read [Scope] first: every byte of a batch belongs to the scope that was
// opened for it, and everyone else borrows until the scope is closed, which
// happens after the sink's Write returned. Engine code never calls Retain or
// Release; this package does, and the doors that imports_test.go lists.
//
// A Vec is a view in exactly the Arrow memory layout (validity bitmap, value
// buffer, 32-bit offsets, children), without bit offsets: [FromArrow] normalises
// slices and foreign types when a record enters, [ToArrow] copies when a record
// leaves to an embedder, who may then keep it.
//
// The package must import nothing but Arrow's data packages and the standard
// library.
package vec
