// The debugger's part in the R process: where a cell stops, and what happens until it
// goes on. See rscript/debug.R, and debug.go in the kernel.
//
// Code that can stop calls native_at before each statement; between the expressions
// of a cell, debug_top is called. R's own browser has no part in this: while a cell
// has stopped, its thread is here, and answers what the kernel asks.
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"

// How far a cell runs that was told to go on.
enum mode { CONTINUE, NEXT, STEP_IN, STEP_OUT };

// What a breakpoint may have besides its place, each empty or R code or a text for
// debug_guard.
enum { CONDITION, HITS, MESSAGE, EXTRAS };

struct breakpoint {
	int file, line;
	char *extra[EXTRAS];
};

// The sources of which something was said, cells and files. Where one is in sources is
// its number.
struct source {
	char *path;
	int *on; // what its code looks at, see native_switch; NULL: it has none
};
static struct source *sources;
static int known_sources;

static struct {
	int attached;               // a front end debugs
	int on_errors, on_warnings; // these stop
	int watching;               // what debug_watch was told last
	int n;                      // breakpoints
	struct breakpoint *at;
	enum mode mode;
	const char *why; // it stops where mode is not CONTINUE
	SEXP env;        // of the code that took the step; only to be compared
	int file;        // the source of that code
	int depth;       // how many functions ran when it did
	int calls;       // how many functions run where it has stopped
	int stopped;
	int answering;   // what runs is the kernel's, or asked for at a stop
} debugger;

// arm sets whose code asks.
static void arm(void) {
	int all = debugger.mode != CONTINUE || debugger.on_errors;
	for (int i = 0; i < known_sources; i++)
		if (sources[i].on) *sources[i].on = all;
	for (int i = 0; i < debugger.n; i++) {
		int *on = sources[debugger.at[i].file].on;
		if (on) *on = 1;
	}
}

// depth counts the functions that run.
static int depth(void) {
	int n = 0;
	for (struct host_context *c = *R.R_GlobalContext; c && c->next; c = c->next)
		n += (c->callflag & CTXT_FUNCTION) != 0;
	return n;
}

static int is(struct host_part part, const char *text) {
	return part.len == strlen(text) && memcmp(part.data, text, part.len) == 0;
}

static int integer(struct host_part part) {
	char text[16];
	snprintf(text, sizeof text, "%.*s", (int)part.len, (const char *)part.data);
	return atoi(text);
}

enum { FLAGS = 3 }; // of CMD_DEBUG, before its breakpoints

static char *text_of(struct host_part part) {
	char *text = host_alloc(NULL, part.len + 1);
	memcpy(text, part.data, part.len);
	text[part.len] = 0;
	return text;
}

// source_of is the number of the source with this path, which may be new.
static int source_of(struct host_part path) {
	for (int i = 0; i < known_sources; i++)
		if (is(path, sources[i].path)) return i;
	sources = host_alloc(sources, ((size_t)known_sources + 1) * sizeof *sources);
	sources[known_sources] = (struct source){text_of(path), NULL};
	return known_sources++;
}

static void configure(const struct frame *f) {
	if (f->n < FLAGS) return;
	debugger.attached = integer(f->part[0]);
	debugger.on_errors = debugger.attached && integer(f->part[1]);
	debugger.on_warnings = debugger.attached && integer(f->part[2]);
	for (int i = 0; i < debugger.n; i++)
		for (int k = 0; k < EXTRAS; k++) free(debugger.at[i].extra[k]);
	debugger.n = debugger.attached ? (f->n - FLAGS) / (2 + EXTRAS) : 0;
	debugger.at = host_alloc(debugger.at, (size_t)debugger.n * sizeof *debugger.at);
	for (int i = 0; i < debugger.n; i++) {
		const struct host_part *part = f->part + FLAGS + (2 + EXTRAS) * i;
		debugger.at[i].file = source_of(part[0]);
		debugger.at[i].line = integer(part[1]);
		for (int k = 0; k < EXTRAS; k++) debugger.at[i].extra[k] = text_of(part[2 + k]);
	}
	if (!debugger.attached) debugger.mode = CONTINUE;
	arm();
}

// pause_cell takes CMD_PAUSE: the cell stops before its next statement.
static void pause_cell(const struct frame *f) {
	if (!debugger.attached || !cell_active() || debugger.stopped || debugger.answering) return;
	if (f->n < 1 || !is(f->part[0], cell.id)) return; // it has ended
	debugger.mode = STEP_IN;
	debugger.why = "pause";
	arm();
}

