"""A hundred rounds of prompts, answers, interrupts and late answers at random
moments. Each round must have its right result, whatever went on before it."""

from __future__ import annotations

import os
import random
import threading

import pytest

from kernels import LIMIT, Kernel

ROUNDS = int(os.environ.get("STORM_ROUNDS", 100))
SEED = int(os.environ.get("STORM_SEED", random.SystemRandom().randrange(1 << 32)))


class Storm:
    def __init__(self, kernel: Kernel, seed: int) -> None:
        self.kernel = kernel
        self.random = random.Random(seed)
        self.other = kernel.connect()
        self.other.wait_for_ready(timeout=LIMIT)
        self.unanswered: list[dict] = []  # requests whose wait is over

    def soon(self, action, *args) -> threading.Timer:
        """Do something at a random moment of the next few milliseconds."""
        timer = threading.Timer(self.random.choice([0, 0.0005, 0.002, 0.01, 0.03]), action, args)
        timer.start()
        return timer

    def ask(self, n: int):
        return self.kernel.prompt(f"got <- '{n} none'; got <- readline('{n}? '); got")

    def answered(self, n: int) -> None:
        """A prompt and its answer."""
        msg_id, request = self.ask(n)
        assert request["content"]["prompt"] == f"{n}? "
        self.kernel.answer(f"{n} answer", parent=request)
        self.result(msg_id, f"{n} answer")

    def answered_unparented(self, n: int) -> None:
        """As the blocking client answers: with an empty parent_header."""
        msg_id, _ = self.ask(n)
        self.kernel.client.input(f"{n} answer")
        self.result(msg_id, f"{n} answer")

    def late(self, n: int) -> None:
        """Answers to prompts that are over, and one from a client nobody asked,
        before the right one."""
        msg_id, request = self.ask(n)
        for old in self.unanswered:
            self.kernel.answer("late", parent=old)
        self.kernel.answer("foreign", client=self.other)
        self.kernel.answer("foreign", parent=request, client=self.other)
        self.kernel.answer(f"{n} answer", parent=request)
        self.result(msg_id, f"{n} answer")

    def interrupted(self, n: int) -> None:
        """A prompt that is interrupted instead; its answer comes too late."""
        msg_id, request = self.ask(n)
        self.kernel.interrupt()
        cell = self.kernel.collect(msg_id)
        assert cell.status == "error", cell
        self.late_answer(n, request)

    def raced(self, n: int) -> None:
        """Answer and interrupt at about the same moment: one of them wins, and
        the cell knows which."""
        msg_id, request = self.ask(n)
        timer = self.soon(self.kernel.answer, f"{n} answer", request)
        if self.random.random() < 0.5:
            timer.join()
        self.kernel.interrupt()
        timer.join()  # collect reads the socket that the answer is sent on: not at once
        cell = self.kernel.collect(msg_id)
        if cell.status == "ok":
            assert f'"{n} answer"' in cell.text, cell
            self.stored(n, f"{n} answer")
        else:
            # Interrupted in the prompt, or after it in what was left to do.
            assert cell.status == "error", cell
            assert self.value() in (f"{n} none", f"{n} answer")
            self.unanswered.append(request)

    def interrupted_early(self, n: int) -> None:
        """An interrupt that may come before, in or after the cell."""
        self.kernel.run("before <- after <- 'unset'")
        code = f"before <- '{n}'; Sys.sleep({self.random.choice([0, 0.001, 0.01])}); after <- '{n}'"
        msg_id = self.kernel.execute(code)
        self.soon(lambda: None).join()
        self.kernel.interrupt()
        cell = self.kernel.collect(msg_id)
        before, after = (self.kernel.run(f"cat({v})").stdout for v in ("before", "after"))
        if cell.status == "ok":
            assert (before, after) == (str(n), str(n)), (before, after)
        else:
            assert before in (str(n), "unset")

    def computed(self, n: int) -> None:
        cell = self.kernel.run(f"cat({n} * 2); {n} + 1")
        assert cell.stdout.startswith(str(n * 2)) and f"[1] {n + 1}" in cell.text

    def many_prompts(self, n: int) -> None:
        """Several prompts in one cell, old answers among the right ones."""
        code = "paste(vapply(1:5, function(i) readline(paste0(i, '? ')), ''), collapse = ' ')"

        def answer(request: dict) -> None:
            for old in self.unanswered[-3:]:
                self.kernel.answer("late", parent=old)
            self.kernel.answer(f"{n}-{request['content']['prompt'][0]}", parent=request)
            self.unanswered.append(request)

        cell = self.kernel.run(code, on_prompt=answer)
        assert '"' + " ".join(f"{n}-{i}" for i in range(1, 6)) + '"' in cell.text, cell

    def result(self, msg_id: str, want: str) -> None:
        cell = self.kernel.collect(msg_id)
        assert cell.status == "ok" and f'"{want}"' in cell.text, cell

    def value(self) -> str:
        return self.kernel.run("cat(got)").stdout

    def stored(self, n: int, want: str) -> None:
        assert self.value() == want

    def late_answer(self, n: int, request: dict) -> None:
        self.stored(n, f"{n} none")
        self.unanswered.append(request)
        # Nobody waits now. The cell makes sure that the kernel has had it
        # before a later prompt could take it for its own.
        self.kernel.answer("late", parent=request)
        self.kernel.client.input("late and unparented")
        for _ in range(3):
            self.computed(n)


@pytest.mark.timeout(600)
def test_storm():
    print(f"STORM_SEED={SEED}")
    with Kernel() as kernel:
        storm = Storm(kernel.ready(), SEED)
        kinds = [
            storm.answered,
            storm.answered_unparented,
            storm.late,
            storm.interrupted,
            storm.raced,
            storm.interrupted_early,
            storm.computed,
            storm.many_prompts,
        ]
        for n in range(ROUNDS):
            kind = storm.random.choice(kinds)
            try:
                kind(n)
            except AssertionError as err:
                raise AssertionError(
                    f"round {n}, {kind.__name__}, STORM_SEED={SEED}, {kernel.state()}: {err}"
                ) from err
        kernel.quiet()
