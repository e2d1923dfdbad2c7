/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mark ID [PROGRAM ARGUMENTS…]: mark a moment for the counting plugin (count.c), then become
 * PROGRAM. As first program (rdinit=) it marks 1 under the name mark-init, 4 as mark-guest, and
 * becomes /init. Static.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARKS 64

/* One after the other, 16 bytes each: the no-op with its number, and back. */
__asm__(".pushsection .text\n"
	".balign 16\n"
	"marks:\n"
	".set id, 0\n"
	".rept 64\n"
	".byte 0x0f, 0x1f, 0x84, 0x00\n"
	".long 0x53480000 + id\n"
	"ret\n"
	".balign 16\n"
	".set id, id + 1\n"
	".endr\n"
	".popsection\n");
extern const char marks[];

static void mark(int id)
{
	if (id > 0 && id < MARKS)
		((void (*)(void))(uintptr_t)(marks + 16 * id))();
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	if (!strcmp(name, "mark-init") || !strcmp(name, "mark-guest")) {
		mark(strcmp(name, "mark-init") ? 4 : 1);
		argv[0] = "/init";
		execv("/init", argv);
		return 1;
	}
	if (argc < 2)
		return 2;
	mark(atoi(argv[1]));
	if (argc > 2)
		execvp(argv[2], argv + 2);
	return argc > 2;
}
