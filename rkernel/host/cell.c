// Running a cell as R's own loop would run the same text.
//
// R's read-eval-print loop (Rf_ReplIteration in R's main.c) reads a line,
// parses it, protects the expression, calls R_Busy(1), evaluates, sets
// .Last.value, prints, prints warnings, calls task callbacks. We let it do all
// of that with the user's own expression, and still parse the whole cell
// first: for an expression that is a call, R is given the short text
// "invisible()", and in R_Busy(1), when that call lies on top of R's protect
// stack, its contents are replaced by the user's call. So no frame of ours is
// ever on the stack, and long expressions are not parsed again for each of
// their lines, as R's console does. Names and constants are given as text.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"

#define STUB "invisible()\n"

// R's console would parse code of this size too often: once for each of its lines.
enum { LONG_CODE = 4000 };

struct cell cell;

int cell_active(void) { return cell.active; }

SEXP cell_last_value(void) {
	return R.Rf_findVarInFrame(R_Base, *R.R_LastvalueSymbol);
}

const char *cell_last_error(void) {
	return R.R_curErrorBuf ? R.R_curErrorBuf() : "";
}

int cell_has_stack(void) { return R.R_PPStack && R.R_PPStackTop; }

// ---- the end -----------------------------------------------------------------

const char *cell_string_at(SEXP strings, int i) {
	if (!strings || R.Rf_length(strings) <= i) return "";
	return string_utf8(R.STRING_ELT(strings, i));
}

int is_matrix(SEXP x) { return R.Rf_length(R.Rf_getAttrib(x, R.Rf_install("dim"))) == 2; }

int cell_is_last(void) { return cell.next >= cell.p.n; }

// rich_value is what else represents the last value, or NULL: for one whose print has
// displayed something itself its text is enough.
static SEXP rich_value(void) {
	if (cell.displayed) return NULL;
	cell.over = 1; // what is asked or shown from here on is none of its print
	SEXP value = cell_last_value();
	if (!R.Rf_isObject(value) && !is_matrix(value)) return NULL;
	SEXP rich = call_object("rich", value);
	return rich && R.TYPEOF(rich) == VECSXP ? rich : NULL;
}

static void forget(void) {
	if (cell.call) R.R_ReleaseObject(cell.call);
	if (cell.p.exprs) R.R_ReleaseObject(cell.p.exprs);
	free(cell.code);
	free(cell.p.spans);
	free(cell.lines);
	buf_free(&cell.feed);
	buf_free(&cell.held);
	buf_free(&cell.shown);
	buf_free(&cell.cause);
	buf_free(&cell.error);
	buf_free(&cell.result);
	memset(&cell, 0, sizeof cell);
}

// own_part says how much of what came through the pipe is the value's. Behind that
// are the words of a child that a task callback has started: R has said nothing
// since, so that the kernel knows of no end of the value. It is "" where no
// callback was there, and all is the value's, as what a child of a print method
// says.
static struct host_part own_part(void) {
	static char text[24];
	if (cell.watched < 0) cell.watched = call_quick(".callbacks");
	snprintf(text, sizeof text, "%zu", cell.own);
	return part_str(cell.watched && cell.piped ? text : "");
}

// finish sends EV_DONE: id, status, printed, text of the last value, how much of it
// in the pipe is R's, class of the error, message, text R printed for it, lines of
// the traceback (one part per line, their number before), and then the rich value.
static void finish(const char *status, SEXP report, SEXP rich) {
	char lines[16];
	int n = report ? R.Rf_length(report) - 2 : 0;
	int more = rich ? R.Rf_length(rich) : 0;
	if (n < 0) n = 0;
	struct host_part *parts = host_alloc(NULL, (size_t)(9 + n + more) * sizeof *parts);
	snprintf(lines, sizeof lines, "%d", n);
	parts[0] = part_str(cell.id);
	parts[1] = part_str(status);
	parts[2] = part_str(cell.printed ? "1" : "0");
	parts[3] = (struct host_part){cell.result.data, cell.result.len};
	parts[4] = own_part();
	parts[5] = part_str(cell_string_at(report, 0));
	parts[6] = part_str(cell_string_at(report, 1));
	parts[7] = (struct host_part){cell.held.data, cell.held.len};
	parts[8] = part_str(lines);
	struct host_part *at = parts + 9;
	for (int i = 0; i < n; i++) *at++ = part_str(cell_string_at(report, i + 2));
	for (int i = 0; i < more; i++) *at++ = part_of(R.VECTOR_ELT(rich, i));
	if (!lane_fits((int)(at - parts), parts)) at -= more; // its text is enough
	if (!cell.printed) console_release(); // else it would be taken for the value's
	lane_send_acked(EV_DONE, (int)(at - parts), parts);
	free(parts);
	debug_end();
	forget();
}

