// The graphics device.
//
// R code (plots.R) opens one of R's own bitmap devices, so that fonts, metrics
// and capabilities are the real ones, and hands it to adopt, which
// replaces what draws by functions that only note that something was drawn.
// R's display list records the page. When the page is finished, plot_send
// replays the recording into a file of the right size and sends it.
//
// The engine tells us all we need, without hooks that user code could replace:
// newPage begins a page, and GEinitDisplayList has just put the page before it
// into saved_snapshot.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "host.h"

// A page_device is one device of ours: there is one in most sessions, more
// when user code calls dev.new.
struct page_device {
	struct page_device *next;
	dev_desc *dev;
	void (*close)(dev_desc *); // the bitmap device's own
	int fixed;                 // the size was given, options do not change it
	int page;                  // serial number of the page, 0 before the first
	int sent;                  // the page was shown at least once
	int cell;                  // the cell that has its display
	int steps;                 // how much of its recording was sent
	int dirty;                 // drawn on since it was last sent
	int seen;                  // some of that would be on a screen: not all was held
	int hold;                  // dev.hold level
	double res;                // device units per inch
	double line_height;        // par() at the beginning of the page, of what R does not
	double text_bias;          // replay: lheight and ylbias; 0 if unknown
};

static struct page_device *devices; // owned by R's thread
static int any_dirty;               // some device may be dirty
static int pages;                   // pages begun so far, in all devices
static int cells;                   // cells begun so far
static int sending;                 // inside plot_send: its own device is not ours
static const char *unusable;        // why plots cannot work, or NULL

static struct page_device *device_of(dev_desc *dev) {
	for (struct page_device *d = devices; d; d = d->next)
		if (d->dev == dev)
			return d;
	return NULL;
}

// has says that a page is still the one on a device. R code that ran meanwhile, a
// method of the user's that draws or a finalizer, may have closed the device.
static int has(dev_desc *dev, int page) {
	struct page_device *d = device_of(dev);
	return d && d->page == page;
}

// ---- recording -------------------------------------------------------------

static SEXP try_asking(void *name) {
	SEXP call = PROTECT(R.Rf_lcons(R.Rf_install(name), R_Nil));
	SEXP value = R.Rf_eval(call, call_environment());
	UNPROTECT(1);
	return value;
}

static SEXP no_value(SEXP condition, void *data) {
	(void)condition, (void)data;
	return R_Nil;
}

// ask returns the value of a function of ours, NULL of R's if it fails.
static SEXP ask(const char *name) {
	return R.R_tryCatchError(try_asking, (void *)name, no_value, NULL);
}

static engine_desc *engine_of(const struct page_device *d) { return R.Rf_desc2GEDesc(d->dev); }

// device_record makes the engine record once more what is drawn. It stops while it
// runs drawing code that it records as a whole, and does not begin again when that
// fails and the error is caught: all plots behind try(print(plot)) would be lost.
void device_record(void) {
	struct page_device *d = devices;
	while (d && engine_of(d)->recording)
		d = d->next;
	if (!d || sending || lane_is_child())
		return;
	SEXP nested = ask("plot_nested");
	if (nested == R_Nil || R.Rf_asLogical(nested) != 0)
		return;
	for (d = devices; d; d = d->next)
		engine_of(d)->recording = 1;
}

// ---- sending ---------------------------------------------------------------

struct send_args {
	struct page_device *d;
	SEXP snapshot; // NULL: take one of the page as it is now
	int breakable; // an interrupt may end the drawing
	int shown;     // 1 or 0; else the drawing was interrupted
	int page;      // the number of the page, a new one for a panel of a later cell
};

// begins_figure says whether, behind its first steps, a recording has a figure of
// R's graphics. A step is a function and its arguments; the first is what it calls.
static int begins_figure(SEXP recording, int steps) {
	for (; recording != R_Nil; recording = R.CDR(recording)) {
		if (steps-- > 0)
			continue;
		SEXP args = R.CAR(R.CDR(R.CAR(recording)));
		SEXP symbol = R.TYPEOF(args) == LISTSXP ? R.CAR(args) : R_Nil;
		SEXP name = R.TYPEOF(symbol) == VECSXP && R.Rf_length(symbol) ? R.VECTOR_ELT(symbol, 0) : R_Nil;
		if (R.TYPEOF(name) == STRSXP && R.Rf_length(name) == 1 &&
		    strcmp(R.R_CHAR(R.STRING_ELT(name, 0)), "C_plot_new") == 0)
			return 1;
	}
	return 0;
}

