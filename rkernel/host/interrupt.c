// Interrupts: how the kernel's one signal reaches R and its children, and how
// the kernel learns whether R has taken it.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

#include "host.h"

// An interrupt is one signal to R, which passes it on to its children as a
// terminal would, and takes it itself: also while it waits for a child in
// system(), which makes R deaf to SIGINT, so that at a terminal the rest of the
// expression would run. SIGURG is ignored by whoever does not expect it.
enum { INTERRUPT_SIGNAL = SIGURG, NUDGE_SIGNAL = SIGWINCH };

// The first nudges may find a child that has not heard of the interrupt. Later
// ones only ask: a child that takes its time to end is not to be hit again.
enum { HITTING_NUDGES = 4 };

static void (*r_handler)(int); // R's handler of SIGINT; NULL while R starts

static volatile sig_atomic_t nudges; // since the last interrupt
static volatile sig_atomic_t heard;  // an interrupt, since interrupt_heard

static void on_interrupt(int signal) {
	struct sigaction deaf = {.sa_handler = SIG_IGN}, before;
	int keep = errno;
	(void)signal;
	if (lane_is_child()) return;
	sigaction(SIGINT, NULL, &before);
	if (before.sa_handler != SIG_DFL) { // or R has only begun to start
		nudges = 0;
		heard = 1;
		sigaction(SIGINT, &deaf, &before);
		kill(0, SIGINT); // the children
		sigaction(SIGINT, &before, NULL);
		// Who stands in for R's handler takes it too, as system() with a
		// timeout does to end its child; but that does not end the cell.
		if (r_handler && before.sa_handler != r_handler) *R.R_interrupts_pending = 1;
		if (before.sa_handler != SIG_IGN) kill(getpid(), SIGINT);
	}
	errno = keep;
}

// on_nudge is the kernel asking whether R has taken its interrupt: it hears
// "1" if R has, "0" if not. If R was about to start a child when the interrupt
// came, it waits for the child now, which has not heard of it.
static void on_nudge(int signal) {
	int keep = errno;
	(void)signal;
	if (lane_is_child()) return;
	int pending = *R.R_interrupts_pending;
	if (pending && nudges < HITTING_NUDGES) {
		nudges++;
		kill(0, SIGINT);
	}
	lane_signal(EV_NUDGED, pending ? '0' : '1');
	errno = keep;
}

int interrupt_heard(void) {
	int was = heard;
	heard = 0;
	return was;
}

void interrupt_ready(void) {
	struct sigaction now;
	sigaction(SIGINT, NULL, &now);
	r_handler = now.sa_handler;
	heard = 0;
}

void interrupt_install(void) {
	struct sigaction interrupt = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
	struct sigaction nudge = {.sa_handler = on_nudge, .sa_flags = SA_RESTART};
	sigaction(INTERRUPT_SIGNAL, &interrupt, NULL);
	sigaction(NUDGE_SIGNAL, &nudge, NULL);
}

void interrupt_take(void) {
	while (!*R.R_interrupts_pending) {
		sigset_t block, before;
		sigemptyset(&block);
		sigaddset(&block, SIGINT);
		sigprocmask(SIG_BLOCK, &block, &before);
		if (!*R.R_interrupts_pending) {
			struct timespec second = {1, 0};
			pselect(0, NULL, NULL, NULL, &second, &before);
			*R.R_interrupts_pending = 1;
		}
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	R.Rf_onintr(); // comes back when a handler resumes
}
