// Package optest is the harness that operators are tested with: it gives an
// operator the same rows many times, cut to random batches, in plain, sliced,
// constant and dictionary layouts, between rows outside the selection, on
// poisoned memory, and through a snapshot in the middle of the run, and holds
// that the rows that come out never differ and that no memory stays behind.
//
// Read [Check] first. The package is for tests; it imports arrowexec and vec.
package optest
