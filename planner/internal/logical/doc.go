// Package logical is the bound plan of a query: a tree of [Node], every name a
// column number and every expression typed. Rules rewrite it, explain prints
// it, and build turns it into operators.
//
// It imports expr and the aggregate functions and knows neither SQL text nor
// operators.
package logical
