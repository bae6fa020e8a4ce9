// Clouds of points, drawn fast.
//
// R's bitmap devices stroke every point of a scatter plot as a path, which takes
// cairo 20 to 40 microseconds each: seconds for the usual data set. While a page
// is replayed into a file, this file stands between the engine and the device.
// Circles that follow each other without anything else in between are collected;
// a long run of them is painted into a layer of our own, with the same coverage
// and blending, and the layer is handed to the device as one image. Short runs,
// and whatever is not a plain small circle, go to the device as they are.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "host.h"

enum {
	RUN_MIN = 1000,  // shorter runs are the device's own business
	RADIUS_MAX = 64, // pixels
	LAYER_MAX = 1 << 26, // pixels
};

struct point {
	double x, y, r, lwd;
	int col, fill;
};

static struct {
	dev_desc *dev;     // the device being drawn on, or NULL
	dev_desc original; // its callbacks
	int nested;        // inside a definition of a mask, group or path
	int off;           // a mask is set: everything goes to the device
	struct gcontext gc;
	struct point run[RUN_MIN];
	int n;
	// The layer: red, green, blue, alpha, premultiplied, 0 to 1. NULL until
	// the first long run.
	float *layer;
	int width, height;
	int used;                        // something is painted on it
	int left, right, bottom, top;    // where, in pixels, right and bottom excluded
} P;

// ---- painting --------------------------------------------------------------

