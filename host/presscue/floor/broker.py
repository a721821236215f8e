"""The way to an MQTT broker. Telling never waits: threads of their own do what takes time, and try again for ever.

States are kept by topic, the latest only, and told anew on every connection. Events wait for a broker that is away, up
to WAITING of them; they go with quality of service 2 in a session that the broker remembers, so each arrives once.
"""

import json
import os
import platform
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import UsageError
from ..extras import need
from .topics import OFFLINE, ONLINE, PREFIX, Message, host_status, slug

PASSWORD = "PRESSCUE_MQTT_PASSWORD"
PORTS = {"mqtt": 1883, "mqtts": 8883}
WAITING = 20_000
"""Events that wait for a broker: an evening of twenty stations. Later ones are dropped, and counted."""
AHEAD = 8
"""Messages that are on their way at once."""
AGAIN_S = (1, 15)
LEAVE_S = 3.0


@dataclass(frozen=True)
class Address:
    """Where the broker is. ca, certificate, key: PEM files, for TLS; without ca the system's authorities count."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = None
    prefix: str = PREFIX
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def address_of(url: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None) -> Address:
    """mqtt://user@host:port/prefix, or mqtts:// for TLS. Raises UsageError."""
    parts = urlsplit(url if "://" in url else f"mqtt://{url}")
    try:
        port = parts.port
    except ValueError:
        raise UsageError(f"{url}: its port is no number from 1 to 65535") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise UsageError(f"{url}: write mqtt://host, or mqtts://user@host:8883/prefix for TLS")
    if parts.password is not None:
        raise UsageError(f"the password does not belong into the address, where others see it: set {PASSWORD}")
    tls = parts.scheme == "mqtts"
    if not tls and (ca or certificate or key):
        raise UsageError(f"{url}: certificates go with mqtts://")
    for path in (ca, certificate, key):
        if path is not None and not path.is_file():
            raise UsageError(f"{path}: there is no such file")
    prefix = parts.path.strip("/") or PREFIX
    if any(sign in url for sign in "#+\0"):
        raise UsageError(f"{url}: a prefix holds no # and no +")
    user = None if parts.username is None else unquote(parts.username)
    return Address(parts.hostname, port or PORTS[parts.scheme], tls, user, os.environ.get(PASSWORD), prefix, ca,
                   certificate, key)  # fmt: skip


class Broker:
    """Begins at once, whether the broker is there or not. `close` says goodbye."""

    def __init__(self, address: Address, *, say: Callable[[str], None] = lambda _: None):
        """say: told in a line when the broker goes, comes, or does not let us in."""
        need("mqtt", "paho")
        from paho.mqtt import client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        self.address = address
        self.dropped = 0
        """Events that did not fit in while the broker was away."""
        self.connected = threading.Event()
        self.trouble = ""
        self._say = say
        self._latest: dict[str, str] = {}
        self._changed: set[str] = set()
        self._events: deque[tuple[str, str]] = deque()
        self._handing = False
        self._flying: list[Any] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = False
        self._status = host_status(address.prefix)
        name = f"presscue-{slug(platform.node())}-{slug(address.prefix)}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        if address.user is not None:
            self._client.username_pw_set(address.user, address.password)
        if address.tls:
            _encrypt(self._client, address)
        self._client.will_set(self._status, OFFLINE, qos=1, retain=True)
        self._client.reconnect_delay_set(*AGAIN_S)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_publish = lambda *_: self._wake.set()
        self._client.connect_async(address.host, address.port, keepalive=20)
        self._client.loop_start()
        self._sender = threading.Thread(target=self._send_all, name="mqtt", daemon=True)
        self._sender.start()

    def tell(self, message: Message) -> None:
        """Take a message, from any thread."""
        payload = message.payload if isinstance(message.payload, str) else json.dumps(message.payload, allow_nan=False)
        with self._lock:
            if message.retain:
                self._latest[message.topic] = payload
                self._changed.add(message.topic)
            elif len(self._events) < WAITING:
                self._events.append((message.topic, payload))
            else:
                self.dropped += 1
        self._wake.set()

    def close(self) -> None:
        """Everything that waits goes out, then that we are gone, if the broker takes it within LEAVE_S."""
        end_s = time.monotonic() + LEAVE_S
        self._wait_until_told(end_s)
        self.tell(Message(self._status, OFFLINE, retain=True))
        self._wait_until_told(end_s)
        self._ended = True
        self._wake.set()
        self._sender.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _wait_until_told(self, end_s: float) -> None:
        while self.connected.is_set() and time.monotonic() < end_s:
            with self._lock:
                waiting = self._changed or self._events or self._handing
            if not waiting and not self._flying:
                return
            time.sleep(0.01)

    def _send_all(self) -> None:
        """The thread that hands to paho what waits, a few at a time: beyond that brokers hold back, or drop."""
        while not self._ended:
            self._wake.wait(1.0)
            self._wake.clear()
            self._flying = [one for one in self._flying if not one.is_published()]
            while self.connected.is_set() and len(self._flying) < AHEAD:
                with self._lock:
                    if self._changed:
                        topic = self._changed.pop()
                        payload, qos = self._latest[topic], 1
                    elif self._events:
                        (topic, payload), qos = self._events.popleft(), 2
                    else:
                        break
                    self._handing = True
                self._flying.append(self._client.publish(topic, payload, qos=qos, retain=qos == 1))
                self._handing = False

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._troubled(f"the broker does not let us in: {reason}")
            return
        self.trouble = ""
        self._say(f"MQTT: connected to {self.address.host}:{self.address.port}")
        with self._lock:
            self._latest.setdefault(self._status, ONLINE)
            self._changed = set(self._latest)
        self.connected.set()
        self._wake.set()

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        was = self.connected.is_set()
        self.connected.clear()
        if was and reason.is_failure:
            self._troubled(f"the broker has gone: {reason}")

    def _on_connect_fail(self, _client: Any, _data: Any) -> None:
        self._troubled("the broker cannot be reached")

    def _troubled(self, why: str) -> None:
        """Say it once, however often it is tried."""
        if why != self.trouble:
            self.trouble = why
            self._say(f"MQTT: {self.address.host}:{self.address.port}: {why}; training goes on, trying again")


def _encrypt(client: Any, address: Address) -> None:
    def text(path: Path | None) -> str | None:
        return None if path is None else str(path)

    try:
        client.tls_set(text(address.ca), text(address.certificate), text(address.key))
    except (OSError, ValueError) as error:
        raise UsageError(f"the certificates cannot be used: {error}") from None
