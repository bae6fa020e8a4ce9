// What the files of the R process say to each other. See doc.go for the whole.
#ifndef ADRASTEA_HOST_H
#define ADRASTEA_HOST_H

#include <signal.h>
#include <stddef.h>

#include "shims.h"

// ---- lane.c: the event socket and the two text pipes -----------------------

// Frames from R to the kernel. Those marked * are acknowledged: R waits.
enum {
	EV_READY = 'R',  // the first prompt is reached
	EV_TEMP = 'T',   // R's temporary directory
	EV_LANE = 'L',   // text goes to this pipe next ("1" or "2")
	EV_SYNC = 'S',   // * take what is in the pipes
	EV_INPUT = 'I',  // a prompt: sequence, text, password ("0" or "1")
	EV_RESULT = 'B', // * text on stdout from here on is a value's
	EV_VALUE = 'v',  // * a value is complete: see cell.c
	EV_BEGIN = 'b',  // a cell or call begins, SIGINT is for it from here: id
	EV_DONE = 'D',   // * the cell ended: see cell.c
	EV_USER = 'V',   // * kind, parts: display and others
	EV_RETURN = 'r', // * a call ended: id, status, strings
	EV_EXIT = 'X',   // R ends by its own will: status
	EV_FATAL = 'F',  // R cannot start: why
	EV_NUDGED = 'n', // R has taken the last interrupt ("1"), or not yet ("0")
	EV_STOP = 'p',   // a cell has stopped: number, why, functions that run, line, error
	EV_RESUMED = 'u' // and goes on: "1" if it was interrupted there
};

// Frames from the kernel to R.
enum {
	CMD_ACK = 'a',     // of EV_USER also: what is wrong with the event
	CMD_LOAD = 'l',    // R code for the private environment
	CMD_EXECUTE = 'x', // id, store_history, code, path of its source; see debug.c
	CMD_ANSWER = 'i',  // sequence, status, text
	CMD_CALL = 'c',    // id, function, arguments
	CMD_MESSAGE = 'm', // id, function, number of texts, texts, raw parts
	CMD_DEBUG = 'd',   // debugging, errors stop, warnings ("0" or "1"), breakpoints: path, line,
	                   // condition, test of hits, message
	CMD_INQUIRE = 'g', // CMD_CALL where a cell has stopped
	CMD_EVALUATE = 'e', // CMD_MESSAGE where a cell has stopped
	CMD_RESUME = 'u',  // how a cell that has stopped goes on: number, how
	CMD_PAUSE = 'p',   // the cell is to stop where it can: id
	CMD_QUIT = 'q'
};

struct host_part {
	const void *data;
	size_t len;
};

struct frame {
	int type;
	int n;                  // number of parts
	struct host_part *part; // see lane_recv and lane_next
};

void lane_init(int fd);
// lane_is_child says that this is a forked child, which owns text but no lane.
int lane_is_child(void);
// lane_is_forked is the same without a system call, for what happens often. It
// does not notice a bare clone, whose frames lane_send still drops.
int lane_is_forked(void);
int lane_fd(void);
// lane_fits says that parts are not too much for one frame. Others are dropped:
// who sends what users make asks first.
int lane_fits(int n, const struct host_part *parts);
void lane_send(int type, int n, const struct host_part *parts);
void lane_send_acked(int type, int n, const struct host_part *parts);
// lane_signal sends a frame of one part of one byte, from a signal handler.
void lane_signal(int type, char part);
// lane_recv waits for a frame, which is valid until the next call.
void lane_recv(struct frame *f);
// lane_next is lane_recv, but frames that came at a wrong moment come first, and
// the frame is valid until the next lane_next: R code may run meanwhile.
void lane_next(struct frame *f);
int lane_has_kept(void);
void lane_keep(const struct frame *f);
// lane_take takes the first frame that came at a wrong moment and is wanted now. It is
// valid until the next lane_take. 0: there is none.
int lane_take(struct frame *f, int (*wanted)(int type));
// lane_text writes text of R's console, which is not empty. It may be called in a
// forked child.
void lane_text(int lane, const char *text, size_t len);
// lane_settle has the kernel take what was written so far, before a program is started
// that writes itself.
void lane_settle(void);
// lane_end_line writes the beginning of a line that waits for its end; see print.c.
void lane_end_line(void);
// host_event sends a user event and waits for its acknowledgement; in a forked
// child it does nothing. It returns NULL, or what is wrong with the event, valid
// until the next call. No R error is raised.
const char *host_event(const char *kind, int n, const struct host_part *parts);

