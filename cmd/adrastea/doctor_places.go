package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/rkernel"
)

const (
	areaSpecs  = "Kernelspecs"
	areaPlaces = "Directories and locale"
)

// examineSpecs looks at the kernelspecs of ours, and at those that are in their
// way. paths are where Jupyter looks, nil if that is not known.
func examineSpecs(paths *jupyterPaths) findings {
	var f findings
	shown := map[string]string{} // display name to name
	count := 0
	for _, d := range jupyter.SpecDirs() {
		if d.Err != nil {
			f.add(areaSpecs, warning, fmt.Sprintf("%s is broken: %s", d.Dir, bare(d.Err)), "Repair it, or remove the directory.")
			continue
		}
		if d.Shadowed && (isOurs(d.Spec) || d.Name == specName) {
			f.add(areaSpecs, warning, fmt.Sprintf("%s is hidden by another kernelspec %q", d.Dir, d.Name),
				"Remove one of them, or install under another name: adrastea install --name NAME")
			continue
		}
		other, clash := shown[d.Spec.DisplayName]
		shown[d.Spec.DisplayName] = d.Name
		if !isOurs(d.Spec) {
			continue
		}
		count++
		if clash {
			f.add(areaSpecs, warning, fmt.Sprintf("%q and %q are both shown as %q", other, d.Name, d.Spec.DisplayName),
				"Install one again with --display-name TEXT.")
		}
		examineSpec(&f, d, paths)
	}
	if count == 0 {
		f.add(areaSpecs, note, "no kernel of Adrastea is installed: front ends do not offer it", "adrastea install")
	}
	return f
}

// examineSpec looks at one kernelspec of ours.
func examineSpec(f *findings, d jupyter.SpecDir, paths *jupyterPaths) {
	again := "Install it again: adrastea install --name " + d.Name + "; or remove it: adrastea uninstall " + d.Name
	name := fmt.Sprintf("%q (%s)", d.Name, d.Dir)
	if _, err := exec.LookPath(d.Spec.Argv[0]); err != nil {
		f.add(areaSpecs, problem, fmt.Sprintf("%s starts %s, which cannot be run: %v", name, d.Spec.Argv[0], cause(err)), again)
		return
	}
	inst, err := rkernel.Find(rOf(d.Spec))
	if err != nil {
		f.add(areaSpecs, problem, name+" does not find its R: "+firstLine(bare(err)), again)
		return
	}
	named := namedVersion.FindString(d.Spec.DisplayName)
	if named != "" && named != inst.Version {
		f.add(areaSpecs, warning, fmt.Sprintf("%s is shown as %q, but its R is %s now", name, d.Spec.DisplayName, inst.Version), again)
		return
	}
	if paths != nil && !paths.looksIn(filepath.Dir(d.Dir)) {
		f.add(areaSpecs, warning, name+" is not where the jupyter command looks for kernels",
			"Its directories: jupyter --paths. Install into one of them with --sys-prefix or --prefix DIR.")
		return
	}
	if self, err := os.Executable(); err == nil && !samePath(self, d.Spec.Argv[0]) {
		f.add(areaSpecs, note, fmt.Sprintf("%s runs another adrastea: %s", name, d.Spec.Argv[0]),
			"If this one is meant: adrastea install --name "+d.Name)
		return
	}
	f.add(areaSpecs, fine, fmt.Sprintf("%s: %s, R at %s", name, d.Spec.DisplayName, inst.Path), "")
}

// cause is what the system says is wrong.
func cause(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

var namedVersion = regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+`)

// examinePlaces looks at what the kernel needs of the machine besides R.
func examinePlaces() findings {
	var f findings
	examineRuntimeDir(&f)
	if err := tryWrite(os.TempDir()); err != nil {
		f.add(areaPlaces, problem, fmt.Sprintf("R cannot write its temporary files: %v", err),
			"Let TMPDIR name a directory that you may write to, on a disk that is not full.")
	} else {
		f.add(areaPlaces, fine, "temporary files: "+os.TempDir(), "")
	}
	examineLocale(&f)
	return f
}

// examineRuntimeDir looks at where connection files are, and with them the keys
// of kernels.
func examineRuntimeDir(f *findings) {
	dir := jupyter.RuntimeDir()
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && tryWrite(existing(dir)) == nil:
		f.add(areaPlaces, fine, "connection files: "+dir+", which will be made", "")
		return
	case errors.Is(err, fs.ErrNotExist):
		f.add(areaPlaces, problem, "connection files: "+dir+" cannot be made", "Let JUPYTER_RUNTIME_DIR name a directory that you may write to.")
		return
	case err != nil || !info.IsDir():
		f.add(areaPlaces, problem, "connection files: "+dir+" is no directory that can be used", "Remove what is there, or let JUPYTER_RUNTIME_DIR name another one.")
		return
	}
	if err := tryWrite(dir); err != nil {
		f.add(areaPlaces, problem, fmt.Sprintf("connection files: %v", err), "chown it to yourself, or let JUPYTER_RUNTIME_DIR name another directory.")
		return
	}
	if info.Mode().Perm()&0o022 != 0 {
		f.add(areaPlaces, warning, fmt.Sprintf("connection files: others may write to %s (mode %04o)", dir, info.Mode().Perm()),
			"chmod 700 "+dir)
		return
	}
	f.add(areaPlaces, fine, "connection files: "+dir, "")
}

// existing returns the deepest directory above dir that is there.
func existing(dir string) string {
	for {
		up := filepath.Dir(dir)
		if _, err := os.Stat(up); err == nil || up == dir {
			return up
		}
		dir = up
	}
}

// tryWrite makes a file in dir and removes it.
func tryWrite(dir string) error {
	file, err := os.CreateTemp(dir, ".adrastea-doctor-*")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 4096))
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

// examineLocale looks at the locale, which R gets with UTF-8 in any case.
func examineLocale(f *findings) {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		if strings.Contains(strings.ToLower(strings.ReplaceAll(value, "-", "")), "utf8") {
			f.add(areaPlaces, fine, "locale: "+name+"="+value, "")
		} else {
			f.add(areaPlaces, note, fmt.Sprintf("locale: %s=%s is not UTF-8; R is given one that is", name, value), "")
		}
		examineFont(f, value)
		return
	}
	f.add(areaPlaces, note, "locale: none is set; R is given LC_CTYPE=C.UTF-8", "")
}

// examineFont looks for a font with the letters of the locale's language.
func examineFont(f *findings, locale string) {
	language := strings.FieldsFunc(locale, func(r rune) bool { return r == '.' || r == '@' })
	list, err := exec.LookPath("fc-list")
	if err != nil || len(language) == 0 || language[0] == "C" || language[0] == "POSIX" {
		return
	}
	tag := strings.ToLower(strings.ReplaceAll(language[0], "_", "-"))
	err = exec.Command(list, "--quiet", ":lang="+tag).Run()
	if _, none := errors.AsType[*exec.ExitError](err); none {
		f.add(areaPlaces, note, "fonts: none has the letters of "+language[0]+"; plots show boxes in their place",
			"Install one (on Debian and Ubuntu, for Chinese, Japanese and Korean: apt install fonts-noto-cjk).")
	}
}
