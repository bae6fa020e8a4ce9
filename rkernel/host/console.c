// R's console callbacks.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static int capturing;    // at how many top levels, or 0; see console_capture
static int refused;      // prompts of browsers meanwhile
static int ready;        // the first prompt was reached
static int quitting;     // the kernel asked R to end
static int leaving = -1; // the status R ends with by its own will
static host_clean_up r_clean_up;
static host_fn r_polled_events;

int console_at_top(void) {
	struct host_context *c = *R.R_GlobalContext;
	return c && !c->next;
}

int is_browser(const struct host_context *c) {
	return (c->callflag & ~CTXT_RESTART) == CTXT_BROWSER;
}

// browser_asks says that it is a browser that asks, not a function called from
// one.
static int browser_asks(const char *prompt) {
	if (strncmp(prompt, "Browse[", 7) != 0) return 0;
	for (struct host_context *c = *R.R_GlobalContext; c; c = c->next)
		if (is_browser(c)) return 1;
	return 0;
}

// top_levels counts R's top levels: its own, one for what is called from C behind a
// wall that no jump passes, and one for each finalizer that runs.
static int top_levels(void) {
	int n = 0;
	for (struct host_context *c = *R.R_GlobalContext; c; c = c->next)
		n += c->callflag == CTXT_TOPLEVEL;
	return n;
}

void console_capture(int on) {
	capturing = on ? top_levels() + 1 : 0;
	refused = 0;
}

static struct buf kept[2]; // what is to be said on each lane afterwards

int console_has_kept(void) { return kept[0].len || kept[1].len; }

void console_keep(const char *text, size_t len) { buf_add(&kept[1], text, len); }

void console_release(void) {
	for (int lane = 1; lane <= 2; lane++) {
		struct buf *text = &kept[lane - 1];
		if (text->len) lane_text(lane, text->data, text->len);
		buf_free(text);
	}
}

static void write_console(const char *text, int len, int type) {
	int lane = type ? 2 : 1;
	if (len <= 0) return;
	if (capturing) {
		if (top_levels() > capturing) buf_add(&kept[lane - 1], text, (size_t)len);
		return;
	}
	device_before_text();
	// R ends the line of its prompt where its input ends; here is none.
	if (quitting && leaving < 0) return;
	if (cell_text(lane, text, (size_t)len)) return;
	// R ends the line at an interrupt. Before the first prompt there is none,
	// and the end of a line would come in some later cell.
	if (!ready && lane == 2 && len == 1 && *text == '\n' && interrupt_heard()) return;
	lane_text(lane, text, (size_t)len);
}

// ---- prompts ----------------------------------------------------------------

static unsigned sequence;   // of the last prompt
static int asking;          // it waits for its answer
static struct buf answer;   // what the user said
static size_t answer_given; // how much of it R has taken

int console_asking(void) { return asking; }

enum { ANSWERED, ANSWER_INTERRUPTED, ANSWER_REFUSED };

// set_answer keeps what the user said for who asks. Of that R has no more to take, until
// read_answer says otherwise: a password is no answer to what R reads next.
static void set_answer(const char *text, size_t len) {
	answer.len = 0;
	buf_add(&answer, text, len);
	buf_add(&answer, "", 1);
	answer.len--;
	answer_given = answer.len;
}

// take_answer reads frames until the one that answers the prompt.
static int take_answer(void) {
	struct frame f;
	lane_recv(&f);
	if (debug_takes(&f)) return -1;
	if (f.type != CMD_ANSWER) {
		lane_keep(&f); // a callback asks between cells, or the debugger at a stop
		return -1;
	}
	if (f.n < 3) return -1;
	if (strtoul(f.part[0].data, NULL, 10) != sequence) return -1;
	set_answer(f.part[2].data, f.part[2].len);
	switch (*(const char *)f.part[1].data) {
	case 'o': return ANSWERED;
	case 'i':
		interrupt_note();
		return ANSWER_INTERRUPTED;
	default: return ANSWER_REFUSED;
	}
}

