package rkernel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A debugSource is the source of a cell, or a file.
type debugSource struct {
	path        string
	code        *string // nil if it was never dumped
	breakpoints []breakpoint
}

// Cells are known by a hash of their code, as the front end computes it too.
const (
	hashMethod   = "Murmur2"
	hashSeed     = 0xc70f6907
	sourceSuffix = ".r"
)

func (d *debugger) debugInfo(context.Context, *debugArguments) (object, error) {
	p := d.r.running()
	stopped := []int{}
	if p != nil && p.stop() != nil {
		stopped = append(stopped, threadID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	prefix, err := d.prefixLocked()
	if err != nil {
		return nil, err
	}
	breakpoints := []object{}
	for _, s := range d.sources {
		if len(s.breakpoints) > 0 {
			breakpoints = append(breakpoints, object{"source": s.path, "breakpoints": s.breakpoints})
		}
	}
	return object{
		"isStarted": d.attached, "hashMethod": hashMethod, "hashSeed": uint32(hashSeed),
		"tmpFilePrefix": prefix, "tmpFileSuffix": sourceSuffix, "breakpoints": breakpoints,
		"stoppedThreads": stopped, "richRendering": true, "copyToGlobals": true,
		"exceptionPaths": []string{},
	}, nil
}

// prefixLocked is what the paths of cells begin with.
func (d *debugger) prefixLocked() (string, error) {
	if d.dir == "" {
		dir, err := os.MkdirTemp("", "adrastea-debug-")
		if err != nil {
			return "", fmt.Errorf("make a folder for the sources of cells: %w", err)
		}
		d.dir = dir
	}
	return d.dir + string(filepath.Separator), nil
}

// cellPathLocked is the path by which a cell is known.
func (d *debugger) cellPathLocked(code string) (string, error) {
	prefix, err := d.prefixLocked()
	return prefix + strconv.FormatUint(uint64(murmur2(code, hashSeed)), 10) + sourceSuffix, err
}

// sourcePath is the path by which R knows a source: of a cell this one, of a file that
// which no link leads to.
func (d *debugger) sourcePath(path string) (string, error) {
	d.mu.Lock()
	prefix, err := d.prefixLocked()
	d.mu.Unlock()
	switch {
	case err != nil || strings.HasPrefix(path, prefix):
		return path, err
	case !filepath.IsAbs(path):
		return "", fmt.Errorf("source unavailable: %s is not an absolute path", path)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", fmt.Errorf("source unavailable: %w", err)
	}
	return path, nil
}

// sourceLocked is the source of this path, which may be new.
func (d *debugger) sourceLocked(path string) *debugSource {
	s := d.sources[path]
	if s == nil {
		s = &debugSource{path: path}
		d.sources[path] = s
	}
	return s
}

// cellSource is the path of the source of a cell that is about to run, "" if it needs not
// stop.
func (d *debugger) cellSource(code string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.attached {
		return ""
	}
	path, err := d.cellPathLocked(code)
	if err != nil {
		d.r.config.Logger.Error("debug a cell", "error", err)
		return ""
	}
	d.sourceLocked(path).code = &code
	return path
}

func (d *debugger) dumpCell(_ context.Context, args *debugArguments) (object, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	path, err := d.cellPathLocked(args.Code)
	if err == nil {
		err = os.WriteFile(path, []byte(args.Code), 0o600)
	}
	if err != nil {
		return nil, err
	}
	d.sourceLocked(path).code = &args.Code
	return object{"sourcePath": path}, nil
}

func (d *debugger) source(_ context.Context, args *debugArguments) (object, error) {
	code, err := d.code(args.Source.Path)
	if err != nil {
		return nil, err
	}
	return object{"content": code, "mimeType": "text/x-rsrc"}, nil
}

// code is the code of a source: of a cell, or what is in the file.
func (d *debugger) code(path string) (string, error) {
	d.mu.Lock()
	s := d.sources[path]
	d.mu.Unlock()
	if s != nil && s.code != nil {
		return *s.code, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("source unavailable: %w", err)
	}
	return string(text), nil
}

// close removes the sources.
func (d *debugger) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dir != "" {
		if err := os.RemoveAll(d.dir); err != nil {
			d.r.config.Logger.Error("remove the sources of cells", "error", err)
		}
		d.dir = ""
	}
}

// modules are the files that can stop when they are sourced: those that were, as far as R
// knows and can tell now. A front end shows them to set breakpoints in.
func (d *debugger) modules(ctx context.Context, _ *debugArguments) (object, error) {
	paths, err := d.ask(ctx, "debug_files")
	if err != nil {
		paths = nil // R is busy
	}
	modules := []object{}
	for _, path := range paths {
		modules = append(modules, object{"id": path, "name": filepath.Base(path), "path": path})
	}
	return object{"modules": modules, "totalModules": len(modules)}, nil
}

// murmur2 is MurmurHash2, by A. Appleby, of the octets of a text: the hash that front
// ends know.
func murmur2(text string, seed uint32) uint32 {
	const m = 0x5bd1e995
	h := seed ^ uint32(len(text))
	for ; len(text) >= 4; text = text[4:] {
		k := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h = h*m ^ k
	}
	if len(text) > 0 {
		for i := len(text) - 1; i >= 0; i-- {
			h ^= uint32(text[i]) << (8 * i)
		}
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
