// Command velo-sql runs SQL over Kafka topics and files.
//
// Read internal/cli, which has its commands; here are only the entry, and the
// tests that run the built program. It must not import anything but
// internal/cli, and owns no memory.
package main
