//go:build linux || darwin

package rkernel

import (
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// inked returns the share of pixels of a part of a picture, given in percent
// of its size, that are not white.
func inked(picture image.Image, left, top, right, bottom int) float64 {
	b := picture.Bounds()
	n, ink := 0, 0
	for y := b.Dy() * top / 100; y < b.Dy()*bottom/100; y++ {
		for x := b.Dx() * left / 100; x < b.Dx()*right/100; x++ {
			n++
			if r, g, bl, _ := picture.At(x, y).RGBA(); r < 0xf000 || g < 0xf000 || bl < 0xf000 {
				ink++
			}
		}
	}
	return float64(ink) / float64(n)
}

func TestPlotsAreShownInTheirPlaces(t *testing.T) {
	p := startR(t)
	tests := []struct{ name, code, want string }{
		{"one", "plot(1:10)", "display|#1"},
		{"a loop", "for (i in 1:5) plot(i)", "display|#1 display|#2 display|#3 display|#4 display|#5"},
		{"between text", "cat('a\\n'); plot(1); cat('b\\n')", "stdout|a\n display|#1 stdout|b\n"},
		{"before text of the same code", "for (i in 1:2) { plot(i); cat(i, '\\n') }",
			"display|#1 stdout|1 \n display|#2 stdout|2 \n"},
		{"headings", "for (i in 1:2) { cat(i, '\\n'); plot(i); print(3) }",
			"stdout|1 \n display|#1 stdout|[1] 3\n2 \n display|#2 stdout|[1] 3\n"},
		{"messages", "for (i in 1:2) { message(i); plot(i); message('b') }",
			"stderr|1\n display|#1 stderr|b\n2\n display|#2 stderr|b\n"},
		{"an error of cat", "{ plot(1); cat(list(list(1))) }",
			"display|#1 stderr|Error: argument 1 (type 'list') cannot be handled by 'cat'\n"},
		{"text between additions", "{ plot(1); cat('a\\n'); abline(h = 1); cat('b\\n'); abline(v = 1) }",
			"display|#1 stdout|a\nb\n update|#1"},
		{"text that is caught", "{ plot(1); x <- capture.output(print(2)); abline(h = 1) }", "display|#1"},
		{"before other displays", "for (i in 1:2) { plot(i); getOption('jupyter.base_display_func')(list('text/plain' = 'x')) }",
			"display|#1 display|x display|#2 display|x"},
		{"an animation", "for (i in 1:2) { getOption('jupyter.clear_output_func')(); plot(i) }",
			"clear|true display|#1 clear|true display|#2"},
		{"additions at once", "plot(1)\nabline(h = 1)\ngraphics::lines(1:2)", "display|#1"},
		{"additions in a line", "plot(1); abline(h = 1);graphics::lines(1:2)\n\tbox()", "display|#1"},
		{"additions after text", "plot(1); cat('a\\n'); abline(h = 1)",
			"display|#1 stdout|a\n update|#1"},
		{"an addition that fails", "plot(1)\ntext(stop('no'))", "display|#1 stderr|Error: no\n"},
		{"an addition that asks", "plot(1)\ntext(1, 1, readline('label? '))",
			"display|#1 input|label?  update|#1"},
		{"an addition elsewhere", "plot(1)\ntext <- function(...) cat('a\\n')\ntext(); rm(text)",
			"display|#1 stdout|a\n"},
		{"additions in a function", "{ plot(1); abline(h = 1); title('x') }", "display|#1"},
		{"panels", "par(mfrow = c(3, 1)); for (i in 1:4) plot(i); par(mfrow = c(1, 1))",
			"display|#1 display|#2"},
		{"layout", "layout(matrix(1:2, 1)); plot(1); plot(2); layout(1)", "display|#1 update|#1"},
		{"a file of the user's own",
			"plot(1); png(tempfile()); plot(2); invisible(dev.off()); plot(3)", "display|#1 display|#2"},
		{"an error afterwards", "{ plot(1); stop('no') }", "display|#1 stderr|Error: no\n"},
		{"nothing drawn", "plot.new()", ""},
		{"held", "{ dev.hold(); plot(1); plot(2); invisible(dev.flush()) }", "display|#1"},
		{"closed", "plot(1); invisible(dev.off())", "display|#1"},
		{"closed at once", "{ plot(1); invisible(dev.off()) }", "display|#1"},
		{"grid", "library(grid); { grid.newpage(); grid.rect() }; grid.circle()", "display|#1 update|#1"},
		{"drawing code that speaks", "library(grid); makeContent.loud <- function(x) { cat('made\n'); x }\n" +
			"grid.draw(gTree(children = gList(rectGrob()), cl = 'loud')); grid.text('x')",
			"stdout|made\n display|#1 update|#1"},
		{"behind drawing code that fails", "library(grid); drawDetails.bad <- function(x, recording) { grid.text('x'); stop('no') }\n" +
			"bad <- gTree(cl = 'bad'); for (i in 1:2) { plot(i); try(grid.draw(bad), silent = TRUE) }; plot(3)\n" +
			"for (i in 1:2) { grid.newpage(); grid.rect(); try(grid.draw(bad), silent = TRUE) }; grid.circle()",
			"display|#1 display|#2 display|#3 display|#4 display|#5 update|#5"},
		{"all drawing code fails", "library(grid); drawDetails.bad <- function(x, recording) { grid.text('x'); stop('no') }\n" +
			"try(grid.draw(gTree(cl = 'bad')), silent = TRUE)\ngrid.text('x')", "display|#1"},
		{"a group", "library(grid); grid.newpage(); grid.group(circleGrob())", "display|#1"},
		{"a group that is only defined", "library(grid); { grid.newpage(); grid.define(circleGrob(), name = 'g') }", ""},
		{"a group that is used later", "library(grid); { grid.newpage(); grid.define(circleGrob(), name = 'g') }; grid.use('g'); grid.use('g')",
			"display|#1 update|#1"},
		{"an image", "library(grid); { grid.newpage(); grid.raster(matrix(1:4 / 4, 2)) }; grid.raster(matrix(0))", "display|#1 update|#1"},
		{"a path", "library(grid); { grid.newpage(); grid.path(c(0, 1, 1), c(0, 0, 1), id = rep(1, 3)) }; grid.path(c(0, 1, 0), c(0, 1, 1), id = rep(1, 3))",
			"display|#1 update|#1"},
		{"a stroke and a filled path", "library(grid); { grid.newpage(); grid.stroke(circleGrob()) }; grid.fill(circleGrob())",
			"display|#1 update|#1"},
		{"diagnostics without questions", "plot(lm(mpg ~ wt, mtcars))",
			"display|#1 display|#2 display|#3 display|#4"},
		{"a recorded plot", "{ plot(1); r <- recordPlot() }; r", "display|#1 display|#2"},
		{"in a method for HTML", `repr_html.drawn <- function(obj, ...) { plot(1); "<b>drawn</b>" }
print.drawn <- function(x, ...) cat("drawn\n"); structure(1, class = "drawn")`, "display|#1 result|drawn"},
		{"a plot that fails",
			"{ par(mar = rep(60, 4)); try(plot(1), silent = TRUE); par(mar = rep(4, 4)) }", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			show(t, p, "graphics.off()")
			v := show(t, p, test.code, "answer")
			if v.err != nil {
				v.add("stderr", "Error: "+v.err.Value+"\n")
			}
			v.want(t, test.want)
		})
	}
}

