// Interrupts: how the kernel's one signal reaches R and its children, and how
// the kernel learns whether R has taken it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#ifdef __linux__
#include <link.h>
#endif
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

// An interrupt is one signal to R, which passes it on to its children as a
// terminal would, and takes it itself: also while it waits for a child in
// system(), which makes R deaf to SIGINT, so that at a terminal the rest of the
// expression would run. SIGURG is ignored by whoever does not expect it.
enum { INTERRUPT_SIGNAL = SIGURG, NUDGE_SIGNAL = SIGWINCH };

static void (*r_handler)(int); // R's handler of SIGINT; NULL while R starts

static volatile sig_atomic_t asked;  // the kernel has, since the last interrupt
static volatile sig_atomic_t heard;  // an interrupt, since interrupt_heard
static volatile sig_atomic_t came;   // an interrupt, since interrupt_forget

// ---- children ----------------------------------------------------------------

// R hits its children once, as a terminal does: a child that takes its time to
// end should not be hit again. But the signal can come just before R starts a
// child and waits for it; then neither knows of it. So a child that is new when
// the kernel asks again is hit then.
//
// Some lose a signal: a shell that has just begun to start a program (dash). So
// all are hit again if R still waits after a while, and then after four times that,
// and so on. It is time that counts, and not how often the kernel has asked: R may have
// heard of that late, or of signals from others.
enum { FIRST_REPEAT = 20, REPEAT_LATER = 4 }; // ms; at the kernel's 30, 126, 510 ms

static int64_t hit_at, repeat_after; // ms

static int64_t now_ms(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Children as the system lists them, or as many as fit.
struct children {
	char pids[4096];
	ssize_t len; // -1: the system does not say
};
static struct children hit;

static void list_children(struct children *c) {
	c->len = -1;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		c->len = read(fd, c->pids, sizeof c->pids - 1);
		close(fd);
	}
	c->pids[c->len < 0 ? 0 : c->len] = 0;
}

// hit_children hits R's children, which now are these.
static void hit_children(const struct children *now) {
	struct sigaction deaf = {.sa_handler = SIG_IGN}, before;
	hit = *now;
	sigaction(SIGINT, &deaf, &before);
	kill(0, SIGINT);
	sigaction(SIGINT, &before, NULL);
}

// hit_groups hits the children that lead a process group of their own in R's
// session: those of system() with a timeout and, from R 4.6 on, of any pipe(). R
// waits for them, and what hits its own group does not reach them.
static void hit_groups(const struct children *now) {
	pid_t session = getsid(0);
	for (const char *pid = now->pids, *end; (end = strchr(pid, ' ')); pid = end + 1) {
		pid_t child = atoi(pid);
		if (getpgid(child) == child && getsid(child) == session) kill(-child, SIGINT);
	}
}

// R's system() with a timeout takes SIGINT itself, for its child. Where it has no
// child yet, or does not know it yet, that ends R, with status 130. So it does not
// get the signal, and its child gets it by hit_groups. It is known by its handler,
// which is in libR and is not the one that R has when it is ready.
static uintptr_t libr_from, libr_to; // its code; nowhere if the system does not say

#ifdef __linux__
static int find_libr(struct dl_phdr_info *info, size_t size, void *unused) {
	(void)size, (void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t to = from + info->dlpi_phdr[i].p_memsz, eval = (uintptr_t)R.Rf_eval;
		if (info->dlpi_phdr[i].p_type != PT_LOAD || eval < from || eval >= to) continue;
		libr_from = from, libr_to = to;
		return 1;
	}
	return 0;
}
#endif

static int is_for_child(void (*handler)(int)) {
	uintptr_t at = (uintptr_t)handler;
	return r_handler && handler != r_handler && at >= libr_from && at < libr_to;
}

// hit_handler has the signal reach the handler of SIGINT, if there is one.
static void hit_handler(void) {
	struct sigaction now;
	sigaction(SIGINT, NULL, &now);
	if (now.sa_handler != SIG_IGN && !is_for_child(now.sa_handler)) kill(getpid(), SIGINT);
}

// has_new says that one of R's children was not hit, if that is known. Each number is
// compared with the space behind it.
static int has_new(const struct children *now) {
	if (hit.len < 0) return 0;
	for (const char *pid = now->pids, *end; (end = strchr(pid, ' ')); pid = end + 1) {
		size_t n = (size_t)(end + 1 - pid);
		const char *known = hit.pids;
		while (strncmp(known, pid, n) != 0 && (known = strchr(known, ' '))) known++;
		if (!known) return 1;
	}
	return 0;
}

// ---- while R starts ----------------------------------------------------------

// R that is interrupted while it loads its own packages goes on without them, or
// not at all. So an interrupt while R starts sets a flag of ours, and where R
// looks for interrupts it is told if what runs is the user's: a profile or
// .First. What comes while R loads its own ends the cell and nothing else.
static volatile sig_atomic_t wanted;

// The default packages can be the user's choice: what takes longer than R's own
// is not left alone.
enum { OWN_PACKAGES = 30 }; // seconds
static time_t started;

// calls_first says that the outermost function that runs is the one of this name.
static int calls_first(const char *name) {
	int failed;
	SEXP symbol = R.Rf_install(name); // allocates, so before the calls
	SEXP call = PROTECT(R.Rf_lang1(R.Rf_install("sys.calls")));
	SEXP calls = R.R_tryEvalSilent(call, R_Base, &failed);
	UNPROTECT(1);
	return !failed && R.TYPEOF(calls) == LISTSXP && R.TYPEOF(R.CAR(calls)) == LANGSXP &&
		R.CAR(R.CAR(calls)) == symbol;
}

