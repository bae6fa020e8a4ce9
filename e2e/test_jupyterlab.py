"""JupyterLab itself, in Chromium without a window: a person's notebook, cell by
cell, judged by what is on the page."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from kernels import LIMIT
from test_jupyterlab_services import address

#: Longest wait for anything on the page, in milliseconds: on a busy machine
#: JupyterLab itself takes many seconds to load.
PATIENCE = 90_000

WIDGET = """manager <- getOption("jupyter.comm_manager")()
open <- function(model, module, view = model, ..., id = NULL) {
    comm <- manager$new_comm("jupyter.widget")
    state <- c(list(`_model_module` = module, `_model_module_version` = "2.0.0", `_model_name` = model,
                    `_view_module` = module, `_view_module_version` = "2.0.0", `_view_name` = view), list(...))
    comm$open(list(state = state, buffer_paths = list()), metadata = list(version = "2.1.0"))
    comm
}
model <- function(comm) paste0("IPY_MODEL_", comm$id)
controls <- "@jupyter-widgets/controls"
layout <- open("LayoutModel", "@jupyter-widgets/base", "LayoutView")
style <- open("ButtonStyleModel", controls, "StyleView")
button <- open("ButtonModel", controls, "ButtonView", layout = model(layout), style = model(style),
               description = "press", button_style = "", icon = "", tooltip = "", disabled = FALSE)
button$on_msg(function(data) {
    if (identical(data$content$event, "click"))
        button$send(list(method = "update", state = list(description = "pressed"), buffer_paths = list()))
})
getOption("jupyter.base_display_func")(list("text/plain" = "a button",
    "application/vnd.jupyter.widget-view+json" = list(version_major = 2L, version_minor = 0L, model_id = button$id)))"""

PAGES = """page <- function(body) {
    writeLines(c("<!DOCTYPE html>", body), file <- tempfile(fileext = ".html"))
    getOption("viewer")(file)
}
page("<body style='margin:0'><div></div><script>setTimeout(function () {
    document.querySelector('div').style.height = '600px' }, 50)</script></body>")
