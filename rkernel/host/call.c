// Our private environment: R code of ours lives there, which is not on R's search
// path, and runs with its output captured away.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static SEXP ours; // the environment, preserved

SEXP call_environment(void) { return ours; }

// ---- evaluation --------------------------------------------------------------

struct evaluation {
	SEXP call, result;
};

static void evaluate(void *data) {
	struct evaluation *e = data;
	e->result = R.Rf_eval(e->call, ours);
	R.R_PreserveObject(e->result); // until the caller protects it
}

// taken is the result, no longer preserved; NULL if there is none.
static SEXP taken(const struct evaluation *e) {
	if (!e->result) return NULL;
	PROTECT(e->result);
	R.R_ReleaseObject(e->result);
	UNPROTECT(1);
	return e->result;
}

// call evaluates expr, which is protected. It returns NULL if R jumped.
static SEXP call(SEXP expr) {
	struct evaluation e = {expr, NULL};
	console_capture(1);
	R.R_ToplevelExec(evaluate, &e);
	console_capture(0);
	return taken(&e);
}

static SEXP function(const char *name) {
	if (!ours) return NULL;
	SEXP f = R.Rf_findVarInFrame(ours, R.Rf_install(name));
	return f == R_Unbound ? NULL : f;
}

static SEXP strings(int n, const struct host_part *args) {
	SEXP x = PROTECT(R.Rf_allocVector(STRSXP, n));
	for (int i = 0; i < n; i++) {
		const char *end = args[i].len ? memchr(args[i].data, 0, args[i].len) : NULL;
		size_t len = end ? (size_t)(end - (const char *)args[i].data) : args[i].len;
		R.SET_STRING_ELT(x, i, R.Rf_mkCharLenCE(len ? args[i].data : "", (int)len, CE_UTF8));
	}
	UNPROTECT(1);
	return x;
}

// set_jit sets the level of R's compilation of functions that run often, and
// returns the one before.
static int set_jit(int level) {
	SEXP n = PROTECT(R.Rf_ScalarInteger(level));
	SEXP inner = PROTECT(R.Rf_lang2(R.Rf_install("enableJIT"), n));
	SEXP outer = PROTECT(R.Rf_lang2(R.Rf_install(".Internal"), inner));
	int before = R.INTEGER(R.Rf_eval(outer, R_Base))[0];
	UNPROTECT(3);
	return before;
}

struct uncompiled {
	struct evaluation e;
	int jit;
};

static void evaluate_uncompiled(void *data) {
	struct uncompiled *q = data;
	q->jit = set_jit(0);
	evaluate(&q->e);
}

static void restore_jit(void *data) { set_jit(*(int *)data); }

// call_uncompiled is call at any moment, as when R's stack is full: there R's
// compiler would fail, and be off from then on. An interrupt waits until
// it is over: it is for what R runs.
static SEXP call_uncompiled(SEXP expr) {
	struct uncompiled q = {{expr, NULL}, -1};
	unsigned char suspended = *R.R_interrupts_suspended;
	console_capture(1);
	*R.R_interrupts_suspended = 1;
	R.R_ToplevelExec(evaluate_uncompiled, &q);
	if (q.jit >= 0) R.R_ToplevelExec(restore_jit, &q.jit);
	*R.R_interrupts_suspended = suspended;
	console_capture(0);
	return taken(&q.e);
}

int call_quick(const char *name) {
	int failed;
	SEXP expr = function(name), result = NULL;
	console_capture(1); // what a finalizer says now comes later
	if (expr) result = R.R_tryEvalSilent(expr, R_Base, &failed);
	console_capture(0);
	return result && R.Rf_length(result) > 0;
}

// arguments makes a list of the arguments of a call, each a string.
static SEXP arguments(int n, const struct host_part *args) {
	SEXP list = PROTECT(R_Nil);
	for (int i = n - 1; i >= 0; i--) {
		SEXP x = PROTECT(strings(1, args + i));
		list = R.Rf_cons(x, list);
		UNPROTECT(2);
		PROTECT(list);
	}
	UNPROTECT(1);
	return list;
}

SEXP call_strings(const char *fn, int n, const struct host_part *args) {
	SEXP f = function(fn);
	if (!f) return NULL;
	SEXP list = PROTECT(arguments(n, args));
	SEXP expr = PROTECT(R.Rf_lcons(f, list));
	SEXP result = call_uncompiled(expr);
	UNPROTECT(2);
	return result && R.TYPEOF(result) == STRSXP ? result : NULL;
}

