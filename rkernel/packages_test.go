//go:build linux

package rkernel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/adrastea-kernel/adrastea/internal/testenv"
)

// What packages do with processes works as in R's console.
func TestProcessesOfPackages(t *testing.T) {
	for _, name := range []string{"callr", "processx", "future"} {
		testenv.RPackage(t, name)
	}
	p := startR(t)
	for name, test := range map[string]struct {
		code string
		want []string
	}{
		"mclapply": {`ok <- TRUE
for (k in 1:50) ok <- ok && identical(parallel::mclapply(1:4, function(i) i * k, mc.cores = 2), as.list(1:4 * k))
ok`, []string{"result|[1] TRUE"}},
		"mcparallel": {`j <- lapply(1:3, function(i) parallel::mcparallel(i^2)); unlist(parallel::mccollect(j), use.names = FALSE)`,
			[]string{"result|[1] 1 4 9"}},
		"pvec": {`identical(parallel::pvec(1:1000, sqrt, mc.cores = 2), sqrt(1:1000))`, []string{"result|[1] TRUE"}},
		"PSOCK": {`cl <- parallel::makeCluster(2); x <- parallel::parSapply(cl, 1:4, function(i) i + 1); parallel::stopCluster(cl); x`,
			[]string{"result|[1] 2 3 4 5"}},
		"FORK": {`y <- 7; cl <- parallel::makeForkCluster(2); x <- parallel::parSapply(cl, 1:2, function(i) i + y); parallel::stopCluster(cl); x`,
			[]string{"result|[1] 8 9"}},
		"callr": {`callr::r(function(x) x + 1, list(41))`, []string{"result|[1] 42"}},
		"callr shows": {`cat("a\n"); invisible(callr::r(function() cat("child\n"), stdout = "")); cat("b\n")`,
			[]string{"stdout|a\nchild\nb\n"}},
		"callr background": {`b <- callr::r_bg(function() 5); b$wait(); b$get_result()`, []string{"result|[1] 5"}},
		"processx":         {`processx::run("sh", c("-c", "echo out; echo err >&2; exit 3"), error_on_status = FALSE)[1:3]`, nil},
		"processx shows": {`cat("a\n"); invisible(processx::process$new("echo", "b", stdout = "")$wait()); cat("c\n")`,
			[]string{"stdout|a\nb\nc\n"}},
		"future multicore": {`future::plan("multicore", workers = 2); f <- future::future({ cat("in a fork\n"); 6 * 7 }); future::value(f)`,
			[]string{"stdout|in a fork\n", "result|[1] 42"}},
		"future multisession": {`future::plan("multisession", workers = 2); f <- future::future({ message("elsewhere"); 6 * 7 }); x <- future::value(f); future::plan("sequential"); x`,
			[]string{"stderr|elsewhere\n", "result|[1] 42"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := runCell(t, p, test.code)
			if test.want == nil {
				test.want = []string{"result|$status\n[1] 3\n\n$stdout\n[1] \"out\\n\"\n\n$stderr\n[1] \"err\\n\"\n"}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			if got := runCell(t, p, "1"); !slices.Equal(got, []string{"result|[1] 1"}) {
				t.Errorf("the next cell: %q", got)
			}
		})
	}
}

// R5: callbacks run between cells; what they print belongs to the cell before.
func TestR5Callbacks(t *testing.T) {
	for _, name := range []string{"later", "promises", "httpuv"} {
		testenv.RPackage(t, name)
	}
	p := startR(t)
	rec := newRecorder()
	runCell(t, p, "invisible(lapply(c('later', 'promises', 'httpuv'), loadNamespace))")
	finishCell(t, p, rec, `start <- proc.time()[[3]]
later::later(function() { cat("printed\n"); message("late: ", proc.time()[[3]] - start - 0.1) }, 0.1)
cat("end of the cell\n")`)
	rec.wait(t, "late: ")
	var late float64
	fmt.Sscanf(rec.text("stderr"), "late: %g", &late)
	t.Logf("a callback was %v s late", late)
	if got := rec.text("stdout"); got != "end of the cell\nprinted\n" {
		t.Errorf("stdout is %q", got)
	}

	// An error in a callback, a prompt in one, and a plot are no one's end.
	rec = newRecorder()
	finishCell(t, p, rec, `later::later(function() { cat("asks\n"); x <- try(readline("? "), silent = TRUE); cat(class(x), "\n") }, 0)
promises::then(promises::promise_resolve(5), function(x) cat("promised", x, "\n"))`)
	rec.wait(t, "promised 5 \n")
	rec.wait(t, "try-error \n")

	rec = newRecorder()
	finishCell(t, p, rec, `port <- httpuv::randomPort(host = "127.0.0.1")
server <- httpuv::startServer("127.0.0.1", port, list(call = function(request) {
  cat("asked for", request$PATH_INFO, "\n")
  list(status = 200L, headers = list("Content-Type" = "text/plain"), body = "served while idle")
}))
cat("port", port, "\n")`)
	var port int
	if _, err := fmt.Sscanf(rec.text("stdout"), "port %d", &port); err != nil {
		t.Fatalf("no server: %q", rec.all())
	}
	if body := httpGet(t, fmt.Sprintf("127.0.0.1:%d", port), "/here"); !strings.Contains(body, "served while idle") {
		t.Errorf("%q", body)
	}
	rec.wait(t, "asked for /here \n")
	if got := runCell(t, p, "server$stop(); 1"); !slices.Equal(got, []string{"result|[1] 1"}) {
		t.Errorf("afterwards: %q", got)
	}
}

// What a child prints after its cell belongs to that cell.
func TestAChildThatOutlivesItsCell(t *testing.T) {
	p := startR(t)
	rec := newRecorder()
	finishCell(t, p, rec, `con <- pipe("cat >/dev/null; echo from a pipe", "w"); cat("end\n")`)
	finishCell(t, p, rec, `close(con); system("(sleep 0.3; echo last) &")`)
	rec.wait(t, "last\n")
	if got := rec.text("stdout"); !strings.Contains(got, "from a pipe\n") {
		t.Errorf("stdout is %q", got)
	}
}

// Without a display, what needs one says so.
func TestWithoutADisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	p := startR(t)
	for code, want := range map[string]string{
		`x11()`: "unable to start device X11",
		`suppressWarnings(library(tcltk)); tktoplevel()`:                   "error|simpleError|",
		`suppressWarnings(library(tcltk)); tclvalue(tcl("expr", "6 * 7"))`: `result|[1] "42"`,
	} {
		got := runCell(t, p, code)
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