// send_page calls plot_send(snapshot, page, update, width, height, line_height,
// text_bias, breakable).
static void send_page(void *data) {
	struct send_args *a = data;
	struct page_device *d = a->d;
	dev_desc *dev = d->dev;
	engine_desc *e = R.Rf_desc2GEDesc(dev);
	SEXP snapshot = a->snapshot;
	if (!snapshot)
		snapshot = R.GEcreateSnapshot(e);
	// Drawing code that failed has drawn, but is not recorded.
	if (e->display_list_on && (snapshot == R_Nil || R.VECTOR_ELT(snapshot, 0) == R_Nil))
		return;
	PROTECT(snapshot);
	SEXP recording = e->display_list_on ? R.VECTOR_ELT(snapshot, 0) : R_Nil;
	// The next panel of a page is looked for below the cell that draws it.
	if (d->sent && d->cell != cells && begins_figure(recording, d->steps)) {
		d->page = a->page = ++pages;
		d->sent = 0;
	}
	SEXP args = PROTECT(R.Rf_cons(R.Rf_ScalarLogical(a->breakable), R_Nil));
	args = PROTECT(R.Rf_cons(R.Rf_ScalarReal(d->text_bias), args));
	args = PROTECT(R.Rf_cons(R.Rf_ScalarReal(d->line_height), args));
	args = PROTECT(R.Rf_cons(R.Rf_ScalarReal(fabs(dev->top - dev->bottom) / d->res), args));
	args = PROTECT(R.Rf_cons(R.Rf_ScalarReal(fabs(dev->right - dev->left) / d->res), args));
	args = PROTECT(R.Rf_cons(R.Rf_ScalarLogical(d->sent), args));
	args = PROTECT(R.Rf_cons(R.Rf_ScalarInteger(d->page), args));
	args = PROTECT(R.Rf_cons(snapshot, args));
	SEXP call = PROTECT(R.Rf_lcons(R.Rf_install("plot_send"), args));
	int page = d->page;
	a->shown = R.Rf_asLogical(R.Rf_eval(call, call_environment()));
	UNPROTECT(10);
	if (a->shown != 1 || !has(dev, page))
		return;
	if (!d->sent)
		d->cell = cells;
	d->sent = 1;
	d->steps = R.Rf_length(recording);
}

// send sends one page and returns 1 if an interrupt arrived meanwhile. A page
// that cannot be drawn is left until it is drawn on: plot_send has said so, and
// would say the same again. page, if not NULL, is set to the number with which it went.
static int send(struct page_device *d, SEXP snapshot, int *page) {
	// The drawing itself is interrupted, where that is caught, and nothing around it.
	unsigned char suspended = *R.R_interrupts_suspended;
	struct send_args a = {d, snapshot, !suspended, 0, d->page};
	d->dirty = d->seen = 0;
	sending++;
	*R.R_interrupts_suspended = 1;
	R.R_ToplevelExec(send_page, &a);
	*R.R_interrupts_suspended = suspended;
	sending--;
	if (page)
		*page = a.page;
	return a.shown != 0 && a.shown != 1;
}

// next_dirty returns the device with the oldest page to be sent, of those that were
// not sent yet where only these are asked for, or NULL. While R runs code that it
// will record as a whole, the page must wait for its end.
static struct page_device *next_dirty(int unsent) {
	struct page_device *oldest = NULL;
	for (struct page_device *d = devices; d; d = d->next) {
		if (!d->dirty || d->hold > 0)
			continue;
		if ((unsent && d->sent) || !engine_of(d)->recording)
			any_dirty = 1;
		else if (!oldest || d->page < oldest->page)
			oldest = d;
	}
	return oldest;
}