SEXP call_in(const char *fn, SEXP env, int n, const struct host_part *args) {
	SEXP f = function(fn);
	if (!f) return NULL;
	SEXP list = PROTECT(arguments(n, args));
	SEXP all = PROTECT(R.Rf_cons(env, list));
	struct evaluation e = {PROTECT(R.Rf_lcons(f, all)), NULL};
	R.R_ToplevelExec(evaluate, &e);
	UNPROTECT(3);
	SEXP result = taken(&e);
	return result && R.TYPEOF(result) == STRSXP ? result : NULL;
}

SEXP call_list(const char *fn, int n, const struct host_part *args) {
	SEXP f = function(".run");
	if (!f) return NULL;
	SEXP list = PROTECT(R.Rf_allocVector(VECSXP, n));
	for (int i = 0; i < n; i++) R.SET_VECTOR_ELT(list, i, strings(1, args + i));
	SEXP name = PROTECT(R.Rf_mkString(fn));
	SEXP expr = PROTECT(R.Rf_lang3(f, name, list));
	SEXP result = call_uncompiled(expr);
	UNPROTECT(3);
	if (!result || R.TYPEOF(result) != VECSXP || R.Rf_length(result) != 2) return NULL;
	result = R.VECTOR_ELT(result, 1);
	return R.TYPEOF(result) == VECSXP ? result : NULL;
}

SEXP call_object(const char *fn, SEXP arg) {
	SEXP f = function(".run"), name = function(fn);
	if (!f || !name) return NULL;
	PROTECT(arg);
	SEXP list = PROTECT(R.Rf_lang2(R.Rf_install("list"), arg));
	R.SETCAR(list, R.Rf_findVarInFrame(R_Base, R.Rf_install("list")));
	if (R.TYPEOF(arg) == LANGSXP || R.TYPEOF(arg) == SYMSXP || R.TYPEOF(arg) == PROMSXP)
		R.SETCAR(R.CDR(list), R.Rf_lang2(R.Rf_install("quote"), arg));
	SEXP text = PROTECT(R.Rf_mkString(fn));
	SEXP expr = PROTECT(R.Rf_lang3(f, text, list));
	SEXP result = call(expr);
	UNPROTECT(4);
	if (!result || R.TYPEOF(result) != VECSXP || R.Rf_length(result) != 2) return NULL;
	return R.VECTOR_ELT(result, 1);
}

// begin tells the kernel that a call begins: an interrupt is for it from here.
static void begin(const struct frame *f, char *id, size_t size) {
	snprintf(id, size, "%.*s", (int)f->part[0].len, (const char *)f->part[0].data);
	*R.R_interrupts_pending = 0;
	struct host_part part = part_str(id);
	lane_send(EV_BEGIN, 1, &part);
}

// answer ends a call: id, "1" or "0", and the strings of the result or the
// message of the error. known says that there was a function to call.
static void answer(const char *id, SEXP result, int known) {
	if (result && R.TYPEOF(result) != STRSXP) result = NULL;
	int n = result ? R.Rf_length(result) : 0;
	struct host_part *parts = host_alloc(NULL, (size_t)(n + 3) * sizeof *parts);
	parts[0] = part_str(id);
	if (n == 0) { // what is called always says at least whether it went well
		parts[1] = part_str("0");
		parts[2] = part_str(known ? "interrupted" : "R is not ready");
		n = 2;
	} else {
		PROTECT(result);
		for (int i = 0; i < n; i++)
			parts[i + 1] = part_str(string_utf8(R.STRING_ELT(result, i)));
		UNPROTECT(1);
		if (!lane_fits(n + 1, parts)) {
			parts[1] = part_str("0");
			parts[2] = part_str("the answer is larger than 1 GiB");
			n = 2;
		}
	}
	lane_send_acked(EV_RETURN, n + 1, parts);
	free(parts);
	*R.R_interrupts_pending = 0; // from here none is for the call
}

static SEXP text_of(struct host_part part) {
	SEXP x = PROTECT(strings(1, &part));
	UNPROTECT(1);
	return x;
}

// call_run is a call the kernel asked for: id, function, arguments.
void call_run(const struct frame *f) {
	char id[24];
	if (f->n < 2) return;
	SEXP name = PROTECT(text_of(f->part[1]));
	SEXP args = PROTECT(strings(f->n - 2, f->part + 2));
	begin(f, id, sizeof id);
	SEXP run = function(".run_strings"), result = NULL;
	if (run) {
		SEXP expr = PROTECT(R.Rf_lang3(run, name, args));
		result = call(expr);
		UNPROTECT(1);
	}
	PROTECT(result ? result : R_Nil);
	device_flush(); // what code of the user's has drawn, if it is that
	answer(id, result, run != NULL);
	UNPROTECT(3);
}

