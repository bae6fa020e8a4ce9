"""Comms both ways, as a widget uses them: a model that R opens and shows, state
that the front end asks for and changes, binary buffers, and a comm that the
front end opens."""

from __future__ import annotations

import array

from kernels import Cell, Kernel

MODEL = r"""
slider <- getOption("jupyter.comm_manager")()$new_comm("jupyter.widget")
state <- list(`_model_name` = "IntSliderModel", `_model_module` = "@jupyter-widgets/controls",
              `_view_name` = "IntSliderView", value = 3L, description = "n: ä")
slider$on_msg(function(data, buffers) {
    if (data$method == "request_state")
        slider$send(list(method = "update", state = state, buffer_paths = list()))
    if (data$method == "update") {
        state[names(data$state)] <<- data$state
        cat("value is", state$value, "\n")
        slider$send(list(method = "echo_update", state = data$state, buffer_paths = list()))
    }
    if (data$method == "custom") {
        numbers <- readBin(buffers[[1]], "double", length(buffers[[1]]) %/% 8)
        slider$send(list(method = "custom", content = list(n = length(numbers))),
                    list(writeBin(rev(numbers), raw())))
    }
})
slider$open(list(state = state, buffer_paths = list()), metadata = list(version = "2.1.0"))
IRdisplay::publish_mimebundle(list(
    "text/plain" = "a slider",
    "application/vnd.jupyter.widget-view+json" =
        list(version_major = 2L, version_minor = 0L, model_id = slider$id)))
"""


def send(kernel: Kernel, kind: str, content: dict, buffers: list[bytes] | None = None, metadata: dict | None = None) -> Cell:
    """Send a comm message and gather what comes until it was handled."""
    client = kernel.client
    msg = client.session.msg(kind, content, metadata=metadata)
    client.session.send(client.shell_channel.socket, msg, buffers=buffers)
    return kernel.collect(msg["header"]["msg_id"], until=lambda cell: cell.order.count("status") == 2)


def comm(cell: Cell, kind: str) -> dict:
    found = [m for m in cell.outputs if m["msg_type"] == kind]
    assert len(found) == 1, f"want one {kind}, got {cell.outputs}"
    return found[0]


def test_a_widget_of_r(kernel: Kernel) -> None:
    cell = kernel.run(MODEL)
    assert cell.status == "ok", cell
    opened = comm(cell, "comm_open")
    model_id = opened["content"]["comm_id"]
    assert opened["metadata"] == {"version": "2.1.0"}
    assert opened["content"]["target_name"] == "jupyter.widget"
    assert opened["content"]["data"]["state"]["description"] == "n: ä"
    view = cell.data("display_data")[0]["application/vnd.jupyter.widget-view+json"]
    assert view == {"version_major": 2, "version_minor": 0, "model_id": model_id}

    # A page that is loaded again asks which comms there are, and for their state.
    client = kernel.client
    msg = client.session.msg("comm_info_request", {"target_name": "jupyter.widget"})
    client.shell_channel.send(msg)
    reply = kernel.collect(msg["header"]["msg_id"]).reply["content"]
    assert reply["comms"] == {model_id: {"target_name": "jupyter.widget"}}
    cell = send(kernel, "comm_msg", {"comm_id": model_id, "data": {"method": "request_state"}})
    assert comm(cell, "comm_msg")["content"]["data"]["state"]["value"] == 3

    # The user moves it: R hears of it, and what its handler prints is shown.
    update = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
    cell = send(kernel, "comm_msg", {"comm_id": model_id, "data": update})
    assert cell.stdout == "value is 7 \n"
    assert comm(cell, "comm_msg")["content"]["data"]["method"] == "echo_update"
    assert kernel.run("state$value").text == "[1] 7"

    # Binary data both ways, unchanged.
    numbers = array.array("d", range(100_000))
    cell = send(kernel, "comm_msg", {"comm_id": model_id, "data": {"method": "custom"}}, [numbers.tobytes()])
    answer = comm(cell, "comm_msg")
    assert answer["content"]["data"]["content"] == {"n": len(numbers)}
    back = array.array("d", bytes(answer["buffers"][0]))
    assert back == numbers[::-1]

    cell = kernel.run("slider$close()")
    assert comm(cell, "comm_close")["content"]["comm_id"] == model_id


def test_a_comm_of_the_front_end(kernel: Kernel) -> None:
    kernel.run(
        """getOption("jupyter.comm_manager")()$register_target("sum", function(comm, data) {
    comm$send(list(sum = sum(data$numbers)))
    comm$close(list(reason = "done"))
})"""
    )
    cell = send(kernel, "comm_open", {"comm_id": "c1", "target_name": "sum", "data": {"numbers": [1, 2.5, 3]}})
    assert comm(cell, "comm_msg")["content"] == {"comm_id": "c1", "data": {"sum": 6.5}}
    assert comm(cell, "comm_close")["content"] == {"comm_id": "c1", "data": {"reason": "done"}}
    # Nobody knows this target, nor this comm.
    cell = send(kernel, "comm_open", {"comm_id": "c2", "target_name": "nobody", "data": {}})
    assert comm(cell, "comm_close")["content"]["comm_id"] == "c2"
    cell = send(kernel, "comm_msg", {"comm_id": "c2", "data": {}})
    assert cell.outputs == []
    assert kernel.run("1 + 1").text == "[1] 2"
