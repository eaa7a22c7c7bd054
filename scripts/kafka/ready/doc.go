// Command ready waits for the Kafka broker of the tests, and finds free ports for it.
//
// A broker answers ApiVersions while it is still fenced, so ready means more: a Metadata answer that names a broker.
//
// Read main first. It is a program of the test scripts and imports nothing of
// the engine.
package main