int debug_takes(const struct frame *f) {
	if (f->type == CMD_DEBUG) configure(f);
	else if (f->type == CMD_PAUSE) pause_cell(f);
	else return 0;
	return 1;
}

// ---- while a cell runs --------------------------------------------------------------

void debug_look(void) {
	struct pollfd lane = {.fd = lane_fd(), .events = POLLIN};
	if (!debugger.attached || !cell_active() || cell.phase != RUNNING || console_asking() ||
		debugger.stopped || debugger.answering || lane_is_child()) return;
	while (poll(&lane, 1, 0) > 0 && (lane.revents & POLLIN)) {
		struct frame f;
		lane_recv(&f);
		if (!debug_takes(&f) && f.type != CMD_ANSWER) lane_keep(&f); // an answer is too late
	}
}

// ---- lines --------------------------------------------------------------------------

// The statements that asked last, by how many of the user's functions ran: R knows no
// source of what it has compiled with a loop at top level. Environments are only to be
// compared, and may be gone.
static struct {
	SEXP env;
	int file, line;
} *asked;
static int asked_size, asked_top;

static void note_line(int deep, SEXP env, int file, int line) {
	if (deep >= asked_size) {
		int size = 2 * deep + 64;
		asked = host_alloc(asked, (size_t)size * sizeof *asked);
		memset(asked + asked_size, 0, (size_t)(size - asked_size) * sizeof *asked);
		asked_size = size;
	}
	for (; asked_top > deep; asked_top--) asked[asked_top].env = NULL;
	asked_top = deep;
	asked[deep].env = env;
	asked[deep].file = file;
	asked[deep].line = line;
}

// native_line is the line of the last statement of a source that asked in env, or NULL.
static SEXP native_line(SEXP env, SEXP path) {
	int file = source_of(part_of(path));
	for (int i = asked_top < debugger.calls ? asked_top : debugger.calls; i >= 0 && i < asked_size; i--)
		if (asked[i].env == env && asked[i].file == file) return R.Rf_ScalarInteger(asked[i].line);
	return R_Nil;
}

// ---- stops --------------------------------------------------------------------------

enum passage { PASSES, STOPS, INTERRUPTED };

// guard asks debug_guard whether a breakpoint with extras stops, which looks at variables
// of env. An interrupt there is for the cell.
static enum passage guard(const struct breakpoint *b, SEXP env) {
	char line[16];
	snprintf(line, sizeof line, "%d", b->line);
	struct host_part args[2 + EXTRAS] = {part_str(sources[b->file].path), part_str(line)};
	char *extra[EXTRAS]; // a finalizer of the user's may have R hear that b is gone
	for (int k = 0; k < EXTRAS; k++) args[2 + k] = part_str(extra[k] = text_of(part_str(b->extra[k])));
	debugger.answering++;
	SEXP said = call_in("debug_guard", env, 2 + EXTRAS, args);
	debugger.answering--;
	for (int k = 0; k < EXTRAS; k++) free(extra[k]);
	if (!said || R.Rf_length(said) != 1) return STOPS;
	const char *answer = R.R_CHAR(R.STRING_ELT(said, 0));
	return strcmp(answer, "passes") == 0 ? PASSES : strcmp(answer, "interrupted") == 0 ? INTERRUPTED : STOPS;
}

// breakpoint_at says whether a breakpoint stops at a line.
static enum passage breakpoint_at(int file, int line, SEXP env) {
	for (int i = 0; i < debugger.n; i++) {
		const struct breakpoint *b = debugger.at + i;
		if (b->file != file || b->line != line) continue;
		for (int k = 0; k < EXTRAS; k++)
			if (*b->extra[k]) return guard(b, env);
		return STOPS;
	}
	return PASSES;
}

// inquire answers the kernel, which may interrupt what it asked for: that is not for
// the cell.
static void inquire(const struct frame *f) {
	int came = interrupt_came();
	debugger.answering++;
	if (f->type == CMD_INQUIRE) call_run(f);
	else call_message(f);
	debugger.answering--;
	if (!came) interrupt_forget();
}

static int wanted(int type) {
	return type == CMD_INQUIRE || type == CMD_EVALUATE || type == CMD_RESUME || type == CMD_DEBUG;
}

