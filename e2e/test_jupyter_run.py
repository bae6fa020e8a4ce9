"""`jupyter run` runs a script in a kernel, and says by its status how that went."""

from __future__ import annotations

import subprocess
import sys

from kernels import KERNEL_NAME, LIMIT


def run(*files: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jupyter_client.runapp", f"--kernel={KERNEL_NAME}", *map(str, files)],
        input=stdin, capture_output=True, text=True, timeout=LIMIT,
    )


def test_files_are_run_in_order(tmp_path):
    """The kernel is started with their names behind its own arguments."""
    (tmp_path / "a.R").write_text("x <- 20\n")
    (tmp_path / "b.R").write_text("cat(x + 22, '\\n')\n")
    done = run(tmp_path / "a.R", tmp_path / "b.R")
    assert (done.returncode, done.stdout) == (0, "42 \n"), done.stderr


def test_standard_input_is_run():
    done = run(stdin="cat('piped\\n')")
    assert (done.returncode, done.stdout) == (0, "piped\n"), done.stderr


def test_an_error_is_told(tmp_path):
    (tmp_path / "a.R").write_text("stop('halt here')\n")
    done = run(tmp_path / "a.R")
    assert done.returncode != 0 and "halt here" in done.stdout + done.stderr
