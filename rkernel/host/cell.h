// The cell that runs, for the files that run it and stop it: cell.c, text.c, debug.c.
#ifndef ADRASTEA_CELL_H
#define ADRASTEA_CELL_H

#include "host.h"

enum jump { JUMP_NONE, JUMP_ERROR, JUMP_INTERRUPT, JUMP_ABORT };
enum phase { BETWEEN, FED, RUNNING };

struct cell {
	int active;
	char id[24];
	char *code;
	size_t len;
	struct parsed p;
	int next;          // the expression that comes next
	int *lines;        // on which each begins, if the cell can stop; see debug.c
	int file;          // the number of its source
	int line;          // where its own code is, as far as it said
	int bad;           // it is not valid
	enum phase phase;

	struct buf feed;   // text for R
	size_t fed;        // what R has taken of it
	SEXP call;         // what the stub is to become, preserved; or NULL
	SEXP expr;         // what R evaluates
	SEXP last;         // .Last.value before
	struct buf error;  // R's last error before
	int failed_feeds;

	enum jump jump;
	struct buf shown;  // text of the error that an R function has shown itself
	int shown_lane;    // where it was to go; 0: there is none
	struct buf held;   // text of the error that is ending the cell
	size_t error_len;  // how much of held is the error's own text; 0: none of it
	int newline;       // held holds the newline of an interrupt
	struct buf cause;  // message, class and text of the condition, each ended by 0
	int printed;       // a value is being printed that is shown as a whole
	int piped;         // and its text goes through the pipe
	size_t own;        // how many bytes of that are R's
	int displayed;     // its print has shown more than its text
	int watched;       // task callbacks follow, whose children may speak; -1: it is not known yet
	int over;          // printing is over
	struct buf result; // or is kept here
};

extern struct cell cell;

SEXP cell_last_value(void);
const char *cell_last_error(void);
// cell_has_stack says that this R shows its protect stack.
int cell_has_stack(void);
// cell_string_at is one of some strings, or "".
const char *cell_string_at(SEXP strings, int i);
// is_matrix says that x has two dimensions.
int is_matrix(SEXP x);
// cell_take_shown makes shown, if there is any, the beginning of held.
void cell_take_shown(void);
// cell_is_last says that no other expression follows the one that runs.
int cell_is_last(void);
// cell_send_value sends the value that was printed, before what comes behind it.
void cell_send_value(void);

#endif
