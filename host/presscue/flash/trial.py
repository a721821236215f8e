"""Start a node and find out which of its two packages answers.

main.py says at the console's rate which folder it starts and then changes to the link's rate. To come back after a
failure it needs more than two seconds: an answer within two of that line is from the package in the line.
"""

import re
import time
from typing import NamedTuple

from ..errors import PeerError
from ..session import Session
from ..session import events as ev
from .prompt import CONSOLE_BAUD, Prompt

ANSWER_S = 25.0
LISTEN_S = 4.0
HELLO_S = 2.0
AGAIN_S = 0.3

_STARTING = re.compile(rb"presscue node: starting (/\w+)\r?\n")
_FAILURE = re.compile(rb"\n(\w*(?:Error|Exception|Interrupt|Exit)\b[^\r\n]*)\r?\n")


class Answer(NamedTuple):
    """info: what the node says of itself, None if it did not answer. folder: which package that was, None if unsure.
    failure: last line of the last traceback."""

    info: ev.NodeInfo | None
    folder: str | None
    failure: str


def start(prompt: Prompt, link_baud: int | None) -> Answer:
    """Start the node anew, listen, say hello. link_baud: what the board changes to, None if to nothing."""
    prompt.restart()
    said = b""
    deadline_s = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline_s:
        heard = _listen(prompt)
        said += heard
        begun = _STARTING.findall(heard)
        prompt.set_baud(link_baud or CONSOLE_BAUD)
        info, rest = _hello(prompt)
        said += rest
        if info is not None:
            return Answer(info, begun[-1].decode() if begun and not _STARTING.search(rest) else None, _failure(said))
        prompt.set_baud(CONSOLE_BAUD)
    return Answer(None, None, _failure(said))


def _listen(prompt: Prompt) -> bytes:
    """What the console says until a package is started, or for a while."""
    heard = b""
    deadline_s = time.monotonic() + LISTEN_S
    while time.monotonic() < deadline_s and not _STARTING.search(heard):
        heard += prompt.read(0.1)
    return heard


def _hello(prompt: Prompt) -> tuple[ev.NodeInfo | None, bytes]:
    """Ask until an answer comes, and once more, which tells the node that it came."""
    session = Session()
    said = b""
    asked_s = 0.0
    deadline_s = time.monotonic() + HELLO_S
    while (now_s := time.monotonic()) < deadline_s:
        if now_s - asked_s > AGAIN_S:
            asked_s = now_s
            again = session.hello() if session.info is None else session.status_request()
            prompt.write(session.send(again))
        data = prompt.read(0.05)
        said += data
        try:
            events = session.receive(data)
        except PeerError:
            return None, said
        if any(isinstance(event, ev.NodeInfo) for event in events):
            asked_s = 0.0
        if any(isinstance(event, ev.Result) and event.ours for event in events):
            return session.info, said
    return None, said


def _failure(said: bytes) -> str:
    found = _FAILURE.findall(said)
    return found[-1].decode(errors="replace") if found else ""
