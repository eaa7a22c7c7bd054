// Package cuttest runs applications of tests up to a cut: on poisoned memory under a
// checking allocator, with batches of one size. Read [Run]. It is test code only and
// imports planner and arrowexec.
package cuttest
