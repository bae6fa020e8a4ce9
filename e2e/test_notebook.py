"""nbclient executes a real notebook, and nbformat finds the result valid."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from kernels import KERNEL_NAME, LIMIT

#: For a cell, for a kernel, and for output that comes after a cell's reply: 4 s
#: without this, and then it is lost.
WAITS = {"timeout": LIMIT, "startup_timeout": LIMIT, "iopub_timeout": LIMIT}

TOUR = Path(__file__).parent / "notebooks" / "tour.ipynb"


@pytest.fixture(scope="module")
def tour() -> dict[str, nbformat.NotebookNode]:
    """The tour's code cells by their ids, after a run from top to bottom."""
    notebook = nbformat.read(TOUR, as_version=4)
    NotebookClient(notebook, kernel_name=KERNEL_NAME, **WAITS).execute()
    nbformat.validate(notebook)
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def only(cell: nbformat.NotebookNode, output_type: str) -> nbformat.NotebookNode:
    """The cell's single output, which must be of this type."""
    assert [o.output_type for o in cell.outputs] == [output_type], cell.outputs
    return cell.outputs[0]


def test_text_is_a_stream(tour):
    out = only(tour["text"], "stream")
    assert (out.name, out.text) == ("stdout", "Ada Lovelace was born in 1815.\n")


def test_value_is_a_result(tour):
    out = only(tour["value"], "execute_result")
    assert out.data["text/plain"] == "[1] 55"
    assert out.execution_count == tour["value"].execution_count


def test_warning_goes_to_stderr(tour):
    outputs = tour["warning"].outputs
    stderr = "".join(o.text for o in outputs if o.get("name") == "stderr")
    assert "NaNs produced" in stderr


def test_table_is_text_and_html(tour):
    data = only(tour["table"], "execute_result").data
    assert data["text/plain"].splitlines()[0].split() == ["name", "born"]
    assert "<table" in data["text/html"]
    assert "Grace &lt;Hopper&gt;" in data["text/html"], "text from the data must be escaped"


def test_plot_is_a_png(tour):
    out = only(tour["plot"], "display_data")
    png = base64.b64decode(out.data["image/png"])
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width >= 400 and height >= 300, (width, height)


def test_error_ends_its_cell_only(tour):
    assert tour["error"].metadata.tags == ["raises-exception"]
    kinds = [o.output_type for o in tour["error"].outputs]
    assert kinds == ["stream", "error"], kinds
    error = tour["error"].outputs[-1]
    assert error.ename and "negative" in error.evalue
    assert "half(-1)" in "\n".join(error.traceback)
    assert only(tour["after"], "execute_result").data["text/plain"] == "[1] 4"


def test_error_stops_the_run():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(c) for c in ("x <- 1", "stop('halt here')", "x <- 2")]
    )
    with pytest.raises(CellExecutionError, match="halt here"):
        NotebookClient(notebook, kernel_name=KERNEL_NAME, **WAITS).execute()
    nbformat.validate(notebook)
    assert notebook.cells[2].execution_count is None


def test_error_may_be_allowed():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(c) for c in ("x <- 1", "stop('go on')", "x + 1")]
    )
    NotebookClient(notebook, kernel_name=KERNEL_NAME, **WAITS, allow_errors=True).execute()
    nbformat.validate(notebook)
    assert only(notebook.cells[2], "execute_result").data["text/plain"] == "[1] 2"


def test_prompt_without_a_user_is_an_error():
    """nbclient sets allow_stdin to false: readline must fail, not hang."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("readline('who? ')")])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, kernel_name=KERNEL_NAME, **WAITS).execute()
