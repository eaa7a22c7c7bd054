#include "textflag.h"

// The numbers 0 to 63.
DATA places<>+0(SB)/8, $0x0706050403020100
DATA places<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA places<>+16(SB)/8, $0x1716151413121110
DATA places<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA places<>+32(SB)/8, $0x2726252423222120
DATA places<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA places<>+48(SB)/8, $0x3736353433323130
DATA places<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL places<>(SB), RODATA|NOPTR, $64

// func blockEnds(at *int32, text *byte, blocks int, delim byte) (n int, or uint64)
//
// 64 bytes a round: the places of the bytes that are delimiters or newlines are
// packed, made 32 bits wide and stored sixteen at once, as many as may be.
TEXT ·blockEnds(SB), NOSPLIT, $0-48
	MOVQ at+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVBLZX delim+24(FP), AX
	MOVQ DI, R8
	VPBROADCASTB AX, Z1
	MOVL $10, AX
	VPBROADCASTB AX, Z2
	VMOVDQU64 places<>(SB), Z3
	VPXORQ Z4, Z4, Z4     // all bytes seen, or-ed
	VPXORQ Z5, Z5, Z5     // where the round begins
	MOVL $64, AX
	VPBROADCASTD AX, Z8
	TESTQ CX, CX
	JLE  done

round:
	VMOVDQU64 (SI), Z0
	VPORQ Z0, Z4, Z4
	VPCMPEQB Z1, Z0, K1
	VPCMPEQB Z2, Z0, K2
	KORQ K1, K2, K1
	VPCOMPRESSB.Z Z3, K1, Z6
	KMOVQ K1, AX
	POPCNTQ AX, BX
	VPMOVZXBD X6, Z7
	VPADDD Z5, Z7, Z7
	VMOVDQU32 Z7, (DI)
	CMPQ BX, $16
	JGT  more

next:
	LEAQ (DI)(BX*4), DI
	VPADDD Z8, Z5, Z5
	ADDQ $64, SI
	DECQ CX
	JNZ  round

done:
	VPMOVB2M Z4, K1
	KMOVQ K1, AX
	MOVQ AX, or+40(FP)
	VZEROUPPER
	SUBQ R8, DI
	SHRQ $2, DI
	MOVQ DI, n+32(FP)
	RET

more:
	VEXTRACTI32X4 $1, Z6, X9
	VPMOVZXBD X9, Z7
	VPADDD Z5, Z7, Z7
	VMOVDQU32 Z7, 64(DI)
	VEXTRACTI32X4 $2, Z6, X9
	VPMOVZXBD X9, Z7
	VPADDD Z5, Z7, Z7
	VMOVDQU32 Z7, 128(DI)
	VEXTRACTI32X4 $3, Z6, X9
	VPMOVZXBD X9, Z7
	VPADDD Z5, Z7, Z7
	VMOVDQU32 Z7, 192(DI)
	JMP  next
