"""A real mosquitto on loopback for tests of MQTT, and one who listens to everything; they skip where there is none."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATHS = (shutil.which("mosquitto"), "/usr/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")


def mosquitto_path() -> str:
    """The broker; skips the test where it is absent."""
    found = next((path for path in PATHS if path and Path(path).exists()), None)
    if found is None:
        pytest.skip("no mosquitto: apt-get install mosquitto")
    pytest.importorskip("paho.mqtt.client", reason="no paho-mqtt: pip install -e '.[dev]'")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what: Callable[[], Any], seconds: float = 30.0) -> None:
    end_s = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@contextmanager
def mosquitto(folder: Path, port: int, *lines: str) -> Iterator[subprocess.Popen]:
    """A broker that remembers over a restart in the same folder. lines: more of its configuration."""
    conf = folder / "mosquitto.conf"
    access = () if any(line.startswith("allow_anonymous") for line in lines) else ("allow_anonymous true",)
    rest = ("persistence true", f"persistence_location {folder}/", "autosave_interval 1", "autosave_on_changes true")
    user = "user root" if Path("/root").exists() and Path("/root").stat().st_uid == 0 else ""
    conf.write_text("\n".join([f"listener {port} 127.0.0.1", *access, *rest, user, *lines]) + "\n")
    with open(folder / "mosquitto.log", "ab") as log:
        process = subprocess.Popen([mosquitto_path(), "-c", str(conf)], stdout=log, stderr=log)
    try:
        until(lambda: _answers(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "mosquitto.log").read_text()[-500:]
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Listener:
    """Hears everything, with quality of service 2: (topic, payload, retained) in order."""

    def __init__(self, port: int, name: str = "listener", **login: str):
        from paho.mqtt import client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard: list[tuple[str, Any, bool]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        if login:
            self._client.username_pw_set(login["user"], login["password"])
        self.subscribed = 0
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self) -> "Listener":
        until(lambda: self.subscribed)
        return self

    def __exit__(self, *_) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def of(self, ending: str) -> list[Any]:
        """Payloads under topics that end so."""
        return [payload for topic, payload, _ in list(self.heard) if topic.endswith(ending)]

    def _on_connect(self, client: Any, *_) -> None:
        client.subscribe("#", qos=2)

    def _on_subscribe(self, *_) -> None:
        self.subscribed += 1

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        text = message.payload.decode()
        payload = json.loads(text) if text.startswith("{") else text
        self.heard.append((message.topic, payload, message.retain))