// Drawing code of the user's runs once more when its page is sent, and may do anything
// then. A finalizer may at any moment: here it runs where the cell has ended.
func TestTheDeviceIsClosedWhileItsPageIsSent(t *testing.T) {
	p := startR(t)
	show(t, p, `closes <- function() {
  graphics::points(1, 5)
  if (times > 0 && 2 %in% dev.list()) suppressWarnings(dev.off(2)) # of R 4.6: it is locked
  times <<- times + 1
}
draw <- function() { times <<- 0; plot(5); recordGraphics(closes(), list(), globalenv()) }
fails <- function() try(recordGraphics(stop(), list(), globalenv()), silent = TRUE)
garbage <- function() {
  reg.finalizer(environment(), function(e) { gctorture(FALSE); suppressWarnings(graphics.off()) })
  invisible(environment())
}`)
	for _, test := range [][2]string{
		{"{ draw(); cat('drawn\n') }", "display|#1 stdout|drawn\n"},
		{"{ draw(); plot(2) }", "display|#1 error|the graphics device was closed while its page was drawn"},
		{"{ draw(); invisible(dev.off()) }", "display|#1"},
		{"garbage(); { plot(1); fails(); invisible(gctorture(TRUE)) }", "display|#1"},
	} {
		v := show(t, p, test[0])
		if v.err != nil {
			v.add("error", v.err.Value)
		}
		v.want(t, test[1])
		show(t, p, "graphics.off(); plot(1); graphics.off()").want(t, "display|#1")
	}
}

// Systems remove temporary folders that nobody has used for days.
func TestPlotsDoNotNeedTheTemporaryFolderOfTheStart(t *testing.T) {
	p := startR(t)
	show(t, p, "unlink(tempdir(), recursive = TRUE); plot(1)").want(t, "display|#1")
}

