// Package bind gives names and types their meaning: it turns syntax trees into
// the bound plan of package logical and reports every statement error it finds,
// each once, at its place.
//
// Read [Binder.Query] first, then expr.go for expressions. Where something
// could not be bound nil stands in its place and nothing more is said about it.
// The package imports ast, parse, diag, logical, expr, and the functions of agg and
// over; it makes no operators and opens no sources: they are resolved through
// [Relations].
package bind
