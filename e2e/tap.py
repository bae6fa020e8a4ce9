"""A tap on the wire, for front ends that are processes of their own: it stands
between one of them and the kernel, passes every byte on, and compares every
message, in both directions, with the protocol.

tap.py REPORT CONNECTION_FILE COMMAND... runs as a kernel. It listens where the
connection file says and starts the real kernel, COMMAND with {kernel} for its
connection file, on ports of its own. A line of REPORT is a message that is right,
CHANNEL DIRECTION TYPE, or begins with FAULT.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import protocol

CHANNELS = ("shell", "control", "stdin", "iopub", "hb")
GREETING = 64  # octets, before the frames of ZMTP 3
MORE, LONG, COMMAND = 1, 2, 4  # flags of a frame


class Frames:
    """Cuts what one side of a connection sends into messages."""

    def __init__(self) -> None:
        self.skip = GREETING
        self.rest = bytearray()
        self.parts: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[list[bytes]]:
        self.rest += data[self.skip :]
        self.skip = max(0, self.skip - len(data))
        while (frame := self.next()) is not None:
            flags, body = frame
            if flags & COMMAND:
                continue
            self.parts.append(body)
            if not flags & MORE:
                yield self.parts
                self.parts = []

    def next(self) -> tuple[int, bytes] | None:
        if not self.rest:
            return None
        start = 9 if self.rest[0] & LONG else 2
        end = start + int.from_bytes(self.rest[1:start])
        if len(self.rest) < end or len(self.rest) < start:
            return None
        flags, body = self.rest[0], bytes(self.rest[start:end])
        del self.rest[:end]
        return flags, body


class Tap:
    def __init__(self, report: TextIO, info: dict[str, Any]) -> None:
        self.report = report
        self.info = info
        self.kernel: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.pumps: set[asyncio.Task[None]] = set()

    def look(self, channel: str, direction: str, parts: list[bytes]) -> None:
        """Write into the report what became of a message."""
        try:
            kind = self.check(channel, parts)
            line = f"{channel} {direction} {kind}"
        except Exception as err:  # noqa: BLE001: whatever is wrong, the test shall say it
            line = f"FAULT {channel} {direction} {parts!r:.500}: {err!s:.500}".replace("\n", " ")
        print(line, file=self.report, flush=True)

    def check(self, channel: str, parts: list[bytes]) -> str:
        at = parts.index(b"<IDS|MSG>")
        mac = hmac.new(self.info["key"].encode(), b"".join(parts[at + 2 : at + 6]), hashlib.sha256)
        assert parts[at + 1].decode() == mac.hexdigest(), "the signature is wrong"
        header, parent, metadata, content = (json.loads(p) for p in parts[at + 2 : at + 6])
        msg = {"header": header, "parent_header": parent, "metadata": metadata, "content": content}
        msg |= {"msg_id": header["msg_id"], "msg_type": header["msg_type"], "buffers": parts[at + 6 :]}
        protocol.check(msg, channel)
        return header["msg_type"]

    async def serve(self, channel: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection of the front end with one to the kernel."""
        kernel = await self.kernel
        there = await asyncio.open_connection(self.info["ip"], kernel[f"{channel}_port"])
        for direction, source, sink in (("sent", reader, there[1]), ("received", there[0], writer)):
            pump = asyncio.create_task(self.pump(channel, direction, source, sink))
            self.pumps.add(pump)
            pump.add_done_callback(self.pumps.discard)

    async def pump(
        self, channel: str, direction: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        frames = Frames()
        try:
            while data := await source.read(1 << 16):
                sink.write(data)
                for parts in frames.feed(data):
                    if channel != "hb" and (channel, direction) != ("iopub", "sent"):  # pings, subscriptions
                        self.look(channel, direction, parts)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


async def run(report: TextIO, connection_file: str, command: list[str]) -> int:
    info = json.loads(Path(connection_file).read_text())
    tap = Tap(report, info)
    for channel in CHANNELS:
        await asyncio.start_server(
            lambda r, w, c=channel: tap.serve(c, r, w), info["ip"], info[f"{channel}_port"]
        )
    with tempfile.TemporaryDirectory() as directory:
        inner = Path(directory) / "kernel.json"
        inner.touch(0o600)
        inner.write_text(json.dumps(info | {f"{c}_port": 0 for c in CHANNELS}))
        process = await asyncio.create_subprocess_exec(*(a.replace("{kernel}", str(inner)) for a in command))
        # They are for the whole process group, and so for the kernel too. (What is
        # ignored, not handled, its children would inherit.)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, lambda: None)
        ended = asyncio.create_task(process.wait())
        while not ended.done():
            kernel = json.loads(inner.read_text())
            if kernel["shell_port"]:
                tap.kernel.set_result(kernel)
                break
            await asyncio.wait([ended], timeout=0.01)
        await ended
        if tap.pumps:  # what the kernel sent before its end
            await asyncio.wait({p for p in tap.pumps}, timeout=5)
    return process.returncode


if __name__ == "__main__":
    with open(sys.argv[1], "a", encoding="utf-8") as file:
        status = asyncio.run(run(file, sys.argv[2], sys.argv[3:]))
    os._exit(status if status >= 0 else 128 - status)