struct host_part part_str(const char *s);
// string_utf8 is a string of R's (CHARSXP) for the kernel. R raises an error for
// those that are marked as bytes; here they come as they are.
const char *string_utf8(SEXP s);
// part_of is a raw vector, or the first of some strings; of anything else empty.
struct host_part part_of(SEXP x);

// A buf is bytes that grow. Memory that runs out ends the process with a
// message; R does the same for its own small needs.
struct buf {
	char *data;
	size_t len, cap;
};
void buf_add(struct buf *b, const void *data, size_t len);
void buf_free(struct buf *b);
void *host_alloc(void *old, size_t n);

// ---- console.c: R's callbacks ----------------------------------------------

void console_install(void);
// console_at_top says that no R function is on the stack.
int console_at_top(void);
int is_browser(const struct host_context *c);
// console_capture throws away what code of ours prints that is then called behind
// R_ToplevelExec, until it is called with 0. It does not nest. What a finalizer of
// the user's prints meanwhile is kept, until console_release.
void console_capture(int on);
int console_has_kept(void);
// console_keep keeps text for stderr.
void console_keep(const char *text, size_t len);
// console_release prints what was kept.
void console_release(void);
// console_remember adds the lines of text to what history() shows.
void console_remember(const char *text);
// console_asking says that a prompt waits for its answer.
int console_asking(void);
// console_ask asks the user. It returns the answer, without newline, valid
// until the next call. It does not return when the user interrupts or cannot
// be asked: then it jumps as R does, unless the question has a default answer.
// at_browser makes the latter an end of file instead: NULL.
const char *console_ask(const char *prompt, int password, int at_browser);

// ---- interrupt.c: interrupts by signal ---------------------------------------

void interrupt_install(void);
// interrupt_look is R looking for interrupts: while it starts, it is given what has come.
void interrupt_look(void);
// interrupt_ready is called when R has started.
void interrupt_ready(void);
// interrupt_block blocks SIGINT. It returns the signals that were blocked before.
sigset_t interrupt_block(void);
// interrupt_shut is interrupt_block, and drops what interrupt there is.
sigset_t interrupt_shut(void);
// interrupt_take waits for the signal that the kernel sends with every
// interrupt, so that it cannot hit what runs next, and then does what R does.
void interrupt_take(void);
// interrupt_forget begins a cell: what interrupts came so far were not for it.
void interrupt_forget(void);
// interrupt_came says that the user has interrupted the cell: the kernel's signal
// came or, where an answer was waited for, interrupt_note was called.
int interrupt_came(void);
void interrupt_note(void);
// interrupt_heard says that a signal came since it was asked last.
int interrupt_heard(void);

// ---- idle.c: waiting for the kernel ----------------------------------------

// What an interrupt means while R waits: nothing, as between cells; the end of
// the wait; or something for later, as in suspendInterrupts().
enum idle_mode { IDLE_DISCARDS, IDLE_STOPS, IDLE_KEEPS };
enum { WAIT_FRAME, WAIT_INTERRUPT };
// idle_wait runs R's input handlers until a frame can be read, or an interrupt
// stops it.
int idle_wait(enum idle_mode mode);
// idle_tidy is called when a cell has ended, and collects R's garbage now and
// then.
void idle_tidy(void);

// ---- cell.c: running one cell ----------------------------------------------

