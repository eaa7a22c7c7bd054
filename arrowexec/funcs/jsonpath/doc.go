// Package jsonpath reads JSON text in place: it checks it, compacts it, and
// finds what a path points to, without building a tree.
//
// Read [Compile] and [Path.One] first. Duplicate keys of an object count as one
// member: the last value at the place of the first. The package imports the
// standard library only.
package jsonpath
