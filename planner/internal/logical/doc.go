// Package logical is the bound plan of a query: a tree of [Node], every name a
// column number and every expression typed. Rules rewrite it, explain prints
// it, and build turns it into operators.
//
// It imports expr and what describes aggregates, window functions and orders
// (agg, over, sort), and knows neither SQL text nor how operators are made.
package logical
