"""Several nodes in one process: each session is what it would be alone, and none pulls another down."""

import threading
import time

from live_fakes import coached, replayed, said, session
from presscue.errors import LinkError
from presscue.links import open_link
from presscue.live.stations import Station, Stations
from presscue.results import Rep


def finished(stations: Stations) -> None:
    deadline_s = time.monotonic() + 60
    while stations.running:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_a_session_in_company_is_to_the_bit_what_it_is_alone(tmp_path):
    path = tmp_path / "one.presscue"
    coached(path)
    alone = said(replayed(path))

    def begin(pool):
        return session(open_link(f"replay:{path}"), fits="recorded", fit_pool=pool)

    with Stations({f"station {number}": begin for number in range(4)}) as stations:
        finished(stations)
    for station in stations:
        assert station.error is None
        assert station.live is not None
        assert said(station.live) == alone
        assert any(isinstance(out, Rep) for out in station.live.outputs)


def test_a_station_that_fails_says_why_and_the_others_go_on(tmp_path):
    path = tmp_path / "one.presscue"
    coached(path)

    def begin(pool):
        return session(open_link(f"replay:{path}"), fits="recorded")

    def absent(pool):
        raise LinkError("ble:cue-0000: not in reach")

    def breaks(station: Station):
        if station.name == "broken":
            raise ZeroDivisionError("a mistake of ours")

    with Stations({"there": begin, "away": absent, "broken": begin}, breaks) as stations:
        finished(stations)
    assert str(stations["away"].error) == "ble:cue-0000: not in reach"
    assert stations["away"].live is None
    assert isinstance(stations["broken"].error, ZeroDivisionError)
    assert stations["there"].error is None
    assert stations["there"].live is not None
    assert stations["there"].live.findings.reps


def test_stopping_ends_every_session_and_leaves_no_thread(tmp_path):
    path = tmp_path / "one.presscue"
    coached(path)
    before = threading.active_count()

    def begin(pool):
        return session(open_link(f"replay:{path}"), fits="recorded")

    stations = Stations({"a": begin, "b": begin}, lambda station: time.sleep(0.01))
    while not all(station.live and station.live.state == "streaming" for station in stations):
        time.sleep(0.01)
    stations.stop()
    stations.stop()
    assert [station.live and station.live.state for station in stations] == ["ended", "ended"]
    assert not any(station.live and station.live.findings.sets for station in stations)  # amid the first set
    assert threading.active_count() == before
