package rkernel

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// Config configures R. A nil Config is valid; it is copied by [New].
type Config struct {
	// R is the R command, or a directory with bin/R in it. Empty means
	// $R_HOME/bin/R, or the R in PATH; see [Find].
	R string
	// Args are arguments for R, for instance --no-init-file, after those that
	// make it a kernel's.
	Args []string
	// InterruptGrace is how long R may take to react to an interrupt before it
	// is ended, and the cell with it. Zero, the default: for ever. In any case
	// a user who interrupts R again, after it was said that R does not react,
	// ends it.
	InterruptGrace time.Duration
	// Version of the kernel, for kernel_info.
	Version string
	// Logger hears of what goes wrong between R and us. Nil discards it.
	Logger *slog.Logger
}

// rArgs make R a session like a console's: interactive, with its own start-up
// files, and with nothing restored or saved behind the user's back.
var rArgs = []string{"--interactive", "--quiet", "--no-save", "--no-restore"}

// R is R as a [kernel.Language]. Its methods may be called as the interfaces
// of package kernel say.
type R struct {
	config   Config
	err      error // why New found no R
	comms    *comms
	debugger *debugger

	mu   sync.Mutex
	inst *Installation  // nil if none was found; guarded by mu
	p    *process       // the R that runs, or nil; guarded by mu
	out  *kernel.Output // for output that belongs to no request; guarded by mu
	lost string         // what its user is yet to hear of an R that ended; guarded by mu
	over bool           // Shutdown was called; guarded by mu
}

var (
	_ kernel.Language    = (*R)(nil)
	_ kernel.Interrupter = (*R)(nil)
)

// New returns R, which [R.Start] starts. Where there is no usable R, the
// kernel runs all the same, and every cell gets the reason as its error.
func New(config *Config) *R {
	r := &R{}
	r.comms = newComms(r)
	r.debugger = newDebugger(r)
	if config != nil {
		r.config = *config
	}
	if r.config.Logger == nil {
		r.config.Logger = slog.New(slog.DiscardHandler)
	}
	r.inst, r.err = Find(r.config.R)
	return r
}

// Info describes R without waiting for it.
func (r *R) Info() kernel.Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	version, banner := "", "R is not available"
	if r.inst != nil {
		version = r.inst.Version
		banner = "R " + version + " (" + r.inst.Path + ")"
	}
	return kernel.Info{
		Implementation:        "adrastea",
		ImplementationVersion: r.config.Version,
		Language: jupyter.LanguageInfo{
			Name:           "R",
			Version:        version,
			MIMEType:       "text/x-r-source",
			FileExtension:  ".R",
			PygmentsLexer:  "r",
			CodeMirrorMode: "r",
		},
		Banner: banner,
		HelpLinks: []jupyter.HelpLink{
			{Text: "R manuals", URL: "https://cran.r-project.org/manuals.html"},
			{Text: "R packages", URL: "https://cran.r-project.org/web/packages/"},
		},
	}
}

// Start starts R and does not wait for it: the first cell does, and answers
// what R's start-up files ask. Where R cannot be started, the first cell tries again,
// and says why if it is still so: R may have been installed meanwhile, or there may be
// memory again.
func (r *R) Start(ctx context.Context, out *kernel.Output) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out = out
	if r.inst != nil {
		r.startLocked(out) // an error is the first cell's to tell
	}
	return nil
}

// startLocked starts an R that has out for what it says before the first cell.
func (r *R) startLocked(out output) error {
	if r.over {
		return kernel.ErrShutdown
	}
	args := append(append([]string(nil), rArgs...), r.config.Args...)
	p := newProcess(out, r.config.Logger)
	p.comms, p.debugger, p.interruptGrace = r.comms, r.debugger, r.config.InterruptGrace
	if err := p.start(r.inst, args); err != nil {
		return err
	}
	r.p = p
	return nil
}

// languageError makes an error that a user can read of one that says why there
// is no R.
func languageError(err error) error {
	if e, ok := errors.AsType[*InstallationError](err); ok {
		return &kernel.Error{Name: "RNotFound", Value: e.Problem,
			Traceback: []string{"Error: " + e.Problem, e.Remedy}}
	}
	return err
}

const lostNote = "R was started again: all variables of before are lost.\n"

// process returns the R that runs. If the last one died, it starts another
// one, whose first words go to out.
func (r *R) process(out output) (*process, error) {
	if p := r.running(); p != nil {
		return p, nil
	}
	inst, err := Find(r.config.R) // it may have been installed, upgraded or moved
	if err != nil {
		return nil, languageError(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p != nil && !r.p.hasEnded() {
		return r.p, nil
	}
	r.inst = inst
	ended := r.p
	if err := r.startLocked(out); err != nil {
		return nil, languageError(err)
	}
	if ended != nil {
		r.lost = ended.epitaph()
	}
	return r.p, nil
}

// tellLost tells the user of a cell that R was started again, once.
func (r *R) tellLost(req request) error {
	r.mu.Lock()
	lost := r.lost
	r.lost = ""
	r.mu.Unlock()
	if lost == "" {
		return nil
	}
	return req.Stream("stderr", lost)
}

// running returns the R that runs, or nil.
func (r *R) running() *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p == nil || r.p.hasEnded() {
		return nil
	}
	return r.p
}

// ready returns an R that is up and idle, or on its way to it. Where R cannot start,
// only a cell tries again.
func (r *R) ready() (*process, error) {
	r.mu.Lock()
	out, p, inst := r.out, r.p, r.inst
	r.mu.Unlock()
	if inst == nil {
		return nil, languageError(r.err)
	}
	if p != nil && p.hasEnded() {
		if err := p.startError(); err != nil {
			return nil, err
		}
	}
	return r.process(out)
}

// A cell is what R is to run.
type cell struct {
	code       string
	allowStdin bool
	remember   bool // R's history() has it
}

// Execute runs a cell as R's console would run the same text.
func (r *R) Execute(ctx context.Context, req *kernel.Request) (*kernel.Result, error) {
	return r.execute(ctx, req, cell{req.Code, req.AllowStdin, req.StoreHistory})
}

func (r *R) execute(ctx context.Context, req request, c cell) (*kernel.Result, error) {
	for again := false; ; again = true {
		p, err := r.process(req)
		if err != nil {
			return nil, err
		}
		if err := r.tellLost(req); err != nil {
			return nil, err
		}
		result, err := p.execute(ctx, req, c)
		// R may have died since the last cell: nothing of this one has run.
		if e, ok := errors.AsType[*notBegunError](err); ok {
			if !again {
				continue
			}
			err = e.cause
		}
		return result, err
	}
}

// A notBegunError is R's death before it began a cell.
type notBegunError struct{ cause error }

func (e *notBegunError) Error() string { return e.cause.Error() }
func (e *notBegunError) Unwrap() error { return e.cause }

// Interrupt interrupts the cell that runs.
func (r *R) Interrupt(*kernel.Request) {
	r.mu.Lock()
	p := r.p
	r.mu.Unlock()
	if p != nil {
		p.interrupt()
	}
}

// Shutdown ends R, by force if ctx ends before.
func (r *R) Shutdown(ctx context.Context, restart bool) error {
	r.mu.Lock()
	r.over = true
	p := r.p
	r.mu.Unlock()
	if p != nil {
		p.shutdown(ctx)
	}
	r.debugger.close()
	return nil
}
