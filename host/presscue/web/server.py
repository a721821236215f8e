"""The process that serves the page: pictures come in by the line on standard input, and go out to every viewer.

It shares no memory and no interpreter lock with the session, so viewers cost the session nothing: it writes each
picture once, into a pipe, however many look. What a viewer presses comes out by the line on standard output. The first
line out tells the port. Ends when standard input does.

Loopback only, unless asked: then every request needs the token. Nothing is fetched from anywhere else, and the headers
forbid it. The Host header must name this machine, and a WebSocket must come from a page of ours, so that no foreign
page in the same browser can look or press.
"""

import asyncio
import contextlib
import hmac
import json
import socket
import sys
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from urllib.parse import urlsplit

import uvicorn
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..texts import language, said, section

ASSETS = {
    "style.css": "text/css",
    "live.css": "text/css",
    "live.js": "text/javascript",
    "setup.js": "text/javascript",
    "say.js": "text/javascript",
    "floor.css": "text/css",
    "floor.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
PAGES = {"live": ("live", "setup", "fault", "side"), "floor": ("floor", "fault")}
"""The pages, each a template of its name, and the sections of the texts that its script fills in."""
COMMAND_MAX = 2000
"""Characters of a viewer's command; longer ones are no commands of ours."""
VIEWERS_MAX = 64
LAST_WORDS_S = 0.5
"""How long viewers get to fetch the last picture once the session is over."""
TOKEN = "token"


class Stage:
    """The newest picture, and those who wait for the next. A slow viewer skips pictures; none is queued."""

    def __init__(self) -> None:
        self.text = ""
        self.number = 0
        self.viewers = 0
        self.over = False
        self._news = asyncio.Event()

    def show(self, text: str) -> None:
        self.text = text
        self.number += 1
        self._wake()

    def end(self) -> None:
        self.over = True
        self._wake()

    async def after(self, number: int) -> None:
        """Return as soon as there is a picture later than this one, or the end."""
        while self.number == number and not self.over:
            await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def application(stage: Stage, token: str | None, tell, name: str = "live") -> Starlette:
    """One of PAGES and what it needs. tell(line): what to do with a viewer's command, a line of JSON."""

    async def page(request: Request) -> Response:
        if refused := _refusal(request, token):
            return refused
        response = Response(_page(name, language()), media_type="text/html")
        if token is not None:
            response.set_cookie(TOKEN, token, httponly=True, samesite="strict")
        return _guarded(response, request)

    async def asset(request: Request) -> Response:
        if refused := _refusal(request, token):
            return refused
        name = request.path_params["name"]
        if name not in ASSETS:
            return PlainTextResponse("there is no such file", 404)
        return _guarded(Response(_asset(name), media_type=ASSETS[name]), request)

    async def watch(socket: WebSocket) -> None:
        origin = urlsplit(socket.headers.get("origin", ""))
        if _refusal(socket, token) or origin.netloc != socket.headers.get("host") or stage.viewers >= VIEWERS_MAX:
            await socket.close(1008)
            return
        await socket.accept()
        stage.viewers += 1
        listening = asyncio.create_task(_listen(socket, tell))
        shown = 0
        try:
            while not listening.done():
                await stage.after(shown)
                if stage.over and stage.number == shown:
                    break
                shown = stage.number
                await socket.send_text(stage.text)
        except (WebSocketDisconnect, RuntimeError):
            pass  # a viewer has gone
        finally:
            stage.viewers -= 1
            listening.cancel()
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(1001)

    return Starlette(
        routes=[Route("/", page), Route("/assets/{name}", asset), WebSocketRoute("/pictures", watch)],
    )


async def _listen(socket: WebSocket, tell) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            text = await socket.receive_text()
            if len(text) > COMMAND_MAX:
                continue
            try:
                command = json.loads(text)
            except ValueError:
                continue
            if isinstance(command, dict) and isinstance(command.get("do"), str):
                tell(json.dumps(command))


def _refusal(request: HTTPConnection, token: str | None) -> Response | None:
    if not _ours(request.headers.get("host", ""), on_network=token is not None):
        return PlainTextResponse("this address is not mine", 421)
    if token is not None:
        shown = request.query_params.get(TOKEN) or request.cookies.get(TOKEN) or ""
        if not hmac.compare_digest(shown.encode(), token.encode()):
            return PlainTextResponse("this page needs the address that presscue printed, token included", 403)
    return None


def _ours(host: str, on_network: bool) -> bool:
    """Whether a Host header names this machine as a number (or localhost): a name could be a foreign page's."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return on_network or address.is_loopback


def _guarded(response: Response, request: Request) -> Response:
    host = request.headers["host"]
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@cache
def _asset(name: str) -> bytes:
    return (files("presscue.web") / name).read_bytes()


@cache
def _page(name: str, of: str) -> str:
    """A page in a language; its script gets the texts it fills in itself as JSON."""
    folder = files("presscue.web")
    made = Environment(autoescape=True)
    made.globals["t"] = said
    pictures = made.from_string((folder / "pictures.svg").read_text(encoding="utf-8")).render()
    words = {part: section(part) for part in PAGES[name]}
    made.globals["section"] = section
    return made.from_string((folder / f"{name}.html").read_text(encoding="utf-8")).render(
        language=of, words=words, marks=(folder / "marks.svg").read_text(encoding="utf-8"), pictures=pictures
    )


def listener(host: str, port: int) -> socket.socket:
    """A socket on this port or, if that is taken, on any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in (port, 0):
        door = socket.socket(family, socket.SOCK_STREAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, wanted))
            return door
        except OSError:
            door.close()
            if wanted == 0:
                raise
    raise AssertionError


async def serve(host: str, port: int, token: str | None, page: str) -> None:
    """Serve until standard input ends."""
    stage = Stage()
    door = listener(host, port)

    def tell(line: str) -> None:
        print(line, flush=True)

    config = uvicorn.Config(
        application(stage, token, tell, page), log_level="error", access_log=False, lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False, ws_max_size=1 << 14, timeout_graceful_shutdown=1, server_header=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[door]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    tell(json.dumps({"port": door.getsockname()[1]}))
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        stage.show(line.decode().rstrip("\n"))
    stage.end()
    await asyncio.sleep(LAST_WORDS_S if stage.viewers else 0)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    _host, _port, _shown, _token = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.stdin.readline().strip()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        asyncio.run(serve(_host, _port, _token or None, _shown))
