// Parsing: the whole cell first, then each expression as R's console does it.
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

struct task {
	SEXP text, file, result;
	int n, status;
};

static SEXP try_parse(void *data) {
	struct task *t = data;
	return R.R_ParseVector(t->text, t->n, &t->status, t->file);
}

// text_of gives the code to R as the bytes that it is, as the console does. R
// would translate what is marked as UTF-8 into the locale of the session, and
// the C locale, which Sys.setlocale() sets, has no character but ASCII's.
static SEXP text_of(const char *code, size_t len) {
	SEXP text = PROTECT(R.Rf_allocVector(STRSXP, 1));
	R.SET_STRING_ELT(text, 0, R.Rf_mkCharLenCE(code, (int)len, CE_NATIVE));
	UNPROTECT(1);
	return text;
}

// new_file makes an empty environment, by the primitive: this happens for every
// expression of a cell.
static SEXP new_file(void) {
	static SEXP call;
	if (!call) {
		SEXP hash = PROTECT(R.Rf_ScalarLogical(0));
		SEXP size = PROTECT(R.Rf_ScalarInteger(0));
		SEXP make = PROTECT(R.Rf_lang4(R.Rf_install("new.env"), hash, *R.R_EmptyEnv, size));
		call = R.Rf_lang2(R.Rf_install(".Internal"), make);
		R.R_PreserveObject(call);
		UNPROTECT(3);
	}
	return R.Rf_eval(call, R_Base);
}

// option finds the cell of an option in R's own list.
static SEXP option(const char *name) {
	SEXP tag = R.Rf_install(name);
	SEXP all = R.Rf_findVarInFrame(R_Base, R.Rf_install(".Options"));
	if (all == R_Unbound) return NULL;
	for (; all != R_Nil; all = R.CDR(all))
		if (R.TAG(all) == tag) return all;
	return NULL;
}

// A setting is the cell of an option, which may be NULL, and what was in it.
struct setting {
	SEXP cell, before;
};

// set puts a value into an option's cell. The caller protects what was in it.
static struct setting set(const char *name, SEXP value) {
	PROTECT(value);
	struct setting s = {option(name), R_Nil};
	if (s.cell) {
		s.before = R.CAR(s.cell);
		R.SETCAR(s.cell, value);
	}
	UNPROTECT(1);
	return s;
}

static void put_back(void *setting) {
	struct setting *s = setting;
	if (s->cell) R.SETCAR(s->cell, s->before);
}

static struct task *looked_at; // by quiet_parse

static SEXP look(void) { return looked_at->result = try_parse(looked_at); }

// look_call is a call of look() for R's evaluator.
static SEXP look_call(void) {
	static SEXP call;
	if (!call) {
		SEXP routine = native_symbol((host_fn)look);
		call = R.Rf_lang2(R.Rf_install(".Call"), PROTECT(routine));
		R.R_PreserveObject(call);
		UNPROTECT(1);
	}
	return call;
}

// quiet_parse is for the first look at a cell: what it warns of, or raises as an error,
// as the lexer does, will be said again, and nobody needs its parse data. It fills
// t.result, which the caller protects. Neither handlers of the user's nor
// options(error=) hear of it, and no interrupt, which waits, passes over what puts the
// options back. R's evaluator is there only for its silent errors: tryCatch() would
// take most of the time that a short cell takes.
static void quiet_parse(struct task *t) {
	int failed;
	unsigned char suspended = *R.R_interrupts_suspended;
	*R.R_interrupts_suspended = 1;
	struct setting warn = set("warn", R.Rf_ScalarInteger(-1));
	PROTECT(warn.before);
	struct setting error = set("error", R.Rf_allocVector(EXPRSXP, 0)); // of no expression
	PROTECT(error.before);
	struct setting data = set("keep.parse.data", R.Rf_ScalarLogical(0));
	PROTECT(data.before);
	looked_at = t;
	R.R_tryEvalSilent(look_call(), R_Base, &failed);
	if (failed) t->status = PARSE_ERROR;
	put_back(&warn);
	put_back(&error);
	put_back(&data);
	*R.R_interrupts_suspended = suspended;
	UNPROTECT(3);
}

// end_of_text moves behind what R's console reads with an expression: the rest
// of its line, comment and all, or a semicolon.
static size_t end_of_text(const char *code, size_t len, size_t at) {
	while (at < len && (code[at] == ' ' || code[at] == '\t' || code[at] == '\f')) at++;
	if (at < len && code[at] == '#')
		while (at < len && code[at] != '\n') at++;
	if (at < len && (code[at] == ';' || code[at] == '\n')) at++;
	return at;
}

// skip_blank moves over lines in which there is nothing.
static size_t skip_blank(const char *code, size_t len, size_t at) {
	while (at < len) {
		size_t next = end_of_text(code, len, at);
		if (next == at) break;
		at = next;
	}
	return at;
}

// A place is where to_spans is in the code. It goes on from there: a line may hold
// many expressions.
struct place {
	size_t start, at; // of the line; the byte
	int line, column; // of at; columns as R counts them, behind a character
};

