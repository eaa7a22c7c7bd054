#include "textflag.h"

DATA golden<>+0(SB)/8, $0x9e3779b97f4a7c15
GLOBL golden<>(SB), RODATA|NOPTR, $8

// Registers of both loops: BX counts rows, R8 offsets, R9 bytes, R11 slots, R12 keys,
// R13 the masks of lengths, DI numbers, CX the shift.
#define LOAD \
	MOVQ n+8(FP), BX; \
	MOVQ offs+16(FP), R8; \
	MOVQ data+24(FP), R9; \
	MOVQ ids+40(FP), DI; \
	MOVQ slots+48(FP), R11; \
	MOVQ shift+64(FP), CX; \
	MOVQ keys+72(FP), R12; \
	MOVQ masks+96(FP), R13; \
	TESTQ BX, BX; \
	JEQ  out; \
	XORQ BX, BX

// The text of length DX at SI as a key, R10 and R14, its hash, R15, and its place, AX.
#define KEY \
	CMPL DX, $16; \
	JHS  out; \
	CMPQ SI, last+32(FP); \
	JGT  out; \
	LEAQ (DX)(DX*2), DX; \
	MOVQ (R9)(SI*1), R10; \
	ANDQ (R13)(DX*8), R10; \
	MOVQ 8(R9)(SI*1), R14; \
	ANDQ 8(R13)(DX*8), R14; \
	ORQ  16(R13)(DX*8), R14; \
	MOVQ R10, AX; \
	XORQ a+80(FP), AX; \
	MOVQ R14, DX; \
	XORQ b+88(FP), DX; \
	MULQ DX; \
	XORQ DX, AX; \
	IMULQ golden<>(SB), AX; \
	SHRQ $32, AX; \
	ORL  $1, AX; \
	MOVL AX, R15; \
	SHRL CX, AX

// Looks at one slot: its number is left in DX.
#define SLOT(miss, next) \
	MOVQ (R11)(AX*8), DX; \
	MOVQ DX, SI; \
	SHRQ $32, SI; \
	CMPL SI, R15; \
	JNE  miss; \
	DECL DX; \
	MOVQ DX, SI; \
	SHLQ $4, SI; \
	CMPQ R10, (R12)(SI*1); \
	JNE  next; \
	CMPQ R14, 8(R12)(SI*1); \
	JNE  next

// func knownRows(sel *int32, n int, offs *int32, data *byte, last int, ids *int32, slots *uint64, mask, shift uint64, keys *strKey, a, b uint64, masks *cut) int
TEXT ·knownRows(SB), NOSPLIT, $0-112
	LOAD

row:
	MOVL (R8)(BX*4), SI
	MOVL 4(R8)(BX*4), DX
	SUBL SI, DX
	KEY

slot:
	SLOT(miss, next)
	MOVL DX, (DI)(BX*4)
	INCQ BX
	CMPQ BX, n+8(FP)
	JLT  row

out:
	MOVQ BX, ret+104(FP)
	RET

miss:
	TESTQ DX, DX
	JEQ  out

next:
	INCQ AX
	ANDQ mask+56(FP), AX
	JMP  slot

// func knownRowsOf(sel *int32, n int, offs *int32, data *byte, last int, ids *int32, slots *uint64, mask, shift uint64, keys *strKey, a, b uint64, masks *cut) int
TEXT ·knownRowsOf(SB), NOSPLIT, $0-112
	LOAD

row:
	MOVQ sel+0(FP), AX
	MOVLQSX (AX)(BX*4), AX
	MOVL (R8)(AX*4), SI
	MOVL 4(R8)(AX*4), DX
	SUBL SI, DX
	KEY

slot:
	SLOT(miss, next)
	MOVQ sel+0(FP), SI
	MOVLQSX (SI)(BX*4), SI
	MOVL DX, (DI)(SI*4)
	INCQ BX
	CMPQ BX, n+8(FP)
	JLT  row

out:
	MOVQ BX, ret+104(FP)
	RET

miss:
	TESTQ DX, DX
	JEQ  out

next:
	INCQ AX
	ANDQ mask+56(FP), AX
	JMP  slot
