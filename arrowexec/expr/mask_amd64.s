#include "textflag.h"

// The numbers 0 to 15.
DATA rows<>+0(SB)/8, $0x0000000100000000
DATA rows<>+8(SB)/8, $0x0000000300000002
DATA rows<>+16(SB)/8, $0x0000000500000004
DATA rows<>+24(SB)/8, $0x0000000700000006
DATA rows<>+32(SB)/8, $0x0000000900000008
DATA rows<>+40(SB)/8, $0x0000000b0000000a
DATA rows<>+48(SB)/8, $0x0000000d0000000c
DATA rows<>+56(SB)/8, $0x0000000f0000000e
GLOBL rows<>(SB), RODATA|NOPTR, $64

// A round compares 16 values of 64 bits with Z1, where bits are set.
#define ROUND64(compare, condition, label) \
label: \
	KMOVB (DI), K1; \
	KMOVB 1(DI), K2; \
	VMOVDQU64 (SI), Z0; \
	VMOVDQU64 64(SI), Z2; \
	compare $condition, Z1, Z0, K1, K3; \
	compare $condition, Z1, Z2, K2, K4; \
	KMOVB K3, (DI); \
	KMOVB K4, 1(DI); \
	ADDQ $128, SI; \
	ADDQ $2, DI; \
	DECQ CX; \
	JNZ  label; \
	VZEROUPPER; \
	RET

// The same for 16 values of 32 bits.
#define ROUND32(condition, label) \
label: \
	KMOVW (DI), K1; \
	VMOVDQU32 (SI), Z0; \
	VPCMPD $condition, Z1, Z0, K1, K3; \
	KMOVW K3, (DI); \
	ADDQ $64, SI; \
	ADDQ $2, DI; \
	DECQ CX; \
	JNZ  label; \
	VZEROUPPER; \
	RET

// One loop for each condition, which an instruction has inside.
#define CHOOSE(eq, lt, le, ne, ge) \
	MOVQ cond+32(FP), AX; \
	SHRQ $4, CX; \
	JZ   none; \
	CMPQ AX, $0; \
	JEQ  eq; \
	CMPQ AX, $1; \
	JEQ  lt; \
	CMPQ AX, $2; \
	JEQ  le; \
	CMPQ AX, $4; \
	JEQ  ne; \
	CMPQ AX, $5; \
	JEQ  ge

// func maskDoubles(bits *byte, x *float64, n int, y float64, cond int)
TEXT ·maskDoubles(SB), NOSPLIT, $0-40
	MOVQ bits+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSD y+24(FP), Z1
	CHOOSE(eq, lt, le, ne, ge)
	ROUND64(VCMPPD, 6, gt)
	ROUND64(VCMPPD, 0, eq)
	ROUND64(VCMPPD, 1, lt)
	ROUND64(VCMPPD, 2, le)
	ROUND64(VCMPPD, 4, ne)
	ROUND64(VCMPPD, 5, ge)

none:
	VZEROUPPER
	RET

// func maskLongs(bits *byte, x *int64, n int, y int64, cond int)
TEXT ·maskLongs(SB), NOSPLIT, $0-40
	MOVQ bits+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VPBROADCASTQ y+24(FP), Z1
	CHOOSE(eq, lt, le, ne, ge)
	ROUND64(VPCMPQ, 6, gt)
	ROUND64(VPCMPQ, 0, eq)
	ROUND64(VPCMPQ, 1, lt)
	ROUND64(VPCMPQ, 2, le)
	ROUND64(VPCMPQ, 4, ne)
	ROUND64(VPCMPQ, 5, ge)

none:
	VZEROUPPER
	RET

// func maskInts(bits *byte, x *int32, n int, y int32, cond int)
TEXT ·maskInts(SB), NOSPLIT, $0-40
	MOVQ bits+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	MOVL y+24(FP), AX
	VPBROADCASTD AX, Z1
	CHOOSE(eq, lt, le, ne, ge)
	ROUND32(6, gt)
	ROUND32(0, eq)
	ROUND32(1, lt)
	ROUND32(2, le)
	ROUND32(4, ne)
	ROUND32(5, ge)

none:
	VZEROUPPER
	RET

// func maskLengths(bits *byte, offsets *int32, n int, length int32)
TEXT ·maskLengths(SB), NOSPLIT, $0-28
	MOVQ bits+0(FP), DI
	MOVQ offsets+8(FP), SI
	MOVQ n+16(FP), CX
	MOVL length+24(FP), AX
	VPBROADCASTD AX, Z1
	SHRQ $4, CX
	JZ   done

round:
	KMOVW (DI), K1
	VMOVDQU32 4(SI), Z0
	VPSUBD (SI), Z0, Z0
	VPCMPEQD Z1, Z0, K1, K3
	KMOVW K3, (DI)
	ADDQ $64, SI
	ADDQ $2, DI
	DECQ CX
	JNZ  round

done:
	VZEROUPPER
	RET

// func setBits(at *int32, bits *byte, n int) int
//
// VPCOMPRESSD to memory is microcode here, so 16 numbers are packed in a register and
// stored whole; the next ones go over what was too much.
TEXT ·setBits(SB), NOSPLIT, $0-32
	MOVQ at+0(FP), DI
	MOVQ bits+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ DI, R8
	VMOVDQU32 rows<>(SB), Z3
	MOVL $16, AX
	VPBROADCASTD AX, Z8
	SHRQ $4, CX
	JZ   done

round:
	KMOVW (SI), K1
	MOVWLZX (SI), AX
	VPCOMPRESSD.Z Z3, K1, Z6
	POPCNTL AX, BX
	VMOVDQU32 Z6, (DI)
	LEAQ (DI)(BX*4), DI
	VPADDD Z8, Z3, Z3
	ADDQ $2, SI
	DECQ CX
	JNZ  round

done:
	VZEROUPPER
	SUBQ R8, DI
	SHRQ $2, DI
	MOVQ DI, ret+24(FP)
	RET
