"""The live page: what it is sent, who may look, and a real browser before a virtual lifter."""

import http.client
import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from browser import LAPTOP, PHONE, barriers, chromium, page_of
from live_fakes import OPTIONS, PROFILE, Flaky, session
from presscue.links.sim import open_sim
from presscue.live.session import LiveSession
from presscue.web.feed import Page
from presscue.web.picture import Painter

WITHIN_MS = 200.0
"""From the detection of a fault to its drawing."""


@contextmanager
def served(**options) -> Iterator[Page]:
    page = Page(Painter(PROFILE, "test"), port=0, **options)
    try:
        yield page
    finally:
        page.close()


def ask(page: Page, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    address = urlsplit(page.url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port or 80, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{address.port}", **headers})
        with connection.getresponse() as answer:
            return answer
    finally:
        connection.close()


def test_a_picture_is_json_from_the_first_packet_to_the_last():
    link = open_sim("seed=3,sets=3,rest_s=4,hold_s=2.5,faults=heel_lift,fast")
    live = session(link)
    painter = Painter(PROFILE, "test")
    json.dumps(painter.picture(live), allow_nan=False)
    summaries, lengths = [], []
    try:
        while live.step() and live.core.merge.watermark < link.duration_s - 0.5:
            picture = painter.picture(live)
            lengths.append(len(json.dumps(picture, allow_nan=False)))
            summaries.append(picture["summary"])
    finally:
        live.finish()
    last = painter.picture(live)
    assert (last["link"], last["reps"], last["battery_v"] is not None) == ("ended", 3, True)
    assert last["summary"]["reps"] == 3
    assert max(lengths) < 4096  # one write into the pipe


def test_the_pads_scale_themselves():
    painter = Painter(PROFILE, "test")
    assert painter._pads(0.0, (2.0, math.nan, 0.0)) == [1.0, None, 0.0]
    assert painter._pads(0.1, (1.0, math.nan, 0.0))[0] == pytest.approx(0.5, abs=0.01)
    assert painter._pads(120.0, (1.0, math.nan, 0.0))[0] == 1.0


def test_only_this_machine_and_its_own_pages_may_look():
    with served() as page:
        assert urlsplit(page.url).hostname == "127.0.0.1"
        answer = ask(page)
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status, "default-src 'none'" in policy, "unsafe" in policy) == (200, True, False)
        assert ask(page, Host="evil.example").status == 421
        assert ask(page, Host="192.168.1.5").status == 421
        assert ask(page, "/assets/..%2f__init__.py").status == 404
        handshake = {
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }  # fmt: skip
        assert ask(page, "/pictures", Origin="http://evil.example", **handshake).status == 403
        assert ask(page, "/pictures", Origin=page.url.rstrip("/"), **handshake).status == 101


def test_on_the_network_the_token_is_needed():
    with served(on_network=True) as page:
        assert ask(page).status == 403
        assert ask(page, "/?token=guess").status == 403
        assert ask(page, "/assets/live.js").status == 403
        answer = ask(page, f"/?{urlsplit(page.url).query}")
        assert answer.status == 200
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        assert ask(page, "/assets/live.js", Cookie=cookie).status == 200


def test_a_page_that_nobody_reads_does_not_hold_the_session_up():
    with served() as page:
        page._process.send_signal(19)  # SIGSTOP: as stuck as a process can be
        live = session(open_sim(OPTIONS + ",fast"))
        try:
            began_s = time.monotonic()
            for _ in range(1000):
                page._send(b"x" * 2000 + b"\n")
            assert time.monotonic() - began_s < 2.0
            assert page.skipped > 500
        finally:
            page._process.send_signal(18)
            live.finish()


class Watched:
    """A session in virtual time whose page a browser looks at; tells when each fault was known to the host."""

    def __init__(self, live: LiveSession, page: Page):
        self.live, self.page = live, page
        self.known: dict[str, float] = {}

    def until(self, t_s: float, pace: float = 0.0) -> None:
        """On to this time of the node. pace: seconds of ours to wait in each step."""
        assert self.page.painter is not None
        while self.live.core.merge.watermark < t_s and self.live.step():
            for fault in self.page.painter.picture(self.live)["faults"]:
                self.known.setdefault(fault["id"], time.time() * 1000)
            self.page.update(self.live)
            time.sleep(pace)


def soon(view, expression: str) -> None:
    """Wait until an expression is true on the page, whose policy forbids playwright's own way of doing that."""
    for _ in range(200):
        if view.evaluate(expression):
            return
        time.sleep(0.05)
    pytest.fail(f"never true: {expression}")


def drawn(view) -> int:
    return view.evaluate("presscue.pictures")


def test_faults_are_drawn_at_once_and_nothing_leaves_the_machine():
    with served() as page, chromium() as browser, page_of(browser, size=LAPTOP) as view:
        live = session(open_sim(OPTIONS + ",fast"))
        watched = Watched(live, page)
        try:
            view.goto(page.url)
            watched.until(14.0)
            watched.until(34.0, 0.001)
            soon(view, f"presscue.faults.size >= {min(6, len(watched.known))}")
            seen = dict(view.evaluate("[...presscue.faults]"))
            delays_ms = [seen[one] - known for one, known in watched.known.items() if one in seen]
            print(f"fault known → drawn: {max(delays_ms):.0f} ms at the most, over {len(delays_ms)}")
            assert len(delays_ms) >= 2
            assert max(delays_ms) <= WITHIN_MS
            assert view.locator("#knee").inner_text().lstrip("-").isdigit()
            assert view.locator("#said-cue").inner_text() != ""
            paint_ms = view.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            print(f"first paint after {paint_ms:.0f} ms")
            assert paint_ms <= 1000.0
        finally:
            live.finish()
        assert {urlsplit(asked).netloc for asked in view.asked} == {urlsplit(page.url).netloc}
        assert view.trouble == []


@pytest.mark.slow
def test_a_dropped_link_shows_and_heals_and_so_does_a_page_that_was_lost():
    with chromium() as browser, page_of(browser, size=PHONE) as view:
        with served() as page:
            link = Flaky(open_sim(OPTIONS + ",fast"), 12.0, 15.0)
            live = session(link, reopen=lambda: link)
            watched = Watched(live, page)
            try:
                view.goto(page.url)
                watched.until(11.5)
                soon(view, "document.querySelector('#link').textContent.startsWith('good')")
                while live.state != "lost":
                    live.step()
                page.update(live)
                view.wait_for_selector("#alarm:not([hidden])")
                assert "is kept" in view.locator("#alarm").inner_text()
                watched.until(18.0)
                view.wait_for_selector("#alarm", state="hidden")
            finally:
                live.finish()
            port = urlsplit(page.url).port
        view.wait_for_selector("#alarm:not([hidden])")
        again = Page(Painter(PROFILE, "test"), port=port or 0)
        try:
            before = drawn(view)
            again.update(live)
            soon(view, f"presscue.pictures > {before}")
        finally:
            again.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ten_viewers_see_twenty_pictures_a_second_and_no_barrier(scheme):
    with served() as page, chromium() as browser:
        context = browser.new_context(viewport=LAPTOP, color_scheme=scheme, bypass_csp=True)
        views = [context.new_page() for _ in range(10)]
        live = session(open_sim(OPTIONS + ",fast"))
        watched = Watched(live, page)
        try:
            for view in views:
                view.goto(page.url)
            watched.until(20.0)
            before, began_s = [drawn(view) for view in views], time.monotonic()
            watched.until(30.0, 0.018)  # a packet every 20 ms
            took_s = time.monotonic() - began_s
            rates = [(drawn(view) - was) / took_s for view, was in zip(views, before, strict=True)]
            print(f"pictures a second: {min(rates):.0f} to {max(rates):.0f}")
            assert min(rates) >= 20.0
            assert barriers(views[0]) == []
        finally:
            live.finish()
            context.close()