// send_value sends EV_VALUE: whether it is the cell's last value, its text, how much
// of it in the pipe is R's, and its rich form. What comes then is no part of it.
static void send_value(SEXP rich) {
	int n = 3;
	int more = rich ? R.Rf_length(rich) : 0;
	struct host_part *parts = host_alloc(NULL, (size_t)(n + more) * sizeof *parts);
	parts[0] = part_str(cell_is_last() ? "1" : "0");
	parts[1] = (struct host_part){cell.result.data, cell.result.len};
	parts[2] = own_part();
	for (int i = 0; i < more; i++) parts[n++] = part_of(R.VECTOR_ELT(rich, i));
	if (!lane_fits(n, parts)) n = 3; // its text is enough
	lane_send_acked(EV_VALUE, n, parts);
	free(parts);
	cell.printed = cell.piped = cell.displayed = 0;
	cell.own = 0;
	cell.result.len = 0;
}

void cell_send_value(void) {
	SEXP rich = rich_value();
	if (rich) PROTECT(rich);
	send_value(rich);
	if (rich) UNPROTECT(1);
}

static void finish_ok(void) {
	SEXP rich = cell.printed ? rich_value() : NULL;
	if (rich) PROTECT(rich);
	device_flush(); // what a method for that has drawn
	// What a finalizer has said meanwhile comes behind the value.
	int more = cell.printed && console_has_kept();
	if (more) send_value(rich);
	finish("ok", NULL, more ? NULL : rich);
	if (rich) UNPROTECT(1);
}

// finish_jump ends a cell whose expression jumped to R's prompt.
static void finish_jump(void) {
	if (cell.jump != JUMP_ERROR) {
		*R.R_interrupts_pending = 0;
		finish(cell.jump == JUMP_INTERRUPT ? "interrupt" : "abort", NULL, NULL);
		return;
	}
	if (cell.shown_lane) cell_take_shown();
	const char *message = cell.cause.len ? cell.cause.data : "";
	const char *class = cell.cause.len ? message + strlen(message) + 1 : "";
	size_t len = cell.error_len ? cell.error_len : cell.held.len;
	struct host_part args[] = {{cell.held.data, len}, part_str(message), part_str(class)};
	SEXP report = call_strings(".report", 3, args);
	if (report) PROTECT(report);
	finish("error", report, NULL);
	if (report) UNPROTECT(1);
}

static void finish_syntax(const char *where) {
	struct host_part args[] = {{cell.code, cell.len}, part_str(where),
		{cell.held.data, cell.held.len}};
	SEXP report = call_strings(".syntax", 3, args);
	if (report) PROTECT(report);
	finish("syntax", report, NULL);
	if (report) UNPROTECT(1);
}

// ---- the beginning -----------------------------------------------------------

