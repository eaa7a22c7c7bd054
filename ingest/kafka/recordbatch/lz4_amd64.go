package recordbatch

import "golang.org/x/sys/cpu"

// lz4Kernel tells whether the processor has what lz4_amd64.s needs.
var lz4Kernel = cpu.X86.HasAVX2 && cpu.X86.HasBMI1

// lz4Two unpacks sequences of two blocks until one of them has a sequence that is not
// usual, or comes close to its end: [lz4Stream.step] takes that.
//
//go:noescape
func lz4Two(a, b *lz4Stream)

// lz4One is lz4Two for one block.
//
//go:noescape
func lz4One(a *lz4Stream)
