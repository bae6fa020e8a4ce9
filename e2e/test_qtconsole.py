"""qtconsole: its kernel client, and the console itself on a screen in memory."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qtconsole.manager import QtKernelManager  # noqa: E402: the platform comes first
from qtconsole.rich_jupyter_widget import RichJupyterWidget  # noqa: E402
from qtpy.QtCore import Qt  # noqa: E402
from qtpy.QtTest import QTest  # noqa: E402
from qtpy.QtWidgets import QApplication  # noqa: E402

from kernels import KERNEL_NAME, LIMIT  # noqa: E402

# Python frees objects that refer to each other in whichever thread happens to look for
# them, and Qt crashes if that is one of the client's. So they are freed in console().
gc.disable()


class Console:
    """qtconsole's widget with a kernel of its own."""

    def __init__(self) -> None:
        self.app = QApplication.instance() or QApplication([])
        self.manager = QtKernelManager(kernel_name=KERNEL_NAME, autorestart=False)
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.hb_channel.time_to_dead = LIMIT  # 3 s: a busy machine's kernels are "dead"
        self.client.start_channels()
        self.widget = RichJupyterWidget()
        self.widget.kernel_manager = self.manager
        self.widget.kernel_client = self.client
        self.widget.show()

    @property
    def text(self) -> str:
        return self.widget._control.toPlainText().replace("\u2029", "\n")

    def until(self, what: Callable[[], bool]) -> None:
        """Let Qt work until something has come true."""
        deadline = time.monotonic() + LIMIT
        while not what():
            assert time.monotonic() < deadline, self.text
            QTest.qWait(5)

    def prompts(self, n: int) -> None:
        """Wait for the n-th input prompt, which comes when a cell has ended."""
        self.until(lambda: f"In [{n}]:" in self.text and not self.widget._executing)

    def hears(self) -> None:
        """Wait until the console hears the kernel on IOPub: the sockets connect one by
        one, and it takes a kernel that says "starting" during a cell for a dead one."""
        asked: list[str] = []
        heard: list[str] = []
        due = 0.0

        def seen() -> bool:
            nonlocal due
            if time.monotonic() >= due:
                asked.append(self.client.kernel_info())
                due = time.monotonic() + 1
            return any(msg_id in asked for msg_id in heard)

        def hear(msg: dict) -> None:
            heard.append(msg["parent_header"].get("msg_id"))

        self.client.iopub_channel.message_received.connect(hear)
        self.until(seen)
        self.client.iopub_channel.message_received.disconnect(hear)

    def type(self, keys: str) -> None:
        QTest.keyClicks(self.widget._control, keys)

    def enter(self, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.widget._control, Qt.Key.Key_Return, modifier)

    def run(self, code: str) -> None:
        self.widget.execute(code)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.widget.close()
        self.client.context.destroy(linger=0)


@pytest.fixture
def console() -> Iterator[Console]:
    gc.collect()  # the consoles before
    c = Console()
    try:
        c.prompts(1)
        c.hears()
        yield c
    finally:
        c.close()


def test_a_session(console):
    assert "Jupyter QtConsole" in console.text and "(/" in console.text, "the banner"
    console.type("6 * 7")
    console.enter()
    console.prompts(2)
    assert "Out[1]: [1] 42" in console.text
    console.run("cat('text\\n'); plot(1:3); stop('no such luck')")
    console.prompts(3)
    assert "text\n" in console.text and "no such luck" in console.text
    assert "\ufffc" in console.text, "the plot is an object in the text"


def test_a_question_is_answered_at_the_keyboard(console):
    console.run("cat('got', readline('who? '), '\\n')")
    console.until(lambda: console.widget._reading)
    assert "who? " in console.text
    console.type("Ada")
    console.enter()
    console.prompts(2)
    assert "got Ada" in console.text


def test_an_interrupt_ends_the_cell(console):
    console.run("cat('on\\n'); while (TRUE) {}")
    console.until(lambda: "on\n" in console.text)
    console.widget.interrupt_kernel()
    console.prompts(2)
    console.run("1 + 1")
    console.prompts(3)
    assert "[1] 2" in console.text


def test_incomplete_code_gets_another_line(console):
    console.type("f <- function(x) {")
    console.enter()
    console.until(lambda: "...:" in console.text)
    console.type("x * 2 }")
    console.enter()
    console.until(lambda: console.text.count("...:") > 1 or "In [2]:" in console.text)
    if "In [2]:" not in console.text:  # it runs at an empty line
        console.enter()
    console.prompts(2)
    console.run("f(21)")
    console.prompts(3)
    assert "[1] 42" in console.text


def test_completion(console):
    console.run("1 + 1")  # before R has started nothing is completed
    console.prompts(2)
    console.type("seq_alo")
    QTest.keyClick(console.widget._control, Qt.Key.Key_Tab)
    console.until(lambda: "seq_along" in console.text)


def test_restart(console):
    console.run("x <- 1")
    console.prompts(2)
    console.widget.confirm_restart = False
    console.widget.restart_kernel("Restart?")
    console.until(lambda: "Restarting kernel" in console.text)
    console.hears()
    console.run("exists('x')")
    console.until(lambda: "FALSE" in console.text)
