// The graphics device.
#ifndef ADRASTEA_DEVICE_H
#define ADRASTEA_DEVICE_H

// device_init is called once, after R's start. An R whose graphics engine is
// not known is refused when a plot is made, not here.
void device_init(void);
// device_flush sends every page that was drawn on since it was last sent. It
// is called on R's thread whenever evaluating R is allowed, raises no error, and
// costs next to nothing when nothing was drawn. An interrupt that arrives while it
// draws is left pending.
void device_flush(void);

// device_record makes R record again what is drawn, where drawing code that has failed
// has stopped that. device_flush does so too.
void device_record(void);
// device_sends says that it does so just now.
int device_sends(void);
// device_before_text is called before text that R prints. It sends the pages that were
// not shown yet, so that a plot stands above what is printed after it; what is added to
// them later costs a second drawing, but no more.
void device_before_text(void);
// device_cell is called when a cell begins.
void device_cell(void);
// device_only_adds says that the code of an expression is a call of a function
// that adds to the plot there is and shows nothing else. Where that is wrong,
// because user code has given the name another meaning, the plot is shown a
// little later than it might be.
int device_only_adds(const char *code, size_t len);
// device_natives ends with an element without a name.
extern const struct host_native device_natives[];

#endif
