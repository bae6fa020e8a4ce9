// How R starts: the kernel runs its own binary as `R CMD <binary>`, with one
// environment variable set. A constructor of this file sees the variable,
// before Go's runtime has begun, and turns the process into R. Go never runs
// in it: fork() is safe, R's jumps cross no Go frame, and R's signal handlers
// are alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <link.h>
#include <sys/prctl.h>
#endif
#ifdef __APPLE__
#include <xlocale.h>
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
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && defined __GLIBC__
	// The low byte of a Boolean is its last, and only the symbol says how long it is.
	Dl_info info;
	const ElfW(Sym) *symbol;
	if (!missing && dladdr1(R.R_interrupts_suspended, &info, (void **)&symbol, RTLD_DL_SYMENT))
		R.R_interrupts_suspended += symbol->st_size - 1;
#endif
	if (!missing) return NULL;
	snprintf(problem, sizeof problem,
		"%.3000s has no %s: R 4.2 or later is needed", path, missing);
	return problem;
}

HOST_NORETURN static void fatal(const char *why) {
	struct host_part p = part_str(why);
	lane_send(EV_FATAL, 1, &p);
	_exit(1);
}

// The kernel is gone: R ends, and with it everything it started. R's temporary
// directory is removed by a program, since R may be anywhere in its own code.
static void on_orphaned(int signal) {
	if (lane_is_child()) return;
	const char *dir = R.R_TempDir ? *R.R_TempDir : NULL;
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

// undo_path takes from a variable what `R CMD` puts around its value.
static void undo_path(const char *name, const char *suffix) {
	char added[3072];
	const char *now = getenv(name), *share = getenv("R_SHARE_DIR");
	if (!now || !share || strncmp(now, ".:", 2) != 0) return;
	size_t n = (size_t)snprintf(added, sizeof added, "%s%s", share, suffix);
	size_t len = strlen(now += 2);
	if (n >= sizeof added || len < n || strcmp(now + len - n, added) != 0) return;
	if (len == n) {
		unsetenv(name);
		return;
	}
	char *value = host_alloc(NULL, len - n);
	memcpy(value, now, len - n - 1); // and the colon
	value[len - n - 1] = 0;
	setenv(name, value, 1);
	free(value);
}

// plain_environment undoes what `R CMD` adds to the environment of plain R.
// names are variables that it sets, each led by a comma.
static void plain_environment(const char *names) {
	char name[256];
	int n;
	for (; sscanf(names, ",%255[^,]%n", name, &n) == 1; names += n) unsetenv(name);
	unsetenv("R_CMD");
	unsetenv("R_OSTYPE");
	unsetenv("R_VERSION");
	undo_path("TEXINPUTS", "/texmf/tex/latex:");
	undo_path("BIBINPUTS", "/texmf/bibtex/bib:");
	undo_path("BSTINPUTS", "/texmf/bibtex/bst:");
}

// is_utf8 says whether the characters of a locale are UTF-8, or are others; -1: there
// is no such locale.
static int is_utf8(const char *name) {
	locale_t locale = newlocale(LC_CTYPE_MASK, name, (locale_t)0);
	if (!locale) return -1;
	int utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return utf8;
}

// in_other_characters says that a variable names a locale with text that is not UTF-8.
static int in_other_characters(const char *variable) {
	const char *name = getenv(variable);
	return name && *name && strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0 &&
		is_utf8(name) == 0;
}

// take_utf8 has a variable that names a locale in another encoding name the one of the
// same language and country in UTF-8, if that is installed: ja_JP.UTF-8 for ja_JP.eucJP,
// de_DE.UTF-8 for de_DE and for de_DE@euro.
static void take_utf8(const char *variable) {
	char name[128];
	if (!in_other_characters(variable)) return;
	const char *now = getenv(variable);
	snprintf(name, sizeof name, "%.*s.UTF-8", (int)strcspn(now, ".@"), now);
	if (is_utf8(name) == 1) setenv(variable, name, 1);
}

// utf8_characters has R's characters be UTF-8: front ends speak nothing else, and
// services and containers often have no locale, or name one that is not installed.
// The language and the other parts of the locale stay as they are, but for the names of
// days, months and currencies, which the C library has in their locale's encoding only.
static void utf8_characters(void) {
	static const char *const parts[] = {"LC_TIME", "LC_MONETARY", "LC_CTYPE", "LC_COLLATE",
		"LC_MESSAGES", "LC_NUMERIC", "LC_PAPER", "LC_NAME", "LC_ADDRESS", "LC_TELEPHONE",
		"LC_MEASUREMENT", "LC_IDENTIFICATION"};
	enum { NAMES = 2, PARTS = sizeof parts / sizeof *parts };
	take_utf8("LC_ALL");
	take_utf8("LANG");
	for (int i = 0; i < PARTS; i++) take_utf8(parts[i]);
	if (is_utf8("") != 1) {
		const char *all = getenv("LC_ALL");
		if (all && *all) { // what it said about the rest
			setenv("LANG", all, 1);
			for (int i = 0; i < PARTS; i++) unsetenv(parts[i]);
		}
		unsetenv("LC_ALL");
		setenv("LC_CTYPE", "C.UTF-8", 1);
	}
	for (int i = 0; i < NAMES; i++) {
		const char *own = getenv(parts[i]);
		if (in_other_characters(own && *own ? parts[i] : "LANG")) setenv(parts[i], "C.UTF-8", 1);
	}
}

static void become_r(int argc, char **argv, const char *home) {
	static char name[3072];
	snprintf(name, sizeof name, "%s/bin/exec/R", home);
	char **args = host_alloc(NULL, ((size_t)argc + 1) * sizeof *args);
	memcpy(args, argv, (size_t)argc * sizeof *args);
	args[0] = name;
	args[argc] = NULL;
	*R.R_running_as_main_program = 1;
	R.Rf_initialize_R(argc, args); // reads Renviron
	utf8_characters();
	console_install();
	R.setup_Rmainloop();
	R.run_Rmainloop(); // ends the process
	_exit(0);
}

__attribute__((constructor)) static void host_start(int argc, char **argv) {
	const char *how = getenv(HOST_VARIABLE);
	if (!how) return;
	int fd, names = 0;
	long parent;
	if (sscanf(how, "%d,%ld%n", &fd, &parent, &names) != 2 || fcntl(fd, F_GETFD) < 0) {
		fputs("adrastea: " HOST_VARIABLE " is set by the kernel only\n", stderr);
		_exit(2);
	}
	char *added = strdup(how + names);
	unsetenv(HOST_VARIABLE);
	lane_init(fd);
	watch_parent(parent);
	const char *home = getenv("R_HOME");
	if (!home) fatal("R_HOME is not set: the R front-end script did not run");
	const char *why = shims_open(home);
	if (why) fatal(why);
	plain_environment(added ? added : "");
	free(added);
	become_r(argc, argv, home);
}