func TestAPlotOfAnExpressionOfTheFrontEndIsNotTheNextCells(t *testing.T) {
	p := startR(t)
	v := show(t, p, "x <- 1")
	if _, err := evaluate(t.Context(), p, "plot(x)"); err != nil {
		t.Fatal(err)
	}
	v.want(t, "display|#1")
	show(t, p, "x").want(t, "result|[1] 1")
}

func TestPlotsAreOutBeforeTheUserIsAsked(t *testing.T) {
	p := startR(t)
	v := show(t, p, "for (i in 1:2) { plot(i); invisible(readline('next? ')) }", "", "")
	v.want(t, "display|#1 input|next?  display|#2 input|next? ")
}

// What drawing code draws before it asks is recorded with the rest, at its end.
func TestWhatIsDrawnBeforeAQuestionIsShown(t *testing.T) {
	p := startR(t)
	show(t, p, `library(grid); asked <- FALSE
drawDetails.q <- function(x, recording) {
    grid.rect(gp = gpar(fill = "black"))
    if (!asked) { asked <<- TRUE; readline("go on? ") }
}`)
	v := show(t, p, "grid.text('first')\ngrid.draw(gTree(cl = 'q'))", "")
	v.want(t, "display|#1 input|go on?  update|#1")
	if ink := inked(v.shown[len(v.shown)-1].picture(t, 504, 504), 0, 0, 100, 100); ink < 0.99 {
		t.Errorf("%.2f of the picture is inked, want all", ink)
	}
}

func TestAPlotKeepsItsDisplayInLaterCells(t *testing.T) {
	p := startR(t)
	v := show(t, p, "plot(1:10, type = 'n', axes = FALSE, ann = FALSE); box()")
	v.run(t, p, "rect(1, 1, 10, 10, col = 'black')")
	v.run(t, p, "1 + 1")
	v.want(t, "display|#1 update|#1 result|[1] 2")
	last := v.shown[len(v.shown)-2].picture(t, 504, 504)
	if ink := inked(last, 30, 30, 70, 70); ink < 0.99 {
		t.Errorf("the addition covers %.2f of the middle, want all of it", ink)
	}
	if other := show(t, startR(t), "plot(1)"); other.shown[0].id == v.shown[0].id {
		t.Errorf("the plot of another R has the same id, %s", other.shown[0].id)
	}
}

// A display of an earlier cell is no place for the plot of this one, though both are
// panels of one page.
func TestACellFillsThePageOfAnotherAndGoesOn(t *testing.T) {
	p := startR(t)
	show(t, p, "par(mfrow = c(3, 1)); plot(1)").want(t, "display|#1")
	show(t, p, "for (i in 1:4) plot(i)").want(t, "display|#1 display|#2")
}

func TestAPanelIsShownByTheCellThatDrawsIt(t *testing.T) {
	p := startR(t)
	v := show(t, p, "par(mfrow = c(1, 3), mar = rep(0, 4)); blank <- function() plot(1, type = 'n', axes = FALSE)\nblank(); box()")
	v.run(t, p, "abline(h = 1)")
	v.run(t, p, "abline(v = 1); blank(); polygon(c(0, 2, 2, 0), c(0, 0, 2, 2), col = 'black')")
	v.run(t, p, "box(); blank()")
	v.run(t, p, "box()")
	v.want(t, "display|#1 update|#1 update|#1 display|#2 update|#2 display|#3 update|#3")
	last := v.shown[len(v.shown)-1].picture(t, 504, 504)
	if ink := inked(last, 40, 10, 60, 90); ink < 0.99 {
		t.Errorf("%.2f of the second panel is inked, want all", ink)
	}
}

// pictures returns what a page shows at last, and what R draws into a file.
func pictures(t *testing.T, p *process, code string) (got, want image.Image) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.png")
	show(t, p, fmt.Sprintf("png(%q, 7, 7, units = 'in', res = 144, type = 'cairo', family = 'sans')\n", file)+
		code+"\ninvisible(dev.off())")
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if want, err = png.Decode(f); err != nil {
		t.Fatal(err)
	}
	v := show(t, p, code+"\ninvisible(dev.off())")
	if len(v.shown) == 0 {
		t.Fatalf("%s: nothing is shown", code)
	}
	return v.shown[len(v.shown)-1].picture(t, 504, 504), want
}

// drawnAsByR checks that what a page of each program shows at last is, to the pixel,
// what R draws into a file.
func drawnAsByR(t *testing.T, p *process, programs ...string) {
	t.Helper()
	for _, code := range programs {
		if got, want := pictures(t, p, code); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the picture is not R's", code)
		}
	}
}

