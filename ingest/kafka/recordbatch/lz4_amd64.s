#include "textflag.h"

// Two blocks of lz4 are unpacked at once, a sequence of each a round: where the next
// sequence begins, only this one tells, so one block alone leaves half of the processor
// waiting. A round copies 16 bytes of literals and 64 of a match whatever their lengths
// are, for a jump that depends on lengths is guessed wrong in every second row of JSON.
//
// An lz4Stream is dst at 0, src at 24, at at 48, pos at 56, low at 64, and has 72 bytes.

// OPEN takes a stream: its places, and on the stack how far they may go without a look
// at the ends, and where matches may begin.
#define OPEN(S, SRC, DST, T, SEND, DEND, LOW) \
	MOVQ 0(S), T       \
	MOVQ T, DST        \
	MOVQ T, LOW        \
	ADDQ 48(S), DST    \
	ADDQ 8(S), T       \
	SUBQ $128, T       \
	MOVQ T, DEND       \
	MOVQ 64(S), T      \
	ADDQ T, LOW        \
	MOVQ 24(S), T      \
	MOVQ T, SRC        \
	ADDQ 56(S), SRC    \
	ADDQ 32(S), T      \
	SUBQ $32, T        \
	MOVQ T, SEND

// SAVE gives the places back.
#define SAVE(S, SRC, DST) \
	SUBQ 24(S), SRC \
	MOVQ SRC, 56(S) \
	SUBQ 0(S), DST  \
	MOVQ DST, 48(S)

// ROUNDS lowers N to the rounds that fit: one takes at most 18 bytes and gives 78.
#define ROUNDS(N, T, SRC, DST, SEND, DEND) \
	MOVQ    SEND, T \
	SUBQ    SRC, T  \
	SARQ    $5, T   \
	CMPQ    T, N    \
	CMOVQLT T, N    \
	MOVQ    DEND, T \
	SUBQ    DST, T  \
	SARQ    $7, T   \
	CMPQ    T, N    \
	CMOVQLT T, N

// HEAD reads a sequence of less than 15 literals and a match of up to 64 bytes from 32
// bytes back or more, and copies the literals. TOK becomes the place of the next
// sequence, LIT that of the match, OFF where it comes from, LEN its length.
#define HEAD(SRC, DST, TOK, LIT, OFF, LEN, T, X, LOW, OTHER) \
	MOVBLZX (SRC), TOK             \
	MOVOU   1(SRC), X              \
	MOVL    TOK, LIT               \
	SHRL    $4, LIT                \
	CMPL    TOK, $0xF0             \
	JCC     OTHER                  \
	MOVOU   X, (DST)               \
	MOVWLZX 1(SRC)(LIT*1), OFF     \
	MOVBLZX 3(SRC)(LIT*1), LEN     \
	ANDL    $15, TOK               \
	CMPL    TOK, $15               \
	SBBL    T, T                   \
	ANDNL   LEN, T, LEN            \
	LEAL    4(TOK)(LEN*1), LEN     \
	CMPL    LEN, $64               \
	JHI     OTHER                  \
	CMPL    TOK, $15               \
	LEAQ    (SRC)(LIT*1), TOK      \
	SBBQ    $-4, TOK               \
	ADDQ    DST, LIT               \
	CMPL    OFF, $32               \
	JCS     OTHER                  \
	NEGQ    OFF                    \
	ADDQ    LIT, OFF               \
	CMPQ    OFF, LOW               \
	JCS     OTHER

// TAIL copies the match and goes on behind the sequence.
#define TAIL(SRC, DST, TOK, LIT, OFF, LEN, Y) \
	MOVQ    TOK, SRC           \
	VMOVDQU (OFF), Y           \
	VMOVDQU Y, (LIT)           \
	VMOVDQU 32(OFF), Y         \
	VMOVDQU Y, 32(LIT)         \
	LEAQ    (LIT)(LEN*1), DST

// ANY unpacks a sequence of up to 269 literals and a match of up to 273 bytes from 8 bytes
// back or more, if it is not close to the ends; what else there is, is Go's.
#define ANY(SRC, DST, TOK, LIT, OFF, LEN, T, Y, SEND, DEND, LOW, LITS, COPY, MATCH, FAR, NEAR, OUT, NEXT) \
	MOVBLZX (SRC), TOK         \
	LEAQ    1(SRC), OFF        \
	MOVL    TOK, LIT           \
	SHRL    $4, LIT            \
	CMPL    LIT, $15           \
	JNE     LITS               \
	MOVBLZX (OFF), LEN         \
	INCQ    OFF                \
	CMPL    LEN, $255          \
	JEQ     OUT                \
	ADDL    LEN, LIT           \
LITS:                          \
	LEAQ    (OFF)(LIT*1), LEN  \
	CMPQ    LEN, SEND          \
	JHI     OUT                \
	ADDQ    DST, LIT           \
	CMPQ    LIT, DEND          \
	JHI     OUT                \
	MOVQ    DST, T             \
COPY:                          \
	VMOVDQU (OFF), Y           \
	VMOVDQU Y, (T)             \
	ADDQ    $32, OFF           \
	ADDQ    $32, T             \
	CMPQ    T, LIT             \
	JCS     COPY               \
	MOVWLZX (LEN), OFF         \
	ADDQ    $2, LEN            \
	ANDL    $15, TOK           \
	CMPL    TOK, $15           \
	JNE     MATCH              \
	MOVBLZX (LEN), T           \
	INCQ    LEN                \
	CMPL    T, $255            \
	JEQ     OUT                \
	ADDL    T, TOK             \
MATCH:                         \
	LEAQ    4(LIT)(TOK*1), TOK \
	CMPQ    TOK, DEND          \
	JHI     OUT                \
	CMPL    OFF, $8            \
	JCS     OUT                \
	MOVL    OFF, T             \
	NEGQ    OFF                \
	ADDQ    LIT, OFF           \
	CMPQ    OFF, LOW           \
	JCS     OUT                \
	MOVQ    LEN, SRC           \
	MOVQ    TOK, DST           \
	CMPL    T, $32             \
	JCS     NEAR               \
FAR:                           \
	VMOVDQU (OFF), Y           \
	VMOVDQU Y, (LIT)           \
	ADDQ    $32, OFF           \
	ADDQ    $32, LIT           \
	CMPQ    LIT, DST           \
	JCS     FAR                \
	JMP     NEXT               \
NEAR:                          \
	MOVQ    (OFF), T           \
	MOVQ    T, (LIT)           \
	ADDQ    $8, OFF            \
	ADDQ    $8, LIT            \
	CMPQ    LIT, DST           \
	JCS     NEAR               \
	JMP     NEXT

// func lz4Two(a, b *lz4Stream)
TEXT ·lz4Two(SB), NOSPLIT, $48-16
	MOVQ a+0(FP), R14
	MOVQ b+8(FP), R15
	OPEN(R14, SI, DI, AX, 0(SP), 8(SP), R10)
	MOVQ R10, 16(SP)
	OPEN(R15, R9, R8, AX, 24(SP), 32(SP), R10)
	MOVQ R10, 40(SP)

some:
	MOVQ $0x7fffffff, R14
	ROUNDS(R14, R15, SI, DI, 0(SP), 8(SP))
	ROUNDS(R14, R15, R9, R8, 24(SP), 32(SP))
	TESTQ R14, R14
	JLE  done

	PCALIGN $64
round:
	HEAD(SI, DI, DX, CX, AX, BX, R15, X0, 16(SP), first)
	HEAD(R9, R8, R10, R11, R12, R13, R15, X1, 40(SP), second)
	TAIL(SI, DI, DX, CX, AX, BX, Y0)
	TAIL(R9, R8, R10, R11, R12, R13, Y1)
	DECQ R14
	JNZ  round
	JMP  some

first:
	ANY(SI, DI, DX, CX, AX, BX, R15, Y0, 0(SP), 8(SP), 16(SP), lits1, copy1, match1, far1, near1, done, some)

second:
	ANY(R9, R8, R10, R11, R12, R13, R15, Y1, 24(SP), 32(SP), 40(SP), lits2, copy2, match2, far2, near2, done, some)

done:
	MOVQ a+0(FP), R14
	MOVQ b+8(FP), R15
	SAVE(R14, SI, DI)
	SAVE(R15, R9, R8)
	VZEROUPPER
	RET

// func lz4One(a *lz4Stream)
TEXT ·lz4One(SB), NOSPLIT, $24-8
	MOVQ a+0(FP), R13
	OPEN(R13, SI, DI, AX, 0(SP), 8(SP), R8)

some:
	MOVQ $0x7fffffff, R14
	ROUNDS(R14, R15, SI, DI, 0(SP), 8(SP))
	TESTQ R14, R14
	JLE  done

	PCALIGN $64
round:
	HEAD(SI, DI, DX, CX, AX, BX, R15, X0, R8, first)
	TAIL(SI, DI, DX, CX, AX, BX, Y0)
	DECQ R14
	JNZ  round
	JMP  some

first:
	ANY(SI, DI, DX, CX, AX, BX, R15, Y0, 0(SP), 8(SP), R8, lits, copy, match, far, near, done, some)

done:
	SAVE(R13, SI, DI)
	VZEROUPPER
	RET
