"""A libzmq peer for the tests: reads commands, one JSON object a line, and
answers each with one line. Frames are base64."""

import base64
import json
import sys

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

context = zmq.Context()
sockets = {}

OPTIONS = {
    "identity": zmq.IDENTITY,
    "subscribe": zmq.SUBSCRIBE,
    "plain_server": zmq.PLAIN_SERVER,
    "plain_username": zmq.PLAIN_USERNAME,
    "plain_password": zmq.PLAIN_PASSWORD,
    "curve_server": zmq.CURVE_SERVER,
    "curve_serverkey": zmq.CURVE_SERVERKEY,
    "curve_publickey": zmq.CURVE_PUBLICKEY,
    "curve_secretkey": zmq.CURVE_SECRETKEY,
    "heartbeat_ivl": zmq.HEARTBEAT_IVL,
    "heartbeat_ttl": zmq.HEARTBEAT_TTL,
    "heartbeat_timeout": zmq.HEARTBEAT_TIMEOUT,
    "sndhwm": zmq.SNDHWM,
    "rcvhwm": zmq.RCVHWM,
    "xpub_verbose": zmq.XPUB_VERBOSE,
    "linger": zmq.LINGER,
    "handshake_ivl": zmq.HANDSHAKE_IVL,
}


def handle(cmd):
    op, name = cmd["op"], cmd.get("name")
    if op == "authenticate":
        # From now on libzmq asks this for PLAIN and CURVE, and refuses PLAIN
        # as long as there is nobody to ask.
        auth = ThreadAuthenticator(context)
        auth.start()
        auth.configure_plain(domain="*", passwords=cmd["passwords"])
        keys = cmd.get("keys", zmq.auth.CURVE_ALLOW_ANY)
        auth.configure_curve(domain="*", location=keys)
        return {}
    if op == "open":
        s = sockets[name] = context.socket(getattr(zmq, cmd["type"]))
        s.linger = 0
        s.rcvtimeo = s.sndtimeo = 30000
        for key, value in (cmd.get("options") or {}).items():
            s.setsockopt(OPTIONS[key], value.encode() if isinstance(value, str) else value)
        if "bind" in cmd:
            s.bind(cmd["bind"])
            return {"endpoint": s.last_endpoint.decode()}
        s.connect(cmd["connect"])
        return {}
    s = sockets[name]
    if op == "send":
        s.send_multipart([base64.b64decode(f) for f in cmd["frames"]])
        return {}
    if op == "recv":
        return {"frames": [base64.b64encode(f).decode() for f in s.recv_multipart()]}
    if op == "echo":
        for _ in range(cmd["count"]):
            s.send_multipart(s.recv_multipart())
        return {}
    if op == "close":
        sockets.pop(name).close()
        return {}
    raise ValueError(op)


for line in sys.stdin:
    try:
        answer = handle(json.loads(line))
    except Exception as e:  # the test wants to know
        answer = {"error": "%s: %s" % (type(e).__name__, e)}
    print(json.dumps(answer), flush=True)
