"""The virtual node at the wall clock's pace, its serial port on a loopback socket.

`python -m presscue.simulator.serve seed=3,faults=lockout` prints `port N` and serves one client at a time; a second
one is refused. The node's time starts when the first client connects. A client that leaves has pulled the cable: it may
come back. Once standard input has closed (the parent has gone) the client that leaves is the last; with none so far, it
ends after a while.
"""

import os
import selectors
import socket
import sys
import time
from pathlib import Path

from .board.child import FirmwareError
from .performance import perform
from .scenario import ScenarioError, parse_options
from .virtual_node import VirtualNode

STEP_S = 0.001
LINGER_S = 10.0
"""How long to wait for a first client once standard input has closed."""
STUCK_S = 1.0
"""A client that takes nothing for so long counts as gone."""


class Server:
    """One node, at most one client."""

    def __init__(self, node: VirtualNode, listener: socket.socket):
        self._node = node
        self._listener = listener
        self._client: socket.socket | None = None
        self._started_s: float | None = None
        self._alone_s: float | None = None  # when standard input closed
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        try:
            self._selector.register(sys.stdin, selectors.EVENT_READ, self._parent)
        except (OSError, ValueError):  # closed, or a file: no parent to watch
            self._alone_s = time.monotonic()

    def run(self) -> None:
        """Until the parent is gone and the client too. Raises FirmwareError."""
        try:
            while not self._is_over():
                for key, _ in self._selector.select(0.2 if self._started_s is None else STEP_S):
                    key.data()
                if self._started_s is not None:
                    self._node.run_until(int((time.monotonic() - self._started_s) * 1e6))
                    self._pass_on(self._node.read())
        finally:
            self._drop()
            self._selector.close()

    def _is_over(self) -> bool:
        if self._alone_s is None or self._client is not None:
            return False
        return self._started_s is not None or time.monotonic() - self._alone_s > LINGER_S

    def _parent(self) -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            self._selector.unregister(sys.stdin)
            self._alone_s = time.monotonic()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._client is not None:
            client.close()
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(STUCK_S)
        self._client = client
        self._selector.register(client, selectors.EVENT_READ, self._receive)
        self._node.replug("link")
        if self._started_s is None:
            self._started_s = time.monotonic()

    def _receive(self) -> None:
        assert self._client is not None
        try:
            data = self._client.recv(65536)
        except OSError:
            data = b""
        if data:
            self._node.write(data)
        else:
            self._drop()

    def _pass_on(self, data: bytes) -> None:
        if not data or self._client is None:
            return
        try:
            self._client.sendall(data)
        except OSError:
            self._drop()

    def _drop(self) -> None:
        if self._client is None:
            return
        self._selector.unregister(self._client)
        self._client.close()
        self._client = None
        self._node.unplug("link")


def flash_of(others: dict[str, str]) -> Path | None:
    """The file of `flash=FILE`."""
    return Path(others["flash"]) if others.get("flash") else None


def main(options: str) -> None:
    scenario, others = parse_options(options)
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        world = perform(scenario)
        with VirtualNode(
            world, seed=scenario.seed, interpreter=others.get("interpreter", "auto"), flash=flash_of(others)
        ) as node:
            print(f"port {listener.getsockname()[1]}", flush=True)
            Server(node, listener).run()


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
    except (ScenarioError, FirmwareError, OSError, ValueError) as error:
        sys.exit(f"virtual node: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
