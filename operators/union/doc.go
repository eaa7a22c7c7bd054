// Package union is UNION ALL: rows of several inputs with the same columns go on
// in the order in which they come, under the least of the inputs' watermarks.
//
// Read [Union.Port]: the union is as many operators as it has inputs, one node
// each, whose consumers are the same; they share the watermarks. The package
// imports arrowexec and vec.
package union