// R's own replay stops there, or loses what it draws.
func TestBaseGraphicsOnPagesOfGridAreThoseOfR(t *testing.T) {
	p := startR(t)
	show(t, p, "library(grid)")
	drawnAsByR(t, p,
		"par(mar = rep(1, 4)); grid.circle()",
		"layout(matrix(1:4, 2)); grid.circle(); par(lwd = 3); grid.rect(width = 0.5)",
		"plot(1:5); grid.newpage(); grid.rect(width = 0.9); text(2, 4, 'added'); box('figure', lwd = 4)",
		"plot(1:100, log = 'xy'); grid.newpage(); points(10, 10); axis(1); par(cex = 2); text(2, 30, 'added')",
		"par(mfrow = c(2, 2)); plot(1); plot(2); grid.newpage(); abline(h = 2, lwd = 9); plot(3); grid.text('x')",
		"plot(1:9); grid.newpage(); grid.circle(); par(fig = c(0, 0.5, 0, 0.5), new = TRUE); plot(3)",
	)
}

// R records the parameters with which a page begins, but for these.
func TestAPageBeginsWithTheHeightOfLinesThatIsSet(t *testing.T) {
	drawnAsByR(t, startR(t),
		"par(lheight = 2, ylbias = 1); plot(1, main = 'a\\nb')",
		"plot(1); op <- par(lheight = 2); plot(1, main = 'a\\nb'); par(op); mtext('a\\nb', 4)",
	)
}

// R stops to record what is drawn there.
func TestWhatIsDrawnBehindAnAdditionThatFailsIsThere(t *testing.T) {
	p := startR(t)
	show(t, p, "bad <- function() points(1, 1, col = 'nocolour')")
	drawnAsByR(t, p,
		"plot(1)\ntry(bad(), silent = TRUE)\nabline(h = 1)\nabline(v = 1)",
		"plot(1); cat('a\n'); { try(bad()); abline(h = 1) }",
		"for (i in 1:2) { plot(i); tryCatch(bad(), error = function(e) cat('not so\n')); abline(h = i); title('x') }",
	)
}

func TestPlotsHaveTheSizeTheUserAskedFor(t *testing.T) {
	p := startR(t)
	tests := []struct {
		options       string
		width, height int // logical
		pixels        image.Point
	}{
		{"repr.plot.width = NULL", 504, 504, image.Pt(1008, 1008)},
		{"repr.plot.width = 10, repr.plot.height = 4", 720, 288, image.Pt(1440, 576)},
		{"repr.plot.res = 300", 720, 288, image.Pt(3000, 1200)},
		{"repr.plot.res = 100, jupyter.plot_scale = 2", 500, 200, image.Pt(1000, 400)},
		{"repr.plot.width = NULL, repr.plot.res = NULL, jupyter.plot_scale = NULL", 504, 288, image.Pt(1008, 576)},
	}
	for _, test := range tests {
		// The options change while a device is open, and within one cell.
		v := show(t, p, "options("+test.options+")\nplot(1:10)")
		if len(v.shown) != 1 {
			t.Fatalf("options(%s): %q", test.options, v.all())
		}
		picture := v.shown[0].picture(t, test.width, test.height)
		if got := picture.Bounds().Size(); got != test.pixels {
			t.Errorf("options(%s): %v pixels, want %v", test.options, got, test.pixels)
		}
		if ink := inked(picture, 80, 0, 100, 100); ink == 0 {
			t.Errorf("options(%s): the right fifth of the picture is empty", test.options)
		}
	}
	show(t, p, "options(repr.plot.height = 4); plot(1); cat(dev.size())").want(t, "display|#1 stdout|7 4")
}

func TestPlotsHaveTheTextAndTheGroundThatTheUserAskedFor(t *testing.T) {
	p := startR(t)
	v := show(t, p, "options(repr.plot.pointsize = 24, repr.plot.bg = 'gray'); plot.new(); box(); c(par('ps'), par('bg'))")
	v.want(t, "display|#1 result|[1] \"24\"   \"gray\"")
	if ink := inked(v.shown[0].picture(t, 504, 504), 0, 0, 100, 100); ink != 1 {
		t.Errorf("%.2f of the picture is gray, want all", ink)
	}
	show(t, p, `width <- function() { plot.new(); strwidth(c("i", "W"), "inches") }
png(tempfile(), 7, 7, units = "in", res = 144, type = "cairo", family = "mono"); wanted <- width(); invisible(dev.off())
graphics.off(); options(repr.plot.pointsize = NULL, repr.plot.family = "mono"); identical(width(), wanted)`).want(t, "result|[1] TRUE")
}

