// Package arrowipc reads and writes Arrow IPC: the file format (.arrow) and the
// stream format (.arrows). Columns enter without copying where their layout is
// the engine's.
//
// Files that can be mapped are read where they stand, of each record batch the wanted
// columns only (mapped.go); compressed and big-endian ones, streams and views by Arrow's
// own reader, which believes what it reads: see sound.go and check.go.
//
// Read [Open] and [Reader.Next] first. A record that a batch takes columns from
// is kept by the batch's scope. The package must not import planner, operators
// or expr.
package arrowipc
