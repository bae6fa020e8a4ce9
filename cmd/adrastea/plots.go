package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A plotSaver saves plots and pages to files.
type plotSaver struct {
	mu    sync.Mutex
	dir   string            // guarded by mu; made when the first plot comes
	count int               // guarded by mu
	files map[string]string // guarded by mu: display id to path
}

// newPlotSaver saves to dir, or to a new temporary directory if that is empty.
func newPlotSaver(dir string) *plotSaver {
	return &plotSaver{dir: dir, files: make(map[string]string)}
}

// save writes one output to a file of its own, or over the file that the
// display id has already. Binary types come as base64.
func (p *plotSaver) save(v, mime, ext, id string) (path string, raw []byte, err error) {
	raw = []byte(v)
	if !strings.HasPrefix(mime, "text/") && mime != "image/svg+xml" {
		// Some kernels break the text into lines.
		if raw, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v), "")); err != nil {
			return "", nil, fmt.Errorf("its data is no base64: %v", err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if path, err = p.path(id, ext); err != nil {
		return "", nil, err
	}
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		return "", nil, err
	}
	return path, raw, nil
}

// path returns where the next output goes. The caller holds mu.
func (p *plotSaver) path(id, ext string) (string, error) {
	if known := p.files[id]; id != "" && filepath.Ext(known) == ext {
		return known, nil
	}
	if err := p.makeDir(); err != nil {
		return "", err
	}
	for {
		p.count++
		path := filepath.Join(p.dir, fmt.Sprintf("plot-%03d%s", p.count, ext))
		// Plots of an earlier session, in a directory that the user chose, stay.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if id != "" {
			p.files[id] = path
		}
		return path, f.Close()
	}
}

func (p *plotSaver) makeDir() (err error) {
	if p.dir == "" {
		p.dir, err = os.MkdirTemp("", "adrastea-plots-")
		return err
	}
	if p.dir, err = filepath.Abs(p.dir); err != nil {
		return err
	}
	return os.MkdirAll(p.dir, 0o755)
}