// resume takes how to go on, of which interrupted is a way. It returns 0 if it was meant
// for an earlier stop.
static int resume(const struct frame *f, const char *stop, int *interrupted) {
	static const char *const modes[] = {"continue", "next", "stepIn", "stepOut"};
	if (f->n < 2 || !is(f->part[0], stop)) return 0;
	for (int i = 0; i < 4; i++)
		if (is(f->part[1], modes[i])) debugger.mode = (enum mode)i;
	*interrupted = is(f->part[1], "interrupt");
	return 1;
}

// stop keeps R here until the kernel has it go on, or no front end debugs any more, of
// which R may hear before the kernel hears of the stop. text is that of an error, or empty,
// file the source of the code that stops, -1 where that is not known, env where it is
// evaluated, calls how many functions run, deep how many of them are the user's. It
// returns whether the user has interrupted the cell; then an interrupt is pending.
static int stop(const char *why, struct host_part text, int file, SEXP env, int calls, int deep) {
	static unsigned stops;
	char number[16], n[16], line[16];
	fflush(stdout);
	snprintf(number, sizeof number, "%u", ++stops);
	snprintf(n, sizeof n, "%d", calls);
	snprintf(line, sizeof line, "%d", cell.line);
	struct host_part parts[] = {part_str(number), part_str(why), part_str(n), part_str(line), text};
	lane_send(EV_STOP, 5, parts);
	debugger.stopped = 1;
	debugger.mode = CONTINUE;
	debugger.why = "step";
	debugger.file = file;
	debugger.env = env;
	debugger.depth = deep;
	debugger.calls = calls;
	int interrupted = 0, waits = 1;
	while (waits && debugger.attached) {
		struct frame f;
		if (!lane_take(&f, wanted)) {
			interrupted = idle_wait(*R.R_interrupts_suspended ? IDLE_KEEPS : IDLE_STOPS) == WAIT_INTERRUPT;
			if (interrupted) break;
			lane_recv(&f);
			lane_keep(&f);
			continue;
		}
		switch (f.type) {
		case CMD_INQUIRE:
		case CMD_EVALUATE: inquire(&f); break;
		case CMD_DEBUG: debug_takes(&f); break;
		case CMD_RESUME: waits = !resume(&f, number, &interrupted); break;
		}
	}
	debugger.stopped = 0;
	if (interrupted) {
		interrupt_note();
		*R.R_interrupts_pending = 1;
	}
	arm();
	struct host_part how = part_str(interrupted ? "1" : "0");
	lane_send(EV_RESUMED, 1, &how);
	return interrupted;
}

// stop_between is stop between two statements: what they have shown so far comes first.
static int stop_between(const char *why, int file, SEXP env, int calls, int deep) {
	device_flush();
	cell_flush();
	return stop(why, part_str(""), file, env, calls, deep);
}

// step_ends says whether a step, or pause, ends here. A file that is sourced runs where
// the code runs that sources it.
static int step_ends(int file, SEXP env, int deep) {
	switch (debugger.mode) {
	case NEXT: return (env == debugger.env && file == debugger.file) || deep <= debugger.depth;
	case STEP_IN: return 1;
	case STEP_OUT: return deep < debugger.depth;
	default: return 0;
	}
}

// reach is the cell reaching a line, where it stops if it should. It returns whether the
// user has interrupted the cell there; then an interrupt is pending.
static int reach(int file, int line, SEXP env, int calls, int deep) {
	switch (breakpoint_at(file, line, env)) {
	case INTERRUPTED: *R.R_interrupts_pending = 1; return 1;
	case STOPS: return stop_between("breakpoint", file, env, calls, deep);
	case PASSES: break;
	}
	return step_ends(file, env, deep) && stop_between(debugger.why, file, env, calls, deep);
}

