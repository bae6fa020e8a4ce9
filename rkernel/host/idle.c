// Waiting for the kernel while R's own event loop runs (contract R5).
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

#include "host.h"

// timeout fills in how long R may be left alone: for ever, but for packages
// that ask to be polled (tcltk).
static struct timespec *timeout(struct timespec *ts) {
	int wait = *R.R_wait_usec > 0 ? *R.R_wait_usec : -1;
	if (R.Rg_wait_usec && *R.Rg_wait_usec > 0 && (wait < 0 || wait > *R.Rg_wait_usec))
		wait = *R.Rg_wait_usec;
	if (wait < 0) return NULL;
	ts->tv_sec = wait / 1000000;
	ts->tv_nsec = (long)(wait % 1000000) * 1000;
	return ts;
}

// handlers sets the descriptors R listens to, but for standard input, and for those that
// a package has closed and forgotten: with one of them every wait would fail at once, and
// R would hear nobody.
static int handlers(fd_set *set) {
	int max = lane_fd();
	FD_ZERO(set);
	FD_SET(max, set);
	for (struct host_input_handler *h = *R.R_InputHandlers; h; h = h->next) {
		if (h->fd < 0) h->fd = 0; // R's own for standard input, not yet set
		if (h->fd == 0 || h->fd >= FD_SETSIZE || fcntl(h->fd, F_GETFD) < 0) continue;
		FD_SET(h->fd, set);
		if (h->fd > max) max = h->fd;
	}
	return max;
}

// R collects garbage when its heap is full, and its heap is made for more than
// it holds: a session grows by 10 MB before the first collection. A collection
// of what is young costs less than a millisecond, however much R holds, and
// happens while nobody waits.
enum { CELLS_OF_A_COLLECTION = 50 };

void idle_tidy(void) {
	static int cells;
	static SEXP collect;
	int failed;
	if (++cells % CELLS_OF_A_COLLECTION) return;
	if (!collect) {
		SEXP no = PROTECT(R.Rf_ScalarLogical(0));
		SEXP gc = PROTECT(R.Rf_lang4(R.Rf_install("gc"), no, no, no));
		collect = R.Rf_lang2(R.Rf_install(".Internal"), gc);
		R.R_PreserveObject(collect);
		UNPROTECT(2);
	}
	// An interrupt that comes now is for nobody, and R must not see it here.
	sigset_t before = interrupt_shut();
	R.R_tryEvalSilent(collect, R_Base, &failed);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int idle_wait(enum idle_mode mode) {
	int stops = mode == IDLE_STOPS;
	for (;;) {
		if (mode == IDLE_DISCARDS && lane_has_kept()) return WAIT_FRAME;
		fd_set set;
		struct timespec ts;
		int max = handlers(&set);
		// Between the look at the flag and the wait no signal may slip in.
		sigset_t before = interrupt_block();
		int n = -1;
		if (!stops || !*R.R_interrupts_pending)
			n = pselect(max + 1, &set, NULL, NULL, timeout(&ts), &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (stops && *R.R_interrupts_pending) return WAIT_INTERRUPT;
		if (mode == IDLE_DISCARDS) *R.R_interrupts_pending = 0;
		if (n > 0 && FD_ISSET(lane_fd(), &set)) return WAIT_FRAME;
		if (n < 0) continue;
		R.R_runHandlers(*R.R_InputHandlers, n > 0 ? &set : NULL);
		device_flush();
	}
}
