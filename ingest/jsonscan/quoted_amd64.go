package jsonscan

import "golang.org/x/sys/cpu"

// hasQuoted tells that the processor can pack the bytes of a register.
var hasQuoted = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512VBMI2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2

// hasDigits tells that it can gather words, and count the zero bits before a number.
var hasDigits = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512CD

// integers is [Integers] for eight values a round.
//
//go:noescape
func integers(c *numbers)

// decimals is [Decimals] for eight values a round.
//
//go:noescape
func decimals(c *numbers)

// quoted copies up to n bytes of a string that has no escapes but \" without the
// backslashes, and stops before any other byte that is special: how many bytes
// were read and written, and bits that are 0 if all bytes of the blocks that were
// looked at are ASCII. dst must have room for n+64 bytes.
//
//go:noescape
func quoted(dst, src *byte, n int) (read, wrote int, high uint64)

// marks is [Marks] with [QuoteEscapes] by blocks of 64 bytes.
//
//go:noescape
func marks(at *int32, text *byte, n int) (found, read int)

// plainMarks is [Marks] and [MarksOf] with [NoEscapes] by blocks of 64 bytes.
//
//go:noescape
func plainMarks(c *marking)

// sameTexts is [Text.Same] by one comparison a line.
//
//go:noescape
func sameTexts(c *texts)
