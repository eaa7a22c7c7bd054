// Package ingesttest is the conformance suites for sources and formats: what
// every one of them must hold, in one call from its own tests.
//
// Read [Source] and [Format] first, and [Read], which shows a scan as text. It
// is imported by tests only.
package ingesttest
