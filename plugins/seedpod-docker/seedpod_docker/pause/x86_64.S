/*
 * The process that holds the namespaces of a pod, for x86-64.
 *
 *	pause		waits: ends with 0 at SIGTERM or SIGINT, and reaps whatever child has ended
 *	pause PID...	sends SIGKILL to each process, as far as it is there; ends with 0,
 *			or with 2 at an argument that is not the number of a process
 *
 * System calls: number in rax, arguments in rdi, rsi, rdx, r10; the result is in rax, and rcx and
 * r11 are lost.
 */

	.set MACHINE, 62		/* EM_X86_64 */
	.include "header.S"

	.set RT_SIGPROCMASK, 14
	.set WAIT4, 61
	.set KILL, 62
	.set RT_SIGTIMEDWAIT, 128
	.set EXIT_GROUP, 231

	.set SIG_BLOCK, 0
	.set SIGINT, 2
	.set SIGKILL, 9
	.set SIGTERM, 15
	.set WNOHANG, 1
	.set SET_SIZE, 8		/* bytes of a set of signals */

/* On the stack: the number of arguments, each of them, a null pointer. */
start:
	pop %rax
	pop %rbx			/* the name of the program */
	cmp $1, %rax
	ja kill_next

/* A blocked signal is kept for us, even one that a process 1 would be spared. */
	mov $RT_SIGPROCMASK, %eax
	mov $SIG_BLOCK, %edi
	lea every_signal(%rip), %rsi
	xor %edx, %edx
	mov $SET_SIZE, %r10d
	syscall

/* Before the first signal too: children may have ended before the signals were blocked. */
reap:
	mov $WAIT4, %eax
	mov $-1, %rdi			/* any child */
	xor %esi, %esi
	mov $WNOHANG, %edx
	xor %r10d, %r10d
	syscall
	test %rax, %rax
	jg reap				/* one is gone, and there may be more */

	mov $RT_SIGTIMEDWAIT, %eax
	lea every_signal(%rip), %rdi
	xor %esi, %esi			/* nothing more about the signal */
	xor %edx, %edx			/* for ever */
	mov $SET_SIZE, %r10d
	syscall
	cmp $SIGTERM, %rax
	je succeed
	cmp $SIGINT, %rax
	je succeed
	jmp reap			/* SIGCHLD, a signal that means nothing here, or EINTR */

kill_next:
	pop %rsi			/* the next argument */
	test %rsi, %rsi
	jz succeed
	xor %edi, %edi			/* the number */
next_digit:
	movzbl (%rsi), %eax
	inc %rsi
	test %eax, %eax
	jz kill_one
	sub $'0', %eax
	cmp $9, %eax
	ja fail
	imul $10, %rdi
	add %rax, %rdi
	cmp $0x7fffffff, %rdi		/* beyond this, kill() would see a negative number */
	ja fail
	jmp next_digit
kill_one:
	test %edi, %edi			/* 0 would be our own process group */
	jz fail
	mov $SIGKILL, %esi
	mov $KILL, %eax
	syscall				/* one that is gone already is as good as killed */
	jmp kill_next

succeed:
	xor %edi, %edi
	jmp exit
fail:
	mov $2, %edi
exit:
	mov $EXIT_GROUP, %eax
	syscall

	.balign 8, 0
every_signal:
	.quad -1
end:
