/*
 * The process that holds the namespaces of a pod, for arm64: as x86_64.S, which says more.
 *
 *	pause		waits: ends with 0 at SIGTERM or SIGINT, and reaps whatever child has ended
 *	pause PID...	sends SIGKILL to each process, as far as it is there; ends with 0,
 *			or with 2 at an argument that is not the number of a process
 *
 * System calls: number in x8, arguments in x0 to x3; the result is in x0, all others are kept.
 */

	.set MACHINE, 183		/* EM_AARCH64 */
	.include "header.S"

	.set KILL, 129
	.set EXIT_GROUP, 94
	.set RT_SIGPROCMASK, 135
	.set RT_SIGTIMEDWAIT, 137
	.set WAIT4, 260

	.set SIG_BLOCK, 0
	.set SIGINT, 2
	.set SIGKILL, 9
	.set SIGTERM, 15
	.set WNOHANG, 1
	.set SET_SIZE, 8

/* The stack pointer itself must stay a multiple of 16, so x19 walks along the arguments. */
start:
	mov x19, sp
	ldr x0, [x19], #16		/* the number of arguments; past the name of the program */
	cmp x0, #1
	b.hi kill_next

	mov x0, #SIG_BLOCK
	adr x1, every_signal
	mov x2, #0
	mov x3, #SET_SIZE
	mov x8, #RT_SIGPROCMASK
	svc #0

reap:
	mov x0, #-1
	mov x1, #0
	mov x2, #WNOHANG
	mov x3, #0
	mov x8, #WAIT4
	svc #0
	cmp x0, #0
	b.gt reap

	adr x0, every_signal
	mov x1, #0
	mov x2, #0
	mov x3, #SET_SIZE
	mov x8, #RT_SIGTIMEDWAIT
	svc #0
	cmp x0, #SIGTERM
	b.eq succeed
	cmp x0, #SIGINT
	b.eq succeed
	b reap

kill_next:
	ldr x1, [x19], #8
	cbz x1, succeed
	mov x0, #0
	mov x3, #10
	mov x4, #0x7fffffff
next_digit:
	ldrb w2, [x1], #1
	cbz w2, kill_one
	sub w2, w2, #'0'
	cmp w2, #9
	b.hi fail
	madd x0, x0, x3, x2
	cmp x0, x4
	b.hi fail
	b next_digit
kill_one:
	cbz x0, fail
	mov x1, #SIGKILL
	mov x8, #KILL
	svc #0
	b kill_next

succeed:
	mov x0, #0
	b exit
fail:
	mov x0, #2
exit:
	mov x8, #EXIT_GROUP
	svc #0

	.balign 8, 0
every_signal:
	.quad -1
end:
