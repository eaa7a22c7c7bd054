package csv

import "golang.org/x/sys/cpu"

// packsBytes tells that the processor can pack the bytes of a register.
var packsBytes = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI2

// blockEnds finds the places of delimiters and newlines in blocks of 64 bytes: how
// many there are, and bits that are 0 if all bytes are ASCII. at must have room for
// 64 places more than there are.
//
//go:noescape
func blockEnds(at *int32, text *byte, blocks int, delim byte) (n int, or uint64)
