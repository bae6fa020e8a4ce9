"""JupyterLab's own library, @jupyterlab/services, under Node, through a
jupyter_server on the loopback interface with its settings as they come."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kernels import KERNEL_NAME, LIMIT

NODE = Path(__file__).parent / "node"
MODULES = Path(__file__).parent.parent / ".cache" / "node_modules"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address and the token of a server."""
    token = secrets.token_hex(16)
    log = (tmp_path / "server.log").open("w+", encoding="utf-8")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", "--port=0", f"--ServerApp.root_dir={tmp_path}"),
        ],
        env={**os.environ, "JUPYTER_TOKEN": token},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield address(process, Path(log.name)), token
    finally:
        process.terminate()
        process.wait(LIMIT)
        log.seek(0)
        print(log.read())  # shown if the test fails


def address(process: subprocess.Popen[bytes], log: Path, limit: float = LIMIT) -> str:
    """Wait until the server has said where it is."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        said = log.read_text(encoding="utf-8")
        if found := re.search(r"http://127\.0\.0\.1:\d+/", said):
            return found[0]
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the server ended with status {process.wait(0.05)}: {said}")
    raise AssertionError(f"the server does not start: {log.read_text(encoding='utf-8')}")


@pytest.mark.timeout(600)
def test_jupyterlab_services(server, tapped):
    node = shutil.which("node") or shutil.which("nodejs")
    assert node, "node is missing; `make setup-test` installs it"
    url, token = server
    done = subprocess.run(
        [node, NODE / "services.js", url, token, tapped],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    steps = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    print(done.stdout, done.stderr)
    assert done.returncode == 0, steps[-1:] or done.stderr
    assert steps[-1]["step"] == "shutdown"


def test_what_the_kernel_uses(server):
    """jupyter-resource-usage, which shows it in JupyterLab."""
    url, token = server

    def ask(path: str, post: dict | None = None) -> dict:
        data = None if post is None else json.dumps(post).encode()
        request = urllib.request.Request(url + path, data, {"Authorization": f"token {token}"})
        with urllib.request.urlopen(request, timeout=LIMIT) as reply:
            return json.load(reply)

    kernel = ask("api/kernels", {"name": KERNEL_NAME})["id"]
    usage = ask(f"api/metrics/v1/kernel_usage/get_usage/{kernel}")["content"]
    assert "reason" not in usage, "it has none"
    assert usage["kernel_memory"] > 1 << 20 and psutil.pid_exists(usage["pid"])
    total = psutil.virtual_memory().total
    assert usage["host_virtual_memory"]["total"] == total