// Where nobody can be asked whether the next page may come, it comes.
func TestPagesThatAskBeforeTheyCome(t *testing.T) {
	p := startR(t)
	const code = "par(ask = TRUE); plot(1); plot(2); par(ask = FALSE)"
	show(t, p, code, "", "").want(t, "input|Hit <Return> to see next plot:  display|#1 input|Hit <Return> to see next plot:  display|#2")
	for _, code := range []string{code, "pdf(NULL); " + code + "; invisible(dev.off())", "Sys.setLanguage('de'); " + code} {
		v := &viewer{recorder: newRecorder()}
		v.runCell(t, p, cell{code: code})
		want := "display|#1 display|#2"
		if strings.HasPrefix(code, "pdf") {
			want = ""
		}
		v.want(t, want)
	}
}

func TestABadPlotOptionIsNamed(t *testing.T) {
	p := startR(t)
	for _, test := range []struct{ option, value, want string }{
		{"repr.plot.width", `"wide"`, "must be a number from 0.5 to 100"},
		{"repr.plot.height", "500", "must be a number from 0.5 to 100"},
		{"repr.plot.res", "5000", "must be a number from 10 to 1200"},
		{"repr.plot.bg", "1", "must be text"},
	} {
		v := show(t, p, fmt.Sprintf("options(%s = %s); plot(1)", test.option, test.value))
		want := fmt.Sprintf("option %s %s, not %s", test.option, test.want, test.value)
		if v.err == nil || v.err.Value != want || v.err.Traceback[0] != "Error: "+want || v.text("stderr") != "" {
			t.Errorf("error %+v, %q, want %q", v.err, v.text("stderr"), want)
		}
		show(t, p, fmt.Sprintf("options(%s = NULL)", test.option))
	}
	show(t, p, "plot(1)").want(t, "display|#1")
	const said = "stderr|the plot cannot be drawn: option jupyter.plot_scale must be a number from 0.01 to 100, not 0\n"
	show(t, p, "options(jupyter.plot_scale = 0); plot(1)").want(t, said)
	show(t, p, "options(jupyter.plot_scale = NULL); plot(1)").want(t, "display|#1")
}

func TestPlotsLeaveRandomNumbersAndDevicesAlone(t *testing.T) {
	p := startR(t)
	show(t, p, "plot(1); set.seed(1); a <- runif(1); set.seed(1)\nplot(1)")
	show(t, p, "b <- runif(1); stopifnot(a == b); rm(.Random.seed); plot(1)")
	v := show(t, p, `stopifnot(!exists(".Random.seed"))
again <- FALSE
draw <- function() {
  plot(1); recordGraphics(if (again) points(1, runif(1)), list(), globalenv())
  again <<- TRUE # as the page is drawn once more, into its file
}
draw(); again <- FALSE
stopifnot(!exists(".Random.seed")); set.seed(1)
draw(); again <- FALSE
stopifnot(runif(1) == a); rm(.Random.seed)`)
	if v.err != nil {
		t.Error(v.err)
	}
	v = show(t, p, `stopifnot(!exists(".Random.seed"), identical(names(dev.list()), "adrastea"))
stopifnot(!dev.interactive(), names(dev.cur()) == "adrastea")
dev.copy(png, f <- tempfile()); invisible(dev.off()); stopifnot(file.size(f) > 0)`)
	if v.err != nil {
		t.Error(v.err)
	}
}

// R's devices take a % in the name of a file for the place of a number.
func TestPlotsWhereTheNameOfTheFolderHasAPercentSign(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "größe-100%d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	forms := []string{"image/png", "image/svg+xml", "image/jpeg", "application/pdf"}
	v := show(t, startR(t), "options(jupyter.plot_mimetypes = c('"+strings.Join(forms, "', '")+"')); plot(1)")
	v.want(t, "display|#1")
	for _, mime := range forms {
		if len(v.shown) == 1 && v.shown[0].data[mime] == nil {
			t.Errorf("the plot has no %s", mime)
		}
	}
}