// runs_profile says that R runs a profile. R locks its base package when that is
// loaded, and from then on reads only profiles, in a context of C code; it calls
// functions in other contexts. It is asked in signal handlers too.
static int runs_profile(void) {
	struct host_context *c = *R.R_GlobalContext;
	SEXP base = *R.R_BaseNamespace;
	if (!base || !c || !c->next || !R.R_EnvironmentIsLocked(base)) return 0;
	while (c->next->next) c = c->next;
	return c->callflag == CTXT_CCODE;
}

// runs_users says that R runs code of the user's.
static int runs_users(void) {
	if (runs_profile() || calls_first(".First")) return 1;
	return time(NULL) - started > OWN_PACKAGES && calls_first(".First.sys");
}

void interrupt_look(void) {
	static const char note[] =
		"R was interrupted while it started: a profile may not have run to its end.\n";
	if (!wanted) return;
	wanted = 0;
	if (lane_is_child() || !runs_users()) return;
	lane_text(2, note, sizeof note - 1);
	heard = 1;
	*R.R_interrupts_pending = 1;
}

// ---- signals -----------------------------------------------------------------

static void on_interrupt(int signal) {
	struct sigaction before;
	struct children all;
	int keep = errno;
	(void)signal;
	if (lane_is_child()) return;
	sigaction(SIGINT, NULL, &before);
	if (before.sa_handler != SIG_DFL) { // or R has only begun to start
		asked = 0;
		hit_at = now_ms();
		repeat_after = FIRST_REPEAT;
		// R's own packages start children too.
		if (r_handler || runs_profile()) {
			list_children(&all);
			hit_children(&all);
			if (is_for_child(before.sa_handler)) hit_groups(&all);
		}
		if (r_handler || console_asking()) {
			heard = came = 1;
			// Who stands in for R's handler takes it too, but that does not end
			// the cell.
			if (r_handler && before.sa_handler != r_handler) *R.R_interrupts_pending = 1;
			hit_handler();
		} else {
			wanted = 1;
		}
	}
	errno = keep;
}

// on_nudge is the kernel asking whether R has taken its interrupt: it hears
// "1" if R has, "0" if not. The signal also ends waits in which R does not look,
// as those of libcurl.
static void on_nudge(int signal) {
	int keep = errno;
	(void)signal;
	if (lane_is_child()) return;
	int pending = *R.R_interrupts_pending || wanted;
	if (pending) {
		struct children all;
		struct sigaction now;
		list_children(&all);
		sigaction(SIGINT, NULL, &now);
		int64_t at = now_ms();
		int new = has_new(&all), repeat = at - hit_at >= repeat_after;
		int users = r_handler || runs_profile();
		int first = !asked && !is_for_child(now.sa_handler); // or on_interrupt has hit them
		asked = 1;
		if (new || repeat) {
			hit_at = at;
			repeat_after = new ? FIRST_REPEAT : REPEAT_LATER * repeat_after;
		}
		if (users && (new || repeat)) hit_children(&all);
		if (users && (new || repeat || first)) hit_groups(&all);
		if (repeat && !wanted) hit_handler();
	}
	lane_signal(EV_NUDGED, pending ? '0' : '1');
	errno = keep;
}

void interrupt_forget(void) { came = 0; }

int interrupt_came(void) { return came; }

void interrupt_note(void) { came = 1; }

int interrupt_heard(void) {
	int was = heard;
	heard = 0;
	return was;
}

void interrupt_ready(void) {
	struct sigaction now;
	sigaction(SIGINT, NULL, &now);
	r_handler = now.sa_handler;
	heard = wanted = 0;
}

void interrupt_install(void) {
	struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
	struct sigaction nudge = {.sa_handler = on_nudge, .sa_flags = SA_RESTART};
	// Neither comes between the other. Where both wait, as when R starts a program, the
	// system would have the nudge come first, which knows of no interrupt yet.
	sigaddset(&interrupt.sa_mask, NUDGE_SIGNAL);
	sigaddset(&nudge.sa_mask, INTERRUPT_SIGNAL);
	// R has its handler only where SIGINT is not ignored, from 4.5 on at least, and
	// what a shell starts in the background inherits that it is.
	signal(SIGINT, SIG_DFL);
	sigaction(INTERRUPT_SIGNAL, &interrupt, NULL);
	sigaction(NUDGE_SIGNAL, &nudge, NULL);
	started = time(NULL);
#ifdef __linux__
	dl_iterate_phdr(find_libr, NULL);
#endif
}

sigset_t interrupt_block(void) {
	sigset_t block, before;
	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &before);
	return before;
}

sigset_t interrupt_shut(void) {
	sigset_t before = interrupt_block();
	*R.R_interrupts_pending = 0;
	return before;
}

void interrupt_take(void) {
	while (!*R.R_interrupts_pending) {
		sigset_t before = interrupt_block();
		if (!*R.R_interrupts_pending) {
			struct timespec second = {1, 0};
			pselect(0, NULL, NULL, NULL, &second, &before);
			*R.R_interrupts_pending = 1;
		}
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	R.Rf_onintr(); // comes back when a handler resumes
}
