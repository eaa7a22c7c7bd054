// Package fit gives the columns of a file the types that a query wants of them:
// fields that nobody reads are left out of STRUCTs, and numbers are widened.
//
// Read [Column]. Memory comes from the batch's scope. The package must not
// import planner, operators or expr.
package fit
