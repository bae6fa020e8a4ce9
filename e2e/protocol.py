"""Every message that a client of this process receives or sends is compared with
the protocol, whichever client it is: blocking, asynchronous, threaded, nbclient's.
Those of front ends in other processes pass tap.py.

Three judges: the schema of this project, kernel/kerneltest/messages.schema.json,
which is strict and knows every type; Jupyter's own, which comes with
jupyter_kernel_test and ends at protocol 5.1; and nbformat, for what becomes an
output in a notebook. What they find is collected and fails the test in which it
was received.
"""

from __future__ import annotations

import datetime
import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import nbformat
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from jupyter_kernel_test import msgspec_v5

SCHEMA = Path(__file__).resolve().parent.parent / "kernel" / "kerneltest" / "messages.schema.json"
DEFINITIONS: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]

#: Jupyter's own schema wants a number for input_request's password, which the
#: protocol says is a bool.
KNOWN_TO_JUPYTER = msgspec_v5.schema_fragments.keys() - {"input_request"}

Message = dict[str, Any]

#: What was wrong in the messages so far.
faults: list[str] = []


@functools.cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS})


def on_the_wire(header: Message) -> Message:
    """The header as it was sent: the session has made a datetime of its date."""
    date = header.get("date")
    return header | {"date": date.isoformat()} if isinstance(date, datetime.datetime) else header


def check(msg: Message, channel: str | None = None) -> None:
    """Raise if the message, sent on channel, is not what the protocol says."""
    kind, content = msg["header"]["msg_type"], msg["content"]
    validator("message").validate(
        {
            "header": on_the_wire(msg["header"]),
            "parent_header": on_the_wire(msg["parent_header"]),
            "metadata": msg["metadata"],
            "content": content,
        }
    )
    failed = kind.endswith("_reply") and content.get("status") == "error"
    if "x-channels" not in DEFINITIONS.get(kind, {}):
        assert failed, f"the protocol has no message of type {kind}"
    validator(kind if "x-channels" in DEFINITIONS.get(kind, {}) else "failure").validate(content)
    if channel is not None and not failed:
        assert channel in DEFINITIONS[kind]["x-channels"], f"{kind} does not belong on {channel}"
    if kind in KNOWN_TO_JUPYTER and content.get("status") != "aborted":  # a word it lacks
        msgspec_v5.validate_message(msg)
    if kind in ("execute_result", "stream", "display_data", "error"):
        nbformat.validate(nbformat.v4.output_from_msg(msg), ref="output", version=4)


def watch() -> None:
    """Compare every message that any session of this process puts together or
    takes apart."""
    serialize, deserialize = Session.serialize, Session.deserialize

    def look(direction: str, msg: Message) -> None:
        try:
            check(msg)
        except Exception as err:  # noqa: BLE001: whatever a judge says, the test shall say it
            faults.append(f"{direction} {msg['header'].get('msg_type')} {str(msg['content'])[:300]}: {err}")

    @functools.wraps(deserialize)
    def taken_apart(self: Session, *args: Any, **kw: Any) -> Message:
        msg = deserialize(self, *args, **kw)
        look("received", msg)
        return msg

    @functools.wraps(serialize)
    def put_together(self: Session, msg: Message, *args: Any, **kw: Any) -> list[bytes]:
        look("sent", json.loads(json.dumps(msg, default=json_default)))
        return serialize(self, msg, *args, **kw)

    Session.serialize, Session.deserialize = put_together, taken_apart
