// What we need of R's graphics engine, in our own words, for R 4.2 and later.
//
// The order and types of the fields are those of struct _DevDesc in
// R_ext/GraphicsDevice.h. Engine version 15 is R 4.2, version 16 is R 4.3 to
// 4.5, which added glyph at the end, and version 17 (R 4.6) has version 16's
// layout. Any other version is refused, since a field at another place would
// mean writing a function pointer over something else.
#ifndef ADRASTEA_ENGINE_H
#define ADRASTEA_ENGINE_H

enum { ENGINE_OLDEST = 15, ENGINE_GLYPH = 16, ENGINE_NEWEST = 17 };

#include "shims.h"

typedef struct dev_desc dev_desc;

// R_GE_gcontext, the same since R 4.1.
struct gcontext {
	int col, fill;
	double gamma;
	double lwd;
	int lty, lend, ljoin;
	double lmitre;
	double cex, ps, lineheight;
	int fontface;
	char fontfamily[201];
	SEXP pattern_fill;
};
typedef const struct gcontext *gcontext;

struct dev_desc {
	double left, right, bottom, top;
	double clip_left, clip_right, clip_bottom, clip_top;
	double x_char_offset, y_char_offset, y_line_bias;
	double ipr[2];
	double cra[2];
	double gamma;
	int can_clip, can_change_gamma, can_hadj;
	double startps;
	int startcol, startfill, startlty, startfont;
	double startgamma;
	void *device_specific;
	int display_list_on;
	int can_gen[5]; // mouse down, move, up, keyboard, idle
	int getting_event;
	void (*activate)(dev_desc *);
	void (*circle)(double, double, double, gcontext, dev_desc *);
	void (*clip)(double, double, double, double, dev_desc *);
	void (*close)(dev_desc *);
	void (*deactivate)(dev_desc *);
	int (*locator)(double *, double *, dev_desc *);
	void (*line)(double, double, double, double, gcontext, dev_desc *);
	void (*metric_info)(int, gcontext, double *, double *, double *, dev_desc *);
	void (*mode)(int, dev_desc *);
	void (*new_page)(gcontext, dev_desc *);
	void (*polygon)(int, double *, double *, gcontext, dev_desc *);
	void (*polyline)(int, double *, double *, gcontext, dev_desc *);
	void (*rect)(double, double, double, double, gcontext, dev_desc *);
	void (*path)(double *, double *, int, int *, int, gcontext, dev_desc *);
	void (*raster)(unsigned int *, int, int, double, double, double, double, double, int,
	               gcontext, dev_desc *);
	SEXP (*cap)(dev_desc *);
	void (*size)(double *, double *, double *, double *, dev_desc *);
	double (*str_width)(const char *, gcontext, dev_desc *);
	void (*text)(double, double, const char *, double, double, gcontext, dev_desc *);
	void (*on_exit)(dev_desc *);
	SEXP (*get_event)(SEXP, const char *);
	int (*new_frame_confirm)(dev_desc *);
	int has_text_utf8;
	void (*text_utf8)(double, double, const char *, double, double, gcontext, dev_desc *);
	double (*str_width_utf8)(const char *, gcontext, dev_desc *);
	int want_symbol_utf8, use_rotated_text_in_contour;
	SEXP event_env;
	void (*event_helper)(dev_desc *, int);
	int (*holdflush)(dev_desc *, int);
	int have_transparency, have_transparent_bg, have_raster, have_capture, have_locator;
	SEXP (*set_pattern)(SEXP, dev_desc *);
	void (*release_pattern)(SEXP, dev_desc *);
	SEXP (*set_clip_path)(SEXP, SEXP, dev_desc *);
	void (*release_clip_path)(SEXP, dev_desc *);
	SEXP (*set_mask)(SEXP, SEXP, dev_desc *);
	void (*release_mask)(SEXP, dev_desc *);
	int device_version;
	int device_clip;
	SEXP (*define_group)(SEXP, int, SEXP, dev_desc *);
	void (*use_group)(SEXP, SEXP, dev_desc *);
	void (*release_group)(SEXP, dev_desc *);
	void (*stroke)(SEXP, gcontext, dev_desc *);
	void (*fill)(SEXP, int, gcontext, dev_desc *);
	void (*fill_stroke)(SEXP, int, gcontext, dev_desc *);
	SEXP (*capabilities)(SEXP);
	// From version 16 on; before, the first bytes of the reserved area.
	void (*glyph)(int, int *, double *, double *, SEXP, double, int, double, dev_desc *);
};

// The head of GEDevDesc, the same in all these versions.
typedef struct {
	dev_desc *dev;
	int display_list_on;
	SEXP display_list, last_element;
	SEXP saved_snapshot; // the page before, set by GEinitDisplayList
	int dirty;
	int recording; // 0 inside code that is recorded as a whole
} engine_desc;

// device_fast_points stands between the engine and a device of R's own: see
// points.c. One device at a time, until it is closed.
void device_fast_points(dev_desc *dev);

#endif