static void send_dirty(int unsent) {
	any_dirty = 0;
	for (struct page_device *d; (d = next_dirty(unsent));)
		if (send(d, NULL, NULL))
			*R.R_interrupts_pending = 1;
}

void device_cell(void) { cells++; }

void device_flush(void) {
	if (!devices || sending || lane_is_child())
		return;
	device_record();
	if (!any_dirty)
		return;
	send_dirty(0);
}

int device_sends(void) { return sending > 0; }

void device_before_text(void) {
	if (!devices || sending || !R.R_print || !print_by_r())
		return;
	device_record();
	if (!any_dirty || lane_is_child()) // which is a system call
		return;
	// What is being printed shall look as if it were alone.
	struct host_print how = *R.R_print;
	send_dirty(1);
	*R.R_print = how;
}

int device_only_adds(const char *code, size_t len) {
	static const char *const names[] = {
	    "abline", "arrows", "axis", "box", "clip", "grid", "legend", "lines", "matlines",
	    "matpoints", "mtext", "points", "polygon", "polypath", "qqline", "rasterImage", "rect",
	    "rug", "segments", "symbols", "text", "title", "xspline",
	};
	static const char prefix[] = "graphics::";
	while (len > 0 && (*code == ' ' || *code == '\t' || *code == '\f')) // behind a semicolon
		code++, len--;
	if (len > sizeof prefix && strncmp(code, prefix, sizeof prefix - 1) == 0)
		code += sizeof prefix - 1, len -= sizeof prefix - 1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);
		if (len > n && code[n] == '(' && strncmp(code, names[i], n) == 0)
			return 1;
	}
	return 0;
}

// ---- callbacks of the engine -----------------------------------------------

static void drew(dev_desc *dev) {
	struct page_device *d = device_of(dev);
	if (!d || !d->page)
		return;
	d->dirty = any_dirty = 1;
	if (d->hold == 0)
		d->seen = 1;
}

// size_of reads an option in inches; 0 when it is not a usable size.
static double size_of(const char *option) {
	SEXP value = R.Rf_GetOption1(R.Rf_install(option));
	if (value == R_Nil)
		return 7; // as plot_defaults (plots.R) has it
	int type = R.TYPEOF(value);
	if (type != REALSXP && type != INTSXP)
		return 0;
	double inches = R.Rf_asReal(value);
	return isfinite(inches) && inches >= 0.5 && inches <= 100 ? inches : 0;
}

static void resize(struct page_device *d) {
	double width = size_of("repr.plot.width"), height = size_of("repr.plot.height");
	if (width > 0)
		d->dev->right = d->dev->clip_right = width * d->res;
	if (height > 0)
		d->dev->bottom = d->dev->clip_bottom = height * d->res;
}

// keep_parameters keeps what par() says as a page begins and R will not replay.
static void keep_parameters(struct page_device *d) {
	dev_desc *dev = d->dev;
	int page = d->page;
	d->line_height = d->text_bias = 0;
	if (sending || lane_is_child() || R.GEcurrentDevice() != engine_of(d))
		return;
	unsigned char suspended = *R.R_interrupts_suspended;
	*R.R_interrupts_suspended = 1;
	SEXP values = PROTECT(ask("plot_parameters"));
	*R.R_interrupts_suspended = suspended;
	if (values != R_Nil && has(dev, page)) {
		d->line_height = R.Rf_asReal(R.VECTOR_ELT(values, 0));
		d->text_bias = R.Rf_asReal(R.VECTOR_ELT(values, 1));
	}
	UNPROTECT(1);
}

static void page_new(gcontext gc, dev_desc *dev) {
	(void)gc;
	struct page_device *d = device_of(dev);
	if (!d)
		return;
	engine_desc *e = engine_of(d);
	int interrupted = 0, page = d->page;
	device_record();
	// plot.default holds the device before it begins its page; a page that was
	// held all the time it was drawn on is not meant to be seen.
	if (has(dev, page) && d->seen && !sending && !lane_is_child())
		interrupted = send(d, e->saved_snapshot, &page);
	if (has(dev, page))
		keep_parameters(d);
	if (!has(dev, page)) // and R would draw on it
		R.Rf_error("the graphics device was closed while its page was drawn");
	e->saved_snapshot = R_Nil; // a finished page is not kept
	d->page = ++pages;
	d->sent = d->dirty = d->seen = 0;
	if (!d->fixed)
		resize(d);
	if (interrupted)
		R.Rf_onintr();
}