static float clamp(float x) {
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

static void blend(float *pixel, int colour, float coverage) {
	float alpha = coverage * (float)((colour >> 24) & 255) / 255;
	float rest = 1 - alpha;
	pixel[0] = pixel[0] * rest + alpha * (float)(colour & 255) / 255;
	pixel[1] = pixel[1] * rest + alpha * (float)((colour >> 8) & 255) / 255;
	pixel[2] = pixel[2] * rest + alpha * (float)((colour >> 16) & 255) / 255;
	pixel[3] = pixel[3] * rest + alpha;
}

// paint blends one circle into the layer: a disc, then a ring over it. How much
// of a pixel is covered is told from the distance of its centre: all or nothing
// by the disc, since R's devices smooth lines but not what they fill.
static void paint(const struct point *p) {
	int fill = (p->fill >> 24) & 255, stroke = (p->col >> 24) & 255;
	float r = (float)(p->r > 0.5 ? p->r : 0.5);
	float half = stroke ? (float)(p->lwd / 2) : 0, outer = r + half + 0.5f;
	float inner = fill || !stroke ? -1 : r - half - 0.5f;
	int x0 = (int)floor(p->x - outer), x1 = (int)ceil(p->x + outer);
	int y0 = (int)floor(p->y - outer), y1 = (int)ceil(p->y + outer);
	x0 = x0 < 0 ? 0 : x0, y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > P.width ? P.width : x1, y1 = y1 > P.height ? P.height : y1;
	if (x0 >= x1 || y0 >= y1)
		return;
	for (int y = y0; y < y1; y++) {
		float dy = (float)(y + 0.5 - p->y);
		float *pixel = P.layer + 4 * ((size_t)y * (size_t)P.width + (size_t)x0);
		for (int x = x0; x < x1; x++, pixel += 4) {
			float dx = (float)(x + 0.5 - p->x), square = dx * dx + dy * dy;
			if (square >= outer * outer || (inner > 0 && square <= inner * inner))
				continue;
			float d = sqrtf(square);
			if (fill && d < r)
				blend(pixel, p->fill, 1);
			if (stroke)
				blend(pixel, p->col, clamp(r + half - d + 0.5f) - clamp(r - half - d + 0.5f));
		}
	}
	P.left = !P.used || x0 < P.left ? x0 : P.left;
	P.top = !P.used || y0 < P.top ? y0 : P.top;
	P.right = !P.used || x1 > P.right ? x1 : P.right;
	P.bottom = !P.used || y1 > P.bottom ? y1 : P.bottom;
	P.used = 1;
}

static void paint_run(void) {
	for (int i = 0; i < P.n; i++)
		paint(&P.run[i]);
	P.n = 0;
}

// hand_over gives the layer to the device as one image and clears it.
static void hand_over(void) {
	int w = P.right - P.left, h = P.bottom - P.top;
	unsigned int *image = malloc((size_t)w * (size_t)h * sizeof *image);
	P.used = 0;
	if (!image)
		R.Rf_error("no memory to draw %d x %d pixels", w, h);
	for (int y = 0; y < h; y++) {
		float *pixel = P.layer + 4 * ((size_t)(P.top + y) * (size_t)P.width + (size_t)P.left);
		for (int x = 0; x < w; x++, pixel += 4) {
			unsigned int value = 0;
			if (pixel[3] > 0) {
				for (int k = 0; k < 3; k++)
					value |= (unsigned int)(clamp(pixel[k] / pixel[3]) * 255 + 0.5f) << (8 * k);
				value |= (unsigned int)(clamp(pixel[3]) * 255 + 0.5f) << 24;
			}
			image[(size_t)y * (size_t)w + (size_t)x] = value;
		}
		memset(pixel - 4 * w, 0, (size_t)w * 4 * sizeof *pixel);
	}
	P.original.raster(image, w, h, P.left, P.bottom, w, -h, 0, 0, &P.gc, P.dev);
	free(image);
}

// ---- collecting ------------------------------------------------------------

// flush gives the device everything that was collected. It is called before
// anything else is drawn.
static void flush(void) {
	if (P.used) {
		paint_run();
		hand_over();
		return;
	}
	struct gcontext gc = P.gc;
	int n = P.n;
	P.n = 0;
	for (int i = 0; i < n; i++) {
		gc.col = P.run[i].col, gc.fill = P.run[i].fill;
		gc.lwd = P.run[i].lwd * 96 * P.dev->ipr[0];
		P.original.circle(P.run[i].x, P.run[i].y, P.run[i].r, &gc, P.dev);
	}
}

// before is called before anything but a circle is drawn. A replay has no other
// place where an interrupt could end it; plot_send catches the jump.
static void before(void) {
	if (*R.R_interrupts_pending && !*R.R_interrupts_suspended)
		R.Rf_onintr();
	flush();
}

static int have_layer(void) {
	if (P.layer)
		return 1;
	P.width = (int)P.dev->right, P.height = (int)P.dev->bottom;
	if (P.width < 1 || P.height < 1 || P.width > LAYER_MAX / P.height)
		return 0;
	P.layer = calloc((size_t)P.width * (size_t)P.height, 4 * sizeof *P.layer);
	return P.layer != NULL;
}

static int plain(double r, gcontext gc) {
	return !P.off && !P.nested && r < RADIUS_MAX && gc->lty == 0 && gc->lwd < RADIUS_MAX &&
	       (!gc->pattern_fill || gc->pattern_fill == R_Nil);
}

static void circle(double x, double y, double r, gcontext gc, dev_desc *dev) {
	if (!plain(r, gc) || !isfinite(x) || !isfinite(y) || !isfinite(r) ||
	    fabs(x) > 1e6 || fabs(y) > 1e6) {
		flush();
		P.original.circle(x, y, r, gc, dev);
		return;
	}
	// A device of R's is told the width of lines in 1/96 inch.
	double lwd = (gc->lwd > 0.01 ? gc->lwd : 0.01) / (96 * dev->ipr[0]);
	P.gc = *gc;
	P.run[P.n++] = (struct point){x, y, r, lwd, gc->col, gc->fill};
	if (P.n < RUN_MIN)
		return;
	if (*R.R_interrupts_pending && !*R.R_interrupts_suspended) {
		P.n = 0; // the page is lost anyway
		R.Rf_onintr();
	}
	if (P.used || have_layer())
		paint_run();
	else
		flush();
}

// ---- the other callbacks: the same, after what was collected ---------------

static void clip(double x0, double x1, double y0, double y1, dev_desc *dev) {
	before();
	P.original.clip(x0, x1, y0, y1, dev);
}

static void line(double x1, double y1, double x2, double y2, gcontext gc, dev_desc *dev) {
	before();
	P.original.line(x1, y1, x2, y2, gc, dev);
}

static void polygon(int n, double *x, double *y, gcontext gc, dev_desc *dev) {
	before();
	P.original.polygon(n, x, y, gc, dev);
}

static void polyline(int n, double *x, double *y, gcontext gc, dev_desc *dev) {
	before();
	P.original.polyline(n, x, y, gc, dev);
}

static void rect(double x0, double y0, double x1, double y1, gcontext gc, dev_desc *dev) {
	before();
	P.original.rect(x0, y0, x1, y1, gc, dev);
}

static void path(double *x, double *y, int npoly, int *nper, int winding, gcontext gc,
                 dev_desc *dev) {
	before();
	P.original.path(x, y, npoly, nper, winding, gc, dev);
}

static void raster(unsigned int *image, int w, int h, double x, double y, double width,
                   double height, double rot, int interpolate, gcontext gc, dev_desc *dev) {
	before();
	P.original.raster(image, w, h, x, y, width, height, rot, interpolate, gc, dev);
}

static void text(double x, double y, const char *s, double rot, double hadj, gcontext gc,
                 dev_desc *dev) {
	before();
	P.original.text(x, y, s, rot, hadj, gc, dev);
}

static void text_utf8(double x, double y, const char *s, double rot, double hadj, gcontext gc,
                      dev_desc *dev) {
	before();
	P.original.text_utf8(x, y, s, rot, hadj, gc, dev);
}

static void glyph(int n, int *glyphs, double *x, double *y, SEXP font, double size, int colour,
                  double rot, dev_desc *dev) {
	before();
	P.original.glyph(n, glyphs, x, y, font, size, colour, rot, dev);
}

// What follows runs R code that draws a definition: circles in it make up a path
// or a pattern and are none of ours. An error in it ends the page, and with it
// the count.

static SEXP set_pattern(SEXP pattern, dev_desc *dev) {
	before();
	P.nested++;
	SEXP ref = P.original.set_pattern(pattern, dev);
	P.nested--;
	return ref;
}

static SEXP set_clip_path(SEXP clip_path, SEXP ref, dev_desc *dev) {
	before();
	P.nested++;
	ref = P.original.set_clip_path(clip_path, ref, dev);
	P.nested--;
	return ref;
}

static SEXP set_mask(SEXP mask, SEXP ref, dev_desc *dev) {
	before();
	P.off |= mask != R_Nil;
	P.nested++;
	ref = P.original.set_mask(mask, ref, dev);
	P.nested--;
	return ref;
}

static SEXP define_group(SEXP group, int op, SEXP destination, dev_desc *dev) {
	before();
	P.nested++;
	SEXP ref = P.original.define_group(group, op, destination, dev);
	P.nested--;
	return ref;
}

static void use_group(SEXP ref, SEXP trans, dev_desc *dev) {
	before();
	P.original.use_group(ref, trans, dev);
}

static void stroke(SEXP shape, gcontext gc, dev_desc *dev) {
	before();
	P.nested++;
	P.original.stroke(shape, gc, dev);
	P.nested--;
}

static void fill(SEXP shape, int rule, gcontext gc, dev_desc *dev) {
	before();
	P.nested++;
	P.original.fill(shape, rule, gc, dev);
	P.nested--;
}

static void fill_stroke(SEXP shape, int rule, gcontext gc, dev_desc *dev) {
	before();
	P.nested++;
	P.original.fill_stroke(shape, rule, gc, dev);
	P.nested--;
}

static void new_page(gcontext gc, dev_desc *dev) {
	before();
	P.original.new_page(gc, dev);
}

static void close_device(dev_desc *dev) {
	flush();
	void (*original)(dev_desc *) = P.original.close;
	free(P.layer);
	memset(&P, 0, sizeof P);
	original(dev);
}

void device_fast_points(dev_desc *dev) {
	if (P.dev) // a replay within a replay
		return;
	P.dev = dev;
	P.original = *dev;
	dev->circle = circle;
	dev->clip = clip;
	dev->line = line;
	dev->polygon = polygon;
	dev->polyline = polyline;
	dev->rect = rect;
	dev->path = path;
	dev->raster = raster;
	dev->text = text;
	dev->text_utf8 = text_utf8;
	dev->set_pattern = set_pattern;
	dev->set_clip_path = set_clip_path;
	dev->set_mask = set_mask;
	dev->define_group = define_group;
	dev->use_group = use_group;
	dev->stroke = stroke;
	dev->fill = fill;
	dev->fill_stroke = fill_stroke;
	if (R.R_GE_getVersion() >= ENGINE_GLYPH && dev->glyph)
		dev->glyph = glyph;
	dev->new_page = new_page;
	dev->close = close_device;
}