static int ask(const char *prompt, int password) {
	if (capturing) { // R's loop waits for what that is for, and would get the answer
		static const char why[] = "nobody can be asked while R shows or completes something";
		set_answer(why, sizeof why - 1);
		return ANSWER_REFUSED;
	}
	char number[16];
	device_flush();
	cell_flush();
	snprintf(number, sizeof number, "%u", ++sequence);
	struct host_part parts[] = {part_str(number), part_str(prompt),
		part_str(password ? "1" : "0")};
	fflush(stdout);
	lane_send(EV_INPUT, 3, parts);
	asking = 1;
	int how = -1;
	enum idle_mode mode = *R.R_interrupts_suspended ? IDLE_KEEPS : IDLE_STOPS;
	while (how < 0) how = idle_wait(mode) == WAIT_INTERRUPT ? ANSWER_INTERRUPTED : take_answer();
	asking = 0;
	return how;
}

// default_answer answers a question that need not be answered, where the user cannot be
// asked, and says so.
static int default_answer(const char *prompt) {
	struct host_part arg = part_str(prompt);
	SEXP said = capturing ? NULL : call_strings(".default_answer", 1, &arg);
	if (!said || R.Rf_length(said) < 2) return 0;
	PROTECT(said);
	const char *text = string_utf8(R.STRING_ELT(said, 0)), *note = string_utf8(R.STRING_ELT(said, 1));
	set_answer(text, strlen(text));
	if (*note) lane_text(2, note, strlen(note));
	UNPROTECT(1);
	return 1;
}

const char *console_ask(const char *prompt, int password, int at_browser) {
	if (lane_is_child()) R.Rf_error("a forked process cannot ask the user");
	for (;;) {
		int how = ask(prompt, password);
		if (how == ANSWERED) return answer.data;
		if (how == ANSWER_REFUSED && at_browser) return NULL;
		if (how == ANSWER_REFUSED) {
			static char why[1024];
			snprintf(why, sizeof why, "%s", answer.data);
			if (!password && default_answer(prompt)) return answer.data;
			R.Rf_error("%s", why);
		}
		sequence++; // an answer that comes now is too late
		if (!*R.R_interrupts_suspended) interrupt_take();
	}
}

// give hands R the next piece of the answer: R's buffer takes len - 1 bytes, and
// of several lines R gets one at a time, as from a terminal. It would keep what
// it does not read for whoever asks next, be it in another cell.
static int give(unsigned char *buf, int len) {
	const char *from = answer.data + answer_given;
	size_t n = answer.len - answer_given, room = (size_t)len - 1;
	if (n > room) n = room;
	const char *eol = memchr(from, '\n', n);
	if (eol) n = (size_t)(eol - from) + 1;
	memcpy(buf, from, n);
	buf[n] = 0;
	answer_given += n;
	return 1;
}

// console_remember: R's console leaves its history to the readline library, and
// history(), savehistory(), timestamp() and quit("yes") look there.
void console_remember(const char *text) {
	if (!R.add_history) return;
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = host_alloc(NULL, n + 1);
		memcpy(line, text, n);
		line[n] = 0;
		if (n) R.add_history(line);
		free(line);
		text += n + (text[n] == '\n');
	}
}

// go_on is the answer to a browser whose user cannot be asked. At the end of its input R
// would ask again at the next statement. Where code of ours has called the function,
// R's loop would take the rest of a line for its own.
static int go_on(unsigned char *buf) {
	static const char note[] = "browser: the front end does not allow input; continuing\n";
	static const char later[] = "browser: nobody can be asked now; continuing\n";
	if (capturing) {
		if (!refused++) console_keep(later, sizeof later - 1);
		return 0;
	}
	if (!cell_active()) { // a handler or a callback, called where R waits for its next line
		lane_text(2, later, sizeof later - 1);
		return 0;
	}
	lane_text(2, note, sizeof note - 1);
	memcpy(buf, "c\n", 3);
	return 1;
}

static int read_answer(const char *prompt, unsigned char *buf, int len, int history) {
	if (answer_given < answer.len) return give(buf, len);
	if (!console_ask(prompt, 0, browser_asks(prompt))) return go_on(buf);
	answer_given = 0;
	if (answer.len == 1 && answer.data[0] == 4) { // Ctrl-D: the end of the input
		answer.len = 0;
		return 0;
	}
	if (history) console_remember(answer.data);
	buf_add(&answer, "\n", 2);
	answer.len--;
	return give(buf, len);
}

// ---- the top level ----------------------------------------------------------

