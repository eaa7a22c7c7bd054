// Package text writes and reads the one text form of values: what CAST AS
// STRING gives, what stands in keys, in CSV and, with quotes where JSON wants
// them, in JSON. What is written reads back as the same value.
//
// Read [AppendValue] first. Writers append to a slice of the caller's and
// allocate nothing; readers borrow their input. The package imports only
// arrowexec/vec and Arrow's value types, so that formats and expressions can
// share it.
package text
