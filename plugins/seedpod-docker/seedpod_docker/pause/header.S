/*
 * The head of an ELF file, which the program itself follows: one segment, which is the whole file.
 *
 * Written out, so that the file is what stands here and nothing else, whichever linker there is.
 * Source: elf(5), and include/uapi/linux/elf.h.
 *
 * Who includes this has set MACHINE, and puts the label `end` behind the program.
 */

	.set ADDRESS, 0x400000		/* where the file is mapped */
	.set PAGE, 0x10000		/* the largest page there is (arm64) */

	.text
file:
	.byte 0x7f, 'E', 'L', 'F'
	.byte 2, 1, 1, 0		/* 64 bits, little-endian, version 1, System V */
	.quad 0
	.short 2, MACHINE		/* e_type: an executable; e_machine */
	.long 1				/* e_version */
	.quad ADDRESS + start - file	/* e_entry */
	.quad segments - file		/* e_phoff */
	.quad 0				/* e_shoff: no sections */
	.long 0				/* e_flags */
	.short 64, 56, 2, 0, 0, 0	/* sizes and numbers of headers: this, segments, sections */

segments:
	.long 1, 5			/* PT_LOAD; readable, executable, not writable */
	.quad 0, ADDRESS, ADDRESS	/* p_offset, p_vaddr, p_paddr */
	.quad end - file, end - file	/* p_filesz, p_memsz */
	.quad PAGE

	.long 0x6474e551, 6		/* PT_GNU_STACK: a stack nothing is executed from */
	.quad 0, 0, 0, 0, 0, 16