// say_temp tells the kernel R's temporary directory, once there is one, so that it is
// removed when R cannot do it.
static void say_temp(void) {
	static int said;
	if (said || !*R.R_TempDir) return;
	said = 1;
	struct host_part dir = part_str(*R.R_TempDir);
	lane_send(EV_TEMP, 1, &dir);
}

static void say_ready(void) {
	ready = 1;
	interrupt_ready();
	say_temp();
	lane_send(EV_READY, 0, NULL);
}

static int at_prompt(unsigned char *buf, int len) {
	asking = 0;
	answer.len = answer_given = 0;
	if (!ready) {
		device_init();
		say_ready();
	}
	for (;;) {
		if (cell_active()) {
			if (cell_next(buf, len)) return 1;
			idle_tidy();
		}
		console_release();
		struct frame f;
		idle_wait(IDLE_DISCARDS);
		lane_next(&f);
		switch (f.type) {
		case CMD_LOAD: call_load(&f); break;
		case CMD_CALL:
		case CMD_INQUIRE: call_run(&f); break; // the cell has just gone on
		case CMD_MESSAGE:
		case CMD_EVALUATE: call_message(&f); break;
		case CMD_EXECUTE: cell_begin(&f); break;
		case CMD_DEBUG:
		case CMD_PAUSE: debug_takes(&f); break;
		case CMD_QUIT:
			*R.R_interrupts_pending = 0; // it was for the cell, not for .Last
			quitting = 1;
			return 0;
		}
	}
}

// in_segv_handler says that R handles a crash, on its signal stack, and offers
// its user ways to end. Nobody can be asked in that state.
static int in_segv_handler(void) {
	stack_t stack;
	return sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK);
}

static int read_console(const char *prompt, unsigned char *buf, int len, int history) {
	if (lane_is_child()) _exit(1); // a fork that fell out of its function
	if (in_segv_handler()) {
		memcpy(buf, "1\n", 3); // abort
		return 1;
	}
	int top = console_at_top() && leaving < 0;
	if (quitting) {
		memcpy(buf, "n\n", 3);
		return !top; // if it is the prompt again, .Last has failed
	}
	if (top) return at_prompt(buf, len);
	return read_answer(prompt, buf, len, history);
}

// ---- the rest ---------------------------------------------------------------

static void busy(int which) {
	if (which == 1 && console_at_top() && !lane_is_child()) cell_busy();
}

static void reset_console(void) {
	asking = 0;
	answer.len = answer_given = 0;
	// The user changed their mind about quitting; or .Last failed. What fails in
	// a finalizer at the end goes elsewhere.
	if (lands_at_top(1)) leaving = -1;
	if (!lane_is_child()) cell_jump();
}

static void nothing(void) {}

// polled_events is R looking for events and interrupts, as it does while it runs code.
static void polled_events(void) {
	lane_end_line();
	r_polled_events();
	say_temp();
	interrupt_look();
	debug_look();
}

static void say_exit(void) {
	char status[16];
	if (leaving < 0 || lane_is_child()) return;
	fflush(stdout);
	snprintf(status, sizeof status, "%d", leaving);
	struct host_part p = part_str(status);
	lane_send(EV_EXIT, 1, &p);
}

enum { SA_SUICIDE = 6 };

// clean_up is how R ends: quit(), or for want of anything better. Where it
// does not come back, exit() calls say_exit.
static void clean_up(int how, int status, int run_last) {
	static int failed; // the last try to end when the kernel asked for it
	if (how != SA_SUICIDE && !lane_is_child()) {
		cell_flush();
		leaving = status;
	}
	if (quitting && failed++) run_last = 0;
	r_clean_up(how, status, run_last);
}

void console_install(void) {
	*R.R_Outputfile = NULL;
	*R.R_Consolefile = NULL;
	*R.ptr_R_ReadConsole = read_console;
	*R.ptr_R_WriteConsole = NULL;
	*R.ptr_R_WriteConsoleEx = write_console;
	*R.ptr_R_ResetConsole = reset_console;
	*R.ptr_R_FlushConsole = nothing;
	*R.ptr_R_ClearerrConsole = nothing;
	*R.ptr_R_Busy = busy;
	r_polled_events = *R.R_PolledEvents;
	*R.R_PolledEvents = polled_events;
	interrupt_install();
	r_clean_up = *R.ptr_R_CleanUp;
	*R.ptr_R_CleanUp = clean_up;
	atexit(say_exit);
}
