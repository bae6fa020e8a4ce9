//go:build !purego

#include "textflag.h"

// Salsa20 (https://cr.yp.to/snuffle/spec.pdf) of six blocks at a time, with
// AVX2. A block's state of sixteen words is in four vectors, its diagonals
//
//	D0 = x0  x5  x10 x15
//	D1 = x4  x9  x14 x3
//	D2 = x8  x13 x2  x7
//	D3 = x12 x1  x6  x11
//
// so that a quarter-round works on all four columns at once, and, with three
// vectors turned, on all four rows. A register holds the same vector of two
// blocks; three pairs of blocks are on their way at the same time, in Y0-Y3,
// Y4-Y7 and Y8-Y11.

// STEP: A ^= (B + C) <<< N
#define STEP(A, B, C, N, T0, T1) \
	VPADDD B, C, T0;       \
	VPSLLD $N, T0, T1;     \
	VPSRLD $(32-N), T0, T0; \
	VPXOR  T1, A, A;       \
	VPXOR  T0, A, A

// STEPS does the same step of all three pairs.
#define STEPS(A0, B0, C0, A1, B1, C1, A2, B2, C2, N) \
	STEP(A0, B0, C0, N, Y12, Y13); \
	STEP(A1, B1, C1, N, Y14, Y15); \
	STEP(A2, B2, C2, N, Y12, Y13)

// TURN turns a vector of all three pairs.
#define TURN(A0, A1, A2, IMM) \
	VPSHUFD $IMM, A0, A0; \
	VPSHUFD $IMM, A1, A1; \
	VPSHUFD $IMM, A2, A2

// ADD adds a vector of the initial state that is the same in all blocks.
#define ADD(OFFSET, A0, A1, A2) \
	VBROADCASTI128 OFFSET(DX), Y12; \
	VPADDD Y12, A0, A0; \
	VPADDD Y12, A1, A1; \
	VPADDD Y12, A2, A2

// OUT makes rows of the diagonals of a pair of blocks, and 128 octets of
// output from them.
#define OUT(D0, D1, D2, D3, OFFSET) \
	VPBLENDD $0x22, D3, D0, Y12;    \
	VPBLENDD $0x88, D1, D2, Y13;    \
	VPBLENDD $0xcc, Y13, Y12, Y12;  \
	VPBLENDD $0x22, D0, D1, Y13;    \
	VPBLENDD $0x88, D2, D3, Y14;    \
	VPBLENDD $0xcc, Y14, Y13, Y13;  \
	VPBLENDD $0x22, D1, D2, Y14;    \
	VPBLENDD $0x88, D3, D0, Y15;    \
	VPBLENDD $0xcc, Y15, Y14, Y14;  \
	VPBLENDD $0x22, D2, D3, Y15;    \
	VPBLENDD $0x88, D0, D1, D1;     \
	VPBLENDD $0xcc, D1, Y15, Y15;   \
	VPERM2I128 $0x20, Y13, Y12, D0; \
	VPERM2I128 $0x20, Y15, Y14, D1; \
	VPERM2I128 $0x31, Y13, Y12, D2; \
	VPERM2I128 $0x31, Y15, Y14, D3; \
	VPXOR (OFFSET+0)(SI), D0, D0;   \
	VPXOR (OFFSET+32)(SI), D1, D1;  \
	VPXOR (OFFSET+64)(SI), D2, D2;  \
	VPXOR (OFFSET+96)(SI), D3, D3;  \
	VMOVDQU D0, (OFFSET+0)(DI);     \
	VMOVDQU D1, (OFFSET+32)(DI);    \
	VMOVDQU D2, (OFFSET+64)(DI);    \
	VMOVDQU D3, (OFFSET+96)(DI)

// What to add to the block counter, the first word of D2, in each register.
DATA counters<>+0(SB)/8, $0
DATA counters<>+8(SB)/8, $0
DATA counters<>+16(SB)/8, $1
DATA counters<>+24(SB)/8, $0
DATA counters<>+32(SB)/8, $2
DATA counters<>+40(SB)/8, $0
DATA counters<>+48(SB)/8, $3
DATA counters<>+56(SB)/8, $0
DATA counters<>+64(SB)/8, $4
DATA counters<>+72(SB)/8, $0
DATA counters<>+80(SB)/8, $5
DATA counters<>+88(SB)/8, $0
DATA counters<>+96(SB)/8, $6
DATA counters<>+104(SB)/8, $0
DATA counters<>+112(SB)/8, $6
DATA counters<>+120(SB)/8, $0
GLOBL counters<>(SB), RODATA|NOPTR, $128

// ROUND1 and ROUND2 are the two halves of a double round, on columns and on
// rows.
#define ROUND1 \
	STEPS(Y1, Y0, Y3, Y5, Y4, Y7, Y9, Y8, Y11, 7);  \
	STEPS(Y2, Y1, Y0, Y6, Y5, Y4, Y10, Y9, Y8, 9);  \
	STEPS(Y3, Y2, Y1, Y7, Y6, Y5, Y11, Y10, Y9, 13); \
	STEPS(Y0, Y3, Y2, Y4, Y7, Y6, Y8, Y11, Y10, 18); \
	TURN(Y1, Y5, Y9, 0x93);  \
	TURN(Y2, Y6, Y10, 0x4e); \
	TURN(Y3, Y7, Y11, 0x39)

#define ROUND2 \
	STEPS(Y3, Y0, Y1, Y7, Y4, Y5, Y11, Y8, Y9, 7);   \
	STEPS(Y2, Y3, Y0, Y6, Y7, Y4, Y10, Y11, Y8, 9);  \
	STEPS(Y1, Y2, Y3, Y5, Y6, Y7, Y9, Y10, Y11, 13); \
	STEPS(Y0, Y1, Y2, Y4, Y5, Y6, Y8, Y9, Y10, 18);  \
	TURN(Y1, Y5, Y9, 0x39);  \
	TURN(Y2, Y6, Y10, 0x4e); \
	TURN(Y3, Y7, Y11, 0x93)

// FIRST sets the D2 of each pair for the first group; the state is at DX.
#define FIRST \
	VBROADCASTI128 32(DX), Y12;           \
	VPADDD counters<>+0(SB), Y12, Y2;     \
	VPADDD counters<>+32(SB), Y12, Y6;    \
	VPADDD counters<>+64(SB), Y12, Y10

// LOAD sets the other vectors, and keeps each D2 for the end.
#define LOAD \
	VMOVDQU Y2, 0(SP);          \
	VMOVDQU Y6, 32(SP);         \
	VMOVDQU Y10, 64(SP);        \
	VBROADCASTI128 0(DX), Y0;   \
	VBROADCASTI128 16(DX), Y1;  \
	VBROADCASTI128 48(DX), Y3;  \
	VMOVDQA Y0, Y4;             \
	VMOVDQA Y1, Y5;             \
	VMOVDQA Y3, Y7;             \
	VMOVDQA Y0, Y8;             \
	VMOVDQA Y1, Y9;             \
	VMOVDQA Y3, Y11

// FEED adds the state to what the rounds made of it.
#define FEED \
	ADD(0, Y0, Y4, Y8);     \
	ADD(16, Y1, Y5, Y9);    \
	ADD(48, Y3, Y7, Y11);   \
	VPADDD 0(SP), Y2, Y2;   \
	VPADDD 32(SP), Y6, Y6;  \
	VPADDD 64(SP), Y10, Y10

// NEXT sets the D2 of each pair for the next group.
#define NEXT \
	VMOVDQU counters<>+96(SB), Y12; \
	VPADDD 0(SP), Y12, Y2;   \
	VPADDD 32(SP), Y12, Y6;  \
	VPADDD 64(SP), Y12, Y10

// func salsaGroups(dst, src *byte, groups int, state *[16]uint32)
TEXT ·salsaGroups(SB), NOSPLIT, $96-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ groups+16(FP), CX
	MOVQ state+24(FP), DX

	FIRST

group:
	LOAD
	MOVQ $10, AX

doubleround:
	ROUND1
	ROUND2
	DECQ AX
	JNZ  doubleround

	FEED
	OUT(Y0, Y1, Y2, Y3, 0)
	OUT(Y4, Y5, Y6, Y7, 128)
	OUT(Y8, Y9, Y10, Y11, 256)
	NEXT
	ADDQ $384, SI
	ADDQ $384, DI
	DECQ CX
	JNZ  group

	VZEROUPPER
	RET

// Poly1305 (https://www.rfc-editor.org/rfc/rfc8439#section-2.5). The sum h is
// in R8, R9 and, above 2^128, R10; the key r in R11 and R12. R13 is s, five
// quarters of R12: what passes 2^130 in the product with it comes back at the
// lower end five times, and R12 is a multiple of four.

