# shellcheck shell=bash
# Shared by the scripts of this folder: `source` it first.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

cache=$root/.cache
venv=$cache/venv

say() { printf 'adrastea: %s\n' "$*" >&2; }
die() {
	say "$@"
	exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# again COMMAND...: runs what a network or another's lock may make fail, three
# times at most.
again() {
	local pause
	for pause in 5 20; do
		"$@" && return
		say "once more in $pause s: $1 failed"
		sleep "$pause"
	done
	"$@"
}

# Go, pip and npm keep what they fetch at home, which some services do not name.
if [[ -z ${HOME-} ]]; then
	unset HOME
	export HOME=~
fi

# Go is often installed here without being on the PATH.
if ! have go && [[ -x /usr/local/go/bin/go ]]; then
	PATH=$PATH:/usr/local/go/bin
fi

# The tests find their Python here. Where it is missing they fail.
export ADRASTEA_PYTHON=$venv/bin/python
