"""A floor of machines: MQTT against a real broker, which may go and come back, and a page with a tile for each."""

import gc
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from browser import LAPTOP, PHONE, barriers, chromium, page_of
from live_fakes import PROFILE, coached, play, replayed, said, session
from mosquitto import Listener, free_port, mosquitto, until
from presscue.cli import _status
from presscue.errors import LinkError, UsageError
from presscue.floor import topics
from presscue.floor.broker import PASSWORD, Address, Broker, address_of
from presscue.floor.command import run_floor
from presscue.floor.reporter import Reporter
from presscue.floor.tiles import Tiles
from presscue.floor.topics import ENTITIES, Message, Topics, discovery, slug
from presscue.links import open_link
from presscue.live.session import LiveSession
from presscue.live.stations import Stations
from presscue.units import METRIC
from presscue.web.feed import Page


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("floor") / "session.presscue"
    coached(path)
    return path


def told(recorded: Path, tell, station: str = "press-1", each=lambda live: None) -> LiveSession:
    """A session of the lifter, reported."""
    reporter = Reporter(Topics("presscue", station), replace(PROFILE, lifter="Ada"), 7, tell, describe=True)

    def step(live: LiveSession) -> None:
        reporter.update(live)
        each(live)

    live = play(session(open_link(f"replay:{recorded}"), fits="recorded"), float("inf"), step)
    reporter.end(live)
    return live


def test_reps_sets_faults_and_cues_are_told_once_and_states_stay(recorded: Path, tmp_path: Path):
    port = free_port()
    with mosquitto(tmp_path, port), Listener(port) as listener:
        broker = Broker(Address("127.0.0.1", port))
        live = told(recorded, broker.tell)
        broker.tell(Message("presscue/last", {}))  # events come in order; a state may overtake them
        broker.close()
        until(lambda: listener.of("presscue/status")[-1:] == ["offline"] and listener.of("presscue/last"))
        found = live.findings
        counts = {"rep": found.reps, "set": found.sets, "fault": found.faults(), "cue": found.cues}
        for what, all_of_it in counts.items():
            count = len(all_of_it)
            events = listener.of(f"/press-1/{what}")
            assert len(events) == len({event["id"] for event in events}) == count > 0
            assert {event["lifter"] for event in events} == {"Ada"}
        assert "online" in listener.of("presscue/status")
        with Listener(port, "late") as late:  # comes when all is over: states are kept, events are not
            configured = "homeassistant/"
            until(lambda: sum(topic.startswith(configured) for topic, _, _ in late.heard) >= len(ENTITIES))
            until(lambda: late.of("/press-1/status") and late.of("/press-1/state") and late.of("/press-1/health"))
            assert late.of("/press-1/status") == ["offline"]
            (state,) = late.of("/press-1/state")
            assert (state["reps"], state["lifter"]) == (len(found.reps), "Ada")
            assert all(retained for _, _, retained in late.heard)
            assert late.of("/press-1/rep") == []
            configs = [payload for topic, payload, _ in late.heard if topic.startswith(configured)]
            assert len(configs) == len(ENTITIES)
            (health,) = late.of("/press-1/health")
            for config in configs:
                known = state if config["state_topic"].endswith("state") else health
                names = re.findall(r"value_json\.(\w+)", config["value_template"])
                assert names
                assert set(names) <= set(known)
                assert config["unique_id"]
                assert {one["topic"] for one in config["availability"]} == {
                    "presscue/status", "presscue/station/press-1/status",
                }  # fmt: skip


