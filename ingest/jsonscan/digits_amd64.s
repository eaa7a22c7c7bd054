#include "textflag.h"

// Powers of ten, as integers and as DOUBLEs.
DATA tens<>+0(SB)/8, $0x1
DATA tens<>+8(SB)/8, $0xa
DATA tens<>+16(SB)/8, $0x64
DATA tens<>+24(SB)/8, $0x3e8
DATA tens<>+32(SB)/8, $0x2710
DATA tens<>+40(SB)/8, $0x186a0
DATA tens<>+48(SB)/8, $0xf4240
DATA tens<>+56(SB)/8, $0x989680
GLOBL tens<>(SB), RODATA|NOPTR, $64

DATA floatTens<>+0(SB)/8, $0x3ff0000000000000
DATA floatTens<>+8(SB)/8, $0x4024000000000000
DATA floatTens<>+16(SB)/8, $0x4059000000000000
DATA floatTens<>+24(SB)/8, $0x408f400000000000
DATA floatTens<>+32(SB)/8, $0x40c3880000000000
DATA floatTens<>+40(SB)/8, $0x40f86a0000000000
DATA floatTens<>+48(SB)/8, $0x412e848000000000
DATA floatTens<>+56(SB)/8, $0x416312d000000000
GLOBL floatTens<>(SB), RODATA|NOPTR, $64

// BEGIN loads the arguments, and what both functions keep in registers.
#define BEGIN \
	MOVQ c+0(FP), R14; \
	MOVQ 0(R14), SI /* buf */; \
	MOVQ 8(R14), R8 /* from */; \
	MOVQ 16(R14), R9 /* to */; \
	MOVQ 24(R14), DI /* out */; \
	MOVQ 32(R14), R10 /* values */; \
	XORL BX, BX; \
	MOVQ $0x3030303030303030, AX; \
	VPBROADCASTQ AX, Z16 /* '0' */; \
	MOVQ $0x0909090909090909, AX; \
	VPBROADCASTQ AX, Z17; \
	MOVQ $0x010a010a010a010a, AX; \
	VPBROADCASTQ AX, Z18 /* 10, 1 */; \
	MOVQ $0x0001006400010064, AX; \
	VPBROADCASTQ AX, Z19 /* 100, 1 */; \
	MOVQ $10000, AX; \
	VPBROADCASTQ AX, Z20; \
	MOVQ $1, AX; \
	VPBROADCASTQ AX, Z21; \
	MOVQ $8, AX; \
	VPBROADCASTQ AX, Z22; \
	MOVQ $64, AX; \
	VPBROADCASTQ AX, Z23; \
	MOVQ $0xff, AX; \
	VPBROADCASTQ AX, Z24

// NUMBER makes the number of eight digits in each lane of V; Z4 is lost.
#define NUMBER(V) \
	VPMADDUBSW Z18, V, V; \
	VPMADDWD Z19, V, V; \
	VPMULUDQ Z20, V, Z4; \
	VPSRLQ $32, V, V; \
	VPADDQ Z4, V, V

// func integers(c *numbers)
//
// Eight values a round. The bytes of each are loaded with what stands behind them, which
// is shifted out; values of more than eight digits have their last eight loaded once more.
// It stops before eight values of which one is anything else.
TEXT ·integers(SB), NOSPLIT, $0-8
	BEGIN
	MOVQ $100000000, AX
	VPBROADCASTQ AX, Z25
	MOVQ $-8, AX
	VPBROADCASTQ AX, Z26
	SUBQ $8, R10

round:
	CMPQ BX, R10
	JGT  done
	VPMOVSXDQ (R8)(BX*4), Z0
	VPMOVSXDQ (R9)(BX*4), Z1
	VPSUBQ Z0, Z1, Z2     // length
	KXNORB K0, K0, K1
	VPXORQ Z3, Z3, Z3
	VPGATHERQQ (SI)(Z0*1), K1, Z3
	VPXORQ Z16, Z3, Z3
	VPTESTNMQ Z24, Z3, K1 // a zero first
	VPCMPUQ $6, Z21, Z2, K2
	KANDB K1, K2, K2      // and more behind it
	VPSUBQ Z21, Z2, Z4
	VPCMPUQ $5, Z22, Z4, K1
	KORTESTB K1, K1
	JNZ  wide
	VPSLLQ $3, Z2, Z4
	VPSUBQ Z4, Z23, Z4
	VPSLLVQ Z4, Z3, Z3
	VPCMPUB $6, Z17, Z3, K3
	KORQ K2, K3, K3
	KORTESTQ K3, K3
	JNZ  done
	NUMBER(Z3)

store:
	VMOVDQU64 Z3, (DI)
	ADDQ $64, DI
	ADDQ $8, BX
	JMP  round

