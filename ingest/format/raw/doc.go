// Package raw is the formats that take a payload as it is: string (UTF-8 text)
// and raw (bytes), with one column, value. In a file each line is a record.
//
// Read [Format] first. Values are copied to the batch's scope. The package must
// not import planner, operators or expr.
package raw
