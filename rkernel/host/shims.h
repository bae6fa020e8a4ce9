// The part of R's C interface that this package uses, as one table.
//
// libR is opened at run time (see start.c), so that one binary serves every R
// from 4.2 on and is built without R's headers. Each line is one function or
// variable of libR:
//
//	REQUIRED   must be there: R 4.2 to the current development version have it
//	OPTIONAL   may be NULL: the comment says what there is without it
//
// A function is called as R.Rf_eval(x, env); a variable is a pointer, so that
// R's nil is *R.R_NilValue. Names beginning with R_ in capitals below are
// macros for the ones used most.
//
// Rboolean has been an enum of four bytes and may be a bool of one: functions
// that return it are declared to return host_bool, which reads the low byte
// only. Of Boolean variables that one is read and written, too: the others are 0.
// Where the low byte is the last, shims_open finds it.
#ifndef ADRASTEA_SHIMS_H
#define ADRASTEA_SHIMS_H

#include <stddef.h>
#include <stdint.h>

typedef struct SEXPREC *SEXP;
typedef unsigned char host_bool;
typedef void (*host_fn)(void);

// Type codes of R objects, stable since R 1.0.
enum {
	NILSXP = 0, SYMSXP = 1, LISTSXP = 2, CLOSXP = 3, ENVSXP = 4, PROMSXP = 5,
	LANGSXP = 6, SPECIALSXP = 7, BUILTINSXP = 8, CHARSXP = 9, LGLSXP = 10,
	INTSXP = 13, REALSXP = 14, STRSXP = 16, DOTSXP = 17, VECSXP = 19, EXPRSXP = 20,
	EXTPTRSXP = 22, RAWSXP = 24
};

// Encodings of strings (cetype_t).
enum { CE_NATIVE = 0, CE_UTF8 = 1, CE_BYTES = 2 };

// What R_ParseVector says (ParseStatus).
enum { PARSE_NULL, PARSE_OK, PARSE_INCOMPLETE, PARSE_ERROR, PARSE_EOF };

// Kinds of contexts (RCNTXT.callflag).
enum { CTXT_TOPLEVEL = 0, CTXT_FUNCTION = 4, CTXT_CCODE = 8, CTXT_BROWSER = 16,
	CTXT_RESTART = 32 // added to others
};

// The first two fields of R's context, which have been the first two since
// contexts exist; behind them only print.c looks, and makes sure of what it finds.
struct host_context {
	struct host_context *next;
	int callflag;
};

// R's Print.h: how what is printed looks, digits and the like, for R's C code that
// prints. It is kept and put back, no more.
struct host_print { // as it is from 4.2 to 4.6
	int numbers[9];
	SEXP missing[2];
	int source[2];
	SEXP call[2];
};

// R_ext/eventloop.h: an element of R's list of input handlers.
struct host_input_handler {
	int activity;
	int fd;
	void (*handler)(void *);
	struct host_input_handler *next;
	int active;
	void *data;
};

#define HOST_NORETURN __attribute__((noreturn))