// raws makes a list of raw vectors.
static SEXP raws(int n, const struct host_part *parts) {
	SEXP list = PROTECT(R.Rf_allocVector(VECSXP, n));
	for (int i = 0; i < n; i++) {
		SEXP x = R.Rf_allocVector(RAWSXP, (ptrdiff_t)parts[i].len);
		R.SET_VECTOR_ELT(list, i, x);
		if (parts[i].len) memcpy(R.RAW(x), parts[i].data, parts[i].len);
	}
	UNPROTECT(1);
	return list;
}

// call_message is a call that ends in a function of the user: what it shows is
// shown, and it may take its time. id, function, number of texts, texts, raw
// parts.
void call_message(const struct frame *f) {
	char id[24], number[16];
	if (f->n < 3) return;
	snprintf(number, sizeof number, "%.*s", (int)f->part[2].len, (const char *)f->part[2].data);
	int n = atoi(number);
	if (n < 0 || n > f->n - 3) return;
	SEXP name = PROTECT(text_of(f->part[1]));
	SEXP texts = PROTECT(strings(n, f->part + 3));
	SEXP parts = PROTECT(raws(f->n - 3 - n, f->part + 3 + n));
	begin(f, id, sizeof id);
	SEXP run = function(".run_message");
	struct evaluation e = {NULL, NULL};
	if (run) {
		e.call = PROTECT(R.Rf_lang4(run, name, texts, parts));
		R.R_ToplevelExec(evaluate, &e);
		UNPROTECT(1);
	}
	SEXP result = PROTECT(e.result ? e.result : R_Nil);
	if (e.result) R.R_ReleaseObject(e.result);
	device_flush();
	answer(id, e.result ? result : NULL, run != NULL);
	UNPROTECT(4);
}

// edit_file is R about to run an editor that is a program. An error is that of the
// user's call.
static int edit_file(const char *file) {
	static char wrong[1024];
	if (!function("run_editor")) return -1;
	SEXP name = PROTECT(R.Rf_mkString(file));
	SEXP expr = PROTECT(R.Rf_lang2(R.Rf_install("run_editor"), name));
	SEXP said = PROTECT(R.Rf_eval(expr, ours));
	*wrong = 0;
	if (R.TYPEOF(said) == STRSXP)
		snprintf(wrong, sizeof wrong, "%s", string_utf8(R.STRING_ELT(said, 0)));
	UNPROTECT(3);
	if (*wrong) R.Rf_error("%s", wrong);
	return 0;
}

// ---- what R code of ours can call ----------------------------------------------

// native_event sends a user event: kind and a list of raw vectors and strings.
static SEXP native_event(SEXP kind, SEXP list) {
	if (R.TYPEOF(kind) != STRSXP || R.Rf_length(kind) != 1 || R.TYPEOF(list) != VECSXP)
		R.Rf_error("an event has a kind and a list of parts");
	const char *what = R.R_CHAR(R.STRING_ELT(kind, 0));
	int displays = strcmp(what, "display") == 0;
	if (displays && !device_sends()) cell_displays();
	if (displays || strcmp(what, "clear") == 0)
		device_flush(); // a plot comes before what is shown, or cleared, after it
	int n = R.Rf_length(list);
	struct host_part *parts; // in memory of R's, since what follows may jump
	SEXP memory = PROTECT(R.Rf_allocVector(RAWSXP, (ptrdiff_t)((size_t)n * sizeof *parts)));
	parts = (void *)R.RAW(memory);
	for (int i = 0; i < n; i++) parts[i] = part_of(R.VECTOR_ELT(list, i));
	const char *wrong = host_event(what, n, parts);
	if (wrong) R.Rf_error("%s", wrong);
	UNPROTECT(1);
	return R_Nil;
}

// native_password asks for a password.
static SEXP native_password(SEXP prompt) {
	if (R.TYPEOF(prompt) != STRSXP || R.Rf_length(prompt) != 1)
		R.Rf_error("a prompt is one string");
	const char *text = string_utf8(R.STRING_ELT(prompt, 0));
	const char *said = console_ask(text, 1, 0);
	return R.Rf_ScalarString(R.Rf_mkCharCE(said, CE_UTF8));
}

// native_afterwards says something on stderr when the value that is shown is out.
static SEXP native_afterwards(SEXP text) {
	struct host_part said = part_of(text);
	console_keep(said.data, said.len);
	return R_Nil;
}