void cell_begin(const struct frame *f) {
	if (f->n < 3) return;
	cell.active = 1;
	snprintf(cell.id, sizeof cell.id, "%.*s", (int)f->part[0].len,
		(const char *)f->part[0].data);
	cell.len = f->part[2].len;
	cell.code = host_alloc(NULL, cell.len + 1);
	memcpy(cell.code, f->part[2].data, cell.len);
	cell.code[cell.len] = 0;
	if (f->part[1].len && *(const char *)f->part[1].data == '1') console_remember(cell.code);
	device_cell();
	interrupt_forget();
	// A SIGINT from before was for nobody (K5); one from now on is for us.
	*R.R_interrupts_pending = 0;
	struct host_part id = part_str(cell.id);
	lane_send(EV_BEGIN, 1, &id);

	enum parse_result parsed = parse_cell(cell.code, cell.len, &cell.p);
	if (*R.R_interrupts_pending) { // meanwhile, where R does not look
		cell.jump = JUMP_INTERRUPT;
		return;
	}
	switch (parsed) {
	case PARSED:
		if (cell.p.exprs && !cell_has_stack()) { // R is given all of the text
			cell.p.spans = host_alloc(NULL, sizeof *cell.p.spans);
			cell.p.spans[0] = (struct span){0, cell.len, SYMSXP};
			cell.p.n = 1;
		}
		if (f->n > 3) debug_cell(f->part[3]);
		return;
	case PARSED_INCOMPLETE:
		break; // R's console would wait for more
	case PARSED_BAD:
		// R itself says what it thinks of it, but only if that is quick: its
		// console parses an expression anew for each of its lines.
		cell.bad = cell.p.bad.to - cell.p.bad.from < LONG_CODE;
		if (cell.bad) return;
	}
	finish_syntax("");
}

// ---- one expression ----------------------------------------------------------

static void feed_text(const char *text, size_t len) {
	cell.feed.len = cell.fed = 0;
	buf_add(&cell.feed, text, len);
	if (len == 0 || text[len - 1] != '\n') buf_add(&cell.feed, "\n", 1);
}

// in_paren makes a call of a name or a constant.
static SEXP in_paren(SEXP x) {
	SEXP paren = R.Rf_findVarInFrame(R_Base, R.Rf_install("("));
	SEXP call = R.Rf_lang2(paren, PROTECT(x));
	UNPROTECT(1);
	return call;
}

// parse_call gives the call that R is to evaluate for an expression, or NULL
// if R is given its text: names and constants.
static SEXP parse_call(const char *code, size_t len, int type) {
	if (type == LANGSXP) return parse_one(code, len);
	if (type == SYMSXP || len < LONG_CODE) return NULL;
	// A long constant would be parsed once for each of its lines.
	SEXP constant = parse_one(code, len);
	return constant ? in_paren(constant) : NULL;
}

// feed_next prepares the next expression.
static void feed_next(void) {
	struct span s = cell.bad ? cell.p.bad : cell.p.spans ? cell.p.spans[cell.next] : (struct span){0};
	const char *code = cell.code + s.from;
	SEXP e = NULL;
	cell.phase = FED;
	cell.jump = JUMP_NONE;
	cell.printed = cell.piped = cell.displayed = cell.watched = cell.over = cell.failed_feeds = 0;
	cell.own = 0;
	cell.expr = NULL;
	cell.result.len = 0;
	if (cell_has_stack() && cell.p.exprs) {
		e = R.VECTOR_ELT(cell.p.exprs, cell.next);
		if (R.TYPEOF(e) != LANGSXP) e = cell.p.spans ? parse_call(code, s.to - s.from, s.type) : in_paren(e);
		else if (cell.lines && cell.p.spans) parse_one(code, s.to - s.from); // for its warnings
	} else if (cell_has_stack() && !cell.bad) {
		e = parse_call(code, s.to - s.from, s.type);
	}
	cell.next++;
	if (e && R.TYPEOF(e) == LANGSXP) {
		cell.call = e;
		R.R_PreserveObject(e);
		feed_text(STUB, sizeof STUB - 1);
	} else {
		feed_text(code, s.to - s.from);
	}
}

// is_stub says that x is what R made of STUB.
static int is_stub(SEXP x) {
	return R.TYPEOF(x) == LANGSXP && R.CAR(x) == R.Rf_install("invisible") &&
		R.CDR(x) == R_Nil;
}

