// Package rscript is the R code of the R kernel. It uses base R only, and lives in
// an environment of its own, which is not on R's search path.
package rscript

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed *.R
var files embed.FS

// Files returns the text of every file, in the order of their names.
func Files() []string {
	names, err := fs.Glob(files, "*.R")
	if err != nil {
		panic("BUG: " + err.Error()) // the pattern is constant
	}
	slices.Sort(names)
	var texts []string
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic("BUG: " + err.Error()) // it is embedded
		}
		texts = append(texts, string(text))
	}
	return texts
}
