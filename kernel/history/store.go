package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
)

const (
	// applicationID and schemaVersion tell our databases from others.
	// https://sqlite.org/pragma.html#pragma_application_id
	applicationID = 0x41647261 // "Adra"
	schemaVersion = 1
)

// schema is what a new file gets. Numbers of sessions are never used again.
const schema = `
CREATE TABLE session (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	started TEXT NOT NULL
);
CREATE TABLE input (
	id      INTEGER PRIMARY KEY,
	session INTEGER NOT NULL REFERENCES session,
	line    INTEGER NOT NULL,
	source  TEXT NOT NULL,
	output  TEXT
);
CREATE INDEX input_session ON input (session);
`

// A store is the database. Its methods are for one goroutine.
type store struct {
	file string
	cfg  *Config

	db      *sql.DB // nil until it is opened
	session int64   // of this kernel; 0 until its first input
}

// open opens the database, if it is not open.
func (s *store) open() (err error) {
	if s.db != nil {
		return nil
	}
	path, err := filepath.Abs(s.file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	// A journal, and not a write-ahead log: that would need shared memory, which
	// network file systems do not have, and leave files beside this one.
	query := url.Values{
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "synchronous(normal)"},
		"_txlock": {"immediate"},
	}
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err := prepare(db); err != nil {
		db.Close()
		return err
	}
	s.db = db
	return nil
}

// prepare makes the tables of a new file and checks those of an old one.
func prepare(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var id, version, tables int
	for query, dst := range map[string]*int{
		"PRAGMA application_id": &id, "PRAGMA user_version": &version,
		"SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := tx.QueryRow(query).Scan(dst); err != nil {
			return err
		}
	}
	switch {
	case id == applicationID && version == schemaVersion:
		return nil
	case id == applicationID:
		return fmt.Errorf("it has version %d, this program knows %d: name another file", version, schemaVersion)
	case id != 0 || version != 0 || tables != 0:
		return errors.New("it is a database of another program: name another file")
	}
	_, err = tx.Exec(fmt.Sprintf("%s PRAGMA application_id = %d; PRAGMA user_version = %d;",
		schema, applicationID, schemaVersion))
	if err != nil {
		return err
	}
	return tx.Commit()
}

func (s *store) close() {
	if s.db != nil {
		s.db.Close()
		s.db = nil
	}
}

// append writes items in one transaction.
func (s *store) append(items []kernel.HistoryItem) error {
	if err := s.open(); err != nil {
		return err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	session := s.session
	if session == 0 {
		r, err := tx.Exec("INSERT INTO session (started) VALUES (?)", time.Now().UTC().Format(time.RFC3339))
		if err != nil {
			return err
		}
		if session, err = r.LastInsertId(); err != nil {
			return err
		}
	}
	for _, it := range items {
		_, err := tx.Exec("INSERT INTO input (session, line, source, output) VALUES (?, ?, ?, ?)",
			session, it.Line, it.Input, it.Output)
		if err != nil {
			return err
		}
	}
	if err := s.prune(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.session = session
	return nil
}

// prune deletes the oldest inputs beyond the bounds. Their pages are used again.
func (s *store) prune(tx *sql.Tx) error {
	_, err := tx.Exec("DELETE FROM input WHERE id <= (SELECT max(id) FROM input) - ?", s.cfg.MaxItems)
	if err != nil {
		return err
	}
	for {
		var used int
		err := tx.QueryRow(`SELECT (page_count - freelist_count) * page_size
			FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&used)
		if err != nil || used <= s.cfg.MaxBytes {
			return err
		}
		r, err := tx.Exec(`DELETE FROM input WHERE id IN
			(SELECT id FROM input ORDER BY id LIMIT (SELECT count(*) / 8 + 1 FROM input))`)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec("DELETE FROM session WHERE id < (SELECT min(session) FROM input)")
		if err != nil {
			return err
		}
	}
}

// find answers a question.
func (s *store) find(ctx context.Context, r *jupyter.HistoryRequest) ([]jupyter.HistoryEntry, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	where, args, err := s.condition(ctx, r)
	if err != nil {
		return nil, err
	}
	limit := -1
	if r.N > 0 && r.AccessType != jupyter.HistoryRange {
		limit = r.N
	}
	rows, err := s.db.QueryContext(ctx, "SELECT session, line, source, output FROM input WHERE "+where+
		" ORDER BY session = ? DESC, id DESC LIMIT ?", append(args, s.session, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []jupyter.HistoryEntry
	for rows.Next() {
		e := jupyter.HistoryEntry{WithOutput: r.Output}
		if err := rows.Scan(&e.Session, &e.Line, &e.Input, &e.Output); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	slices.Reverse(entries)
	return entries, rows.Err()
}

// condition returns which inputs r asks for.
func (s *store) condition(ctx context.Context, r *jupyter.HistoryRequest) (where string, args []any, err error) {
	switch r.AccessType {
	case jupyter.HistoryRange:
		session, err := s.sessionNumber(ctx, r.Session)
		if err != nil {
			return "", nil, err
		}
		where, args = "session = ? AND line >= ?", []any{session, r.Start}
		if r.Stop > 0 {
			where, args = where+" AND line < ?", append(args, r.Stop)
		}
		return where, args, nil
	case jupyter.HistorySearch:
		glob := globPattern(r.Pattern)
		if r.Unique {
			return "id IN (SELECT max(id) FROM input WHERE source GLOB ? GROUP BY source)", []any{glob}, nil
		}
		return "source GLOB ?", []any{glob}, nil
	}
	return "TRUE", nil, nil
}

// sessionNumber returns the session that n names: itself if it is positive;
// else it counts back from the current session, which is 0, as in IPython.
func (s *store) sessionNumber(ctx context.Context, n int) (int64, error) {
	if n > 0 {
		return int64(n), nil
	}
	current := s.session
	if current == 0 { // it will be the next one
		err := s.db.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) + 1 FROM session").Scan(&current)
		if err != nil {
			return 0, err
		}
	}
	return current + int64(n), nil
}

// globPattern returns a pattern of the protocol, which has * and ?, as one of
// SQLite, which has brackets too. An empty one matches all.
func globPattern(pattern string) string {
	if pattern == "" {
		return "*"
	}
	return strings.ReplaceAll(pattern, "[", "[[]")
}

// isLocked reports whether err is that another program uses the file.
func isLocked(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
