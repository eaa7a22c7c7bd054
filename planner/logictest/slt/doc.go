// Package slt reads and writes the .slt files of golden SQL; what they say is in
// the documentation of package logictest, which runs them. It is a package of its
// own so that a comparison with another engine can read the same files.
package slt
