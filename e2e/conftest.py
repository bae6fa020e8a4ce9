"""Set-up of the tests from outside.

The kernel under test is the binary that ADRASTEA_BIN names (default:
bin/adrastea), installed by its own `install` command below a temporary
directory; ADRASTEA_ENGINE is the engine it is started with, where not its own.
KERNEL_NAME names another installed kernel instead, so that a test can be
checked against a kernel that is known. Nothing of the user's own
Jupyter configuration is read or written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

sys.path.insert(0, str(Path(__file__).parent))

import protocol  # noqa: E402: from this folder

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("ADRASTEA_BIN", ROOT / "bin" / "adrastea"))


@pytest.fixture(scope="session", autouse=True)
def jupyter_directories(tmp_path_factory: pytest.TempPathFactory):
    """A home of its own for everything the tests start."""
    home = tmp_path_factory.mktemp("home")
    prefix = tmp_path_factory.mktemp("prefix")
    for name in ("GOCACHE", "GOMODCACHE"):  # are in the real home
        os.environ[name] = subprocess.run(["go", "env", name], capture_output=True, text=True).stdout.strip()
    for name in list(os.environ):
        if name.startswith(("ADRASTEA_HISTORY", "JUPYTER", "IPYTHON", "XDG_", "R_", "LC_")):
            del os.environ[name]
    for name in ("LANGUAGE", "COLUMNS", "LINES"):  # the texts that are looked for are English
        os.environ.pop(name, None)
    os.environ.update(
        HOME=str(home),
        LANG="C.UTF-8",
        # The kernel under test, and the Python kernel of the tests' own Python.
        JUPYTER_PATH=f"{prefix}/share/jupyter:{sys.prefix}/share/jupyter",
        JUPYTER_RUNTIME_DIR=str(home / "runtime"),
        IPYTHONDIR=str(home / "ipython"),
        PATH=f"{BIN.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    )
    if os.environ.get("KERNEL_NAME", "adrastea") == "adrastea":
        subprocess.run([BIN, "install", "--prefix", prefix], check=True, timeout=60)
        if engine := os.environ.get("ADRASTEA_ENGINE"):
            choose_engine(prefix / "share/jupyter/kernels/adrastea/kernel.json", engine)
    return prefix


def choose_engine(kernelspec: Path, engine: str) -> None:
    """Have the kernelspec start the kernel with another 0MQ engine."""
    spec = json.loads(kernelspec.read_text())
    spec["argv"] += ["--engine", engine]
    kernelspec.write_text(json.dumps(spec))


@pytest.fixture(scope="session")
def adrastea() -> str:
    """The path of the binary under test."""
    assert BIN.exists(), f"{BIN} is missing; `make build` makes it"
    return str(BIN)


@pytest.fixture(scope="session", autouse=True)
def messages_are_watched():
    """Whatever client a test uses, what it receives of the kernel under test, and
    what it sends, is compared with the protocol."""
    if os.environ.get("KERNEL_NAME", "adrastea") == "adrastea":
        protocol.watch()


@pytest.fixture(autouse=True)
def messages_obey_the_protocol():
    protocol.faults.clear()
    yield
    assert not protocol.faults, "\n".join(protocol.faults)


@pytest.fixture
def kernel():
    """A kernel of the test's own."""
    from kernels import Kernel

    with Kernel() as k:
        yield k.ready()


@pytest.fixture
def tapped(jupyter_directories: Path, tmp_path: Path):
    """The name of a kernelspec that starts the kernel under test behind tap.py.
    At the end of the test no message may have been wrong, in either direction."""
    report = tmp_path / "tap.txt"
    report.touch()
    spec = KernelSpecManager().get_kernel_spec(os.environ.get("KERNEL_NAME", "adrastea")).to_dict()
    tap = [sys.executable, str(Path(__file__).parent / "tap.py"), str(report), "{connection_file}"]
    spec["argv"] = tap + [a.replace("{connection_file}", "{kernel}") for a in spec["argv"]]
    folder = jupyter_directories / "share/jupyter/kernels/tapped"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    yield "tapped"
    lines = report.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith("FAULT")]
    seen = set(lines)
    for line in ("shell sent execute_request", "shell received execute_reply", "iopub received status"):
        assert line in seen, f"the front end did not go through the tap: {sorted(seen)}"


# One line of JSON for each finished test, for the Go test that runs pytest and
# counts what it did. A test's own subtests are lines of their own.


def pytest_configure(config: pytest.Config) -> None:
    if path := os.environ.get("ADRASTEA_REPORT"):
        config.pluginmanager.register(Reporter(Path(path)))


class Reporter:
    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        context = getattr(report, "context", None)
        name = report.nodeid.partition("::")[2]
        if context is not None:
            name += f"/{context.msg or ''}{dict(context.kwargs) or ''}"
        line = {
            "name": name,
            "outcome": report.outcome,
            "seconds": report.duration,
            "text": "" if report.outcome == "passed" else report.longreprtext + captured(report),
        }
        print(json.dumps(line), file=self.file, flush=True)


def captured(report: pytest.TestReport) -> str:
    return "".join(f"\n--- {title} ---\n{text}" for title, text in report.sections)
