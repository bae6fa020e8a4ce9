package jupyter

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// HomeDir returns the user's home directory: what the environment says, or else,
// as in a service or with an empty environment, what the system knows of the
// user. It is empty if neither says anything.
func HomeDir() string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return ""
}

// DataDir returns the directory of the user's own Jupyter data: where a
// kernelspec of the user is installed. JUPYTER_DATA_DIR names another one.
func DataDir() string {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir
	}
	home := HomeDir()
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter")
	case "windows":
		if dir := os.Getenv("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter")
		}
		return filepath.Join(home, ".jupyter", "data")
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter")
	}
	return filepath.Join(home, ".local", "share", "jupyter")
}

// RuntimeDir returns the directory where Jupyter puts connection files.
// JUPYTER_RUNTIME_DIR names another one.
func RuntimeDir() string {
	if dir := os.Getenv("JUPYTER_RUNTIME_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(DataDir(), "runtime")
}

// SysPrefix returns the prefix of the Python environment that is active (a
// virtual environment or a conda environment), or "" if none is.
func SysPrefix() string {
	if dir := os.Getenv("VIRTUAL_ENV"); dir != "" {
		return dir
	}
	return os.Getenv("CONDA_PREFIX")
}

// dataPath returns the directories in which Jupyter looks for data, in the order
// that [KernelPath] names.
func dataPath() []string {
	var path []string
	for _, dir := range filepath.SplitList(os.Getenv("JUPYTER_PATH")) {
		if dir != "" {
			path = append(path, dir)
		}
	}
	switch env := filepath.Join(SysPrefix(), "share", "jupyter"); {
	case SysPrefix() == "":
		path = append(path, DataDir())
	case preferEnv():
		path = append(path, env, DataDir())
	default:
		path = append(path, DataDir(), env)
	}
	path = append(path, systemPath()...)
	var uniq []string
	for _, dir := range path {
		if !slices.Contains(uniq, dir) {
			uniq = append(uniq, dir)
		}
	}
	return uniq
}

// preferEnv reads the variable as jupyter_core reads those that are yes or no.
func preferEnv() bool {
	switch strings.ToLower(os.Getenv("JUPYTER_PREFER_ENV_PATH")) {
	case "no", "n", "false", "off", "0", "0.0":
		return false
	}
	return true
}

func systemPath() []string {
	if runtime.GOOS == "windows" {
		if dir := os.Getenv("PROGRAMDATA"); dir != "" {
			return []string{filepath.Join(dir, "jupyter")}
		}
		return nil
	}
	return []string{"/usr/local/share/jupyter", "/usr/share/jupyter"}
}