// native_at is .External2(native, file, line, env): the statement on this line comes
// next. env is where it is evaluated.
static SEXP native_at(SEXP call, SEXP op, SEXP args, SEXP rho) {
	(void)call, (void)op, (void)rho;
	SEXP file = R.CAR(args = R.CDR(args)), line = R.CAR(args = R.CDR(args));
	SEXP env = R.CAR(R.CDR(args));
	if (!cell_active() || debugger.answering || lane_is_child()) return R_Nil;
	if (R.TYPEOF(file) != INTSXP || R.TYPEOF(line) != INTSXP) return R_Nil;
	if (env == *R.R_GlobalEnv && R.INTEGER(file)[0] == cell.file) cell.line = R.INTEGER(line)[0];
	int calls = depth(), deep = calls - 1; // the last one is debug_hook$at
	note_line(deep, env, R.INTEGER(file)[0], R.INTEGER(line)[0]);
	if (reach(R.INTEGER(file)[0], R.INTEGER(line)[0], env, calls, deep) && !*R.R_interrupts_suspended)
		interrupt_take(); // comes back when a handler resumes
	return R_Nil;
}

int debug_top(void) {
	if (!cell.lines) return 0;
	int i = cell.next;
	cell.line = cell.lines[i];
	if (i > 0 && cell.lines[i - 1] == cell.line) return 0;
	int interrupted = reach(cell.file, cell.line, *R.R_GlobalEnv, 0, 0);
	if (interrupted) *R.R_interrupts_pending = 0;
	return interrupted;
}

void debug_error(void) {
	if (!debugger.on_errors || !cell.lines || debugger.answering) return;
	const struct buf *said = cell.shown_lane ? &cell.shown : &cell.held;
	struct host_part text = {said->data, said->len};
	if (stop("exception", text, -1, NULL, depth(), depth())) *R.R_interrupts_pending = 0;
	debug_end();
}

// native_warned is R about to keep, or print, a warning that nobody has handled.
static SEXP native_warned(SEXP text) {
	if (!debugger.on_warnings || !cell.lines || debugger.answering || lane_is_child()) return R_Nil;
	int calls = depth();
	if (stop("exception", part_of(text), -1, NULL, calls, calls) && !*R.R_interrupts_suspended)
		interrupt_take();
	return R_Nil;
}

// ---- cells ---------------------------------------------------------------------------

// watch has R's own functions be what the debugger wants of them.
static void watch(void) {
	int wanted = debugger.attached + 2 * debugger.on_warnings;
	if (debugger.watching == wanted) return;
	debugger.watching = wanted;
	struct host_part flags[] = {part_str(debugger.attached ? "1" : "0"), part_str(debugger.on_warnings ? "1" : "0")};
	call_strings("debug_watch", 2, flags);
}

void debug_cell(struct host_part path) {
	watch();
	if (!path.len || !cell_has_stack()) return;
	struct host_part args[] = {{cell.code, cell.len}, path};
	SEXP made = call_list("debug_cell", 2, args);
	if (!made || R.Rf_length(made) != 2) return;
	SEXP exprs = R.VECTOR_ELT(made, 0), lines = R.VECTOR_ELT(made, 1);
	if (R.TYPEOF(exprs) != VECSXP || R.TYPEOF(lines) != INTSXP) return;
	if (R.Rf_length(exprs) != cell.p.n || R.Rf_length(lines) != cell.p.n) return;
	PROTECT(made);
	if (cell.p.exprs) R.R_ReleaseObject(cell.p.exprs);
	cell.p.exprs = exprs;
	R.R_PreserveObject(exprs);
	size_t size = (size_t)cell.p.n * sizeof *cell.lines;
	cell.lines = host_alloc(NULL, size);
	memcpy(cell.lines, R.INTEGER(lines), size);
	cell.file = source_of(path);
	UNPROTECT(1);
}

void debug_end(void) {
	debugger.mode = CONTINUE;
	debugger.stopped = debugger.answering = 0;
	arm();
}

// native_switch gives the number of a source, and the logical that its code looks at,
// which is set in place.
static SEXP native_switch(SEXP path) {
	int file = source_of(part_of(path));
	SEXP made = PROTECT(R.Rf_allocVector(VECSXP, 2)), on = R.Rf_allocVector(LGLSXP, 1);
	R.SET_VECTOR_ELT(made, 1, on);
	R.SET_VECTOR_ELT(made, 0, R.Rf_ScalarInteger(file));
	R.R_PreserveObject(on);
	sources[file].on = R.INTEGER(on);
	arm();
	UNPROTECT(1);
	return made;
}

const struct host_native debug_natives[] = {
	{"debug_at", (host_fn)native_at, 0},
	{"debug_line", (host_fn)native_line, 2},
	{"debug_switch", (host_fn)native_switch, 1},
	{"debug_warned", (host_fn)native_warned, 1},
	{0, 0, 0}};
