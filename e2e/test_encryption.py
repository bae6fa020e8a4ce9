"""Transport encryption: CURVE on all five sockets, as jupyter_client asks for
it. https://jupyter-client.readthedocs.io/en/stable/security.html"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import zmq
from zmq.utils.monitor import recv_monitor_message

from kernels import KERNEL_NAME, LIMIT, Kernel

PORTS = {
    "shell_port": zmq.DEALER,
    "control_port": zmq.DEALER,
    "stdin_port": zmq.DEALER,
    "iopub_port": zmq.SUB,
    "hb_port": zmq.REQ,
}


@pytest.fixture
def encrypted():
    """A kernel whose front end accepts no connection in the clear."""
    with Kernel(encryption="required") as k:
        yield k.ready()


def connection(kernel: Kernel) -> dict:
    path = Path(kernel.manager.connection_file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return json.loads(path.read_text())


def test_everything_works_encrypted(encrypted: Kernel) -> None:
    info = connection(encrypted)
    assert len(info["curve_publickey"]) == len(info["curve_secretkey"]) == 40

    assert encrypted.run("1 + 1").text == "[1] 2"
    assert encrypted.run("nchar(readline('? '))", answers=["four"]).text.endswith("[1] 4")
    assert encrypted.run("cat(strrep('x', 3e6))").stdout == "x" * 3_000_000

    msg_id = encrypted.started_printing("cat('started\\n'); flush.console(); Sys.sleep(1000)")
    encrypted.interrupt()
    assert encrypted.collect(msg_id).status == "error"

    other = encrypted.connect()  # a second client
    try:
        other.wait_for_ready(timeout=LIMIT)
    finally:
        other.stop_channels()

    encrypted.restart()
    assert encrypted.run("1 + 1").text == "[1] 2"
    assert connection(encrypted)["curve_publickey"] == info["curve_publickey"]


def test_heartbeat_encrypted(encrypted: Kernel) -> None:
    info = connection(encrypted)
    public, secret = zmq.curve_keypair()
    with zmq.Context() as ctx, ctx.socket(zmq.REQ) as beat:
        beat.linger = 0
        beat.rcvtimeo = int(LIMIT * 1000)
        beat.curve_serverkey = info["curve_publickey"].encode()
        beat.curve_publickey, beat.curve_secretkey = public, secret
        beat.connect(f"tcp://{info['ip']}:{info['hb_port']}")
        beat.send(b"ping")
        assert beat.recv() == b"ping"


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("who", ["in the clear", "for another kernel"])
def test_others_are_refused(encrypted: Kernel, port: str, who: str) -> None:
    info = connection(encrypted)
    with zmq.Context() as ctx, ctx.socket(PORTS[port]) as spy:
        spy.linger = 0
        if who == "for another kernel":
            spy.curve_serverkey, _ = zmq.curve_keypair()
            spy.curve_publickey, spy.curve_secretkey = zmq.curve_keypair()
        failed = (
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        )
        monitor = spy.get_monitor_socket(failed | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        monitor.rcvtimeo = int(LIMIT * 1000)
        spy.connect(f"tcp://{info['ip']}:{info[port]}")
        event = recv_monitor_message(monitor)["event"]
        assert event & failed, f"event {event:#x}"
        spy.disable_monitor()
        monitor.close()
    # And the kernel goes on.
    assert encrypted.run("2 + 2").text == "[1] 4"


def test_unencrypted_by_default() -> None:
    with Kernel() as k:
        k.ready()
        assert "curve_publickey" not in connection(k)
        assert k.manager._kernel_supports_curve_encryption()
        assert k.manager.kernel_name == KERNEL_NAME