func TestOtherFormatsOfPlotsAreSentOnRequest(t *testing.T) {
	p := startR(t)
	v := show(t, p, "options(jupyter.plot_mimetypes = c('image/svg+xml', 'application/pdf')); plot(1)\n"+
		"options(adrastea.plot.max_svg = 1000); plot(1)\n"+
		"options(jupyter.plot_mimetypes = 'image/svg+xml'); plot(1)\n"+
		"options(adrastea.plot.max_svg = 1e6); plot(1)")
	v.want(t, "display|#1 display|#2 display|#3 display|#4")
	for i, wanted := range [][]string{
		{"text/plain", "image/svg+xml", "application/pdf"},
		{"text/plain", "application/pdf"}, // the SVG is too large
		{"text/plain", "image/png"},       // and nothing else was wanted
		{"text/plain", "image/svg+xml"},
	} {
		if len(v.shown[i].data) != len(wanted) {
			t.Errorf("plot %d has %d forms, want %q", i+1, len(v.shown[i].data), wanted)
		}
		for _, mime := range wanted {
			if s, _ := v.shown[i].data[mime].(string); s == "" {
				t.Errorf("plot %d has no %s", i+1, mime)
			}
		}
		for mime, m := range v.shown[i].metadata { // several SVG images in one page would share ids
			if isolated := m.(map[string]any)["isolated"] == true; isolated != (mime == "image/svg+xml") {
				t.Errorf("plot %d: the metadata of %s are %v", i+1, mime, m)
			}
		}
	}
}

func TestManyPointsAreDrawnLikeFew(t *testing.T) {
	p := startR(t)
	// A filled circle on each point of a grid, 40,000 in one run, beside one
	// on its own: the same ink where they are, none where they are not.
	v := show(t, p, `par(mar = rep(0, 4)); g <- expand.grid(x = seq(0, 1, len = 200), y = seq(0, 1, len = 200))
plot(g$x, g$y, pch = 19, col = "#00000080", xlim = c(-1, 1), ylim = c(0, 1), axes = FALSE)`)
	picture := v.shown[len(v.shown)-1].picture(t, 504, 504)
	if left := inked(picture, 5, 5, 45, 95); left != 0 {
		t.Errorf("%.3f of the empty half is inked", left)
	}
	if right := inked(picture, 55, 10, 95, 90); right != 1 {
		t.Errorf("%.3f of the covered half is inked, want all", right)
	}
}

// Of a long run, too, points have their size and their colours, of which more than one
// may shine through.
func TestManyPointsLookAsInR(t *testing.T) {
	p := startR(t)
	show(t, p, `cloud <- function(...) { par(mar = rep(0, 4)); plot.new(); points(1:2000 %% 50 / 49, 1:2000 %/% 50 / 40, ...) }`)
	for _, code := range []string{
		"cloud(pch = 16, col = '#3366CC')",
		"cloud(pch = 16, col = '#3366CC40', cex = 3)",
		"cloud(pch = 16, cex = 0.1)",
		"cloud(pch = 1, col = '#CC6633', lwd = 4)",
		"cloud(pch = 21, col = '#CC6633', bg = c('#3366CC80', 'green', NA), lwd = 2, cex = 1.5)",
		"par(bg = '#204060'); cloud(pch = 21, col = '#CC663380', bg = '#3366CC80', lwd = 4, cex = 1.5)",
	} {
		got, want := pictures(t, p, code)
		size := got.Bounds().Size()
		var off [3]float64
		for y := range size.Y {
			for x := range size.X {
				r, g, b, _ := got.At(x, y).RGBA()
				wantR, wantG, wantB, _ := want.At(x, y).RGBA()
				for i, d := range []float64{float64(r) - float64(wantR), float64(g) - float64(wantG), float64(b) - float64(wantB)} {
					off[i] += math.Abs(d) / 0x101 / float64(size.X*size.Y)
				}
			}
		}
		if slices.Max(off[:]) > 1.5 { // of 255
			t.Errorf("%s: red, green and blue are off by %.2f", code, off)
		}
	}
}

func TestManyPointsAreDrawnFast(t *testing.T) {
	p := startR(t)
	show(t, p, "x <- runif(1e5)")
	start := cpu(t, p)
	show(t, p, "png(tempfile(), 1008, 1008); plot(x); invisible(dev.off())")
	byR := cpu(t, p) - start
	start = cpu(t, p)
	show(t, p, "plot(x)")
	if took := cpu(t, p) - start; took > byR*3/4 {
		t.Errorf("took %v, and R itself %v", took, byR)
	}
}

