"""A kernel under test, driven through jupyter_client as a front end drives it.

Nothing here sleeps for a fixed time: every wait is for a message or for the
end of a process, with a limit after which the test fails and says what it got.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

import pexpect
import psutil
import zmq
from jupyter_client import BlockingKernelClient, KernelManager

KERNEL_NAME = os.environ.get("KERNEL_NAME", "adrastea")

#: Longest wait for anything that should come at once. Generous, because the
#: machine may be busy; nothing waits this long unless something is wrong.
LIMIT = 90

Message = dict[str, Any]


@dataclass
class Cell:
    """All that came back for one execute_request."""

    reply: Message = field(default_factory=dict)
    outputs: list[Message] = field(default_factory=list)  # without status and execute_input
    prompts: list[Message] = field(default_factory=list)  # input_requests
    order: list[str] = field(default_factory=list)  # types of everything, as it arrived

    @property
    def status(self) -> str:
        return self.reply["content"]["status"]

    @property
    def payload(self) -> list[dict[str, Any]]:
        return self.reply["content"].get("payload", [])

    def stream(self, name: str) -> str:
        return "".join(
            m["content"]["text"]
            for m in self.outputs
            if m["msg_type"] == "stream" and m["content"]["name"] == name
        )

    @property
    def stdout(self) -> str:
        return self.stream("stdout")

    @property
    def stderr(self) -> str:
        return self.stream("stderr")

    def data(self, msg_type: str) -> list[dict[str, Any]]:
        """The MIME bundles of all outputs of one type."""
        return [m["content"]["data"] for m in self.outputs if m["msg_type"] == msg_type]

    @property
    def error(self) -> dict[str, Any]:
        errors = [m["content"] for m in self.outputs if m["msg_type"] == "error"]
        assert len(errors) == 1, f"want one error among the outputs, got {self.outputs}"
        return errors[0]

    @property
    def text(self) -> str:
        """What the cell printed or returned, whichever way the kernel says it."""
        shown = self.data("execute_result") + self.data("display_data")
        return self.stdout + "".join(d.get("text/plain", "") for d in shown)


class Kernel:
    """A running kernel with one client."""

    def __init__(
        self,
        name: str = KERNEL_NAME,
        env: dict[str, str] | None = None,
        encryption: str = "disabled",
        **start: Any,
    ):
        self.manager = KernelManager(kernel_name=name, transport_encryption=encryption)
        self.manager.start_kernel(env=env if env is not None else dict(os.environ), **start)
        self.process = psutil.Process(self.manager.provisioner.pid)
        self._known: set[psutil.Process] = {self.process}
        self._clients: list[BlockingKernelClient] = []
        self.client = self.connect()

    def connect(self, **channels: bool) -> BlockingKernelClient:
        """A further client, with its own session and its own sockets."""
        client = BlockingKernelClient()
        client.load_connection_info(self.manager.get_connection_info(session=False))
        client.start_channels(hb=False, **channels)
        self._clients.append(client)
        return client

    def ready(self, limit: float = LIMIT) -> "Kernel":
        self.client.wait_for_ready(timeout=limit)
        return self

    def processes(self) -> set[psutil.Process]:
        """Every process the kernel has been seen to have."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._known.update(self.process.children(recursive=True))
        return self._known

    def child(self) -> psutil.Process:
        """The language's own process, where the kernel has one, else the kernel's."""
        children = self.process.children(recursive=True)
        return children[-1] if children else self.process

    def wait_for_child(self, name: str, limit: float = LIMIT) -> None:
        """Wait until the kernel has a descendant that runs this program."""
        deadline = time.monotonic() + limit
        while name not in (p.info["name"] for p in psutil.process_iter(["name"]) if p in self.processes()):
            assert time.monotonic() < deadline, f"no process {name}"
            time.sleep(0.01)  # leave the processor to them

    # Requests

    def execute(self, code: str, client: BlockingKernelClient | None = None, **kw: Any) -> str:
        return (client or self.client).execute(code, **kw)

    def run(
        self,
        code: str,
        answers: list[str] | None = None,
        on_prompt: Callable[[Message], None] | None = None,
        limit: float = LIMIT,
        client: BlockingKernelClient | None = None,
        **kw: Any,
    ) -> Cell:
        """Run a cell to its reply and its idle, answering prompts in order."""
        client = client or self.client
        kw.setdefault("allow_stdin", answers is not None or on_prompt is not None)
        msg_id = client.execute(code, **kw)
        return self.collect(msg_id, answers, on_prompt, limit, client)

    def collect(
        self,
        msg_id: str,
        answers: list[str] | None = None,
        on_prompt: Callable[[Message], None] | None = None,
        limit: float = LIMIT,
        client: BlockingKernelClient | None = None,
        until: Callable[[Cell], bool] | None = None,
    ) -> Cell:
        """Gather what belongs to msg_id until reply and idle are both there, or
        until the condition holds."""
        client = client or self.client
        answers = list(answers or [])
        cell, idle = Cell(), False
        for channel, msg in self.messages(client, limit, f"reply and idle of {msg_id}", cell):
            if msg["parent_header"].get("msg_id") != msg_id:
                continue
            kind = msg["msg_type"]
            cell.order.append(kind)
            if channel == "stdin":
                cell.prompts.append(msg)
                if on_prompt is not None:
                    on_prompt(msg)
                elif answers:
                    client.input(answers.pop(0))
                elif until is None:
                    raise AssertionError(f"unexpected prompt: {msg['content']}")
            elif channel == "shell":
                cell.reply = msg
            elif kind == "status":
                idle = msg["content"]["execution_state"] == "idle"
            elif kind != "execute_input":
                cell.outputs.append(msg)
            if (cell.reply and idle) or (until is not None and until(cell)):
                return cell
        raise AssertionError("the kernel's messages ended")

    def messages(
        self,
        client: BlockingKernelClient,
        limit: float = LIMIT,
        what: str = "a message",
        got: object = None,
    ) -> Iterator[tuple[str, Message]]:
        """Every message on the client's sockets as it arrives. Fails when the
        limit is reached."""
        sockets = {
            client.stdin_channel.socket: "stdin",
            client.iopub_channel.socket: "iopub",
            client.shell_channel.socket: "shell",
        }
        poller = zmq.Poller()
        for socket in sockets:
            poller.register(socket, zmq.POLLIN)
        deadline = time.monotonic() + limit
        while (left := deadline - time.monotonic()) > 0:
            for socket, _ in poller.poll(left * 1000):
                yield sockets[socket], receive(client, socket)
        raise AssertionError(f"no {what} within {limit:.0f} s; so far: {got}")

    def request(self, msg_type: str, content: dict[str, Any] | None = None, limit: float = LIMIT) -> Message:
        """Send a request on control and return its reply."""
        client = self.client
        msg = client.session.msg(msg_type, content or {})
        client.control_channel.send(msg)
        poller = zmq.Poller()
        poller.register(client.control_channel.socket, zmq.POLLIN)
        deadline = time.monotonic() + limit
        while (left := deadline - time.monotonic()) > 0:
            for socket, _ in poller.poll(left * 1000):
                reply = receive(client, socket)
                if reply["parent_header"].get("msg_id") == msg["header"]["msg_id"]:
                    return reply
        raise AssertionError(f"no reply to {msg_type} within {limit:.0f} s")

    def prompt(self, code: str, limit: float = LIMIT) -> tuple[str, Message]:
        """Start a cell and wait until it asks; return its id and its request."""
        msg_id = self.execute(code, allow_stdin=True)
        cell = self.collect(msg_id, limit=limit, until=lambda c: bool(c.prompts))
        assert cell.prompts, f"the cell ended without asking: {cell}"
        return msg_id, cell.prompts[0]

    def started_printing(self, code: str, limit: float = LIMIT) -> str:
        """Start a cell and wait until it has printed something."""
        msg_id = self.execute(code)
        self.collect(msg_id, limit=limit, until=lambda c: bool(c.stdout))
        return msg_id

    def answer(self, text: str, parent: Message | None = None, client: BlockingKernelClient | None = None) -> None:
        """Answer a prompt, naming the request where parent is given."""
        client = client or self.client
        client.stdin_channel.send(client.session.msg("input_reply", {"value": text}, parent=parent))

    def interrupt(self) -> None:
        """As jupyter_client does: by message or signal, as the kernelspec says."""
        if self.manager.kernel_spec.interrupt_mode == "message":
            reply = self.request("interrupt_request")
            assert reply["content"]["status"] == "ok", reply
        else:
            self.manager.interrupt_kernel()

    def restart(self, now: bool = False) -> None:
        """As the front end's menu does: another process on the same connection."""
        self.processes()
        self.manager.restart_kernel(now=now)
        self.process = psutil.Process(self.manager.provisioner.pid)
        self._known.add(self.process)
        self.client.wait_for_ready(timeout=LIMIT)
        # The client connects its sockets again one by one, and takes what the old
        # kernel said last for a sign of the new one.
        deadline = time.monotonic() + LIMIT
        while True:
            with contextlib.suppress(AssertionError):
                self.collect(self.client.kernel_info(), limit=2)
                return
            assert time.monotonic() < deadline, "the client does not hear the new kernel"

    def quiet(self, client: BlockingKernelClient | None = None) -> None:
        """Fail if any message is waiting that belongs to no request of the test.

        A kernel_info round trip on control, which answers at its own pace, and one
        on shell come first: what was sent before them is here when their replies
        and idles are."""
        client = client or self.client
        asked = self.request("kernel_info_request")["parent_header"]["msg_id"]
        self.collect(asked, client=client, until=lambda cell: cell.order.count("status") == 2)
        msg_id = client.kernel_info()
        cell = self.collect(msg_id, client=client)
        assert cell.order.count("kernel_info_reply") == 1, cell.order
        for channel in (client.shell_channel, client.iopub_channel, client.stdin_channel):
            while channel.socket.poll(0):
                raise AssertionError(f"left over: {receive(client, channel.socket)}")

    # The end

    def shutdown(self, restart: bool = False, limit: float = LIMIT) -> Message:
        """Ask the kernel to end, and return its reply."""
        self.processes()
        return self.request("shutdown_request", {"restart": restart}, limit)

    def exit_status(self, limit: float = LIMIT) -> int:
        """Wait for the kernel's process to end by itself."""
        self.processes()
        popen: subprocess.Popen[bytes] = self.manager.provisioner.process
        return popen.wait(limit)

    def state(self) -> str:
        """Whether the kernel still runs, for a failure: one that was told to end
        answers what it has not begun as aborted."""
        popen: subprocess.Popen[bytes] = self.manager.provisioner.process
        with contextlib.suppress(subprocess.TimeoutExpired):
            return f"the kernel ended with status {popen.wait(5)}"
        return "the kernel runs"

    def leftovers(self, limit: float = LIMIT) -> list[str]:
        """The kernel's processes that are still alive when the limit is up."""
        deadline = time.monotonic() + limit
        found = []
        for p in self._known:
            with contextlib.suppress(psutil.NoSuchProcess):
                if not ended(p, max(0.0, deadline - time.monotonic())):
                    found.append(f"{p.pid} {p.name()} {p.cmdline()}")
        return found

    def close(self) -> None:
        """Free everything, whatever state it is in."""
        self.processes()
        for client in self._clients:
            client.stop_channels()
            # Not left to the garbage collector, which may wait for ever for
            # sockets that it has taken apart already.
            client.context.destroy(linger=0)
        # The end of the kernel ends R too, which then removes its temporary files.
        for p in (self.process, *self._known):
            with contextlib.suppress(psutil.NoSuchProcess):
                if p == self.process or not ended(p, 5):
                    p.kill()
        popen = self.manager.provisioner.process if self.manager.provisioner else None
        if popen is not None:
            popen.wait(LIMIT)
        self.manager.cleanup_resources()
        self.manager.context.destroy(linger=0)

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def receive(client: BlockingKernelClient, socket: zmq.Socket) -> Message:
    """One message; a wrong signature, a repeated one or bad JSON is an error."""
    _, frames = client.session.feed_identities(socket.recv_multipart())
    return client.session.deserialize(frames)


def ended(process: psutil.Process, limit: float) -> bool:
    """Whether the process ends (or is a zombie) within the limit."""
    deadline = time.monotonic() + limit
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
    return True


def hang_up(child: pexpect.spawn) -> None:
    """Close a program's terminal, as if its window were closed, and wait for its
    end. pexpect's own close() is an error if that takes half a second."""
    child.ptyproc.fileobj.close()
    deadline = time.monotonic() + LIMIT
    while child.isalive():
        if time.monotonic() > deadline:
            child.kill(signal.SIGKILL)
        time.sleep(0.01)
    child.close()


__all__ = ["KERNEL_NAME", "LIMIT", "Cell", "Kernel", "ended", "hang_up", "receive", "signal", "sys"]
