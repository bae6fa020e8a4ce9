//go:build linux

package rkernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// A setting is what R finds when it starts: files by their names in its working
// directory, which is also its home, and variables. In both, $DIR is the
// directory.
type setting struct {
	dir     string            // the last part of the directory's path
	files   map[string]string // by name
	env     map[string]string
	answers []string // to what R asks meanwhile
	probe   string   // R code: what it prints shows the effect
	want    string   // what both print somewhere
	quits   bool     // R ends before the probe
	raw     bool     // files do not get a newline at their end
}

// enter makes the setting real until the test ends.
func (s *setting) enter(t *testing.T) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), s.dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range s.files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "$DIR", dir)
		if !s.raw && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	for name, value := range s.env {
		t.Setenv(name, strings.ReplaceAll(value, "$DIR", dir))
	}
}

// startRecorded starts R and keeps what it says before its first cell.
func startRecorded(t *testing.T) (*process, *recorder) {
	t.Helper()
	rec := newRecorder()
	p, err := startProcess(findR(t), rArgs, rec, testLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(t.Context()) })
	return p, rec
}

var autoloader = `local({
  project <- getwd()
  library <- file.path(project, "renv", "library")
  if (!dir.exists(library)) {
    message("# Bootstrapping the project ", basename(project))
    if (!interactive()) stop("nobody to ask")
    if (!identical(tolower(readline("Do you want to proceed? [Y/n]: ")), "n"))
      dir.create(library <- file.path(tempdir(), "library"))
  }
  .libPaths(library)
  options(repos = c(CRAN = "https://example.org"))
  setHook(packageEvent("stats", "attach"), function(...) cat("- stats is attached\n"))
  writeLines(paste0("- Project '", basename(project), "' loaded."))
})
`

