#include "textflag.h"

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