page("<body style='margin:0'><div style='position:absolute;inset:0'>it fills its frame</div></body>")
page("<body style='margin:0'><div style='height:90px'>it is low</div></body>")"""

DEBUGGED = """f <- function(n) {
  m <- n * 2
  m + 1
}
f(20)"""

WARNS = """g <- function(x) {
  log(x)
}
g(-1)"""

HELPERS = """twice <- function(x) {
  y <- 2 * x
  y
}
"""

CELLS = [
    "plot(cars); cbind(head(mtcars, 3), price = '$1 to $2')\n"
    "getOption('jupyter.base_display_func')(list('text/html' = '$x^2$'))",
    "abline(h = 40); cat('added\\n')",
    "f <- function(n) { while (file.exists('hold')) Sys.sleep(0.01); stop('no <b>', n) }\nf(7)",
    "?median",
    "name <- readline('Who are you? ')\ncat('Hello,', name)",
    "cat('begun\\n'); while (TRUE) {}",
    WIDGET,
    PAGES,
    "mean.de",
    DEBUGGED,
    WARNS,
    "source('helpers.R'); twice(21)",
]


@pytest.fixture
def patient_completer() -> None:
    """As it comes, JupyterLab waits a second for completions, and then shows none."""
    folder = Path.home() / ".jupyter/lab/user-settings/@jupyterlab/completer-extension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manager.jupyterlab-settings").write_text(json.dumps({"providerTimeout": PATIENCE}))


@pytest.fixture
def page(tmp_path: Path, tapped: str, patient_completer: None) -> Iterator[Page]:
    """A page with the notebook, in a JupyterLab of its own."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "chromium is missing; `make test` installs it"
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": code, "outputs": [], "execution_count": None}
        for i, code in enumerate(CELLS)
    ]
    metadata = {"kernelspec": {"name": tapped, "display_name": "R", "language": "R"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (tmp_path / "helpers.R").write_text(HELPERS)
    token = secrets.token_hex(16)
    log = (tmp_path / "lab.log").open("w+", encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    command += [f"--ServerApp.root_dir={tmp_path}", f"--IdentityProvider.token={token}", "--LabApp.news_url="]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        url = address(process, Path(log.name), PATIENCE / 1000)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE)
            page = browser.new_page(viewport={"width": 1300, "height": 2000})
            page.set_default_timeout(PATIENCE)
            expect.set_options(timeout=PATIENCE)
            page.goto(f"{url}lab/tree/a.ipynb?token={token}")
            yield page
            browser.close()
    finally:
        process.terminate()
        process.wait(LIMIT)
        log.seek(0)
        print(log.read())  # shown if the test fails


def cell(page: Page, index: int) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell").nth(index)


def start(page: Page, index: int) -> Locator:
    """Run a cell by its keys. Returns its output area."""
    one = cell(page, index)
    for _ in range(PATIENCE // 15_000):
        one.locator(".cm-content").click()
        expect(one.locator(".cm-editor")).to_have_class(re.compile("cm-focused"))  # or the keys go elsewhere
        page.keyboard.press("Control+Enter")
        # A page that is still loading is deaf to keys; else the cell is marked at once.
        with contextlib.suppress(AssertionError):
            expect(one.locator(".jp-InputPrompt")).not_to_have_text("[ ]:", timeout=15_000)
            return one.locator(".jp-OutputArea").first
    raise AssertionError(f"cell {index} does not run")


def run(page: Page, index: int) -> Locator:
    """Run a cell until it has a number."""
    out = start(page, index)
    ended(page, index)
    return out


def ended(page: Page, index: int) -> None:
    expect(cell(page, index).locator(".jp-InputPrompt")).to_have_text(f"[{index + 1}]:")


def executed(tmp_path: Path) -> int:
    """How many cells the front end has sent so far, as the tap has seen."""
    return (tmp_path / "tap.txt").read_text(encoding="utf-8").count("shell sent execute_request\n")


@pytest.mark.timeout(600)
def test_a_notebook_in_the_browser(page: Page, tmp_path: Path) -> None:
    expect(page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).to_be_visible()
    expect(page.locator(".jp-Toolbar-kernelName, .jp-KernelName").first).to_contain_text("Adrastea")

    # A plot, at its logical size, a table, in which a dollar is a dollar, and mathematics.
    out = run(page, 0)
    image = out.locator("img")
    expect(image).to_have_count(1)
    expect(image).to_have_js_property("naturalWidth", 1008)  # it is loaded
    assert image.evaluate("i => [i.width, i.height, i.naturalWidth]") == [504, 504, 1008]
    before = image.get_attribute("src")
    expect(out.locator("table.dataframe th").filter(has_text="Mazda RX4 Wag")).to_be_visible()
    expect(out.locator("mjx-container")).to_have_count(1)
    expect(out.locator("table.dataframe td").filter(has_text="$1 to $2")).to_have_count(3)

    # An addition from the next cell changes the plot in its place.
    expect(run(page, 1)).to_contain_text("added")
    expect(image).not_to_have_attribute("src", before)

    # An error, escaped; a help page; a question.
    expect(run(page, 2)).to_contain_text("Error in f(7) : no <b>7")
    expect(run(page, 3)).to_contain_text("Compute the sample median.")
    out = start(page, 4)
    box = page.locator(".jp-Stdin-input")
    expect(out).to_contain_text("Who are you?")
    box.fill("Ada")
    box.press("Enter")
    ended(page, 4)
    expect(out).to_contain_text("Hello, Ada")

    # An interrupt, by the keys I, I.
    out = start(page, 5)
    expect(out).to_contain_text("begun")
    page.keyboard.press("Escape")
    for attempt in range(6):  # to JupyterLab two keys are one only within a second
        page.keyboard.press("i")
        page.keyboard.press("i")
        with contextlib.suppress(AssertionError):
            expect(cell(page, 5).locator(".jp-InputPrompt")).to_have_text("[6]:", timeout=PATIENCE / 6)
            break
    ended(page, 5)
    expect(out).to_contain_text("Interrupted")

    # A widget whose model is in R: a press goes to R and its answer comes back.
    out = run(page, 6)
    out.get_by_role("button", name="press").click()
    expect(out.get_by_role("button", name="pressed")).to_be_visible()

    # Pages, as those of htmlwidgets, in frames of the height that they need.
    frames = run(page, 7).locator("iframe")
    for i, height in enumerate((600, 420, 90)):
        expect(frames.nth(i)).to_have_css("height", f"{height}px")

    # Completion.
    cell(page, 8).locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer-item").filter(has_text="mean.default")).to_be_visible()
    page.keyboard.press("Enter")
    expect(cell(page, 8).locator(".cm-content")).to_have_text(re.compile("^mean[.]d(efault|ifftime)$"))

    # All cells from the one that fails on, which JupyterLab sends one by one: none
    # of the others runs.
    (tmp_path / "hold").touch()
    sent = executed(tmp_path)
    cell(page, 2).locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item", has_text="Run Selected Cell and All Below").click()
    deadline = time.monotonic() + PATIENCE / 1000
    while executed(tmp_path) < sent + len(CELLS) - 2:
        assert time.monotonic() < deadline, "not all cells are sent"
        page.wait_for_timeout(10)
    (tmp_path / "hold").unlink()
    expect(cell(page, 2).locator(".jp-InputPrompt")).to_have_text("[9]:")
    for i in range(3, len(CELLS)):
        expect(cell(page, i).locator(".jp-InputPrompt")).to_have_text("[ ]:")

    # A breakpoint: the cell stops there, the variables are shown, and it goes on.
    debugged = cell(page, 9)
    debugged.locator(".cm-content").click()
    bug = page.locator(".jp-DebuggerBugButton")
    bug.click()
    expect(bug).to_have_attribute("aria-pressed", "true")
    debugged.locator(".cm-breakpoint-gutter .cm-gutterElement").nth(3).click()
    expect(page.locator(".jp-DebuggerBreakpoint")).to_have_count(1)
    out = start(page, 9)
    expect(page.locator(".jp-DebuggerVariables")).to_contain_text(re.compile(r"m\s*40"))
    expect(debugged.locator(".jp-DebuggerEditor-highlight")).to_have_text("  m + 1")
    expect(page.locator(".jp-DebuggerCallstack")).to_contain_text("top level")
    page.keyboard.press("F9")
    ended(page, 9)
    expect(out).to_contain_text("[1] 41")

    # And where a warning comes from, if it is asked for.
    page.locator(".jp-PauseOnExceptions").click()
    page.locator(".jp-PauseOnExceptions-menu .lm-Menu-item", has_text="warning").click()
    warns = cell(page, 10)
    out = start(page, 10)
    expect(warns.locator(".jp-DebuggerEditor-highlight")).to_have_text("  log(x)")
    expect(page.locator(".jp-DebuggerVariables")).to_contain_text(re.compile(r"x\s*-1"))
    page.keyboard.press("F9")
    ended(page, 10)
    expect(out).to_contain_text("NaNs produced")

    # A file that was sourced is listed by a debugger that begins, and can be stopped in.
    run(page, 11)
    bug.click()
    expect(bug).to_have_attribute("aria-pressed", "false")
    source = page.locator(".jp-DebuggerKernelSource-source", has_text="helpers.R")
    for attempt in range(6):  # JupyterLab drops a click that comes before it has done the last one
        if bug.get_attribute("aria-pressed") == "false":
            bug.click()
        with contextlib.suppress(AssertionError):
            expect(source).to_be_visible(timeout=PATIENCE / 6)
            break
    source.click()
    file = page.locator(".jp-MainAreaWidget:not(.lm-mod-hidden) .cm-editor", has_text="y <- 2 * x")
    point = page.locator(".jp-DebuggerBreakpoint", has_text="helpers.R")
    for attempt in range(6):  # nor does a viewer hear one before it is ready
        file.locator(".cm-breakpoint-gutter .cm-gutterElement").nth(3).click()
        with contextlib.suppress(AssertionError):
            expect(point).to_have_count(1, timeout=PATIENCE / 6)
            break
    page.locator(".lm-TabBar-tabLabel", has_text="a.ipynb").first.click()
    out = start(page, 11)
    expect(file.locator(".jp-DebuggerEditor-highlight")).to_have_text("  y")
    expect(page.locator(".jp-DebuggerVariables")).to_contain_text(re.compile(r"y\s*42"))
    page.keyboard.press("F9")
    page.locator(".lm-TabBar-tabLabel", has_text="a.ipynb").first.click()
    expect(cell(page, 11).locator(".jp-InputPrompt")).to_have_text("[13]:")
    expect(out).to_contain_text("[1] 42")
