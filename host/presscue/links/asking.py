"""A node asked for one thing at a time over a link that is open: pairing, and being admitted, before any session."""

import secrets
from collections.abc import Callable

from ..errors import AccessRefused, LinkLost, PeerError
from ..node.admission import NONCE_SIZE, Admission, Seal
from ..node.keys import Keys
from ..session import Session
from ..session import events as ev
from . import Link

HELLO_S = 1.0
ANSWER_S = 6.0
READ_S = 0.05


class Asking:
    """link: anything that reads and writes as a Link does."""

    def __init__(self, link: Link):
        self.link = link
        self.session = Session(link.envelope)

    def hello(self) -> ev.NodeInfo:
        """Who the node is. Raises PeerError, LinkLost."""
        asked_s = began_s = self.link.now_s()
        self._send(self.session.hello())
        while True:
            for event in self._receive():
                if isinstance(event, ev.NodeInfo):
                    return event
            now_s = self.link.now_s()
            if now_s - began_s > ANSWER_S:
                raise PeerError(f"{self.link.name}: {self.session.unanswered()}")
            if now_s - asked_s > HELLO_S:
                asked_s = now_s
                self._send(self.session.hello())

    def ask(self, command: bytes) -> tuple[str, list[ev.SessionEvent]]:
        """The code of the command's result, and what came before it. Raises LinkLost."""
        self._send(command)
        began_s = self.link.now_s()
        events: list[ev.SessionEvent] = []
        while self.link.now_s() - began_s < ANSWER_S:
            for event in self._receive():
                if isinstance(event, ev.Result) and event.ours:
                    return event.code, events
                events.append(event)
        raise LinkLost(f"{self.link.name}: the node does not answer")

    def be_admitted(self, keys: Keys, random: Callable[[int], bytes] = secrets.token_bytes) -> Seal:
        """Prove that we have the node's key, and that it has ours. Raises AccessRefused, PeerError, LinkLost."""
        info = self.hello()
        key = keys.get(info.device)
        if key is None:
            raise AccessRefused(
                f"{self.link.name}: is not paired with this computer: connect it by USB once, and run: presscue pair"
            )
        nonce = random(NONCE_SIZE)
        admission = Admission(bytes.fromhex(info.device), key, nonce)
        code, events = self.ask(self.session.open(key.slot, nonce))
        challenge = next((event for event in events if isinstance(event, ev.Challenge)), None)
        if code == "ok" and challenge is not None:
            try:
                proof = admission.proof(challenge.nonce, challenge.proof)
            except AccessRefused as error:
                raise AccessRefused(f"{self.link.name}: {error}; if it was paired anew, pair it here too") from None
            code, _ = self.ask(self.session.prove(proof))
        if code == "unknown command":
            raise PeerError(f"{self.link.name}: its firmware knows no keys: update it with presscue flash")
        if code != "ok":
            raise AccessRefused(
                f"{self.link.name}: no longer takes this computer's key: connect it by USB, and run: presscue pair"
            )
        return admission.seal()

    def _receive(self) -> list[ev.SessionEvent]:
        return self.session.receive(self.link.read(READ_S))

    def _send(self, message: bytes) -> None:
        self.link.write(self.session.send(message))
