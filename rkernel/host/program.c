// Programs that R starts write to R's pipes themselves. What was written before one
// starts is taken first: what waits in both pipes has no order.
//
// R's system(), system2() and pipe() call the C library's functions, which start
// programs without fork(). A function of the program itself comes before a library's
// of the same name (The Linux Programming Interface, 41.12), so that libR finds these.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

int system(const char *command) {
	static int (*libc_system)(const char *);
	if (!libc_system) *(void **)&libc_system = dlsym(RTLD_NEXT, "system");
	lane_settle();
	return libc_system(command);
}

FILE *popen(const char *command, const char *type) {
	static FILE *(*libc_popen)(const char *, const char *);
	if (!libc_popen) *(void **)&libc_popen = dlsym(RTLD_NEXT, "popen");
	lane_settle();
	return libc_popen(command, type);
}
