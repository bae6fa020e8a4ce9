// What R writes while a cell runs: the text of its last value, that of a value before
// it that is shown as a table, and that of the error that ends it are told apart from
// all other text, and are sent with the value and the error.
#define _GNU_SOURCE
#include <string.h>

#include "cell.h"

// Text of a value is kept until it is complete, up to this size.
enum { RESULT_KEPT = 1 << 16 };

// has_table says that a value can be shown as a table.
static int has_table(SEXP value) { return is_matrix(value) || R.Rf_inherits(value, "data.frame"); }

// printing says that R is printing the value of an expression that is shown as a
// whole: it is in .Last.value and lies above the expression on R's protect stack.
static int printing(void) {
	if (cell.over) return 0;
	if (cell.printed) return 1;
	if (cell.phase != RUNNING || !cell.expr) return 0;
	if (!cell_has_stack() || *R.R_PPStackTop < 2) return 0;
	SEXP value = cell_last_value();
	if ((*R.R_PPStack)[0] != cell.expr || (*R.R_PPStack)[1] != value) return 0;
	if (value == cell.last && !console_at_top()) {
		// While a function runs, it lies where its value will lie.
		int type = R.TYPEOF(value);
		if (type == CLOSXP || type == BUILTINSXP || type == SPECIALSXP) return 0;
	}
	return cell_is_last() || has_table(value);
}

static void to_pipe(void) {
	if (!cell.piped) lane_send_acked(EV_RESULT, 0, NULL);
	cell.piped = 1;
	if (cell.result.len) lane_text(1, cell.result.data, cell.result.len);
	cell.own += cell.result.len;
	cell.result.len = 0;
}

// in_callback says that a task callback runs: its context is the first above
// R's loop, where evaluation and printing have that of a function.
static int in_callback(void) {
	struct host_context *c = *R.R_GlobalContext;
	if (!c || !c->next) return 0;
	while (c->next->next) c = c->next;
	return c->callflag == CTXT_TOPLEVEL;
}

// end_value publishes the value if it is a task callback that is about to say something.
static void end_value(void) {
	if (!printing() || !in_callback()) return;
	cell.over = 1;
	if (!cell.printed) return;
	cell_send_value();
	console_release();
}

// follows_value says that text for stderr is that of deferred warnings, which R prints
// when it has printed a value: in a context of C code right above its loop.
static int follows_value(void) {
	struct host_context *c = *R.R_GlobalContext;
	return cell.printed && c->callflag == CTXT_CCODE && c->next && !c->next->next;
}

static int result_text(const char *text, size_t len) {
	if (!printing()) return 0;
	if (!cell.printed) cell.watched = console_at_top() || print_by_r() ? call_quick(".callbacks") : -1;
	cell.printed = 1;
	buf_add(&cell.result, text, len);
	// As long as no R function runs, nobody else can write; but a callback that
	// follows can, unseen.
	if (cell.piped || cell.watched || !console_at_top() || cell.result.len > RESULT_KEPT) to_pipe();
	return 1;
}

void cell_displays(void) {
	if (printing() && !in_callback()) cell.displayed = 1;
}

int lands_at_top(int pass_browser) {
	for (struct host_context *c = *R.R_GlobalContext; c; c = c->next) {
		if (is_browser(c) && !pass_browser) return 0;
		if (c->callflag == CTXT_TOPLEVEL) return c->next == NULL;
	}
	return 0;
}

// What a function was about when R printed, or was about to jump: it raised an
// error; or its text is only printed, by try() for example; or it is edit(), which
// has R reset its console where it has read what was edited.
enum cause { QUOTED, RAISED, EDITED };

// learn_cause asks which function it was.
static enum cause learn_cause(void) {
	enum cause real = RAISED;
	SEXP info = call_strings(".cause", 0, NULL);
	cell.cause.len = 0;
	if (!info) return real;
	PROTECT(info);
	const char *kind = cell_string_at(info, 0);
	// do_cat has a C context of its own: an error in it has two.
	struct host_context *below = (*R.R_GlobalContext)->next;
	if (strcmp(kind, "print") == 0 && !(below && below->callflag == CTXT_CCODE)) real = QUOTED;
	if (strcmp(kind, "edit") == 0) real = EDITED;
	if (strcmp(kind, "abort") == 0) cell.jump = JUMP_ABORT;
	if (strcmp(kind, "stop") == 0)
		for (int i = 1; i < 4; i++) {
			const char *s = cell_string_at(info, i);
			buf_add(&cell.cause, s, strlen(s) + 1);
		}
	UNPROTECT(1);
	return real;
}

// hidden_text is what to show of an error that R has not shown.
static const char *hidden_text(void) {
	const char *text = cell.cause.data;
	if (!cell.cause.len) return cell_last_error();
	for (int i = 0; i < 2; i++) text += strlen(text) + 1;
	return *text ? text : cell_last_error();
}

// words_of_r says that text is that of R's last error.
static int words_of_r(const char *text, size_t len) {
	const char *error = cell_last_error();
	size_t n = strlen(error);
	return n >= len && (n == len || len >= 8000) && memcmp(text, error, len) == 0;
}

// is_error says that text is what R prints for an error that ends the cell.
static int is_error(const char *text, size_t len) {
	if (!R.R_curErrorBuf || !lands_at_top(0)) return 0;
	if ((*R.R_GlobalContext)->callflag != CTXT_CCODE) return 0;
	return words_of_r(text, len) && learn_cause() != QUOTED;
}