def test_a_broker_that_is_away_costs_nothing_and_doubles_nothing(recorded: Path, tmp_path: Path):
    """Away at the start, there, killed amid the session, and back with what it remembers."""
    alone = said(replayed(recorded))
    port = free_port()
    words: list[str] = []
    broker = Broker(Address("127.0.0.1", port), say=words.append)
    until(lambda: broker.trouble)
    slowest_s = [0.0]

    def tell(message: Message) -> None:
        began_s = time.thread_time()
        broker.tell(message)
        slowest_s[0] = max(slowest_s[0], time.thread_time() - began_s)

    first = told(recorded, tell, "before")
    assert said(first) == alone
    with mosquitto(tmp_path, port) as process, Listener(port) as listener:
        until(lambda: len(listener.of("/before/rep")) == len(first.findings.reps))
        until(lambda: len(listener.of("/before/cue")) == len(first.findings.cues))

        def killed(live: LiveSession) -> None:
            if len(live.findings.reps) == 3 and process.poll() is None:
                until(lambda: len(listener.of("/amid/rep")) >= 2)
                time.sleep(1.2)  # it writes down what it knows every second
                process.kill()
                process.wait()

        second = told(recorded, tell, "amid", killed)
        assert said(second) == alone
        with mosquitto(tmp_path, port):
            until(lambda: len(listener.of("/amid/rep")) >= len(second.findings.reps))
            until(lambda: listener.of("/amid/status")[-1:] == ["offline"])
            broker.tell(Message("presscue/last", {}))
            broker.close()
            until(lambda: listener.of("presscue/status")[-1:] == ["offline"] and listener.of("presscue/last"))
            for station, live in (("before", first), ("amid", second)):
                for what, count in (("rep", len(live.findings.reps)), ("fault", len(live.findings.faults()))):
                    events = [event["id"] for event in listener.of(f"/{station}/{what}")]
                    assert sorted(events) == sorted(set(events)), (station, what)
                    assert len(events) == count, (station, what)
    assert broker.dropped == 0
    assert any("cannot be reached" in line for line in words)
    print(f"telling took {1000 * slowest_s[0]:.2f} ms of processor time at most")
    assert slowest_s[0] < 0.02


def test_the_last_will_says_that_presscue_has_gone(tmp_path: Path):
    import socket

    port = free_port()
    with mosquitto(tmp_path, port), Listener(port) as listener:
        broker = Broker(Address("127.0.0.1", port))
        until(lambda: listener.of("presscue/status") == ["online"])
        wire: Any = broker._client.socket()
        wire.shutdown(socket.SHUT_RDWR)  # as a cable that is pulled, or a process that is killed
        until(lambda: "offline" in listener.of("presscue/status"))
        until(lambda: listener.of("presscue/status")[-1] == "online")  # and it comes back by itself
        broker.close()


def test_events_that_do_not_fit_in_are_counted(monkeypatch):
    monkeypatch.setattr("presscue.floor.broker.WAITING", 10)
    broker = Broker(Address("127.0.0.1", free_port()))
    for number in range(25):
        broker.tell(Message("presscue/station/x/rep", {"rep": number}))
    assert broker.dropped == 15
    broker.close()


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """(authority, certificate and key of 127.0.0.1), good for a day."""
    x509 = pytest.importorskip("cryptography.x509")
    import datetime
    import ipaddress

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("authority", "broker")]
    paths = [folder / name for name in ("ca.pem", "cert.pem", "key.pem")]
    for own, (key, name) in enumerate(zip(keys, names, strict=True)):
        made = x509.CertificateBuilder().subject_name(name).issuer_name(names[0]).public_key(key.public_key())
        made = made.serial_number(own + 1).not_valid_before(now - datetime.timedelta(hours=1))
        made = made.not_valid_after(now + datetime.timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=own == 0, path_length=None), critical=True)
        if own:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        signed = made.sign(keys[0], hashes.SHA256())
        paths[own].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[2].write_bytes(keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return paths[0], paths[1], paths[2]


# paho leaves the socket of a handshake that failed to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_and_a_password_let_in_and_nothing_else_does(tmp_path: Path, monkeypatch):
    import shutil
    import subprocess

    ca, certificate, key = certificates(tmp_path)
    (tmp_path / "other").mkdir()
    other_ca, _, _ = certificates(tmp_path / "other")
    keeper = shutil.which("mosquitto_passwd")
    if keeper is None:
        pytest.skip("no mosquitto_passwd")
    passwords = tmp_path / "passwords"
    subprocess.run([keeper, "-b", "-c", str(passwords), "coach", "right"], check=True, capture_output=True)
    port = free_port()
    lines = (f"certfile {certificate}", f"keyfile {key}", "allow_anonymous false", f"password_file {passwords}")
    with mosquitto(tmp_path, port, *lines):
        url = f"mqtts://coach@127.0.0.1:{port}/gym"
        monkeypatch.setenv(PASSWORD, "right")
        good = Broker(address_of(url, ca))
        until(good.connected.is_set)
        good.close()
        monkeypatch.setenv(PASSWORD, "wrong")
        bad = Broker(address_of(url, ca))
        until(lambda: "does not let us in" in bad.trouble)
        bad.close()
        monkeypatch.setenv(PASSWORD, "right")
        stranger = Broker(address_of(url, other_ca))
        until(lambda: stranger.trouble)
        assert not stranger.connected.is_set()
        stranger.close()
        gc.collect()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://host", "write mqtt://"),
        ("mqtt://", "write mqtt://"),
        ("mqtt://host:70000", "port"),
        ("mqtt://user:secret@host", PASSWORD),
        ("mqtt://host/gym/#", "prefix"),
    ],
)
def test_an_address_that_means_nothing_is_said(url: str, why: str):
    with pytest.raises(UsageError, match=re.escape(why)):
        address_of(url)


