package history

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

// beWriter, in the environment of the test binary, makes it a program that adds
// inputs to the history that it names.
const beWriter = "HISTORY_TEST_BE_WRITER"

// each is how many inputs such a program adds.
const each = 50

func TestMain(m *testing.M) {
	findTimeout, closeTimeout = time.Minute, time.Minute
	if file := os.Getenv(beWriter); file != "" {
		busyTimeout = time.Minute
		h := Open(file, &Config{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
		for i := range each {
			h.Append(kernel.HistoryItem{Line: i + 1, Input: fmt.Sprint(os.Getpid(), " ", i)})
			if i%10 == 0 { // so that they do not all go in one transaction
				h.Find(context.Background(), &jupyter.HistoryRequest{AccessType: "tail", N: 1})
			}
		}
		if err := h.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add adds the inputs, whose lines are numbered from 1; "1+1=2" has an output.
func add(t testing.TB, h kernel.History, inputs ...string) {
	t.Helper()
	for i, input := range inputs {
		it := kernel.HistoryItem{Line: i + 1}
		code, output, ok := strings.Cut(input, "=")
		if it.Input = code; ok {
			it.Output = &output
		}
		must(t, h.Append(it))
	}
}

// find returns what h finds as "session/line input, ...".
func find(t testing.TB, h kernel.History, r jupyter.HistoryRequest) string {
	t.Helper()
	entries, err := h.Find(t.Context(), &r)
	must(t, err)
	var got []string
	for _, e := range entries {
		s := fmt.Sprintf("%d/%d %s", e.Session, e.Line, e.Input)
		if e.WithOutput && e.Output != nil {
			s += "=" + *e.Output
		}
		got = append(got, s)
	}
	return strings.Join(got, ", ")
}

var tail = jupyter.HistoryRequest{AccessType: "tail"}

// An input is written soon, also by a kernel that neither ends nor is asked.
func TestInputsAreWrittenWithoutBeingAskedFor(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "h")
	h, other := Open(file, nil), Open(file, nil)
	defer h.Close()
	defer other.Close()
	add(t, h, "x", "y")
	for find(t, other, tail) != "1/1 x, 1/2 y" {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("another kernel never sees them")
		}
	}
}

func TestHistoryOutlivesItsKernel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "dir", "h?i%20 #.sqlite")
	h := Open(file, nil)
	add(t, h, "x <- 1", "1+1=2", "hello")
	must(t, h.Close())
	add(t, Open(file, nil)) // a session without input gets no number
	h = Open(file, nil)
	add(t, h, "hullo", "x[1]", "hello")
	must(t, h.Close())
	h = Open(file, nil)
	defer h.Close()
	range0 := jupyter.HistoryRequest{AccessType: "range", Session: -1}
	if got, want := find(t, h, range0), "2/1 hullo, 2/2 x[1], 2/3 hello"; got != want {
		t.Errorf("before the first input, session -1 = %q, want %q", got, want)
	}
	add(t, h, "é𝄞\ny", "1+1=2")
	for _, tt := range []struct {
		r    jupyter.HistoryRequest
		want string
	}{
		{jupyter.HistoryRequest{AccessType: "tail", N: 3}, "2/3 hello, 3/1 é𝄞\ny, 3/2 1+1"},
		{tail, "1/1 x <- 1, 1/2 1+1, 1/3 hello, 2/1 hullo, 2/2 x[1], 2/3 hello, 3/1 é𝄞\ny, 3/2 1+1"},
		{jupyter.HistoryRequest{AccessType: "tail", N: 1, Output: true}, "3/2 1+1=2"},
		{jupyter.HistoryRequest{AccessType: "range"}, "3/1 é𝄞\ny, 3/2 1+1"},
		{jupyter.HistoryRequest{AccessType: "range", Session: 1, Start: 2, Stop: 3, Output: true}, "1/2 1+1=2"},
		{jupyter.HistoryRequest{AccessType: "range", Session: -1, Start: 2, N: 1}, "2/2 x[1], 2/3 hello"},
		{jupyter.HistoryRequest{AccessType: "range", Session: -2, Stop: 2}, "1/1 x <- 1"},
		{jupyter.HistoryRequest{AccessType: "range", Session: -9}, ""},
		{jupyter.HistoryRequest{AccessType: "range", Session: 9}, ""},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "h?llo"}, "1/3 hello, 2/1 hullo, 2/3 hello"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "h?llo", Unique: true}, "2/1 hullo, 2/3 hello"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "h*", N: 1, Unique: true}, "2/3 hello"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "1*", N: 5, Unique: true, Output: true}, "3/2 1+1=2"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "x[1]"}, "2/2 x[1]"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "??\ny"}, "3/1 é𝄞\ny"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "[hx]*"}, ""},
		{jupyter.HistoryRequest{AccessType: "search", N: 1}, "3/2 1+1"},
		{jupyter.HistoryRequest{AccessType: "search", Pattern: "' OR 1"}, ""},
	} {
		if got := find(t, h, tt.r); got != tt.want {
			t.Errorf("Find(%+v) = %q, want %q", tt.r, got, tt.want)
		}
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want it readable by its owner only", st.Mode(), err)
	}
}

