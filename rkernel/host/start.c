// How R starts: the kernel runs its own binary as `R CMD <binary>`, with one
// environment variable set. A constructor of this file sees the variable,
// before Go's runtime has begun, and turns the process into R. Go never runs
// in it: fork() is safe, R's jumps cross no Go frame, and R's signal handlers
// are alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "host.h"

#define HOST_VARIABLE "ADRASTEA_R_HOST"

struct host_r R;

#ifdef __APPLE__
#define LIB_R "libR.dylib"
#else
#define LIB_R "libR.so"
#endif

static char problem[4096];

// shims_open: see shims.h.
const char *shims_open(const char *home) {
	char path[3072];
	enum { OPTIONAL, REQUIRED };
	snprintf(path, sizeof path, "%s/lib/" LIB_R, home);
	void *lib = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!lib) {
		snprintf(problem, sizeof problem,
			"R's library cannot be opened: %.3000s", dlerror());
		return problem;
	}
	const char *missing = NULL;
#define F(necessity, result, name, parameters) \
	*(void **)&R.name = dlsym(lib, #name); \
	if (!R.name && necessity == REQUIRED) missing = #name;
#define V(necessity, type, name) \
	R.name = dlsym(lib, #name); \
	if (!R.name && necessity == REQUIRED) missing = #name;
	HOST_FUNCTIONS(F)
	HOST_VARIABLES(V)
#undef F
#undef V
	if (!missing) return NULL;
	snprintf(problem, sizeof problem,
		"%.3000s has no %s: R 4.2 or later is needed", path, missing);
	return problem;
}

static void fatal(const char *why) {
	struct host_part p = part_str(why);
	lane_send(EV_FATAL, 1, &p);
	_exit(1);
}

// The kernel is gone: R ends, and with it everything it started. R's temporary
// directory is removed by a program, since R may be anywhere in its own code.
static void on_orphaned(int signal) {
	const char *dir = R.R_TempDir ? *R.R_TempDir : NULL;
	if (lane_is_child()) return;
	if (dir && strstr(dir, "/Rtmp") && vfork() == 0) {
		setsid(); // or it would end with us
		execl("/bin/rm", "rm", "-rf", "--", dir, (char *)NULL);
		_exit(1);
	}
	kill(0, SIGKILL);
}

static void watch_parent(long parent) {
	signal(SIGHUP, on_orphaned);
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGHUP);
#endif
	if (getppid() != parent) _exit(1); // it died before we could watch
}

// unset_like removes a variable that `R CMD` has set and plain R does not set.
static void unset_like(const char *name, const char *suffix) {
	char value[3072];
	const char *now = getenv(name), *share = getenv("R_SHARE_DIR");
	if (!now || !share) return;
	snprintf(value, sizeof value, ".:%s%s", share, suffix);
	if (strcmp(now, value) == 0) unsetenv(name);
}

// plain_environment undoes what `R CMD` adds to the environment of plain R.
static void plain_environment(void) {
	unsetenv("R_CMD");
	unsetenv("R_OSTYPE");
	unsetenv("R_VERSION");
	unset_like("TEXINPUTS", "/texmf/tex/latex:");
	unset_like("BIBINPUTS", "/texmf/bibtex/bib:");
	unset_like("BSTINPUTS", "/texmf/bibtex/bst:");
}

static void become_r(int argc, char **argv, const char *home) {
	static char name[3072];
	snprintf(name, sizeof name, "%s/bin/exec/R", home);
	char **args = host_alloc(NULL, ((size_t)argc + 1) * sizeof *args);
	memcpy(args, argv, (size_t)argc * sizeof *args);
	args[0] = name;
	args[argc] = NULL;
	*R.R_running_as_main_program = 1;
	R.Rf_initialize_R(argc, args);
	console_install();
	R.setup_Rmainloop();
	R.run_Rmainloop(); // ends the process
	_exit(0);
}

__attribute__((constructor)) static void host_start(int argc, char **argv) {
	const char *how = getenv(HOST_VARIABLE);
	if (!how) return;
	int fd;
	long parent;
	if (sscanf(how, "%d,%ld", &fd, &parent) != 2 || fcntl(fd, F_GETFD) < 0) {
		fputs("adrastea: " HOST_VARIABLE " is set by the kernel only\n", stderr);
		_exit(2);
	}
	unsetenv(HOST_VARIABLE);
	lane_init(fd);
	watch_parent(parent);
	const char *home = getenv("R_HOME");
	if (!home) fatal("R_HOME is not set: the R front-end script did not run");
	const char *why = shims_open(home);
	if (why) fatal(why);
	plain_environment();
	become_r(argc, argv, home);
}