var settings = map[string]setting{
	"profiles of the site and the user": {
		files: map[string]string{
			"site.R":    `cat("site\n"); options(from.site = "yes"); site_variable <- 1`,
			".Rprofile": `cat("user", getOption("from.site"), "\n"); message("to stderr"); user_variable <- 2; .First <- function() cat("first\n")`,
			".Renviron": "FROM_RENVIRON='a value'\nHOME_IS=${HOME}\n",
		},
		env:   map[string]string{"R_PROFILE": "$DIR/site.R"},
		probe: `cat(user_variable, Sys.getenv("FROM_RENVIRON"), Sys.getenv("HOME_IS") == Sys.getenv("HOME"), exists("site_variable"), "\n")`,
		want:  "2 a value TRUE TRUE",
	},
	"missing profiles": {
		env:   map[string]string{"R_PROFILE": "/nowhere/site.R", "R_PROFILE_USER": "/nowhere/user.R", "R_ENVIRON": "/nowhere/e", "R_ENVIRON_USER": "/nowhere/u"},
		probe: `search()`, want: "package:base",
	},
	"profiles that fail": {
		files: map[string]string{
			"site.R":    `cat("site\n"); stop("the site fails"); cat("never\n")`,
			".Rprofile": `f <- function() stop("the user fails"); warning("before"); f()`,
		},
		env:   map[string]string{"R_PROFILE": "$DIR/site.R"},
		probe: `1 + 1`, want: "[1] 2",
	},
	"a profile that is not R": {files: map[string]string{".Rprofile": "x <- 1\ny y\n"}, probe: `exists("x")`, want: "[1] "},
	"a profile that warns":    {files: map[string]string{".Rprofile": "warning('odd'); as.integer('x')\n"}, probe: `1`, want: "[1] 1"},
	"a first that fails":      {files: map[string]string{".Rprofile": ".First <- function() stop('first fails')\n"}, probe: `search()`, want: "package:base"},
	// R ignores the last expression of such a file.
	"a profile without newline": {raw: true, files: map[string]string{".Rprofile": "cat('no newline'); options(a.b = 3)"}, probe: `getOption("a.b")`, want: "NULL"},
	"a profile with handlers": {
		files: map[string]string{".Rprofile": `globalCallingHandlers(warning = function(w) cat("handler saw", conditionMessage(w), "\n"))
invisible(addTaskCallback(function(...) { cat("after the first\n"); FALSE }))`},
		probe: `warning("w")`, want: "handler saw w",
	},
	"a profile with options": {
		files: map[string]string{".Rprofile": `options(digits = 3, width = 40, warn = 1, prompt = "R> ", max.print = 20)`},
		probe: "pi; 1:30\nas.integer('x')", want: "[1] 3.14",
	},
	"a profile that sinks":            {files: map[string]string{".Rprofile": "sink('$DIR/sunk'); cat('hidden\\n')"}, probe: "print('hidden too'); sink(); readLines('sunk')", want: "hidden too"},
	"a profile that takes UTF-8 away": {files: map[string]string{".Rprofile": "invisible(Sys.setlocale('LC_ALL', 'C'))"}, probe: "data.frame(a = 'x')", want: "1 x"},
	"a profile that asks":             {files: map[string]string{".Rprofile": "x <- utils::menu(c('a', 'b'), title = 'Which?'); y <- readline('and? ')"}, answers: []string{"2", "more"}, probe: "x; y", want: `[1] "more"`},
	"a profile that quits":            {files: map[string]string{".Rprofile": "cat('bye\\n'); quit(status = 5)"}, quits: true, want: "bye"},
	"a first that quits":              {files: map[string]string{".Rprofile": ".First <- function() q('no', 6)"}, quits: true},
	"packages":                        {env: map[string]string{"R_DEFAULT_PACKAGES": "stats,tools"}, probe: "search()", want: "package:tools"},
	// At a terminal R 4.6 loads utils, to complete what is typed.
	"no packages":            {env: map[string]string{"R_DEFAULT_PACKAGES": "NULL"}, probe: "search(); setdiff(loadedNamespaces(), 'utils')", want: `[1] ".GlobalEnv"`},
	"a package that is not":  {env: map[string]string{"R_DEFAULT_PACKAGES": "stats,nosuchpackage"}, probe: "1", want: "nosuchpackage"},
	"a time zone":            {env: map[string]string{"TZ": "America/New_York"}, probe: "as.POSIXct(0, origin = '1970-01-01'); Sys.timezone()", want: "1969-12-31 19:00:00 EST"},
	"libraries":              {files: map[string]string{"my lib é/x": ""}, env: map[string]string{"R_LIBS_USER": "$DIR/my lib é", "R_LIBS": "$DIR"}, probe: "basename(.libPaths())[1:2]", want: "my lib é"},
	"a library path":         {env: map[string]string{"LD_LIBRARY_PATH": "/some/where:/else"}, probe: "sub('^.*(/some/where)', '\\\\1', Sys.getenv('LD_LIBRARY_PATH'))", want: "/some/where:/else"},
	"spaces and other signs": {dir: "a directory – größe 世界", files: map[string]string{".Rprofile": "cat('here\\n')"}, probe: "basename(getwd()); path.expand('~') == getwd(); list.files()", want: "größe 世界"},
	// From R 4.5 on, R does not start where it has a space.
	"a temporary directory": {dir: "größe–世界", files: map[string]string{"tmp-é/x": ""}, env: map[string]string{"TMPDIR": "$DIR/tmp-é"}, probe: "basename(dirname(tempdir())); cat('x', file = f <- tempfile()); file.exists(f)", want: "tmp-é"},
	"an autoloader that asks": {
		files:   map[string]string{".Rprofile": `source("renv/activate.R")`, "renv/activate.R": autoloader},
		answers: []string{"y"},
		probe:   "basename(.libPaths()[1]); getOption('repos'); basename(getwd())", want: "- stats is attached",
	},
	"an autoloader that does not ask": {
		files: map[string]string{".Rprofile": `source("renv/activate.R")`, "renv/activate.R": autoloader, "renv/library/x": ""},
		probe: "basename(.libPaths()[1])", want: "' loaded.",
	},
}

