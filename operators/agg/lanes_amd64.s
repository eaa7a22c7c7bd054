#include "textflag.h"

// func addLanes(l *lanes, x *float64, n int)
//
// The additions of plus, in its order, for eight lanes: Z0 are the sums, Z1 what rounding
// took from them. Only the first addition waits for the round before.
TEXT ·addLanes(SB), NOSPLIT, $0-24
	MOVQ l+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVUPD (DI), Z0
	VMOVUPD 64(DI), Z1
	SHRQ $3, CX
	JZ   done

round:
	VMOVUPD (SI), Z2
	VADDPD Z2, Z0, Z3 // s = sum + x
	VSUBPD Z0, Z3, Z4 // bb = s - sum
	VSUBPD Z4, Z3, Z5 // s - bb
	VSUBPD Z4, Z2, Z6 // x - bb
	VSUBPD Z5, Z0, Z5 // sum - (s - bb)
	VADDPD Z6, Z5, Z5
	VADDPD Z5, Z1, Z1
	VMOVAPD Z3, Z0
	ADDQ $64, SI
	DECQ CX
	JNZ  round

done:
	VMOVUPD Z0, (DI)
	VMOVUPD Z1, 64(DI)
	VZEROUPPER
	RET
