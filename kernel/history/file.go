package history

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

const (
	// queueSize is how many inputs may wait to be written.
	queueSize = 1000

	// writeDelay is how long an input waits for others to be written with it. A
	// write in the middle of a burst of cells holds up the next one, and a kernel
	// that is killed loses no more than this.
	writeDelay = 250 * time.Millisecond
)

// The tests wait longer.
var (
	// findTimeout is how long a request waits for the file, before it is
	// answered with what is in memory.
	findTimeout = 5 * time.Second

	// closeTimeout is how long the end of a kernel waits for the file.
	closeTimeout = time.Second

	// busyTimeout is how long the locks of other kernels are waited for.
	busyTimeout = time.Second
)

// A Config holds the settings of [Open]. A nil *Config and the zero value mean
// the defaults.
type Config struct {
	// MaxItems is how many inputs the file keeps. Default: 100,000. Negative: all.
	MaxItems int

	// MaxBytes is how large the file may grow. Default: 64 MiB. Negative: no bound.
	MaxBytes int

	// Logger gets why the file could not be used. Default: nothing is logged.
	Logger *slog.Logger
}

// DefaultFile returns the place of the history of the language called name, in
// the directory that the XDG base directories have for such things:
// $XDG_STATE_HOME/adrastea, where that is an absolute path, and else
// ~/.local/state/adrastea. It is empty where there is no home directory.
//
// https://specifications.freedesktop.org/basedir-spec/latest/
func DefaultFile(name string) string {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home := jupyter.HomeDir()
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	name = strings.ReplaceAll(strings.ToLower(name), string(filepath.Separator), "_")
	return filepath.Join(dir, "adrastea", "history-"+name+".sqlite")
}

// Open returns the history in file, which is made, readable only by this user,
// if it is not there. It does not open it yet, and always succeeds: see the
// package's documentation. With an empty name the history is in memory.
//
// The sessions of all kernels that use the file are numbered in the order of
// their first inputs. Entries come in the order in which they were made, but
// those of this session are the last ones.
func Open(file string, cfg *Config) kernel.History {
	if file == "" {
		return kernel.NewMemoryHistory(0, 0)
	}
	f := &fileHistory{
		memory: kernel.NewMemoryHistory(0, 0),
		ops:    make(chan op, queueSize),
		closec: make(chan struct{}),
		donec:  make(chan struct{}),
	}
	if cfg != nil {
		f.cfg = *cfg
	}
	f.cfg.MaxItems = bound(f.cfg.MaxItems, 100_000)
	f.cfg.MaxBytes = bound(f.cfg.MaxBytes, 64<<20)
	if f.cfg.Logger == nil {
		f.cfg.Logger = slog.New(slog.DiscardHandler)
	}
	f.store.file, f.store.cfg = file, &f.cfg
	return f
}

// bound returns v, or def for zero, or what nothing exceeds for a negative v.
func bound(v, def int) int {
	if v < 0 {
		return math.MaxInt
	}
	return cmp.Or(v, def)
}

// A fileHistory has one goroutine, run, which starts with its first use and
// ends with Close. Only it touches the file.
type fileHistory struct {
	cfg    Config
	memory kernel.History // of this session, for when there is no file
	ops    chan op

	startOnce, closeOnce sync.Once
	closec               chan struct{} // closed by Close
	donec                chan struct{} // closed when run has ended

	// owned by run

	store   store
	pending []kernel.HistoryItem // not yet written
	failed  bool                 // the file cannot be used
	locked  bool                 // that it is locked was logged
}

// An op is an input to keep or, with reply, a question.
type op struct {
	item  kernel.HistoryItem
	ctx   context.Context
	find  *jupyter.HistoryRequest
	reply chan found // capacity 1
}

// found is the answer to a question; ok is false if the file has none.
type found struct {
	entries []jupyter.HistoryEntry
	ok      bool
}

// start starts run, once, unless the history is closed.
func (f *fileHistory) start() { f.startOnce.Do(func() { go f.run() }) }

func (f *fileHistory) Append(it kernel.HistoryItem) error {
	if err := f.memory.Append(it); err != nil {
		return err
	}
	f.start()
	select {
	case f.ops <- op{item: it}:
		return nil
	default:
		return errors.New("history: the file is too slow; an input is only kept for this session")
	}
}

func (f *fileHistory) Find(ctx context.Context, r *jupyter.HistoryRequest) ([]jupyter.HistoryEntry, error) {
	f.start()
	fctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	o := op{ctx: fctx, find: r, reply: make(chan found, 1)}
	select {
	case f.ops <- o:
	case <-f.donec:
	case <-fctx.Done():
	}
	select {
	case a := <-o.reply:
		if a.ok {
			return a.entries, nil
		}
	case <-f.donec:
	case <-fctx.Done():
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return f.memory.Find(ctx, r)
}

// Close writes what is not yet written. It gives up after a second: a network
// file system that does not answer must not hold the kernel.
func (f *fileHistory) Close() error {
	f.startOnce.Do(func() { close(f.donec) }) // never used
	f.closeOnce.Do(func() { close(f.closec) })
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case <-f.donec:
		return nil
	case <-timer.C:
		return errors.New("history: the file is too slow; the last inputs may be lost")
	}
}

// run serves the ops.
func (f *fileHistory) run() {
	defer close(f.donec)
	defer f.store.close()
	var due <-chan time.Time // nil if nothing waits to be written
	for {
		select {
		case o := <-f.ops:
			f.serve(o)
			if len(f.pending) == 0 {
				due = nil
			} else if due == nil {
				due = time.After(writeDelay)
			}
		case <-due:
			due = nil
			if f.write(); len(f.pending) > 0 { // another program has locked the file
				due = time.After(writeDelay)
			}
		case <-f.closec:
			for {
				select {
				case o := <-f.ops:
					f.serve(o)
				default:
					f.write()
					return
				}
			}
		}
	}
}

// serve keeps an input to be written, or answers a question, before which all
// are.
func (f *fileHistory) serve(o op) {
	if o.reply == nil {
		f.pending = append(f.pending, o.item)
		return
	}
	f.write()
	var a found
	if !f.failed && len(f.pending) == 0 {
		var err error
		if a.entries, err = f.store.find(o.ctx, o.find); err == nil {
			a.ok = true
		} else if o.ctx.Err() == nil {
			f.fail(err)
		}
	}
	o.reply <- a
}

// write writes what is pending. While the file is locked, that stays so.
func (f *fileHistory) write() {
	if f.failed {
		f.pending = nil
		return
	}
	if len(f.pending) == 0 {
		return
	}
	if err := f.store.append(f.pending); err != nil {
		f.fail(err)
		return
	}
	f.pending, f.locked = nil, false
}

// fail says why the file cannot be used: for now, if it is locked, or from now
// on.
func (f *fileHistory) fail(err error) {
	if !isLocked(err) {
		f.cfg.Logger.Warn("history: the file cannot be used; the history is that of this session",
			"file", f.store.file, "err", err)
		f.failed, f.pending = true, nil
		f.store.close()
		return
	}
	if !f.locked {
		f.cfg.Logger.Warn("history: another program has locked the file; it is tried again later",
			"file", f.store.file)
	}
	f.locked = true
	if over := len(f.pending) - queueSize; over > 0 {
		f.pending = slices.Delete(f.pending, 0, over)
	}
}
