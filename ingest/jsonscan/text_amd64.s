#include "textflag.h"

// func sameTexts(c *texts)
//
// For each line: where the text begins, which may not be before the value in front of
// it, and one masked comparison of 64 bytes. It stops at the first that differs.
TEXT ·sameTexts(SB), NOSPLIT, $0-8
	MOVQ c+0(FP), AX
	MOVQ 0(AX), SI        // buf
	MOVQ 8(AX), DI        // marks
	MOVQ 16(AX), R8       // before
	MOVQ 24(AX), R9       // end
	MOVQ 32(AX), R10      // next
	MOVQ 40(AX), R11      // stride, in bytes
	MOVQ 48(AX), CX       // lines
	MOVQ 56(AX), R12      // where the mark stands in the text
	MOVQ 64(AX), R13      // length of the text
	MOVQ 72(AX), DX       // a bit for each of its bytes
	KMOVQ DX, K1
	VMOVDQU64 80(AX), Z1  // the text, zeros behind it
	XORL BX, BX
	TESTQ CX, CX
	JLE  done

line:
	MOVL (DI), DX
	SUBL R12, DX
	CMPL DX, (R8)(BX*4)
	JLT  done
	VMOVDQU8.Z (SI)(DX*1), K1, Z0
	VPCMPUB $4, Z1, Z0, K2
	MOVL DX, (R9)(BX*4)
	ADDL R13, DX
	MOVL DX, (R10)(BX*4)
	KORTESTQ K2, K2
	JNZ  done
	ADDQ R11, DI
	INCQ BX
	CMPQ BX, CX
	JLT  line

done:
	MOVQ BX, 144(AX)
	VZEROUPPER
	RET
