"""Bytes that are not ours change nothing: not on any of the five ports."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import random
import socket
import struct

import pytest
import zmq

from kernels import LIMIT, Kernel

PORTS = ("shell_port", "control_port", "stdin_port", "iopub_port", "hb_port")
SOCKET_OF = {
    "shell_port": zmq.DEALER,
    "control_port": zmq.DEALER,
    "stdin_port": zmq.DEALER,
    "iopub_port": zmq.SUB,
    "hb_port": zmq.REQ,
}

SIGNATURE = b"\xff" + bytes(8) + b"\x7f"
GREETING = SIGNATURE + b"\x03\x01" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)


def ready(kind: bytes) -> bytes:
    """A correct READY command, so that what follows it reaches the socket."""
    body = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    return b"\x04" + bytes([len(body)]) + body


NOISE = {
    "nothing": b"",
    "one byte": b"\xff",
    "zeros": bytes(4096),
    "random": random.Random(1).randbytes(64 << 10),
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tls": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half a greeting": GREETING[:31],
    "zmtp 1": b"\x01\x00",
    "zmtp 2": SIGNATURE + b"\x01\x05\x00\x00",
    "unknown mechanism": GREETING.replace(b"NULL", b"NONE"),
    "no ready": GREETING + b"\x00\x05hello",
    "wrong pattern": GREETING + ready(b"PUSH"),
    "unknown pattern": GREETING + ready(b"NO-SUCH-PATTERN"),
    "broken ready": GREETING + b"\x04\x0a\x05READY\xff\xff\xff\xff",
    "huge ready": GREETING + b"\x06" + struct.pack(">Q", 1 << 62) + b"\x05READY",
    "huge frame": GREETING + ready(b"DEALER") + b"\x02" + struct.pack(">Q", (1 << 63) - 1) + b"x",
    "negative frame": GREETING + ready(b"DEALER") + b"\x02" + b"\xff" * 8,
    "reserved flags": GREETING + ready(b"DEALER") + b"\xf8\x01x",
    "endless message": GREETING + ready(b"DEALER") + b"\x01\x00" * 100_000,
    "cut off message": GREETING + ready(b"DEALER") + b"\x01\x09<IDS|MSG>\x01\x40abc",
}


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as k:
        k.ready()
        k.run("canary <- 'unharmed'")
        yield k


def unharmed(kernel: Kernel) -> None:
    """The kernel is the one it was, and answers on every socket."""
    assert kernel.process.is_running()
    assert "unharmed" in kernel.run("canary").text
    assert kernel.request("kernel_info_request")["content"]["status"] == "ok"
    assert "Ada" in kernel.run("cat(readline('? '))", answers=["Ada"]).stdout
    beat = connect(kernel, "hb_port")
    beat.send(b"thump")
    assert beat.poll(LIMIT * 1000) and beat.recv() == b"thump"
    beat.close()
    kernel.quiet()


def connect(kernel: Kernel, port: str) -> zmq.Socket:
    info = kernel.manager.get_connection_info()
    s = zmq.Context.instance().socket(SOCKET_OF[port])
    s.linger = 0
    if port == "iopub_port":
        s.subscribe(b"")
    s.connect(f"tcp://{info['ip']}:{info[port]}")
    return s


@pytest.mark.parametrize("noise", NOISE)
def test_bytes_that_are_no_zmtp(kernel, noise):
    """The bytes go to all five ports; half of the connections are then closed
    orderly, half reset, and one of each stays open until after the check."""
    info = kernel.manager.get_connection_info()
    open_ones = []
    for port in PORTS:
        for ending in ("close", "reset", "stay"):
            s = socket.create_connection((info["ip"], info[port]), timeout=LIMIT)
            with contextlib.suppress(ConnectionError, TimeoutError):
                s.sendall(NOISE[noise])
            if ending == "reset":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if ending == "stay":
                open_ones.append(s)
            else:
                s.close()
    unharmed(kernel)
    for s in open_ones:
        s.close()


def test_silent_connections(kernel):
    """Fifty peers on each port that connect and say nothing."""
    info = kernel.manager.get_connection_info()
    peers = [socket.create_connection((info["ip"], info[p]), timeout=LIMIT) for p in PORTS for _ in range(50)]
    unharmed(kernel)
    for s in peers:
        s.close()


# Messages that are well-formed for 0MQ and nothing for Jupyter.


def signed(key: bytes, parts: list[bytes]) -> list[bytes]:
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        mac.update(part)
    return [b"<IDS|MSG>", mac.hexdigest().encode(), *parts]


def header(**changes: object) -> bytes:
    h = {
        "msg_id": os.urandom(8).hex(),
        "msg_type": "execute_request",
        "username": "eve",
        "session": "eve",
        "date": "2026-01-01T00:00:00.000000Z",
        "version": "5.3",
    }
    return json.dumps({k: v for k, v in (h | changes).items() if v is not None}).encode()


def execute(code: str = "canary <- 'harmed'") -> bytes:
    return json.dumps(
        {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    ).encode()


def rejected(key: bytes) -> dict[str, list[bytes]]:
    """Multipart messages that a kernel must drop without a trace."""
    good = [header(), b"{}", b"{}", execute()]
    mac = signed(key, good)[1]
    return {
        "one empty frame": [b""],
        "no delimiter": [b"a", b"b", b"c"],
        "delimiter alone": [b"<IDS|MSG>"],
        "two frames short": signed(key, good)[:4],
        "one frame short": signed(key, good)[:5],
        "no signature": [b"<IDS|MSG>", b"", *good],
        "wrong key": signed(b"another key", good),
        "signature not hex": [b"<IDS|MSG>", b"z" * 64, *good],
        "signature cut": [b"<IDS|MSG>", mac[:32], *good],
        "signature of other frames": [b"<IDS|MSG>", mac, good[0], b"{}", b"{}", execute("1")],
        "header no json": signed(key, [b"\xff\xfe{", b"{}", b"{}", execute()]),
        "header a list": signed(key, [b"[]", b"{}", b"{}", execute()]),
        "header null": signed(key, [b"null", b"{}", b"{}", execute()]),
        "header deep": signed(key, [b"[" * 50_000, b"{}", b"{}", execute()]),
        "four thousand frames": [b"x"] * 4_000,
        "many identities, no delimiter": [b"id"] * 64 + [b"<IDS|MSH>"],
    }


@pytest.mark.parametrize("port", PORTS)
def test_messages_that_are_dropped(kernel, port):
    """Without a right signature nothing is answered, on any socket."""
    key = kernel.manager.session.key
    s = connect(kernel, port)
    for frames in rejected(key).values():
        if port == "iopub_port":
            break  # a SUB cannot send; see below
        if port == "hb_port":
            s.close()
            s = connect(kernel, port)
        s.send_multipart(frames)
        if port == "hb_port":  # echoes whatever it gets
            assert s.poll(LIMIT * 1000) and s.recv_multipart() == frames
    if port == "iopub_port":
        x = zmq.Context.instance().socket(zmq.XSUB)
        x.linger = 0
        x.connect(s.get_string(zmq.LAST_ENDPOINT))
        for frames in rejected(key).values():
            x.send_multipart(frames)
        unharmed(kernel)
        x.close()
    else:
        unharmed(kernel)
        if port != "hb_port":
            assert not s.poll(0), f"answered: {s.recv_multipart()}"
    s.close()


def test_a_message_counts_once(kernel):
    """A request that someone recorded and sends again is not run again."""
    s = connect(kernel, "shell_port")
    kernel.run("runs <- 0")
    once = signed(kernel.manager.session.key, [header(), b"{}", b"{}", execute("runs <- runs + 1")])
    s.send_multipart(once)
    assert s.poll(LIMIT * 1000)
    s.recv_multipart()
    for _ in range(10):
        s.send_multipart(once)
    # The next request of the same peer is answered after all that.
    s.send_multipart(
        signed(kernel.manager.session.key, [header(msg_type="kernel_info_request"), b"{}", b"{}", b"{}"])
    )
    assert s.poll(LIMIT * 1000)
    assert b"kernel_info_reply" in b"".join(s.recv_multipart())
    assert "[1] 1" in kernel.run("runs").text
    s.close()


@pytest.mark.parametrize("channel", ["shell_port", "control_port"])
@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{", b'{"code": 1}', b'{"code": null}', b'{"code": "x", "silent": 7}', b"{}"],
)
def test_known_requests_with_bad_content_get_an_error(kernel, channel, content):
    """K2: exactly one reply, whose status is error, for a signed request that
    makes no sense."""
    s = connect(kernel, channel)
    kind = "execute_request" if channel == "shell_port" else "interrupt_request"
    s.send_multipart(signed(kernel.manager.session.key, [header(msg_type=kind), b"{}", b"{}", content]))
    assert s.poll(LIMIT * 1000), "no reply"
    frames = s.recv_multipart()
    reply = json.loads(frames[-1])
    if channel == "shell_port":
        assert reply["status"] == "error", reply
        assert reply["ename"] and reply["evalue"], reply
    s.close()
    unharmed(kernel)
