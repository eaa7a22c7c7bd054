// Package bench measures the engine the way an embedder uses it: a [Workload] is
// SQL, a seeded generator and the answer that plain Go computes from the
// generator's rows, never from the bytes the engine reads. [Run] measures
// nothing it has not checked: a wrong answer is an error, not a figure.
//
// Read [Run] first. The package stands between cmd and the root package and
// imports no other part of the engine; the row loops that it is compared with are
// in bench/baseline, the generators in bench/dataset. Records in memory belong to
// the bench for the length of a run.
package bench
