"""What is wrong outside is said once, clearly, with a status that is not 0."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from kernels import LIMIT, Kernel

#: What only a crash prints.
DUMP = re.compile(r"goroutine \d+|panic:|runtime error|Traceback|SIGSEGV")


def run(*argv: str, **kw) -> subprocess.CompletedProcess[str]:
    kw.setdefault("input", "")
    return subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT, **kw)


def refused(result: subprocess.CompletedProcess[str], *names: str) -> None:
    """One message on stderr that names the thing, and nothing else."""
    assert result.returncode not in (0, None), result
    assert result.returncode > 0, f"ended by a signal: {result}"
    assert result.stdout == "", result.stdout
    for name in names:
        assert re.search(name, result.stderr, re.IGNORECASE), f"{name!r} not in {result.stderr!r}"
    assert not DUMP.search(result.stderr), result.stderr
    assert 1 <= len(result.stderr.strip().splitlines()) <= 6, result.stderr


# Connection files


def free_ports(n: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def connection(**changes: object) -> dict[str, object]:
    shell, control, stdin, iopub, hb = free_ports(5)
    info = {
        "transport": "tcp",
        "ip": "127.0.0.1",
        "shell_port": shell,
        "control_port": control,
        "stdin_port": stdin,
        "iopub_port": iopub,
        "hb_port": hb,
        "key": "0123456789abcdef",
        "signature_scheme": "hmac-sha256",
    } | changes
    return {k: v for k, v in info.items() if v is not None}


BROKEN_FILES = {
    "empty": ("", "empty"),
    "blank": ("  \n", "empty|JSON"),
    "no json": ("{ shell_port", "JSON|invalid"),
    "binary": ("\x00\x01\x02", "JSON|invalid"),
    "a list": ("[]", "JSON|object|array"),
    "null": ("null", "null|object|shell_port|transport|ip"),
    "no shell port": (json.dumps(connection(shell_port=None)), "shell_port"),
    "no iopub port": (json.dumps(connection(iopub_port=None)), "iopub_port"),
    "no stdin port": (json.dumps(connection(stdin_port=None)), "stdin_port"),
    "no control port": (json.dumps(connection(control_port=None)), "control_port"),
    "no heartbeat port": (json.dumps(connection(hb_port=None)), "hb_port"),
    "port is text": (json.dumps(connection(shell_port="x")), "shell_port"),
    "port too large": (json.dumps(connection(shell_port=70000)), "shell_port|70000"),
    "port negative": (json.dumps(connection(shell_port=-1)), "shell_port|-1"),
    "ip nonsense": (json.dumps(connection(ip="no/such/host")), "no/such/host"),
    "unknown transport": (json.dumps(connection(transport="pigeon")), "pigeon"),
    "unknown scheme": (json.dumps(connection(signature_scheme="hmac-rot13")), "hmac-rot13"),
}


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_broken_connection_file(adrastea, tmp_path, case):
    text, names = BROKEN_FILES[case]
    file = tmp_path / "kernel-1.json"
    file.write_text(text)
    refused(run(adrastea, "kernel", "--connection-file", str(file)), names)


def test_connection_file_is_named(adrastea, tmp_path):
    file = tmp_path / "kernel-broken.json"
    file.write_text("{")
    refused(run(adrastea, "kernel", "--connection-file", str(file)), "kernel-broken.json")


def test_missing_connection_file(adrastea, tmp_path):
    file = tmp_path / "no-such-file.json"
    refused(run(adrastea, "kernel", "--connection-file", str(file)), "no-such-file.json", "no such file|not exist")


def test_connection_file_is_a_directory(adrastea, tmp_path):
    refused(run(adrastea, "kernel", "--connection-file", str(tmp_path)), tmp_path.name, "directory")


def test_no_connection_file_named(adrastea):
    refused(run(adrastea, "kernel"), "connection-file")


def test_key_is_never_shown(adrastea, tmp_path):
    file = tmp_path / "kernel-1.json"
    file.write_text(json.dumps(connection(key="s3cr3t-k3y", shell_port=None)))
    assert "s3cr3t" not in run(adrastea, "kernel", "--connection-file", str(file)).stderr


@pytest.mark.parametrize("port", ["shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"])
def test_port_in_use(adrastea, tmp_path, port):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        file = tmp_path / "kernel-1.json"
        others = {name: 0 for name in connection() if name.endswith("_port")}  # the kernel chooses
        file.write_text(json.dumps(connection(**others | {port: number})))
        refused(run(adrastea, "kernel", "--connection-file", str(file)), str(number), "in use")


# R


def path_without_r(tmp_path: Path) -> str:
    """A PATH with a shell's usual commands and no R."""
    folder = tmp_path / "no-r"
    folder.mkdir()
    for name in ("sh", "bash", "env", "cat", "sed", "ls", "uname", "dirname", "basename", "which"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return str(folder)


FAKE_R = """#!/bin/sh
# An R that says it is {version}, with R_HOME {home}.
case "$1" in
--version) echo 'R version {version} (2022-03-10) -- "Fake"'; echo; exit 0 ;;
RHOME) echo '{home}'; exit 0 ;;
CMD) shift; R_HOME='{home}'; export R_HOME; exec "$@" ;;
esac
case "$*" in
*version*) echo '{version}' ;;
esac
exit 0
"""


def fake_r(tmp_path: Path, version: str, home: Path) -> str:
    """A PATH whose R is a script that reports this version and this home."""
    folder = Path(path_without_r(tmp_path))
    script = folder / "R"
    script.write_text(FAKE_R.format(version=version, home=home))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(folder)


def old_r(tmp_path: Path) -> str:
    """R 4.1.3, as far as anyone can tell from outside."""
    home = tmp_path / "R-4.1.3"
    real = Path(run("R", "RHOME").stdout.strip())
    (home / "library" / "base").mkdir(parents=True)
    (home / "library" / "base" / "DESCRIPTION").write_text("Package: base\nVersion: 4.1.3\n")
    (home / "lib").symlink_to(real / "lib")
    (home / "bin").symlink_to(real / "bin")
    (home / "etc").symlink_to(real / "etc")
    return fake_r(tmp_path, "4.1.3", home)


def broken_home(tmp_path: Path) -> str:
    """An R whose home is gone."""
    return fake_r(tmp_path, "4.3.1", tmp_path / "removed")


#: How R is missing, and what the message must say.
NO_R = {
    "no R": (path_without_r, [r"\bR\b", "install|apt|cran|--r"]),
    "R too old": (old_r, [r"4\.1", r"4\.2"]),
    "broken R_HOME": (broken_home, ["removed|R_HOME|libR"]),
}


@pytest.fixture(params=NO_R)
def no_r(request, tmp_path) -> tuple[dict[str, str], list[str]]:
    make, says = NO_R[request.param]
    env = {k: v for k, v in os.environ.items() if not k.startswith("R_")}
    return env | {"PATH": make(tmp_path)}, says


def test_install_without_r(adrastea, tmp_path, no_r):
    env, says = no_r
    refused(run(adrastea, "install", "--prefix", str(tmp_path / "prefix"), env=env), *says)
    assert not list(tmp_path.glob("prefix/**/kernel.json")), "a kernelspec that cannot work was installed"


def test_console_without_r(adrastea, no_r):
    env, says = no_r
    refused(run(adrastea, "console", "-e", "1 + 1", env=env), *says)
    refused(run(adrastea, "console", env=env, input="1 + 1\n"), *says)


@pytest.fixture
def bare_kernel(adrastea, jupyter_directories) -> str:
    """A kernelspec that names no R, so that the kernel looks for it."""
    folder = jupyter_directories / "share" / "jupyter" / "kernels" / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    argv = [adrastea, "kernel", "--connection-file", "{connection_file}"]
    spec = {"argv": argv, "display_name": "R", "language": "R", "interrupt_mode": "message"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    return "bare"


def every_cell_says(kernel: Kernel, says: list[str]) -> None:
    assert kernel.request("kernel_info_request")["content"]["status"] == "ok"
    for _ in range(2):
        cell = kernel.run("1 + 1")
        assert cell.status == "error"
        said = "\n".join([cell.error["evalue"], *cell.error["traceback"]])
        for name in says:
            assert re.search(name, said, re.IGNORECASE), said
    kernel.shutdown()
    assert kernel.exit_status() == 0
    assert kernel.leftovers() == []


def test_kernel_without_r_starts_and_every_cell_says_so(bare_kernel, no_r):
    env, says = no_r
    with Kernel(bare_kernel, env=env) as kernel:
        every_cell_says(kernel.ready(), says)


def test_kernel_whose_r_was_removed(adrastea, tmp_path, jupyter_directories):
    """The R that was found at the installation is not there any more."""
    r = tmp_path / "opt" / "R"
    r.parent.mkdir()
    r.symlink_to(shutil.which("R"))
    installed = run(adrastea, "install", "--prefix", str(jupyter_directories), "--name", "moved", "--r", str(r))
    assert installed.returncode == 0, installed
    r.unlink()
    with Kernel("moved") as kernel:
        every_cell_says(kernel.ready(), [re.escape(str(r))])


# The command line


@pytest.mark.parametrize("argv", [["no-such-command"], ["kernel", "--no-such-flag"], ["install", "surplus"]])
def test_wrong_command_line(adrastea, argv):
    result = run(adrastea, *argv)
    assert result.returncode not in (0, None) and result.stdout == ""
    assert argv[-1] in result.stderr
    assert not DUMP.search(result.stderr)


@pytest.mark.parametrize("command", ["", "kernel", "install", "console", "version"])
def test_help_has_examples(adrastea, command):
    result = run(adrastea, *([command] if command else []), "--help")
    assert result.returncode == 0
    assert "adrastea" in result.stdout
    if command in ("install", "console"):
        assert "xample" in result.stdout


def test_version(adrastea):
    result = run(adrastea, "version")
    assert result.returncode == 0 and "adrastea" in result.stdout.lower()


def test_unwritable_prefix(adrastea, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    refused(run(adrastea, "install", "--prefix", str(blocked)), str(blocked))


def test_console_with_unknown_kernel(adrastea):
    refused(run(adrastea, "console", "--kernel", "no-such-kernel", "-e", "1"), "no-such-kernel")