// go_to moves behind the given column of a line, which is not before p. R counts
// characters of the session's locale, and tabs up to the next multiple of 8. (The
// bytes R counts are wrong behind characters of several bytes.)
static size_t go_to(struct place *p, const char *code, size_t len, int line, int column) {
	int utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	for (; p->line < line; p->line++) {
		const char *eol = memchr(code + p->at, '\n', len - p->at);
		if (!eol) break;
		p->start = p->at = (size_t)(eol - code) + 1;
		p->column = 0;
	}
	for (; p->at < len && code[p->at] != '\n'; p->at++) {
		int more = utf8 && ((unsigned char)code[p->at] & 0xC0) == 0x80; // of the same character
		if (p->column >= column && !more) break;
		if (!more) p->column++;
		if (code[p->at] == '\t') p->column = (p->column + 7) & ~7;
	}
	return p->at;
}

// to_spans turns the source references of a result into bytes of the code. A
// last span, not counted in n, is what follows the expressions. It returns
// NULL if the references do not fit the code.
static struct span *to_spans(SEXP result, const char *code, size_t len, int *n) {
	SEXP refs = R.Rf_getAttrib(result, R.Rf_install("srcref"));
	*n = R.Rf_length(result);
	if (R.Rf_length(refs) < *n) return NULL;
	struct span *spans = host_alloc(NULL, ((size_t)*n + 1) * sizeof *spans);
	struct place p = {.line = 1};
	size_t behind = 0; // the last expression
	for (int i = 0; i < *n; i++) {
		// Lines as they are, not as #line directives have them.
		const int *ref = R.INTEGER(R.VECTOR_ELT(refs, i));
		if (go_to(&p, code, len, ref[6], ref[4] - 1) != skip_blank(code, len, behind)) {
			free(spans);
			return NULL;
		}
		spans[i].from = p.start > behind ? p.start : behind;
		behind = end_of_text(code, len, go_to(&p, code, len, ref[7], ref[5]));
		spans[i].to = behind;
		spans[i].type = R.TYPEOF(R.VECTOR_ELT(result, i));
	}
	spans[*n] = (struct span){behind, len, NILSXP};
	return spans;
}

// find_bad narrows the first invalid expression: the one behind the longest
// valid beginning.
static void find_bad(struct task *t, const char *code, size_t len, struct span *bad) {
	int good = 0, beyond = 1;
	bad->from = 0;
	bad->to = len;
	for (int doubling = 1; doubling || beyond - good > 1;) {
		t->n = doubling ? beyond : good + (beyond - good) / 2;
		quiet_parse(t);
		if (t->status != PARSE_OK) {
			beyond = t->n;
			doubling = 0;
			continue;
		}
		PROTECT(t->result);
		int n;
		struct span *spans = to_spans(t->result, code, len, &n);
		UNPROTECT(1);
		if (!spans || n < t->n) break; // it cannot be said where
		bad->from = spans[n].from;
		free(spans);
		good = t->n;
		if (doubling) beyond *= 2;
	}
}

enum parse_result parse_cell(const char *code, size_t len, struct parsed *p) {
	struct task t = {0};
	memset(p, 0, sizeof *p);
	t.text = PROTECT(text_of(code, len));
	t.file = PROTECT(new_file());
	t.n = -1;
	quiet_parse(&t);
	int status = t.status;
	if (status == PARSE_OK || status == PARSE_EOF || status == PARSE_NULL) {
		PROTECT(t.result);
		p->spans = to_spans(t.result, code, len, &p->n);
		if (!p->spans) {
			R.R_PreserveObject(t.result);
			p->exprs = t.result;
		}
		UNPROTECT(3);
		return PARSED;
	}
	find_bad(&t, code, len, &p->bad);
	UNPROTECT(2);
	return status == PARSE_INCOMPLETE ? PARSED_INCOMPLETE : PARSED_BAD;
}

// console_file is what R's console attaches to the code it parses.
static SEXP console_file(SEXP text) {
	SEXP file = PROTECT(new_file());
	R.Rf_defineVar(R.Rf_install("filename"), PROTECT(R.Rf_mkString("")), file);
	R.Rf_defineVar(R.Rf_install("lines"), text, file);
	SEXP class = PROTECT(R.Rf_allocVector(STRSXP, 2));
	R.SET_STRING_ELT(class, 0, R.Rf_mkCharCE("srcfilecopy", CE_UTF8));
	R.SET_STRING_ELT(class, 1, R.Rf_mkCharCE("srcfile", CE_UTF8));
	R.Rf_setAttrib(file, R.Rf_install("class"), class);
	UNPROTECT(3);
	return file;
}

SEXP parse_one(const char *code, size_t len) {
	struct task t = {0};
	int keep = R.Rf_asLogical(R.Rf_GetOption1(R.Rf_install("keep.source")));
	struct buf line = {0}; // R's console reads whole lines
	buf_add(&line, code, len);
	if (len == 0 || (code[len - 1] != '\n' && code[len - 1] != ';')) buf_add(&line, "\n", 1);
	t.text = PROTECT(text_of(line.data, line.len));
	buf_free(&line);
	t.file = PROTECT(keep == 1 ? console_file(t.text) : R_Nil);
	t.n = 1;
	// R's console makes no parse data.
	struct setting data = set("keep.parse.data", R.Rf_ScalarLogical(0));
	PROTECT(data.before);
	// It was valid a moment ago. If R jumps now, the cell ends by it.
	t.result = R.R_ExecWithCleanup(try_parse, &t, put_back, &data);
	UNPROTECT(3);
	if (t.status != PARSE_OK || R.Rf_length(t.result) != 1) return NULL;
	return R.VECTOR_ELT(t.result, 0);
}