// R's start is R's own: what it says, asks and leaves behind is the same in a
// kernel and in plain R.
func TestStartIsThatOfR(t *testing.T) {
	for name, s := range settings {
		t.Run(name, func(t *testing.T) {
			s.enter(t)
			kernel, before := startRecorded(t)
			rec := newRecorder(s.answers...)
			plain := startPlainR(t)
			lines := strings.Join(append(slices.Clone(s.answers), s.probe, ""), "\n")
			var wantOut, wantErr, exit, wantExit string
			if s.quits {
				var status int
				wantOut, wantErr, status = plain.last(lines)
				wantExit = fmt.Sprintf("exit|%d", status)
				<-kernel.done
				exit = fmt.Sprintf("exit|%d", kernel.end.status)
			} else {
				if s.answers == nil {
					select {
					case <-kernel.readyc: // what it says now belongs to no cell
					case <-kernel.done:
						t.Fatalf("R ends at its start: %q", before.all())
					}
				}
				wantOut, wantErr = plain.run(lines)
				finishCell(t, kernel, rec, s.probe)
			}
			out, errs := consoleText(append(before.all(), rec.all()...))
			p := program{code: s.probe}
			p.verdict(t, out, wantOut, errs, wantErr)
			if exit != wantExit {
				t.Errorf("%s, want %s", exit, wantExit)
			}
			if !strings.Contains(out+errs, s.want) {
				t.Errorf("no %q in %q", s.want, out+errs)
			}
		})
	}
}

// An interrupt after a profile has its answer ends the profile, as before the
// question, and no longer counts as one of the question.
func TestAnInterruptOfTheStartAfterItsQuestion(t *testing.T) {
	(&setting{files: map[string]string{".Rprofile": `readline("who? ")
cat("answered\n"); Sys.sleep(1000); cat("slept\n")`}}).enter(t)
	p, _ := startRecorded(t)
	c := begin(p, "1")
	c.answers <- "Ada"
	c.rec.wait(t, "answered")
	p.interrupt()
	if err := c.end(t); !isInterrupt(err) {
		t.Errorf("ended by %v", err)
	}
	next := runCell(t, p, "1") // R's words may come behind the end of the first cell
	got := strings.Join(append(c.rec.all(), next...), " ")
	if !strings.Contains(got, "R was interrupted while it started") || !strings.HasSuffix(got, "result|[1] 1") || strings.Contains(got, "slept") {
		t.Errorf("R's start: %q", got)
	}
}

// A kernel answers while R is busy starting, for as long as that takes: here for ever.
func TestKernelInfoDoesNotWaitForR(t *testing.T) {
	s := setting{files: map[string]string{".Rprofile": "invisible(file.create('$DIR/started')); repeat Sys.sleep(1)"}}
	s.enter(t)
	c := kerneltest.Start(t, New(nil), nil)
	waitForFile(t, "started")
	req := c.Request(jupyter.Control, &jupyter.KernelInfoRequest{})
	c.ExpectBusy(req)
	c.Expect(req, jupyter.Control, "kernel_info_reply")
	c.ExpectIdle(req)
}

