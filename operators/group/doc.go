// Package group turns key columns into dense group ids: [Table.Assign] gives
// every row of a batch the number of its group, in order of first arrival.
//
// Read [Table] first. A table of several columns numbers the values of each
// column by itself and then pairs of numbers, so that every layout of every
// column keeps its fast path and no composite key is ever spelt out. Keys are
// always compared, never identified by their hash; NULL is a value of its own;
// -0 equals 0 and NaN equals NaN; nested values are equal element by element.
//
// The state is pointer-free slices on Go's heap and belongs to the table; the
// batch is only borrowed. The package imports arrowexec, vec and Arrow.
package group