void cell_begin(const struct frame *f);
int cell_active(void);
// cell_next is R's top level asking for text. It fills buf and returns 1, or
// returns 0 when the cell has ended (and has said so).
int cell_next(unsigned char *buf, int len);
void cell_busy(void);
// cell_displays is told that R code displays something, and no plot.
void cell_displays(void);

// ---- debug.c: the debugger ----------------------------------------------------

// debug_takes takes CMD_DEBUG and CMD_PAUSE, which R heeds wherever it hears them. It
// returns 0 for other frames.
int debug_takes(const struct frame *f);
// debug_look takes what the kernel says, if a front end debugs what R runs.
void debug_look(void);
// debug_cell makes the cell stop at the lines of a source, without a path at none.
void debug_cell(struct host_part path);
// debug_top stops before the next expression of the cell, if it should. It says whether
// the user has interrupted it there.
int debug_top(void);
// debug_error stops where an error is about to end the cell, if it should.
void debug_error(void);
// debug_end is the end of the cell: no step goes beyond it.
void debug_end(void);

// ---- text.c: what R writes while a cell runs --------------------------------

// cell_text takes text that belongs to the last value or to the error that is
// ending the cell; 0 says that it is ordinary output.
int cell_text(int lane, const char *text, size_t len);
// lands_at_top says that a jump from here goes to R's prompt and not to C code
// that called R. An error passes no browser on its way, but Q at one does.
int lands_at_top(int pass_browser);
void cell_flush(void); // before a prompt: what the cell keeps goes out
void cell_jump(void);  // R is about to jump to its prompt

// ---- parse.c ---------------------------------------------------------------

// A span is an expression in the code of a cell.
struct span {
	size_t from, to; // bytes; to is behind the last one R's console would read
	int type;        // of the expression
};
enum parse_result { PARSED, PARSED_BAD, PARSED_INCOMPLETE };
struct parsed {
	int n;              // expressions
	struct span *spans; // malloc'ed; NULL if they cannot be found in the code
	SEXP exprs;         // then this has them, preserved
	struct span bad;    // if it is not valid: from its first invalid expression
};
enum parse_result parse_cell(const char *code, size_t len, struct parsed *p);
// parse_one parses one expression as R's console would. NULL: it cannot.
SEXP parse_one(const char *code, size_t len);

// ---- call.c: our private environment ---------------------------------------

void call_load(const struct frame *f);
// call_environment is the private environment, NULL before call_load.
SEXP call_environment(void);
void call_run(const struct frame *f);
void call_message(const struct frame *f);
// call_list evaluates fn of the private environment with strings as arguments, output
// captured away and interrupts put off. It returns a list, or NULL when it failed.
SEXP call_list(const char *fn, int n, const struct host_part *args);
// call_strings evaluates fn of the private environment with strings as
// arguments, output captured away and interrupts put off. It returns a STRSXP, or
// NULL when it failed.
SEXP call_strings(const char *fn, int n, const struct host_part *args);
SEXP call_object(const char *fn, SEXP arg);
// call_in evaluates fn of the private environment with an environment and strings as
// arguments. What it does reaches the user. It returns a STRSXP, or NULL when it failed.
SEXP call_in(const char *fn, SEXP env, int n, const struct host_part *args);
// call_quick evaluates a call that the private environment has under a name, and that
// uses no function of R's. It says whether the result has elements.
int call_quick(const char *name);

// native_symbol makes a C function what .Call() can call.
SEXP native_symbol(host_fn fn);

// A native is a C function that R code of the private environment reaches as
// .Call(.C_<name>, ...).
struct host_native {
	const char *name;
	host_fn fn;
	int args;
};
// These end with an element without a name.
extern const struct host_native debug_natives[], print_natives[];

// ---- print.c: what R's own functions print -----------------------------------

// print_goes_on says that text on stdout is not the end of a line, and that R writes
// the end before it does anything else.
int print_goes_on(const char *text, size_t len);
// print_by_r says that text comes from C code of R's own that a function of R's has
// called to print it. C code of packages may hold objects meanwhile that would be lost
// if R code ran.
int print_by_r(void);

#include "device.h"

#endif