// An R in a place of its own, as conda's: its front-end script says where it is.
func TestRInAnotherPlace(t *testing.T) {
	inst := findR(t)
	home := filepath.Join(t.TempDir(), "envs", "größe", "lib", "R")
	if err := os.MkdirAll(filepath.Join(home, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	link := func(from, to string) {
		if err := os.Symlink(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"etc", "lib", "library", "modules"} {
		link(filepath.Join(inst.Home, name), filepath.Join(home, name))
	}
	for _, name := range []string{"exec", "Rcmd", "Rscript"} {
		link(filepath.Join(inst.Home, "bin", name), filepath.Join(home, "bin", name))
	}
	script, err := os.ReadFile(filepath.Join(inst.Home, "bin", "R"))
	if err != nil {
		t.Fatal(err)
	}
	// R 4.6 quotes it.
	text := strings.NewReplacer("R_HOME_DIR="+inst.Home+"\n", "R_HOME_DIR="+home+"\n",
		`R_HOME_DIR="`+inst.Home+`"`, `R_HOME_DIR="`+home+`"`).Replace(string(script))
	if text == string(script) {
		t.Fatalf("%s/bin/R does not say where it is", inst.Home)
	}
	if err := os.WriteFile(filepath.Join(home, "bin", "R"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("R_HOME", "/another/R") // that of a front end, say
	found, err := Find(filepath.Join(home, "bin", "R"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(found, rArgs, newRecorder(), testLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.shutdown(t.Context()) })
	want := []string{"stdout|TRUE TRUE 4 \n"}
	if got := runCell(t, p, fmt.Sprintf(`cat(R.home() == %q, Sys.getenv("R_HOME") == %[1]q, median(4), "\n")`, home)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// profiles that do not end, and what is left of R's start when each is
// interrupted.
var endless = map[string]string{
	"loop":          "file.create('$DIR/in'); while (TRUE) {}; never <- TRUE",
	"sleep":         "file.create('$DIR/in'); Sys.sleep(1000); never <- TRUE",
	"child":         "file.create('$DIR/in'); system('sleep 1000'); while (TRUE) {}; never <- TRUE",
	"handler":       "tryCatch({ file.create('$DIR/in'); while (TRUE) {} }, interrupt = function(i) cat('handled\\n'))",
	"in .First":     ".First <- function() { file.create('$DIR/in'); repeat Sys.sleep(0.01); never <<- TRUE }",
	"in a function": "f <- function() { on.exit(cat('left\\n')); file.create('$DIR/in'); repeat 1 }; f(); never <- TRUE",
}

// An interrupt while R starts ends the cell that waits, and the profile that
// runs, at once; R's own packages are loaded all the same.
func TestK5InterruptOfAProfile(t *testing.T) {
	for name, profile := range endless {
		t.Run(name, func(t *testing.T) {
			s := setting{files: map[string]string{".Rprofile": profile}}
			s.enter(t)
			p, _ := startRecorded(t)
			c := begin(p, "never <- TRUE")
			awaitRun(t, p, func(r *run) bool { return r != nil })
			waitForFile(t, "in")
			p.interrupt()
			if err := c.end(t); !isInterrupt(err) {
				t.Errorf("ended by %v", err)
			}
			got := strings.Join(runCell(t, p, `cat(search(), exists("never"))`), "")
			if want := ".GlobalEnv package:stats package:graphics package:grDevices package:utils package:datasets package:methods Autoloads package:base FALSE"; !strings.Contains(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// R that is interrupted while it loads its own packages loads them.
func TestK5InterruptsWhileRLoadsItsPackages(t *testing.T) {
	p, before := startRecorded(t)
	c := begin(p, "Sys.sleep(1000)")
	interrupts := 0
	for ready := false; !ready; interrupts++ {
		select {
		case err := <-c.done:
			if !isInterrupt(err) {
				t.Fatalf("ended by %#v", err)
			}
			if said := c.rec.all(); len(said) > 0 {
				t.Errorf("R said %q", said)
			}
			c = begin(p, "Sys.sleep(1000)")
		case <-p.readyc:
			ready = true
		case <-time.After(time.Millisecond):
		}
		p.interrupt()
	}
	for ended := false; !ended; {
		select {
		case err := <-c.done:
			ended = true
			if !isInterrupt(err) {
				t.Errorf("ended by %#v", err)
			}
		case <-time.After(time.Millisecond):
			p.interrupt()
		}
	}
	got := runCell(t, p, `cat(search(), median(3), compiler::enableJIT(-1), "\n")`)
	want := "stdout|.GlobalEnv package:stats package:graphics package:grDevices package:utils package:datasets package:methods Autoloads package:base 3 3 \n"
	if !slices.Equal(got, []string{want}) {
		t.Errorf("after %d interrupts: %q, want %q; R said %q", interrupts, got, want, before.all())
	}
}

// waitForFile returns when a file is there.
func waitForFile(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("R does not start")
		}
	}
}