// F(necessity, result, name, parameters)
#define HOST_FUNCTIONS(F) \
	F(REQUIRED, int, Rf_initialize_R, (int, char **)) \
	F(REQUIRED, void, setup_Rmainloop, (void)) \
	F(REQUIRED, void, run_Rmainloop, (void)) \
	F(REQUIRED, SEXP, Rf_eval, (SEXP, SEXP)) \
	F(REQUIRED, host_bool, R_ToplevelExec, (void (*)(void *), void *)) \
	F(REQUIRED, SEXP, R_tryEvalSilent, (SEXP, SEXP, int *)) \
	F(REQUIRED, SEXP, R_tryCatchError, (SEXP (*)(void *), void *, SEXP (*)(SEXP, void *), void *)) \
	F(REQUIRED, SEXP, R_ExecWithCleanup, (SEXP (*)(void *), void *, void (*)(void *), void *)) \
	F(REQUIRED, SEXP, R_ParseVector, (SEXP, int, int *, SEXP)) \
	F(REQUIRED, SEXP, Rf_install, (const char *)) \
	F(REQUIRED, SEXP, Rf_protect, (SEXP)) \
	F(REQUIRED, void, Rf_unprotect, (int)) \
	F(REQUIRED, void, R_PreserveObject, (SEXP)) \
	F(REQUIRED, void, R_ReleaseObject, (SEXP)) \
	F(REQUIRED, int, TYPEOF, (SEXP)) \
	F(REQUIRED, int, Rf_length, (SEXP)) \
	F(REQUIRED, ptrdiff_t, Rf_xlength, (SEXP)) \
	F(REQUIRED, SEXP, CAR, (SEXP)) \
	F(REQUIRED, SEXP, CDR, (SEXP)) \
	F(REQUIRED, SEXP, SETCAR, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, SETCDR, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, TAG, (SEXP)) \
	F(REQUIRED, SEXP, Rf_cons, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_lcons, (SEXP, SEXP)) \
	F(REQUIRED, void, SHALLOW_DUPLICATE_ATTRIB, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_getAttrib, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_setAttrib, (SEXP, SEXP, SEXP)) \
	F(REQUIRED, host_bool, Rf_isObject, (SEXP)) \
	F(REQUIRED, host_bool, Rf_inherits, (SEXP, const char *)) \
	F(REQUIRED, SEXP, Rf_allocVector, (unsigned int, ptrdiff_t)) \
	F(REQUIRED, SEXP, VECTOR_ELT, (SEXP, ptrdiff_t)) \
	F(REQUIRED, SEXP, SET_VECTOR_ELT, (SEXP, ptrdiff_t, SEXP)) \
	F(REQUIRED, SEXP, STRING_ELT, (SEXP, ptrdiff_t)) \
	F(REQUIRED, void, SET_STRING_ELT, (SEXP, ptrdiff_t, SEXP)) \
	F(REQUIRED, int *, INTEGER, (SEXP)) \
	F(REQUIRED, unsigned char *, RAW, (SEXP)) \
	F(REQUIRED, const char *, R_CHAR, (SEXP)) \
	F(REQUIRED, int, Rf_getCharCE, (SEXP)) \
	F(REQUIRED, const char *, Rf_translateCharUTF8, (SEXP)) \
	F(REQUIRED, SEXP, Rf_mkString, (const char *)) \
	F(REQUIRED, SEXP, Rf_mkCharCE, (const char *, int)) \
	F(REQUIRED, SEXP, Rf_mkCharLenCE, (const char *, int, int)) \
	F(REQUIRED, SEXP, Rf_ScalarString, (SEXP)) \
	F(REQUIRED, SEXP, Rf_ScalarInteger, (int)) \
	F(REQUIRED, SEXP, Rf_ScalarLogical, (int)) \
	F(REQUIRED, SEXP, Rf_lang1, (SEXP)) \
	F(REQUIRED, SEXP, Rf_lang2, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_lang3, (SEXP, SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_lang4, (SEXP, SEXP, SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_GetOption1, (SEXP)) \
	F(REQUIRED, int, Rf_asLogical, (SEXP)) \
	F(REQUIRED, void, Rf_defineVar, (SEXP, SEXP, SEXP)) \
	F(REQUIRED, SEXP, Rf_findVarInFrame, (SEXP, SEXP)) \
	F(REQUIRED, SEXP, R_MakeExternalPtrFn, (host_fn, SEXP, SEXP)) \
	F(REQUIRED, void, Rf_onintr, (void)) \
	F(REQUIRED, host_bool, R_EnvironmentIsLocked, (SEXP)) \
	F(REQUIRED, void, R_runHandlers, (struct host_input_handler *, void *)) \
	F(REQUIRED, void, R_CleanTempDir, (void)) \
	F(REQUIRED, SEXP, Rf_ScalarReal, (double)) \
	F(REQUIRED, double, Rf_asReal, (SEXP)) \
	F(OPTIONAL, SEXP, Rf_installTrChar, (SEXP)) /* promises: without these two all count as forced */ \
	F(OPTIONAL, SEXP, PRVALUE, (SEXP)) \
	F(OPTIONAL, SEXP, R_PromiseExpr, (SEXP)) /* without it one that reads a data set counts as any */ \
	F(OPTIONAL, int, R_GE_getVersion, (void)) /* graphics: without them no plots */ \
	F(OPTIONAL, void *, GEcurrentDevice, (void)) \
	F(OPTIONAL, void *, Rf_desc2GEDesc, (void *)) \
	F(OPTIONAL, SEXP, GEcreateSnapshot, (void *)) \
	F(OPTIONAL, const char *, R_curErrorBuf, (void)) /* exported for Rserve; without it error text is stream text */ \
	F(OPTIONAL, void, add_history, (const char *)) /* of readline, where R has it; as there, no history() without it */ \
	F(REQUIRED, HOST_NORETURN void, Rf_error, (const char *, ...))

// V(necessity, type, name): the table holds a pointer to the variable.
#define HOST_VARIABLES(V) \
	V(REQUIRED, int, R_running_as_main_program) \
	V(REQUIRED, SEXP, R_NilValue) \
	V(REQUIRED, SEXP, R_GlobalEnv) \
	V(REQUIRED, SEXP, R_BaseEnv) \
	V(REQUIRED, SEXP, R_EmptyEnv) \
	V(REQUIRED, SEXP, R_BaseNamespace) \
	V(REQUIRED, SEXP, R_UnboundValue) \
	V(REQUIRED, SEXP, R_LastvalueSymbol) \
	V(REQUIRED, struct host_context *, R_GlobalContext) \
	V(REQUIRED, int, R_interrupts_pending) \
	V(REQUIRED, unsigned char, R_interrupts_suspended) \
	V(REQUIRED, struct host_input_handler *, R_InputHandlers) \
	V(REQUIRED, int, R_wait_usec) \
	V(REQUIRED, host_fn, R_PolledEvents) \
	V(REQUIRED, void *, R_Outputfile) \
	V(REQUIRED, void *, R_Consolefile) \
	V(REQUIRED, host_read_console, ptr_R_ReadConsole) \
	V(REQUIRED, host_fn, ptr_R_WriteConsole) \
	V(REQUIRED, host_write_console, ptr_R_WriteConsoleEx) \
	V(REQUIRED, host_fn, ptr_R_ResetConsole) \
	V(REQUIRED, host_fn, ptr_R_FlushConsole) \
	V(REQUIRED, host_fn, ptr_R_ClearerrConsole) \
	V(REQUIRED, host_busy, ptr_R_Busy) \
	V(REQUIRED, host_clean_up, ptr_R_CleanUp) \
	V(OPTIONAL, host_edit_file, ptr_R_EditFile) /* without it R runs editors itself */ \
	V(REQUIRED, char *, R_TempDir) \
	V(OPTIONAL, int, Rg_wait_usec) /* hidden in some builds: graphics devices then poll by R_wait_usec only */ \
	V(OPTIONAL, int, R_ignore_SIGPIPE) /* without it R jumps out of what it writes to a kernel that is gone */ \
	V(OPTIONAL, struct host_print, R_print) /* exported by accident; without it no R code runs while R prints */ \
	V(OPTIONAL, SEXP *, R_PPStack) /* without these two, cells are fed to R as text */ \
	V(OPTIONAL, int, R_PPStackTop)

typedef int (*host_read_console)(const char *, unsigned char *, int, int);
typedef void (*host_write_console)(const char *, int, int);
typedef void (*host_busy)(int);
typedef void (*host_clean_up)(int, int, int);
typedef int (*host_edit_file)(const char *);

struct host_r {
#define F(necessity, result, name, parameters) result (*name) parameters;
#define V(necessity, type, name) type *name;
	HOST_FUNCTIONS(F)
	HOST_VARIABLES(V)
#undef F
#undef V
};

// R is libR, filled once by shims_open.
extern struct host_r R;

#define R_Nil (*R.R_NilValue)
#define R_Base (*R.R_BaseEnv)
#define R_Unbound (*R.R_UnboundValue)
#define PROTECT(x) R.Rf_protect(x)
#define UNPROTECT(n) R.Rf_unprotect(n)

// shims_open opens libR of the R in home and fills the table. It returns NULL,
// or what is wrong, in words for the user.
const char *shims_open(const char *home);

#endif
