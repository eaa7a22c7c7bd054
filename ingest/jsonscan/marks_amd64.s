#include "textflag.h"

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

// func marks(at *int32, text *byte, n int) (found, read int)
//
// 64 bytes a round: the places of quotes and newlines are packed, made 32 bits wide
// and stored sixteen at once, as many as may be. The first byte that is not for this
// ends it; behind the end of the text stand such bytes.
TEXT ·marks(SB), NOSPLIT, $0-40
	MOVQ at+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ n+16(FP), DX
	MOVQ DI, R15
	MOVQ SI, R14
	MOVL $0x5c, AX
	VPBROADCASTB AX, Z1
	MOVL $0x22, AX
	VPBROADCASTB AX, Z2
	MOVL $0x0a, AX
	VPBROADCASTB AX, Z3
	MOVL $0x20, AX
	VPBROADCASTB AX, Z4
	MOVL $0x60, AX
	VPBROADCASTB AX, Z5
	VMOVDQU64 numbers<>(SB), Z6
	VPXORQ Z7, Z7, Z7     // where the round begins
	MOVL $64, AX
	VPBROADCASTD AX, Z8
	XORL R8, R8           // 1: the byte before is a backslash

round:
	CMPQ DX, $64
	JLT  tail
	VMOVDQU64 (SI), Z0

look:
	VPSUBB Z4, Z0, Z9
	VPCMPEQB Z1, Z0, K1
	VPCMPEQB Z2, Z0, K2
	VPCMPEQB Z3, Z0, K3
	VPCMPUB $5, Z5, Z9, K4
	KMOVQ K1, R10         // backslashes
	KMOVQ K2, R11         // quotes
	KMOVQ K3, R12         // newlines
	KMOVQ K4, R13         // what is not printable
	LEAQ (R8)(R10*2), AX
	SHRQ $63, R10
	MOVQ R10, R8
	ANDNQ AX, R11, AX     // behind a backslash, and no quote
	ANDNQ R13, R12, R13
	ORQ  AX, R13          // what ends it
	ORQ  R12, R11         // the marks
	TESTQ R13, R13
	JNZ  last

emit:
	KMOVQ R11, K1
	VPCOMPRESSB.Z Z6, K1, Z9
	POPCNTQ R11, BX
	VPMOVZXBD X9, Z10
	VPADDD Z7, Z10, Z10
	VMOVDQU32 Z10, (DI)
	CMPQ BX, $16
	JGT  more

next:
	LEAQ (DI)(BX*4), DI
	VPADDD Z8, Z7, Z7
	ADDQ $64, SI
	SUBQ $64, DX
	JGT  round

	ADDQ DX, SI           // behind the last byte, or the one that ended it
	VZEROUPPER
	SUBQ R14, SI
	SUBQ R15, DI
	SHRQ $2, DI
	MOVQ DI, found+24(FP)
	MOVQ SI, read+32(FP)
	RET

tail:
	MOVQ $-1, R9
	BZHIQ DX, R9, R9
	KMOVQ R9, K1
	VMOVDQU8.Z (SI), K1, Z0
	JMP  look

last:
	TZCNTQ R13, DX        // what is left of the text: no more rounds
	BZHIQ DX, R11, R11
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
