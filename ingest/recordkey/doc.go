// Package recordkey fills columns from message keys: 'key.fields'='a,b', and
// PRIMARY KEY columns that the payload lacks.
//
// Read [Fields] and [Columns.Append]. A key is the text of its parts, joined by
// | with | and \ escaped by \, or a JSON object by column name. The package must
// not import planner, operators or expr.
package recordkey