def test_addresses_are_read():
    found = address_of("mqtts://coach@broker.gym/floor/1")
    assert (found.host, found.port, found.tls, found.user, found.prefix) == (
        "broker.gym", 8883, True, "coach", "floor/1",
    )  # fmt: skip
    assert address_of("broker.gym").port == 1883
    with pytest.raises(UsageError, match="certificates go with"):
        address_of("mqtt://host", Path("ca.pem"))


def test_the_spec_has_every_topic(root: Path):
    text = (root / "SPEC.md").read_text(encoding="utf-8")
    part = text[text.index("## MQTT") :]
    for what in ("status", "state", "health", "rep", "set", "fault", "cue"):
        assert f"`PREFIX/station/STATION/{what}`" in part
    assert "`PREFIX/status`" in part
    for one in discovery(Topics("presscue", "x"), "0011", "0.1.0"):
        assert json.dumps(one.payload)
        assert re.fullmatch(r"homeassistant/\w+/presscue_0011/\w+/config", one.topic)
    assert slug("ble:cue 1#+/ä") == "ble-cue-1"
    assert topics.host_status("p") == "p/status"


def test_the_page_has_a_tile_for_each_station(recorded: Path, tmp_path: Path):
    names = ["ble:cue-1a2b", "ble:cue-3c4d", "serial:/dev/ttyUSB0"]

    def begin(pool):
        return session(open_link(f"replay:{recorded}"), fits="recorded", fit_pool=pool)

    def away(pool):
        raise LinkError("serial:/dev/ttyUSB0: is not there")

    with Stations({names[0]: begin, names[1]: begin, names[2]: away}) as stations:
        until(lambda: not stations.running)
        tiles = Tiles(PROFILE, METRIC)
        page = Page(None, page="floor", port=0)
        try:
            page.show(tiles.picture(stations, "the broker cannot be reached"))
            with chromium() as browser:
                for size in (LAPTOP, PHONE):
                    with page_of(browser, size=size, bypass_csp=True) as seen:
                        seen.goto(page.url)
                        seen.wait_for_selector(".tile >> nth=2")
                        assert seen.locator(".tile h2").all_text_contents() == names
                        assert "7 reps" in seen.locator(".tile .health").first.text_content()
                        assert "is not there" in seen.locator(".tile .trouble").last.text_content()
                        assert "broker" in seen.locator("#remark").text_content()
                        assert seen.evaluate("document.documentElement.scrollWidth") <= size["width"]
                        seen.screenshot(path=str(tmp_path / f"floor-{size['width']}.png"))
                        assert barriers(seen) == []
                        assert seen.trouble == []
        finally:
            page.close()


def test_two_virtual_lifters_train_side_by_side_and_are_told(tmp_path: Path, capsys):
    port = free_port()
    options = "faults=heel_lift,sets=3,hold_s=2.5,fast"
    with mosquitto(tmp_path, port), Listener(port) as listener:
        arguments = ["live", "--all", f"sim:seed=4,{options}", f"sim:seed=5,{options}", "--mqtt", f"127.0.0.1:{port}"]
        assert _status([*arguments, "--archive", str(tmp_path / "archive")]) == 0
        until(lambda: listener.of("presscue/status")[-1:] == ["offline"] and len(listener.of("/rep")) >= 6)
        stations = {topic.split("/")[2] for topic, _, _ in listener.heard if topic.endswith("/rep")}
        assert len(stations) == 2
        assert len(listener.of("/rep")) == 6
    out = capsys.readouterr().out
    assert out.count("3 reps in 1 sets") == 2
    assert len(list((tmp_path / "archive").glob("*.presscue"))) == 2


def test_what_is_no_node_or_not_there_is_said(monkeypatch):
    from presscue.floor.command import Wish
    from presscue.web.shown import Display

    wish = Wish(None, {}, None, False, False, Display(quiet=True))
    with pytest.raises(UsageError, match="--all takes nodes"):
        run_floor(["replay:x"], wish)
    monkeypatch.setattr("presscue.floor.command.in_reach", lambda: ([], "no Bluetooth here"))
    with pytest.raises(LinkError, match="no node in reach"):
        run_floor([], wish)
    assert _status(["live", "sim:", "serial:x"]) == 2
    assert _status(["live", "sim:", "--mqtt", "host"]) == 2