static void page_close(dev_desc *dev) {
	struct page_device *d = device_of(dev);
	if (!d)
		return;
	if (d->dirty && !sending && !lane_is_child() && send(d, NULL, NULL))
		*R.R_interrupts_pending = 1; // R is within the end of its device
	for (struct page_device **p = &devices; *p; p = &(*p)->next)
		if (*p == d) {
			*p = d->next;
			break;
		}
	void (*close)(dev_desc *) = d->close;
	free(d);
	close(dev);
}

static int page_hold(dev_desc *dev, int level) {
	struct page_device *d = device_of(dev);
	if (!d)
		return 0;
	device_record();
	if (!device_of(dev))
		return 0;
	d->hold = d->hold + level > 0 ? d->hold + level : 0;
	if (d->hold == 0 && d->dirty)
		d->seen = any_dirty = 1;
	return d->hold;
}

static void page_size(double *left, double *right, double *bottom, double *top, dev_desc *dev) {
	*left = dev->left;
	*right = dev->right;
	*bottom = dev->bottom;
	*top = dev->top;
}

static void no_circle(double x, double y, double r, gcontext gc, dev_desc *dev) {
	(void)x, (void)y, (void)r, (void)gc;
	drew(dev);
}

static void no_clip(double x0, double x1, double y0, double y1, dev_desc *dev) {
	(void)x0, (void)x1, (void)y0, (void)y1, (void)dev;
}

static void no_line(double x1, double y1, double x2, double y2, gcontext gc, dev_desc *dev) {
	(void)x1, (void)y1, (void)x2, (void)y2, (void)gc;
	drew(dev);
}

static void no_poly(int n, double *x, double *y, gcontext gc, dev_desc *dev) {
	(void)n, (void)x, (void)y, (void)gc;
	drew(dev);
}

static void no_path(double *x, double *y, int npoly, int *nper, int winding, gcontext gc,
                    dev_desc *dev) {
	(void)x, (void)y, (void)npoly, (void)nper, (void)winding, (void)gc;
	drew(dev);
}

static void no_raster(unsigned int *raster, int w, int h, double x, double y, double width,
                      double height, double rot, int interpolate, gcontext gc, dev_desc *dev) {
	(void)raster, (void)w, (void)h, (void)x, (void)y, (void)width, (void)height;
	(void)rot, (void)interpolate, (void)gc;
	drew(dev);
}

static void no_text(double x, double y, const char *s, double rot, double hadj, gcontext gc,
                    dev_desc *dev) {
	(void)x, (void)y, (void)s, (void)rot, (void)hadj, (void)gc;
	drew(dev);
}

// Patterns, masks and groups are defined again by the replay. A device may answer
// that it has no pattern or mask; without a group grid warns, and draws nothing.
static SEXP no_pattern(SEXP pattern, dev_desc *dev) {
	(void)pattern, (void)dev;
	return R_Nil;
}

static SEXP no_mask(SEXP path, SEXP ref, dev_desc *dev) {
	(void)path, (void)ref, (void)dev;
	return R_Nil;
}

static void no_release(SEXP ref, dev_desc *dev) {
	(void)ref, (void)dev;
}

static SEXP no_define_group(SEXP source, int op, SEXP destination, dev_desc *dev) {
	(void)source, (void)op, (void)destination, (void)dev;
	return R.Rf_ScalarInteger(0);
}

static void no_use_group(SEXP ref, SEXP trans, dev_desc *dev) {
	(void)ref, (void)trans;
	drew(dev);
}

static void no_stroke(SEXP path, gcontext gc, dev_desc *dev) {
	(void)path, (void)gc;
	drew(dev);
}

static void no_fill(SEXP path, int rule, gcontext gc, dev_desc *dev) {
	(void)path, (void)rule, (void)gc;
	drew(dev);
}