static int error_text(const char *text, size_t len) {
	if (is_error(text, len)) {
		if (cell.held.len) cell_flush();
		cell.error_len = len;
	} else if (len == 1 && *text == '\n' && lands_at_top(0) && interrupt_came()) {
		if (cell.held.len) cell_flush();
		cell.newline = 1;
	} else if (!cell.error_len) {
		int later = follows_value();
		if (later) console_keep(text, len);
		return later;
	}
	buf_add(&cell.held, text, len); // the error, or warnings that go with it
	return 1;
}

// ---- errors that R functions show ------------------------------------------------

// looks_shown says that text may be an error shown by an R function. What R prints
// much of is told from it here, without asking R.
static int looks_shown(const char *text, size_t len) {
	const char *end = text + len;
	while (end - text > 1 && text[0] == '\033' && text[1] == '[') { // colours
		text += 2;
		while (text < end && ((*text >= '0' && *text <= '9') || *text == ';')) text++;
		if (text < end) text++;
	}
	if (end - text < 5 || memcmp(text, "Error", 5) != 0) return 0;
	if (words_of_r(text, (size_t)(end - text))) return 0;
	return print_by_r() && lands_at_top(0); // as by cat(), or by writeLines()
}

static void shown_flush(void) {
	if (cell.shown_lane) lane_text(cell.shown_lane, cell.shown.data, cell.shown.len);
	cell.shown_lane = 0;
	cell.shown.len = 0;
}

// shown_text takes the text of an error that an R function shows before it ends in
// stop(), as rlang's abort() does, which has R print nothing: it goes out with the
// error, as R's own text for an error does. If it was not the end, it goes where it
// was to go.
static int shown_text(int lane, const char *text, size_t len) {
	int first = looks_shown(text, len);
	if (!first && !cell.shown_lane) return 0;
	int shows = call_strings(".shows", 0, NULL) != NULL;
	if (first || !shows) shown_flush();
	if (!shows) return 0;
	if (first) {
		if (cell.held.len) cell_flush();
		cell.shown_lane = lane;
	}
	// Behind it R prints the warnings that there are.
	if (lane == cell.shown_lane) buf_add(&cell.shown, text, len);
	else buf_add(&cell.held, text, len);
	return 1;
}

void cell_take_shown(void) {
	buf_add(&cell.shown, cell.held.data, cell.held.len);
	struct buf text = cell.shown;
	cell.shown = cell.held;
	cell.held = text;
	cell.shown.len = 0;
	cell.shown_lane = 0;
}

// newline_flush is text that follows the end of a line which was taken for that of an
// interrupt: it was none, if that text comes before R jumps and is not that of warnings,
// which R prints in a context of C code.
static void newline_flush(void) {
	if (!cell.newline || cell.jump != JUMP_NONE) return;
	if ((*R.R_GlobalContext)->callflag == CTXT_CCODE && !print_by_r()) return;
	lane_text(2, cell.held.data, cell.held.len);
	cell.held.len = 0;
	cell.newline = 0;
}

int cell_text(int lane, const char *text, size_t len) {
	if (!cell.active || lane_is_forked()) return 0;
	end_value();
	newline_flush();
	if (shown_text(lane, text, len)) return 1;
	return lane == 1 ? result_text(text, len) : error_text(text, len);
}

void cell_flush(void) {
	if (!cell.active || lane_is_child()) return;
	end_value();
	if (cell.result.len) to_pipe();
	cell.own = 0; // what was printed before a prompt is shown before it
	shown_flush();
	if (cell.held.len) lane_text(2, cell.held.data, cell.held.len);
	cell.held.len = 0;
	cell.error_len = 0;
	cell.newline = 0;
	cell.jump = JUMP_NONE; // if one was expected, it went to a browser
}

// jump_unseen is a jump before which R has printed nothing. Its text went
// elsewhere, to a sink or before a prompt, or a function has shown it; or there
// was none, and R's last error is an old one.
static void jump_unseen(void) {
	cell.jump = JUMP_NONE;
	if (learn_cause() == EDITED) return;
	// With the restart "abort" callr and processx pass it on. With stop() nobody does: then
	// the code has taken the interrupt, and this is something else.
	if (interrupt_came() && !cell.cause.len) {
		cell.jump = JUMP_INTERRUPT;
	} else if (cell.jump == JUMP_ABORT) {
		return;
	} else if (!cell.cause.len && cell.error.len &&
		strcmp(cell.error.data, cell_last_error()) == 0) {
		cell.jump = JUMP_ABORT;
	} else {
		const char *text = hidden_text();
		cell.jump = JUMP_ERROR;
		if (!cell.shown_lane) buf_add(&cell.held, text, strlen(text));
	}
}

// cell_jump is R resetting its console before a jump, the stack still whole.
void cell_jump(void) {
	if (!cell.active || !lands_at_top(1)) return;
	if (!lands_at_top(0)) {
		cell.jump = JUMP_ABORT; // Q; cell_flush takes it back if a prompt follows
	} else if (cell.newline) {
		cell.jump = JUMP_INTERRUPT;
	} else if (cell.error_len) {
		cell.jump = JUMP_ERROR;
	} else {
		jump_unseen();
	}
	if (cell.jump != JUMP_ERROR) shown_flush();
	else debug_error();
}