// What is drawn behind a long run of points lies on them, and what is set there is not
// for them.
func TestWhatFollowsManyPointsLiesOnThem(t *testing.T) {
	p := startR(t)
	show(t, p, `library(grid); x <- (1:2000 %% 50) / 50; y <- (1:2000 %/% 50) / 40
cloud <- function() { par(mar = rep(0, 4)); plot.new(); points(x, y, pch = 19, cex = 4, col = "blue") }
on <- function(...) { pushViewport(viewport(...)); grid.rect(gp = gpar(fill = "black")) }
white <- gpar(fill = "white", col = NA)`)
	for code, want := range map[string]float64{
		"rect(-1, -1, 2, 2, col = 'white', border = NA)":                                                              0,
		"rect(-1, -1, 2, 2, col = 'white', border = NA); points(rep(0:1, 2000), rep(0:1, 2000))":                      0,
		"polygon(c(-1, 3, -1), c(-1, -1, 3), col = 'white', border = NA)":                                             0,
		"polypath(c(-1, 3, -1), c(-1, -1, 3), col = 'white', border = NA)":                                            0,
		"rasterImage(as.raster(matrix('white')), -1, -1, 2, 2)":                                                       0,
		"segments(-1, 0.5, 2, 0.5, col = 'white', lwd = 3000)":                                                        0,
		"lines(c(-1, 2), c(0.5, 0.5), col = 'white', lwd = 3000)":                                                     0,
		"symbols(0.5, 0.5, circles = 1, inches = 9, add = TRUE, bg = 'white', fg = NA)":                               0,
		"grid.rect(gp = gpar(col = NA, fill = linearGradient(c('white', 'white'))))":                                  0,
		"grid.fill(rectGrob(), gp = white)":                                                                           0,
		"grid.stroke(linesGrob(), gp = gpar(col = 'white', lwd = 5000))":                                              0,
		"grid.fillStroke(rectGrob(), gp = white)":                                                                     0,
		"grid.define(rectGrob(gp = white), name = 'g'); points(x, y, pch = 19, cex = 4, col = 'blue'); grid.use('g')": 0,
		"grid.group(rectGrob(gp = white))":                                                                            0,
		"text(0.5, 0.5, 'I', cex = 90, col = 'white')":                                                                0,
		"clip(0, 0.1, 0, 0.1); rect(0, 0, 1, 1)":                                                                      1,
		"on(mask = circleGrob(r = 0.1))":                                                                              1,
		"on(clip = circleGrob(r = 0.1))":                                                                              1,
	} {
		v := show(t, p, "cloud(); "+code)
		picture := v.shown[len(v.shown)-1].picture(t, 504, 504)
		if got := inked(picture, 48, 48, 52, 52); got != want {
			t.Errorf("%s: %.3f is inked, want %v", code, got, want)
		}
	}
}

// Circles of a definition are none of the page's.
func TestCirclesInDefinitionsAreDrawnAsByR(t *testing.T) {
	p := startR(t)
	show(t, p, `library(grid); many <- circleGrob(runif(1500), runif(1500), 0.02)
black <- gpar(fill = "black"); on <- function(...) { pushViewport(viewport(...)); grid.rect(gp = black) }`)
	drawnAsByR(t, p,
		"grid.newpage(); on(mask = many); popViewport(); grid.circle()",
		"grid.newpage(); on(clip = many); popViewport(); grid.circle()",
		"grid.newpage(); grid.rect(gp = gpar(fill = pattern(many)))",
		"grid.newpage(); grid.group(many, 'xor', rectGrob(gp = black))",
		"grid.newpage(); grid.stroke(many)",
		"grid.newpage(); grid.fill(many, gp = black)",
		"grid.newpage(); grid.fillStroke(many, gp = black)",
	)
}

// R's devices smooth the edges of lines, but not of what they fill, and with
// antialias = "none" of nothing: so also in a long run.
func TestEdgesOfManyPointsAreThoseOfR(t *testing.T) {
	p := startR(t)
	show(t, p, "par(mar = rep(0, 4)); x <- runif(1500)")
	for code, smooth := range map[string]bool{
		"plot(x, pch = 16, axes = FALSE)": false,
		"plot(x, pch = 1, axes = FALSE)":  true,
		"options(repr.plot.antialias = 'none')\nplot(x, pch = 1, axes = FALSE)\noptions(repr.plot.antialias = NULL)": false,
	} {
		v := show(t, p, code)
		picture := v.shown[len(v.shown)-1].picture(t, 504, 504)
		grey := false
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				r, _, _, _ := picture.At(x, y).RGBA()
				grey = grey || 0 < r && r < 0xffff
			}
		}
		if grey != smooth {
			t.Errorf("%s: smooth edges: %v, want %v", code, grey, smooth)
		}
	}
}

func TestAForkedChildPlotsWithoutAnEvent(t *testing.T) {
	p := startR(t)
	v := show(t, p, "plot(1); r <- parallel::mclapply(1:2, function(i) { plot(i); i }); stopifnot(identical(r, list(1L, 2L)))")
	v.want(t, "display|#1")
}

