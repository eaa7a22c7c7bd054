#include "textflag.h"

// What a byte of ASCII is: 0x01 a quote or newline, 0x80 a backslash or not printable.
DATA classes<>+0(SB)/8, $0x8080808080808080
DATA classes<>+8(SB)/8, $0x8080808080018080
DATA classes<>+16(SB)/8, $0x8080808080808080
DATA classes<>+24(SB)/8, $0x8080808080808080
DATA classes<>+32(SB)/8, $0x10000
DATA classes<>+40(SB)/8, $0x0
DATA classes<>+48(SB)/8, $0x0
DATA classes<>+56(SB)/8, $0x0
DATA classes<>+64(SB)/8, $0x0
DATA classes<>+72(SB)/8, $0x0
DATA classes<>+80(SB)/8, $0x0
DATA classes<>+88(SB)/8, $0x8000000000
DATA classes<>+96(SB)/8, $0x0
DATA classes<>+104(SB)/8, $0x0
DATA classes<>+112(SB)/8, $0x0
DATA classes<>+120(SB)/8, $0x0
GLOBL classes<>(SB), RODATA|NOPTR, $128

// The numbers 0 to 63.
DATA numbers<>+0(SB)/8, $0x0706050403020100
DATA numbers<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA numbers<>+16(SB)/8, $0x1716151413121110
DATA numbers<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA numbers<>+32(SB)/8, $0x2726252423222120
DATA numbers<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA numbers<>+48(SB)/8, $0x3736353433323130
DATA numbers<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL numbers<>(SB), RODATA|NOPTR, $64

// func plainMarks(c *marking)
//
// 64 bytes of a record a round: a table tells of each byte whether it is a mark, or is not
// for this, as those beyond ASCII are. The places of marks are packed, made 32 bits wide
// and stored sixteen at once, as many as may be. Where no escape is to be told from a
// backslash this takes half the instructions of marks.
TEXT ·plainMarks(SB), NOSPLIT, $0-8
	MOVQ c+0(FP), R14
	MOVQ 0(R14), DI       // marks
	MOVQ 8(R14), SI       // buf
	MOVQ 16(R14), R8      // from
	MOVQ 24(R14), R9      // to
	MOVQ 32(R14), R10     // records
	MOVQ 40(R14), R11     // marks of each
	SHLQ $2, R11
	XORL BX, BX           // records that have been read
	MOVL $0x01, AX
	VPBROADCASTB AX, Z3
	MOVL $0x20, AX
	VPBROADCASTB AX, Z4
	VMOVDQU64 classes<>+0(SB), Z1
	VMOVDQU64 classes<>+64(SB), Z2
	VMOVDQU64 numbers<>(SB), Z6
	MOVL $64, AX
	VPBROADCASTD AX, Z8

record:
	CMPQ BX, R10
	JGE  done
	MOVL (R8)(BX*4), AX
	MOVL (R9)(BX*4), DX
	VPBROADCASTD AX, Z7   // where the round begins
	LEAQ (SI)(AX*1), R12
	SUBQ AX, DX
	JLE  done
	MOVQ DI, R15

round:
	PREFETCHT0 4096(R12)  // a page further on: without it memory that is not in the cache takes a fifth longer
	CMPQ DX, $64
	JLT  tail
	VMOVDQU64 (R12), Z0

look:
	VMOVDQA64 Z0, Z9
	VPERMI2B Z2, Z1, Z9
	VPTESTMB Z3, Z9, K1   // marks
	VPORQ Z0, Z9, Z9
	VPMOVB2M Z9, K2       // what ends it
	KORTESTQ K2, K2
	JNZ  odd

emit:
	KMOVQ K1, AX
	VPCOMPRESSB.Z Z6, K1, Z9
	POPCNTQ AX, AX
	VPMOVZXBD X9, Z10
	VPADDD Z7, Z10, Z10
	VMOVDQU32 Z10, (DI)
	CMPQ AX, $16
	JGT  more

next:
	LEAQ (DI)(AX*4), DI
	VPADDD Z8, Z7, Z7
	ADDQ $64, R12
	SUBQ $64, DX
	JGT  round

	TESTQ R11, R11
	JLT  one
	MOVQ DI, AX
	SUBQ R15, AX
	CMPQ AX, R11
	JNE  done
	MOVL (R9)(BX*4), AX
	MOVL AX, (DI)
	ADDQ $4, DI
	INCQ BX
	JMP  record

one:
	ADDQ DX, R12          // behind the last byte, or the one that ended it
	SUBQ SI, R12
	MOVQ R12, BX
	SUBQ R15, DI
	SHRQ $2, DI
	MOVQ DI, 48(R14)       // marks

done:
	MOVQ BX, 56(R14)
	VZEROUPPER
	RET

tail:
	MOVQ $-1, AX
	BZHIQ DX, AX, AX
	KMOVQ AX, K3
	VMOVDQA64 Z4, Z0      // blanks behind the record
	VMOVDQU8 (R12), K3, Z0
	JMP  look

odd:
	TESTQ R11, R11
	JGE  done             // this record is not of those that were asked for
	KMOVQ K2, AX
	TZCNTQ AX, DX         // what is left of the text: no more rounds
	MOVQ $-1, AX
	BZHIQ DX, AX, AX
	KMOVQ AX, K3
	KANDQ K3, K1, K1
	JMP  emit

more:
	VEXTRACTI32X4 $1, Z9, X11
	VPMOVZXBD X11, Z10
	VPADDD Z7, Z10, Z10
	VMOVDQU32 Z10, 64(DI)
	VEXTRACTI32X4 $2, Z9, X11
	VPMOVZXBD X11, Z10
	VPADDD Z7, Z10, Z10
	VMOVDQU32 Z10, 128(DI)
	VEXTRACTI32X4 $3, Z9, X11
	VPMOVZXBD X11, Z10
	VPADDD Z7, Z10, Z10
	VMOVDQU32 Z10, 192(DI)
	JMP  next