#define POLYLOAD(STATE) \
	MOVQ 0(STATE), R8;   \
	MOVQ 8(STATE), R9;   \
	MOVQ 16(STATE), R10; \
	MOVQ 24(STATE), R11; \
	MOVQ 32(STATE), R12; \
	MOVQ 40(STATE), R13

#define POLYSTORE(STATE) \
	MOVQ R8, 0(STATE); \
	MOVQ R9, 8(STATE); \
	MOVQ R10, 16(STATE)

// POLY adds the block at MSG and a bit above it to h, and multiplies with r:
//
//	R15:R14 = h0*r1 + h1*r0 + h2*s
//	CX:BX   = h0*r0 + h1*s
//	R10     = h2*r0
//
// What is above 2^130 in the end, times five, comes back at the lower end.
#define POLY(MSG) \
	ADDQ  0(MSG), R8; \
	ADCQ  8(MSG), R9; \
	ADCQ  $1, R10;    \
	MOVQ  R12, AX;    \
	MULQ  R8;         \
	MOVQ  AX, R14;    \
	MOVQ  DX, R15;    \
	MOVQ  R11, AX;    \
	MULQ  R8;         \
	MOVQ  AX, BX;     \
	MOVQ  DX, CX;     \
	MOVQ  R11, AX;    \
	MULQ  R9;         \
	ADDQ  AX, R14;    \
	ADCQ  DX, R15;    \
	MOVQ  R13, AX;    \
	MULQ  R9;         \
	ADDQ  AX, BX;     \
	ADCQ  DX, CX;     \
	MOVQ  R10, R9;    \
	IMULQ R13, R9;    \
	ADDQ  R9, R14;    \
	ADCQ  $0, R15;    \
	IMULQ R11, R10;   \
	MOVQ  BX, R8;     \
	ADDQ  CX, R14;    \
	MOVQ  R14, R9;    \
	ADCQ  R15, R10;   \
	MOVQ  R10, AX;    \
	SHRQ  $2, AX;     \
	MOVQ  R10, DX;    \
	ANDQ  $-4, DX;    \
	ANDQ  $3, R10;    \
	ADDQ  DX, AX;     \
	ADDQ  AX, R8;     \
	ADCQ  $0, R9;     \
	ADCQ  $0, R10;    \
	LEAQ  16(MSG), MSG

// func polyBlocks(mac *poly, msg *byte, blocks int)
TEXT ·polyBlocks(SB), NOSPLIT, $8-24
	MOVQ mac+0(FP), DI
	MOVQ msg+8(FP), SI
	MOVQ blocks+16(FP), AX
	MOVQ AX, left-8(SP)
	POLYLOAD(DI)

block:
	POLY(SI)
	DECQ left-8(SP)
	JNZ  block

	POLYSTORE(DI)
	RET

// func boxGroups(dst, src *byte, groups int, state *[16]uint32, mac *poly, msg *byte)
//
// The vectors wait for their shifts most of the time, and Poly1305 is
// multiplications of words: done in turns, they cost little more than Salsa20
// alone. A double round takes two blocks of the sum, and the end of the group
// the other four of its 24.
TEXT ·boxGroups(SB), NOSPLIT, $112-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ groups+16(FP), AX
	MOVQ AX, 104(SP)
	MOVQ mac+32(FP), AX
	POLYLOAD(AX)
	MOVQ state+24(FP), DX
	FIRST

boxgroup:
	MOVQ state+24(FP), DX
	LOAD
	MOVQ msg+40(FP), BP
	MOVQ $10, 96(SP)

boxround:
	ROUND1
	POLY(BP)
	ROUND2
	POLY(BP)
	DECQ 96(SP)
	JNZ  boxround

	MOVQ state+24(FP), DX
	FEED
	POLY(BP)
	POLY(BP)
	POLY(BP)
	POLY(BP)
	MOVQ BP, msg+40(FP)
	OUT(Y0, Y1, Y2, Y3, 0)
	OUT(Y4, Y5, Y6, Y7, 128)
	OUT(Y8, Y9, Y10, Y11, 256)
	NEXT
	ADDQ $384, SI
	ADDQ $384, DI
	DECQ 104(SP)
	JNZ  boxgroup

	MOVQ mac+32(FP), AX
	POLYSTORE(AX)
	VZEROUPPER
	RET