wide:                         // in lanes K1
	VPCMPUQ $6, Z22, Z2, K3
	KXORB K1, K3, K4      // but for the empty ones
	KORB K4, K2, K2
	KMOVB K3, K1
	VPSUBQ Z22, Z2, K1, Z2
	VPSUBQ Z21, Z2, Z4
	VPCMPUQ $5, Z22, Z4, K3 // of more than 16 digits
	KORB K3, K2, K2
	VPSLLQ $3, Z2, Z4
	VPSUBQ Z4, Z23, Z4
	VPSLLVQ Z4, Z3, Z3    // all digits, or those before the last eight
	VPADDQ Z26, Z1, Z1
	KMOVB K1, K4
	VPXORQ Z5, Z5, Z5
	VPGATHERQQ (SI)(Z1*1), K4, Z5
	VPXORQ Z16, Z5, K1, Z5
	VPCMPUB $6, Z17, Z3, K3
	VPCMPUB $6, Z17, Z5, K4
	KORQ K3, K4, K4
	KORQ K2, K4, K4
	KORTESTQ K4, K4
	JNZ  done
	NUMBER(Z3)
	NUMBER(Z5)
	VPMULUDQ Z25, Z3, K1, Z3
	VPADDQ Z5, Z3, Z3
	JMP  store

done:
	MOVQ BX, 40(R14)
	VZEROUPPER
	RET

// func decimals(c *numbers)
//
// Eight values a round: up to seven digits, and a point with up to seven more. It stops
// before eight values of which one is anything else.
TEXT ·decimals(SB), NOSPLIT, $0-8
	BEGIN
	MOVQ $0x1d, AX
	VPBROADCASTQ AX, Z25  // '-' as a digit
	MOVQ $0x1e, AX
	VPBROADCASTQ AX, Z26  // '.' as a digit
	MOVQ $0x7676767676767676, AX
	VPBROADCASTQ AX, Z27
	MOVQ $0x8080808080808080, AX
	VPBROADCASTQ AX, Z28
	MOVQ $56, AX
	VPBROADCASTQ AX, Z29
	MOVQ $48, AX
	VPBROADCASTQ AX, Z30
	MOVQ $0x8000000000000000, AX
	VPBROADCASTQ AX, Z31
	VMOVDQU64 tens<>(SB), Z14
	VMOVDQU64 floatTens<>(SB), Z15
	VPXORQ Z13, Z13, Z13
	SUBQ $8, R10

value:
	CMPQ BX, R10
	JGT  out
	VPMOVSXDQ (R8)(BX*4), Z0
	VPMOVSXDQ (R9)(BX*4), Z1
	VPSUBQ Z0, Z1, Z2
	KXNORB K0, K0, K1
	VPXORQ Z3, Z3, Z3
	VPGATHERQQ (SI)(Z0*1), K1, Z3
	VPXORQ Z16, Z3, Z3
	VPANDQ Z24, Z3, Z4
	VPCMPEQQ Z25, Z4, K7  // a sign
	VPSRLQ $8, Z3, K7, Z3
	VPSUBQ Z21, Z2, K7, Z2
	VPADDQ Z21, Z0, K7, Z0
	VPSLLQ $3, Z2, Z2     // bits of the value

	VPADDB Z27, Z3, Z4
	VPORQ Z3, Z4, Z4
	VPANDQ Z28, Z4, Z4    // bytes that are no digits
	VPSUBQ Z4, Z13, Z5
	VPANDQ Z5, Z4, Z4
	VPLZCNTQ Z4, Z4
	VPSUBQ Z4, Z29, Z4    // bits of the digits before the first of them

	VPSUBQ Z22, Z4, Z5
	VPCMPUQ $6, Z30, Z5, K1 // none, or more than seven
	VPTESTNMQ Z24, Z3, K2
	VPCMPUQ $6, Z22, Z4, K3
	KANDB K2, K3, K3
	KORB K3, K1, K1       // or a zero before others
	VPCMPEQQ Z2, Z4, K2   // all of the value
	KNOTB K2, K3
	VPSRLVQ Z4, Z3, Z5
	VPANDQ Z24, Z5, Z5
	VPCMPUQ $4, Z26, Z5, K3, K4
	KORB K4, K1, K1       // or no point behind them
	VPSUBQ Z4, Z2, Z6
	VPSUBQ.Z Z22, Z6, K3, Z6 // bits of the digits behind it
	VPSUBQ Z22, Z6, Z5
	VPCMPUQ $6, Z30, Z5, K3, K4
	KORB K4, K1, K1
	KORTESTB K1, K1
	JNZ  out

	VPSUBQ Z4, Z23, Z5
	VPSLLVQ Z5, Z3, Z3
	VPSRLQ $3, Z4, Z4
	VPADDQ Z4, Z0, Z0
	VPADDQ Z21, Z0, Z0
	KXNORB K0, K0, K1
	VPXORQ Z5, Z5, Z5
	VPGATHERQQ (SI)(Z0*1), K1, Z5
	VPXORQ Z16, Z5, Z5
	VPSUBQ Z6, Z23, Z4
	VPSLLVQ Z4, Z5, Z5
	VPCMPUB $6, Z17, Z5, K1
	KORTESTQ K1, K1
	JNZ  out
	NUMBER(Z3)
	NUMBER(Z5)
	VPSRLQ $3, Z6, Z6
	VPERMQ Z14, Z6, Z4
	VPMULUDQ Z4, Z3, Z3
	VPADDQ Z5, Z3, Z3
	VCVTUQQ2PD Z3, Z3     // both are exact, so the quotient is the nearest number
	VPERMPD Z15, Z6, Z4
	VDIVPD Z4, Z3, Z3
	VPORQ Z31, Z3, K7, Z3
	VMOVDQU64 Z3, (DI)
	ADDQ $64, DI
	ADDQ $8, BX
	JMP  value

out:
	MOVQ BX, 40(R14)
	VZEROUPPER
	RET
