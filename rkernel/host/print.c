// What R's own functions print, which is known by the function whose C code runs.
//
// R's print.default() writes a line in pieces: "[1]", " 1" and "\n". Each would be a
// write of its own, and before it a look at the other pipe: that was most of what
// printing in a loop cost beside R itself.
//
// So the beginning of a line waits for its end where R cannot do anything else in
// between: while C code of print.default() runs, and no R function that it calls. That
// code ends all its lines; where it is interrupted amid one, R has looked for events
// before, and console.c ends the line there. After cat(), say, R may run a program next,
// and what that writes to the pipe must come behind.
#include <setjmp.h>

#include "host.h"

// R's context as it has been from 4.2 to 4.6, up to the function that runs in it.
struct function_context {
	struct host_context head;
	sigjmp_buf jump;
	int numbers[2]; // of the protect stack, and of the evaluation's depth
	SEXP promises, function;
};

static SEXP printers; // functions of base, print.default() first; NULL: contexts are something else

static SEXP function_of(const struct host_context *c) {
	return ((const struct function_context *)c)->function;
}

// native_printers learns from the function that calls it whether contexts are as they
// are declared here, and says so. functions are those that print by C code of R's.
static SEXP native_printers(SEXP caller, SEXP functions) {
	const struct host_context *c = *R.R_GlobalContext;
	while (c && !(c->callflag & CTXT_FUNCTION)) c = c->next;
	int known = c && function_of(c) == caller;
	if (known && !printers) {
		R.R_PreserveObject(functions);
		printers = functions;
	}
	return R.Rf_ScalarLogical(known);
}

const struct host_native print_natives[] = {
	{"printers", (host_fn)native_printers, 2},
	{0, 0, 0}};

int print_goes_on(const char *text, size_t len) {
	const struct host_context *c = *R.R_GlobalContext;
	return printers && text[len - 1] != '\n' && c->callflag & CTXT_FUNCTION &&
		function_of(c) == R.VECTOR_ELT(printers, 0);
}

// Compiled code calls C code of packages without a context of its own, so that only the
// function tells whose C code runs. cat() has a context of C code, too.
int print_by_r(void) {
	const struct host_context *c = *R.R_GlobalContext;
	int code = c && c->callflag == CTXT_CCODE;
	if (code) c = c->next;
	if (!c || !(c->callflag & CTXT_FUNCTION)) return 0;
	if (!printers) return code;
	for (int i = 0; i < R.Rf_length(printers); i++)
		if (function_of(c) == R.VECTOR_ELT(printers, i)) return 1;
	return 0;
}