// A plot is drawn before what is printed after it, by R code that prints and formats
// too, in the midst of R's printing.
func TestTextBehindAPlotLooksAsIfItWereAlone(t *testing.T) {
	p := startR(t)
	for _, code := range []string{
		"print(list(pi, b = matrix(pi * 1:4, 2), c('x', NA)), digits = 3, quote = FALSE, na.print = '--')",
		"print(c(a = NA, b = 'x'), na.print = '--', quote = FALSE)",
		"print(list(1:200, 1:200), max = 10)",
		"print(data.frame(x = c(pi, 1e10), y = c('a', NA)), digits = 3, na.print = '-')",
		"print(table(c(1, 1, 2), c(1, 2, 2)), zero.print = '.')",
		"print(c(1.123456789, 2), digits = 3); print(pi)",
		"print(list(f = function(x)  x), useSource = FALSE)",
		"cat(pi, exp(1), 1e-20, fill = 6, labels = c('{1}:', '{2}:'))",
	} {
		alone := show(t, p, "{ "+code+"; invisible() }").text("stdout")
		behind := show(t, p, "{ plot(1); "+code+"; invisible() }")
		behind.want(t, "display|#1 stdout|"+alone)
	}
}

func TestAnInterruptEndsTheDrawingOfAPlot(t *testing.T) {
	p := startR(t)
	show(t, p, "x <- rnorm(3e6)")
	// A child of the cell says when plot has recorded its points; their drawing follows.
	for _, code := range []string{
		"{ plot(x); system('echo drawing') }\ncat('later\\n')",
		"{ plot(x); system('echo drawing'); dev.off(); for (i in 1:1e4) sin(i); cat('later\\n') }",
		"{ plot(x); system('echo drawing'); cat('text\\n') }\nmessage('later')",
	} {
		v := &viewer{recorder: newRecorder()}
		done := make(chan struct{})
		go func() {
			defer close(done)
			v.wait(t, "drawing")
			p.interrupt()
		}()
		v.run(t, p, code)
		<-done
		if all := strings.Join(v.all(), ""); v.err == nil || strings.Contains(all, "later") {
			t.Errorf("%s: error %v, %q; want an interrupt and nothing later", code, v.err, all)
		}
	}
	show(t, p, "plot(1)").want(t, "display|#1")
}

// A machine that lacks the libraries of R's bitmap devices, as a small container may:
// png() warns, and opens nothing.
func TestWithoutCairoAPlotSaysWhy(t *testing.T) {
	p := startR(t)
	runCell(t, p, `local({
  namespace <- asNamespace("grDevices")
  unlockBinding("png", namespace)
  assign("png", function(...) warning("failed to load cairo DLL"), namespace)
})`)
	got := runCell(t, p, "plot(1)")
	want := "error|simpleError|R cannot load the library of its device png(type = \"cairo\"), and so cannot draw: " +
		"are cairo and pango installed?|"
	if len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.Contains(got[0], "failed to load cairo DLL") {
		t.Errorf("%q", got)
	}
	if got := runCell(t, p, "2"); len(got) != 1 || got[0] != "result|[1] 2" {
		t.Errorf("the next cell: %q", got)
	}
}

// Where the disk is full a device writes a part of its file. That is no picture.
func TestAPlotIsNotShownInPart(t *testing.T) {
	real := findR(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	command := filepath.Join(dir, "R")
	write(t, command, `#!/bin/sh
exec unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=64k none "$TMPDIR" && exec "$@"' sh '`+real.Path+`' "$@"
`)
	if err := os.Chmod(command, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(command, "RHOME").CombinedOutput(); err != nil {
		t.Skipf("the system lets nobody here make a small disk: %v %s", err, out)
	}
	p, err := startProcess(&Installation{Path: command, Home: real.Home, Version: real.Version}, rArgs, newRecorder(), testLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(t.Context()) })
	runCell(t, p, "x <- seq(0, 1, 0.003); fill <- file.path(dirname(tempdir()), 'fill'); writeBin(raw(56e3), fill)")
	for _, mime := range []string{"image/png", "image/svg+xml", "application/pdf"} {
		got := runCell(t, p, "options(jupyter.plot_mimetypes = '"+mime+"'); plot(x, sin(99 * x))")
		if all := strings.Join(got, " "); strings.Contains(all, "display|") || !strings.Contains(all, "is the disk full?") {
			t.Errorf("%s: %q", mime, got)
		}
		got = runCell(t, p, "invisible(file.remove(fill)); plot(1); writeBin(raw(56e3), fill)")
		if len(got) != 1 || !strings.HasPrefix(got[0], "display|") {
			t.Errorf("%s, with room: %q", mime, got)
		}
	}
}
