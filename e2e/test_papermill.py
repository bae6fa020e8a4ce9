"""papermill runs a notebook with parameters, as pipelines do."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

from kernels import KERNEL_NAME, LIMIT


def notebook(path: Path, *cells: str) -> Path:
    """A notebook whose first cell holds the parameters' defaults."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    book.cells[0].metadata["tags"] = ["parameters"]
    book.metadata["kernelspec"] = {"name": KERNEL_NAME, "display_name": KERNEL_NAME, "language": "R"}
    nbformat.write(book, path)
    return path


def run(tmp_path: Path, *cells: str, **parameters: object) -> nbformat.NotebookNode:
    given, done = notebook(tmp_path / "in.ipynb", *cells), tmp_path / "out.ipynb"
    # Without iopub_timeout output that comes 4 s after the reply is an error.
    waits = {"start_timeout": LIMIT, "iopub_timeout": LIMIT}
    papermill.execute_notebook(given, done, parameters=parameters, progress_bar=False, **waits)
    book = nbformat.read(done, as_version=4)
    nbformat.validate(book)
    return book


def test_parameters_reach_r(tmp_path):
    """papermill writes them as R code, and the kernel's name says for which language."""
    book = run(
        tmp_path,
        "n <- 1; name <- ''; flags <- list()",
        "cat(n, name, flags$deep, sum(unlist(flags$of)), '\\n')",
        n=42,
        name="Ada's \"engine\"",
        flags={"deep": True, "of": [1, 2, 3.5]},
    )
    (out,) = book.cells[-1].outputs
    assert out.text == "42 Ada's \"engine\" TRUE 6.5 \n"


def test_everything_printed_is_in_the_notebook(tmp_path):
    """papermill loses text of kernels that send more messages than fit its queue."""
    book = run(tmp_path, "n <- 1", "for (i in 1:n) cat(i, '\\n', sep = '')", n=20_000)
    text = "".join(o.text for o in book.cells[-1].outputs)
    assert text == "".join(f"{i}\n" for i in range(1, 20_001))


def test_an_error_stops_the_run_and_is_kept(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="halt here"):
        run(tmp_path, "x <- 1", "stop('halt here')", "x <- 2")
    book = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    failed = [c for c in book.cells if any(o.output_type == "error" for o in c.get("outputs", []))]
    assert len(failed) == 1 and book.cells[-1].execution_count is None