// promise tells of a value whether it still has to be evaluated: "promise", or "data"
// when all it does is to read a data set from the disk, else "".
static const char *promise(SEXP value) {
	if (R.TYPEOF(value) != PROMSXP || R.PRVALUE(value) != R_Unbound) return "";
	SEXP code = R.R_PromiseExpr ? R.R_PromiseExpr(value) : R_Nil;
	if (R.TYPEOF(code) == LANGSXP && R.CAR(code) == R.Rf_install("lazyLoadDBfetch")) return "data";
	return "promise";
}

// native_promise tells, without evaluating it, what promise() says of a name that is
// bound in env, and not by an active binding; for ..., of the first that has to be
// evaluated.
static SEXP native_promise(SEXP env, SEXP name) {
	if (!R.PRVALUE || !R.Rf_installTrChar) return R.Rf_mkString("");
	SEXP value = R.Rf_findVarInFrame(env, R.Rf_installTrChar(R.STRING_ELT(name, 0)));
	if (R.TYPEOF(value) != DOTSXP) return R.Rf_mkString(promise(value));
	for (; value != R_Nil; value = R.CDR(value))
		if (*promise(R.CAR(value))) return R.Rf_mkString(promise(R.CAR(value)));
	return R.Rf_mkString("");
}

// native_parse tells from R's parser, and in no human language, whether text is
// "complete", "incomplete" or "invalid". The parser may also raise an R error,
// for instance about an unknown escape.
static SEXP native_parse(SEXP text) {
	int status = PARSE_ERROR;
	R.R_ParseVector(text, -1, &status, R_Nil);
	switch (status) {
	case PARSE_INCOMPLETE: return R.Rf_mkString("incomplete");
	case PARSE_ERROR: return R.Rf_mkString("invalid");
	default: return R.Rf_mkString("complete");
	}
}

// native_interrupt takes an interrupt that R has not looked for yet, such as one
// that has ended a child.
static SEXP native_interrupt(void) {
	if (*R.R_interrupts_pending && !*R.R_interrupts_suspended) R.Rf_onintr();
	return R_Nil;
}

static const struct host_native natives[] = {
	{"event", (host_fn)native_event, 2},
	{"password", (host_fn)native_password, 1},
	{"afterwards", (host_fn)native_afterwards, 1},
	{"promise", (host_fn)native_promise, 2},
	{"parse", (host_fn)native_parse, 1},
	{"interrupt", (host_fn)native_interrupt, 0},
	{0, 0, 0}};

SEXP native_symbol(host_fn fn) {
	return R.R_MakeExternalPtrFn(fn, R.Rf_install("native symbol"), R_Nil);
}

// bind makes functions callable as .Call(.C_<name>, ...), without a DLL that
// others could see.
static void bind(const struct host_native *list) {
	for (; list->name; list++) {
		char name[80];
		snprintf(name, sizeof name, ".C_%s", list->name);
		SEXP pointer = PROTECT(native_symbol(list->fn));
		R.Rf_defineVar(R.Rf_install(name), pointer, ours);
		UNPROTECT(1);
	}
}

static void load(void *data) {
	const struct frame *f = data;
	// Where R ends its search from there it finds the methods that users define.
	SEXP base = *R.R_BaseNamespace;
	SEXP hash = PROTECT(R.Rf_ScalarLogical(1));
	SEXP make = PROTECT(R.Rf_lang3(R.Rf_install("new.env"), hash, base));
	ours = R.Rf_eval(make, R_Base);
	R.R_PreserveObject(ours);
	bind(natives);
	bind(debug_natives);
	bind(print_natives);
	bind(device_natives);
	for (int i = 0; i < f->n; i++) {
		int status;
		SEXP text = PROTECT(strings(1, f->part + i));
		SEXP code = PROTECT(R.R_ParseVector(text, -1, &status, R_Nil));
		if (status != PARSE_OK) R.Rf_error("file %d of the kernel's R code is broken", i + 1);
		for (int k = 0; k < R.Rf_length(code); k++)
			R.Rf_eval(R.VECTOR_ELT(code, k), ours);
		UNPROTECT(2);
	}
	UNPROTECT(2);
}

// call_load takes our R code, one part per file, and starts it.
void call_load(const struct frame *f) {
	struct frame copy = *f;
	if (ours) return;
	// An interrupt sent while R started is for nobody any more.
	sigset_t before = interrupt_shut();
	R.R_ToplevelExec(load, &copy);
	if (R.ptr_R_EditFile) *R.ptr_R_EditFile = edit_file;
	SEXP start = function(".start");
	if (start) {
		call(PROTECT(R.Rf_lang1(start)));
		UNPROTECT(1);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}
