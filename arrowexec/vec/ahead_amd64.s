#include "textflag.h"

// func ahead(base *byte, at *uint32, n int, shift, size, tail, count uint64)
TEXT ·ahead(SB), NOSPLIT, $0-56
	MOVQ base+0(FP), SI
	MOVQ at+8(FP), DI
	MOVQ n+16(FP), BX
	MOVQ shift+24(FP), CX
	MOVQ size+32(FP), R8
	MOVQ tail+40(FP), R9
	MOVQ count+48(FP), R10
	XORQ R11, R11
	LEAQ (DI)(BX*4), DI
	NEGQ BX
	TESTQ R9, R9
	JNE  both

one:
	MOVL (DI)(BX*4), AX
	SHRL CX, AX
	CMPQ AX, R10
	CMOVQCC R11, AX
	IMULQ R8, AX
	PREFETCHT0 (SI)(AX*1)
	INCQ BX
	JNE  one
	RET

both:
	ADDQ SI, R9

next:
	MOVL (DI)(BX*4), AX
	SHRL CX, AX
	CMPQ AX, R10
	CMOVQCC R11, AX
	IMULQ R8, AX
	PREFETCHT0 (SI)(AX*1)
	PREFETCHT0 (R9)(AX*1)
	INCQ BX
	JNE  next
	RET

// func aheadIn(pieces **byte, at *uint32, n int, bits, size, count uint64)
TEXT ·aheadIn(SB), NOSPLIT, $0-48
	MOVQ pieces+0(FP), SI
	MOVQ at+8(FP), DI
	MOVQ n+16(FP), BX
	MOVQ bits+24(FP), CX
	MOVQ size+32(FP), R8
	MOVQ count+40(FP), R10
	XORQ R11, R11
	MOVQ $1, R9
	SHLQ CX, R9
	DECQ R9
	LEAQ (DI)(BX*4), DI
	NEGQ BX

piece:
	MOVL (DI)(BX*4), AX
	CMPQ AX, R10
	CMOVQCC R11, AX
	MOVQ AX, DX
	SHRQ CX, DX
	MOVQ (SI)(DX*8), DX
	ANDQ R9, AX
	IMULQ R8, AX
	PREFETCHT0 (DX)(AX*1)
	INCQ BX
	JNE  piece
	RET

// func prefetch(b []byte)
TEXT ·prefetch(SB), NOSPLIT, $0-24
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	ADDQ SI, CX
	ANDQ $~63, SI
	JMP  test

line:
	PREFETCHT0 (SI)
	ADDQ       $64, SI

test:
	CMPQ SI, CX
	JB   line
	RET