// cell_busy is R about to evaluate what it was fed.
void cell_busy(void) {
	if (!cell.active || cell.phase != FED) return;
	cell.phase = RUNNING;
	cell.last = cell_last_value();
	cell.error.len = 0;
	buf_add(&cell.error, cell_last_error(), strlen(cell_last_error()) + 1);
	if (!cell_has_stack() || *R.R_PPStackTop < 1) return;
	cell.expr = (*R.R_PPStack)[*R.R_PPStackTop - 1];
	if (!cell.call) return;
	if (!is_stub(cell.expr)) {
		cell.next--; // not where we thought: give R the text, now and ever after
		R.R_PPStack = NULL;
		cell.expr = NULL;
	} else {
		R.SETCAR(cell.expr, R.CAR(cell.call));
		R.SETCDR(cell.expr, R.CDR(cell.call));
		R.SHALLOW_DUPLICATE_ATTRIB(cell.expr, cell.call);
	}
	R.R_ReleaseObject(cell.call);
	cell.call = NULL;
}

// left_by_jump says that the expression did not end although R did not reset
// its console: an error while an error was handled. An expression that ends
// leaves its value in .Last.value and in the place above it on the protect
// stack, where until then the function was that it calls.
static int left_by_jump(void) {
	if (!(cell.error_len || cell.shown_lane) || !cell.expr || R.TYPEOF(cell.expr) != LANGSXP) return 0;
	SEXP *stack = *R.R_PPStack;
	return cell_last_value() == cell.last && !(stack[0] == cell.expr && stack[1] == cell.last);
}

static int give(unsigned char *buf, int len) {
	size_t n = cell.feed.len - cell.fed, room = (size_t)len - 1;
	if (n > room) n = room;
	memcpy(buf, cell.feed.data + cell.fed, n);
	buf[n] = 0;
	cell.fed += n;
	return 1;
}

// unfinished is R asking for more although all was given: what it holds must
// go before the cell can end.
static int unfinished(unsigned char *buf, int len) {
	if (cell.jump != JUMP_NONE || cell.failed_feeds++ > 2) {
		finish_syntax(cell.bad ? "console" : "");
		return 0;
	}
	feed_text(")]}", 3);
	return give(buf, len);
}

// drawing_goes_on says that the next expression only adds to a plot: the page is
// drawn once, after it. Wherever else something is shown, the page is out.
static int drawing_goes_on(void) {
	if (cell.jump != JUMP_NONE || cell.printed || cell.bad || !cell.p.spans || cell_is_last())
		return 0;
	struct span s = cell.p.spans[cell.next];
	return device_only_adds(cell.code + s.from, s.to - s.from);
}

int cell_next(unsigned char *buf, int len) {
	if (cell.phase == BETWEEN && cell.jump != JUMP_NONE) {
		finish_jump(); // it was interrupted while it was parsed
		return 0;
	}
	if (cell.phase == FED && cell.fed < cell.feed.len) return give(buf, len);
	if (cell.phase == FED && (cell.bad || cell.call)) return unfinished(buf, len);
	if (cell.phase != BETWEEN) {
		// First, while R's stack is as the expression left it.
		if (cell.jump == JUMP_NONE && cell.phase == RUNNING && left_by_jump())
			cell.jump = JUMP_ERROR;
		if (cell.jump != JUMP_NONE || !drawing_goes_on())
			device_flush();
		else
			device_record();
		// A child was interrupted, or the drawing, and R has not looked yet.
		if (cell.jump == JUMP_NONE && *R.R_interrupts_pending) {
			cell.jump = JUMP_INTERRUPT;
			device_flush();
		}
		if (cell.jump != JUMP_NONE) {
			finish_jump();
			return 0;
		}
		if (cell.printed && !cell_is_last()) {
			cell_send_value();
			device_flush(); // what a method for that has drawn
			console_release();
		}
		if (cell.held.len || cell.shown_lane) cell_flush(); // it was not the end
		cell.phase = BETWEEN;
	}
	if (!cell_is_last() || (cell.bad && cell.next == 0)) {
		if (debug_top()) {
			cell.jump = JUMP_INTERRUPT;
			finish_jump();
			return 0;
		}
		feed_next();
		return give(buf, len);
	}
	finish_ok();
	return 0;
}
