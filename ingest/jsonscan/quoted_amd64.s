#include "textflag.h"

// func quoted(dst, src *byte, n int) (read, wrote int, high uint64)
//
// 64 bytes a round: the bytes that are backslashes, quotes and control bytes as
// three masks. A byte behind a backslash must be a quote, and a quote must stand
// behind one; the first byte of which that is not so, or that is a control byte,
// ends the copy. What is left without the backslashes is packed by VPCOMPRESSB.
TEXT ·quoted(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), DX
	MOVQ DI, R15          // where dst began
	MOVQ SI, R14          // where src began
	MOVL $0x5c, AX
	VPBROADCASTB AX, Z1
	MOVL $0x22, AX
	VPBROADCASTB AX, Z2
	MOVL $0x20, AX
	VPBROADCASTB AX, Z3
	VPXORQ Z4, Z4, Z4     // all bytes seen, or-ed
	XORL R8, R8           // 1: the byte before is a backslash

round:
	TESTQ DX, DX
	JLE  end
	MOVQ $-1, R9          // the bytes of this round
	CMPQ DX, $64
	JGE  load
	BZHIQ DX, R9, R9

load:
	KMOVQ R9, K1
	VMOVDQU8.Z (SI), K1, Z0
	VPORQ Z0, Z4, Z4
	VPCMPEQB Z1, Z0, K2
	VPCMPEQB Z2, Z0, K3
	VPCMPUB $1, Z3, Z0, K4
	KMOVQ K2, R10         // backslashes
	KMOVQ K3, R11         // quotes
	KMOVQ K4, R12         // control bytes
	LEAQ (R8)(R10*2), R13 // what stands behind a backslash
	XORQ R13, R11
	ORQ  R12, R11
	ANDQ R9, R11          // what ends the copy
	NOTQ R10
	ANDQ R9, R10          // what stays
	TESTQ R11, R11
	JNZ  last
	KMOVQ R10, K1
	VPCOMPRESSB.Z Z0, K1, Z0
	VMOVDQU64 Z0, (DI)
	POPCNTQ R10, AX
	ADDQ AX, DI
	CMPQ DX, $64
	JLT  tail
	NOTQ R10              // all 64 bytes are in the round
	MOVQ R10, R8
	SHRQ $63, R8
	ADDQ $64, SI
	SUBQ $64, DX
	JMP  round

tail:
	ADDQ DX, SI
	XORQ R9, R10          // backslashes again; is the last byte one?
	LEAQ -1(DX), CX
	SHRQ CX, R10
	MOVQ R10, R8
	ANDQ $1, R8
	JMP  end

last:
	TZCNTQ R11, CX
	ADDQ CX, SI
	BTQ  CX, R13
	JCC  pack             // behind no backslash: read up to it
	DECQ SI               // else the backslash is not read either
	DECQ CX
	JLE  done             // it stood in the round before, or it is the first

pack:
	BZHIQ CX, R10, R10
	KMOVQ R10, K1
	VPCOMPRESSB.Z Z0, K1, Z0
	VMOVDQU64 Z0, (DI)
	POPCNTQ R10, AX
	ADDQ AX, DI
	JMP  done

end:
	SUBQ R8, SI           // a backslash at the end is not read

done:
	VPMOVB2M Z4, K1
	KMOVQ K1, AX
	MOVQ AX, high+40(FP)
	VZEROUPPER
	SUBQ R14, SI
	SUBQ R15, DI
	MOVQ SI, read+24(FP)
	MOVQ DI, wrote+32(FP)
	RET