static void no_glyph(int n, int *glyphs, double *x, double *y, SEXP font, double size, int colour,
                     double rot, dev_desc *dev) {
	(void)n, (void)glyphs, (void)x, (void)y, (void)font, (void)size, (void)colour, (void)rot;
	drew(dev);
}

static void replace_callbacks(dev_desc *dev) {
	dev->circle = no_circle;
	dev->clip = no_clip;
	dev->line = no_line;
	dev->polygon = dev->polyline = no_poly;
	dev->rect = no_line;
	dev->path = no_path;
	dev->raster = no_raster;
	dev->text = dev->text_utf8 = no_text;
	dev->set_pattern = no_pattern;
	dev->set_clip_path = dev->set_mask = no_mask;
	dev->release_pattern = dev->release_clip_path = dev->release_mask = no_release;
	dev->define_group = no_define_group;
	dev->use_group = no_use_group;
	dev->release_group = no_release;
	dev->stroke = no_stroke;
	dev->fill = dev->fill_stroke = no_fill;
	if (R.R_GE_getVersion() >= ENGINE_GLYPH)
		dev->glyph = no_glyph;
	dev->new_page = page_new;
	dev->close = page_close;
	dev->holdflush = page_hold;
	dev->size = page_size;
}

// known checks that what we take for the fields of a device of R's own are
// those: if the layout were another, values this far apart would not all fit.
static int known(const dev_desc *dev) {
	return dev->left == 0 && dev->top == 0 && dev->right > 0 && dev->bottom > 0 &&
	       dev->ipr[0] > 0 && dev->ipr[0] < 1 && dev->ipr[0] == dev->ipr[1] && dev->startps > 0 &&
	       dev->device_specific && dev->new_page && dev->close && dev->str_width &&
	       dev->metric_info && dev->have_transparency >= 0 && dev->have_transparency <= 3 &&
	       dev->have_raster >= 0 && dev->have_raster <= 3 && dev->have_locator >= 0 &&
	       dev->have_locator <= 3 && dev->device_version >= 13 &&
	       dev->device_version <= R.R_GE_getVersion();
}

// adopt makes the current device, a bitmap device that R code has just opened,
// one of ours. Its size follows options(repr.plot.width, repr.plot.height) from
// page to page unless fixed is TRUE.
static SEXP adopt(SEXP fixed) {
	if (unusable)
		R.Rf_error("%s", unusable);
	dev_desc *dev = ((engine_desc *)R.GEcurrentDevice())->dev;
	if (!known(dev))
		R.Rf_error("the graphics devices of this R have a form that is not known; "
		           "plots do not work with it");
	struct page_device *d = calloc(1, sizeof *d);
	if (!d)
		R.Rf_error("no memory for a graphics device");
	d->dev = dev;
	d->close = dev->close;
	d->fixed = R.Rf_asLogical(fixed) == 1;
	d->res = 1 / dev->ipr[0];
	d->next = devices;
	devices = d;
	replace_callbacks(dev);
	return R_Nil;
}

// points makes the current device, a bitmap file, draw clouds of points fast; see
// points.c.
static SEXP points(void) {
	if (unusable)
		return R_Nil;
	dev_desc *dev = ((engine_desc *)R.GEcurrentDevice())->dev;
	if (known(dev))
		device_fast_points(dev);
	return R_Nil;
}

void device_init(void) {
	static char reason[160];
	if (!R.R_GE_getVersion || !R.GEcurrentDevice || !R.Rf_desc2GEDesc || !R.GEcreateSnapshot) {
		unusable = "this R has no graphics engine that plots could be made with";
		return;
	}
	int version = R.R_GE_getVersion();
	if (version >= ENGINE_OLDEST && version <= ENGINE_NEWEST)
		return;
	snprintf(reason, sizeof reason,
	         "this R has graphics engine version %d; plots work with versions %d to %d "
	         "(R 4.2 to 4.6)",
	         version, ENGINE_OLDEST, ENGINE_NEWEST);
	unusable = reason;
}

const struct host_native device_natives[] = {
    {"adopt", (host_fn)adopt, 1},
    {"points", (host_fn)points, 0},
    {0, 0, 0},
};