func TestOwnSessionComesLast(t *testing.T) {
	file := filepath.Join(t.TempDir(), "h")
	a, b := Open(file, nil), Open(file, nil)
	defer a.Close()
	defer b.Close()
	add(t, a, "a1")
	find(t, a, tail) // so that it is written
	add(t, b, "b1")
	if got, want := find(t, b, tail), "1/1 a1, 2/1 b1"; got != want {
		t.Errorf("tail of b = %q, want %q", got, want)
	}
	if got, want := find(t, a, tail), "2/1 b1, 1/1 a1"; got != want {
		t.Errorf("tail of a = %q, want %q", got, want)
	}
}

func TestSeveralKernelsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "h")
	const writers = 6
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), beWriter+"="+file)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	h := Open(file, nil)
	defer h.Close()
	entries, err := h.Find(t.Context(), &tail)
	must(t, err)
	last := map[int]int{} // session to its last line
	for _, e := range entries {
		if e.Line != last[e.Session]+1 {
			t.Errorf("in session %d, line %d follows line %d", e.Session, e.Line, last[e.Session])
		}
		last[e.Session] = e.Line
	}
	if len(entries) != writers*each || len(last) != writers {
		t.Errorf("%d inputs of %d sessions, want %d of %d", len(entries), len(last), writers*each, writers)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	dir := t.TempDir()
	items := Open(filepath.Join(dir, "items"), &Config{MaxItems: 5})
	defer items.Close()
	add(t, items, "1", "2", "3", "4", "5", "6", "7")
	if got, want := find(t, items, tail), "1/3 3, 1/4 4, 1/5 5, 1/6 6, 1/7 7"; got != want {
		t.Errorf("with MaxItems 5: %q, want %q", got, want)
	}
	all := Open(filepath.Join(dir, "all"), &Config{MaxItems: -1, MaxBytes: -1})
	defer all.Close()
	add(t, all, "1", "2")
	if got, want := find(t, all, tail), "1/1 1, 1/2 2"; got != want {
		t.Errorf("without a bound: %q, want %q", got, want)
	}
	const limit = 256 << 10
	file := filepath.Join(dir, "bytes")
	size := Open(file, &Config{MaxBytes: limit})
	defer size.Close()
	for i := range 200 {
		add(t, size, fmt.Sprint(i, strings.Repeat("x", 10_000)))
		if i%20 == 0 {
			find(t, size, jupyter.HistoryRequest{AccessType: "tail", N: 1})
		}
	}
	got := find(t, size, jupyter.HistoryRequest{AccessType: "tail", N: 1})
	if !strings.HasPrefix(got, "1/1 199x") {
		t.Errorf("the last input is %.20q", got)
	}
	// What one transaction adds comes on top, before the oldest goes.
	if st, err := os.Stat(file); err != nil || st.Size() > 2*limit {
		t.Errorf("the file has %d bytes, %v; the bound is %d", st.Size(), err, limit)
	}
	add(t, size, strings.Repeat("x", 2*limit)) // too large: the history is empty then, but works
	if got := find(t, size, tail); got != "" {
		t.Errorf("an input beyond the bound leaves %.20q", got)
	}
	add(t, size, "small")
	if got := find(t, size, tail); got != "1/1 small" {
		t.Errorf("after it: %q", got)
	}
}

// logged is what an unusable file has to leave: a line in the log.
func logged() (*bytes.Buffer, *slog.Logger) {
	var b bytes.Buffer
	return &b, slog.New(slog.NewTextHandler(&b, nil))
}

func TestUnusableFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, data, 0o600))
		return path
	}
	good := filepath.Join(dir, "good")
	h := Open(good, nil)
	add(t, h, "old", strings.Repeat("x", 50_000))
	must(t, h.Close())
	raw, err := os.ReadFile(good)
	must(t, err)
	scrambled := bytes.Clone(raw)
	for i := 200; i < len(scrambled); i++ {
		scrambled[i] ^= byte(i*7 + 1)
	}
	exec := func(name string, raw []byte, statement string) string {
		path := write(name, raw)
		db, err := sql.Open("sqlite", path)
		must(t, err)
		defer db.Close()
		_, err = db.Exec(statement)
		must(t, err)
		return path
	}
	for _, tt := range []struct{ name, file, says string }{
		{"no database", write("text", []byte(strings.Repeat("no database at all\n", 100))), "not a database"},
		{"cut", write("cut", raw[:5000]), "malformed"},
		{"scrambled", write("scrambled", scrambled), "malformed"},
		{"another program's", exec("other", raw, "PRAGMA application_id = 7"), "another program"},
		{"another program's tables", exec("tables", nil, "CREATE TABLE t (x)"), "another program"},
		{"another program's version", exec("version", nil, "PRAGMA user_version = 1"), "another program"},
		{"a newer version", exec("newer", raw, "PRAGMA user_version = 99"), "version 99"},
		{"a table is gone", exec("gone", raw, "DROP TABLE input"), "no such table"},
		{"a directory", dir, "is a directory"},
		{"below a file", filepath.Join(good, "h"), "not a directory"},
		{"no file can be made", "/proc/self/none/h", "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log, logger := logged()
			h := Open(tt.file, &Config{Logger: logger})
			if got := find(t, h, tail); got != "" && !strings.HasPrefix(got, "1/1 old") {
				t.Errorf("before the first input: %.100q", got)
			}
			add(t, h, "new", "newer")
			if got, want := find(t, h, tail), "1/1 new, 1/2 newer"; got != want {
				t.Errorf("tail = %.100q, want %q", got, want)
			}
			must(t, h.Close())
			if n := strings.Count(log.String(), "cannot be used"); n != 1 || !strings.Contains(log.String(), tt.says) {
				t.Errorf("the log should say once %q:\n%s", tt.says, log)
			}
		})
	}
}

func TestReadOnlyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "h")
	h := Open(file, nil)
	add(t, h, "old")
	must(t, h.Close())
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	must(t, err)
	log, logger := logged()
	h = Open(file, &Config{Logger: logger})
	h.(*fileHistory).store.db = db // root may write everywhere: this is what others see
	add(t, h, "new")
	if got, want := find(t, h, tail), "1/1 new"; got != want {
		t.Errorf("tail = %q, want %q", got, want)
	}
	must(t, h.Close())
	if !strings.Contains(log.String(), "readonly") {
		t.Errorf("the log should say that it is read-only:\n%s", log)
	}
}

func TestLockedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "h")
	h := Open(file, nil)
	add(t, h, "old")
	must(t, h.Close())
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=exclusive")
	must(t, err)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	log, logger := logged()
	h = Open(file, &Config{Logger: logger})
	add(t, h, "new")
	if got, want := find(t, h, tail), "1/1 new"; got != want {
		t.Errorf("while it is locked, tail = %q, want %q", got, want)
	}
	must(t, tx.Rollback())
	// It is tried again, and others see it, before anybody asks.
	other := Open(file, nil)
	for deadline := time.Now().Add(time.Minute); find(t, other, tail) != "1/1 old, 2/1 new"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what was kept while the file was locked is not written")
		}
	}
	must(t, other.Close())
	if got, want := find(t, h, tail), "1/1 old, 2/1 new"; got != want {
		t.Errorf("after that, tail = %q, want %q", got, want)
	}
	must(t, h.Close())
	if n := strings.Count(log.String(), "locked the file"); n != 1 {
		t.Errorf("the log says %d times that the file is locked:\n%s", n, log)
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	h := Open(filepath.Join(t.TempDir(), "h"), nil)
	defer h.Close()
	add(t, h, "x")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(kernel.ErrInterrupted)
	if _, err := h.Find(ctx, &tail); err != nil && err != kernel.ErrInterrupted {
		t.Errorf("Find = %v", err)
	}
	if got := find(t, h, tail); got != "1/1 x" {
		t.Errorf("after it, tail = %q", got)
	}
}

func TestUseAfterClose(t *testing.T) {
	for _, used := range []bool{false, true} {
		h := Open(filepath.Join(t.TempDir(), "h"), nil)
		if used {
			add(t, h, "x")
		}
		must(t, h.Close())
		must(t, h.Close())
		add(t, h, "late") // from a cell that was abandoned
		if got := find(t, h, tail); !strings.Contains(got, "late") {
			t.Errorf("after Close, tail = %q", got)
		}
	}
}

func TestDefaultFile(t *testing.T) {
	me, err := user.Current()
	must(t, err)
	for _, tt := range []struct{ state, home, name, want string }{
		{"/state", "/home/ada", "R", "/state/adrastea/history-r.sqlite"},
		{"", "/home/ada", "a/b", "/home/ada/.local/state/adrastea/history-a_b.sqlite"},
		{"", "", "R", me.HomeDir + "/.local/state/adrastea/history-r.sqlite"},
	} {
		t.Setenv("XDG_STATE_HOME", tt.state)
		t.Setenv("HOME", tt.home)
		if got := DefaultFile(tt.name); got != tt.want {
			t.Errorf("DefaultFile(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
	if cfg := Open("file", nil).(*fileHistory).cfg; cfg.MaxItems != 100_000 || cfg.MaxBytes != 64<<20 {
		t.Errorf("by default, a file keeps %d items and %d octets", cfg.MaxItems, cfg.MaxBytes)
	}
	h := Open("", nil)
	defer h.Close()
	add(t, h, "x")
	if got := find(t, h, tail); got != "1/1 x" {
		t.Errorf("without a file, tail = %q", got)
	}
}

func BenchmarkAppend(b *testing.B) {
	h := Open(filepath.Join(b.TempDir(), "h"), nil)
	defer h.Close()
	b.ReportAllocs()
	for b.Loop() {
		h.Append(kernel.HistoryItem{Line: 1, Input: "fit <- lm(dist ~ speed, data = cars)"})
		find(b, h, jupyter.HistoryRequest{AccessType: "tail", N: 1})
	}
}
