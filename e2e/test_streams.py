"""Streams of events: a page that keeps one open is at rest all the same, and one that is open can be broken off."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import BrowserContext

from fixtures.edge.relay import COOKIES, StreamRelay
from fixtures.observed.quiet import ROUNDS, settle
from fixtures.observed.recorder import Recorder
from fixtures.observed.tasks import WATCH_TASKS
from fixtures.page.clock import PageClock
from fixtures.target import TARGETS, read_target
from fixtures.tokens.names import TokenNames

BY_EVENT_SOURCE = "() => { new EventSource('/told').onmessage = ({ data }) => { document.title = data; }; }"
BY_FETCH = """async () => {
  const answer = await fetch("/told", { headers: { Accept: "text/event-stream" } });
  const reader = answer.body.getReader();
  void (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      document.title = new TextDecoder().decode(value).slice("data: ".length).trim();
    }
  })();
}"""
IS_TOLD = "() => document.title === 'told'"


class Telling(BaseHTTPRequestHandler):
    """Streams one event, and says no more until the server is closed."""

    heads: list[str]
    end: Event

    def do_GET(self) -> None:
        self.heads.append(str(self.headers))
        is_stream = self.path == "/told"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if is_stream else "text/html")
        self.end_headers()
        with suppress(OSError):  # its client has gone
            self.wfile.write(b"data: told\n\n" if is_stream else b"<!doctype html><title>-</title>")
            self.wfile.flush()
            if is_stream:
                self.end.wait()

    def log_message(self, *_args: object) -> None:
        """Requests are no news here."""


class TellingServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.end = Event()
        handler = type("_Telling", (Telling,), {"heads": self.heads, "end": self.end})
        super().__init__(("127.0.0.1", 0), handler)
        self.netloc = f"127.0.0.1:{self.server_port}"
        self._thread = Thread(target=self.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.end.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def read_to_the_end(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.fixture
def server() -> Iterator[TellingServer]:
    with closing(TellingServer()) as serving:
        yield serving


@pytest.fixture
def relay(server: TellingServer) -> Iterator[StreamRelay]:
    with closing(StreamRelay(f"http://{server.netloc}/told", "shop.example:8000")) as relaying:
        yield relaying


@pytest.mark.parametrize("opened", [BY_EVENT_SOURCE, BY_FETCH], ids=["EventSource", "fetch"])
def test_a_page_that_keeps_a_stream_open_is_at_rest(
    context: BrowserContext, server: TellingServer, opened: str
) -> None:
    context.add_init_script(WATCH_TASKS)
    page = context.new_page()
    target = read_target(Path(TARGETS / "reference.toml"))
    origin = f"http://{server.netloc}"
    recorder = Recorder(context, target, origin=origin, names=TokenNames(), clock=PageClock(context))
    recorder.add_tab(page)
    page.goto(origin)
    page.evaluate(opened)
    page.wait_for_function(IS_TOLD)

    worked = 0

    def count() -> None:
        nonlocal worked
        worked += 1

    settle([page], recorder, alive=count)

    assert worked <= ROUNDS
    assert [(each.path, each.status) for each in recorder.open_streams] == [("/told", 200)]

    page.goto(f"{origin}/elsewhere")
    settle([page], recorder)

    assert recorder.open_streams == ()
    assert [each.ended_in for each in recorder.log().streams] == ["200, aborted by the page"]


def test_the_relay_passes_on_what_comes_as_it_comes(server: TellingServer, relay: StreamRelay) -> None:
    with socket.create_connection(("127.0.0.1", relay.port)) as asked:
        asked.sendall(b"GET /told HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: keep-alive\r\nX-Own: kept\r\n\r\n")
        came = b""
        while not came.endswith(b"data: told\n\n"):
            came += asked.recv(4096)

    assert came.startswith(b"HTTP/1.0 200 OK\r\n")
    assert server.heads[0].split("\n")[:3] == ["Host: shop.example:8000", "Connection: close", "X-Own: kept"]


def test_the_relay_brings_other_cookies_than_the_browsers(server: TellingServer, relay: StreamRelay) -> None:
    with socket.create_connection(("127.0.0.1", relay.port)) as asked:
        asked.sendall(f"GET /told HTTP/1.1\r\nHost: x\r\nCookie: a=twin\r\n{COOKIES}: a=real; b=2\r\n\r\n".encode())
        asked.recv(1)

    assert server.heads[0].split("\n")[:4] == [
        "Host: shop.example:8000",
        "Connection: close",
        "Cookie: a=real; b=2",
        "",
    ]


def test_the_relay_resets_what_is_open_and_takes_the_next_one(relay: StreamRelay) -> None:
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", relay.port)) as asked:
            asked.sendall(b"GET /told HTTP/1.1\r\nHost: x\r\n\r\n")
            asked.recv(1)

            assert relay.cut() == 1
            with pytest.raises(ConnectionResetError):
                read_to_the_end(asked)


def test_the_relay_ends_with_its_connections(server: TellingServer) -> None:
    relay = StreamRelay(f"http://{server.netloc}", "x")
    with socket.create_connection(("127.0.0.1", relay.port)) as asked:
        asked.sendall(b"GET /told HTTP/1.1\r\nHost: x\r\n\r\n")
        asked.recv(1)
        relay.close()
        relay.close()

        with pytest.raises(ConnectionResetError):
            read_to_the_end(asked)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", relay.port))


def test_the_relay_hands_on_that_there_is_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with closing(StreamRelay(address, "x")) as relay, socket.create_connection(("127.0.0.1", relay.port)) as asked:
        asked.sendall(b"GET /told HTTP/1.1\r\nHost: x\r\n\r\n")

        assert asked.recv(1) == b""
