"""The bundled backend's stream of events: what it tells, where it goes on, and when it ends by itself."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest

from e2e.test_backend import Backend, StartBackend, backends, bearer

MOST_STREAMS = 6
PATH = "/api/events/"


class Stream:
    """A stream as a client reads it, line by line."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response

    def lines(self) -> Iterator[str]:
        """Each line, until the server ends the stream."""
        while line := self._response.readline():
            yield line.decode().rstrip("\n")

    def next_events(self, count: int) -> list[tuple[int, Any]]:
        """The next so many events: their ids and what they say."""
        found, last_id = [], 0
        for line in self.lines():
            field, _, value = line.partition(": ")
            if field == "id":
                last_id = int(value)
            elif field == "data":
                found.append((last_id, json.loads(value)))
                if len(found) == count:
                    break
        return found


@contextmanager
def stream(
    backend: Backend, session: Any, *, is_last: bool = True, headers: Mapping[str, str] | None = None
) -> Iterator[Stream]:
    """Open one. The last of a session is read to its end, so that its place is free for the next test."""
    with closing(http.client.HTTPConnection("127.0.0.1", backend.port, timeout=20)) as connection:
        connection.request("GET", PATH, headers={**bearer(session["access_token"]), **(headers or {})})
        with closing(connection.getresponse()) as response:
            opened = Stream(response)
            yield opened
            if is_last:
                backend.post("/auth/logout/", {"refresh_token": session["refresh_token"]})
                for _ in opened.lines():
                    pass


def write(backend: Backend, session: Any, title: str) -> int:
    reply = backend.post("/api/notes/", {"title": title, "body": "b"}, session["access_token"])
    assert reply.status == 201
    return int(reply.json()["id"])


@pytest.fixture(scope="module")
def start_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBackend]:
    with backends(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def backend(start_backend: StartBackend) -> Backend:
    return start_backend()


def test_it_tells_the_notes_there_are_and_each_that_is_written(backend: Backend) -> None:
    session = backend.sign_up()
    stranger = backend.sign_up()
    first = write(backend, session, "first")

    with stream(backend, session) as opened:
        before = opened.next_events(1)
        write(backend, stranger, "not mine")
        second = write(backend, session, "second")
        after = opened.next_events(1)

    assert (opened.status, opened.headers["Content-Type"]) == (200, "text/event-stream")
    assert opened.headers["Cache-Control"] == "no-store"
    assert [(event_id, note["title"]) for event_id, note in before + after] == [(first, "first"), (second, "second")]


def test_it_begins_with_the_newest_twenty(backend: Backend) -> None:
    session = backend.sign_up()
    written = [write(backend, session, str(number)) for number in range(22)]

    with stream(backend, session) as opened:
        told = opened.next_events(20)

    assert [event_id for event_id, _ in told] == written[2:]


def test_it_goes_on_after_the_last_event_that_its_client_has_got(backend: Backend) -> None:
    session = backend.sign_up()
    write(backend, session, "seen")
    with stream(backend, session, is_last=False) as opened:
        [(last_id, _)] = opened.next_events(1)
    missed = write(backend, session, "missed")

    with stream(backend, session, headers={"Last-Event-ID": str(last_id)}) as again:
        assert [event_id for event_id, _ in again.next_events(1)] == [missed]


def test_it_names_an_id_to_go_on_from_before_anything_has_happened(backend: Backend) -> None:
    with stream(backend, backend.sign_up()) as opened:
        assert list(zip(range(2), opened.lines(), strict=False)) == [(0, "id: 0"), (1, "retry: 1000")]


@pytest.mark.parametrize("told", ["x", "-1", "9" * 19, ""])
def test_it_refuses_an_id_that_it_cannot_have_given(backend: Backend, told: str) -> None:
    token = backend.sign_up()["access_token"]

    assert backend.send("GET", PATH, headers={**bearer(token), "Last-Event-ID": told}).status == 400


def test_it_is_for_signed_in_users(backend: Backend) -> None:
    assert backend.get(PATH).json()["code"] == "token_missing"


def test_it_ends_with_its_session(backend: Backend) -> None:
    session = backend.sign_up()

    with stream(backend, session) as opened:
        assert next(opened.lines()) == "id: 0"
        backend.post("/auth/logout/", {"refresh_token": session["refresh_token"]})
        assert list(opened.lines())[-1] == ""

    assert backend.get(PATH, session["access_token"]).json()["code"] == "token_invalid"


def test_it_ends_when_its_access_token_expires(start_backend: StartBackend) -> None:
    backend = start_backend(APP_ACCESS_TOKEN_SECONDS="2")
    session = backend.sign_up()

    with stream(backend, session, is_last=False) as opened:
        assert "id: 0" in opened.lines()
        for _ in opened.lines():
            pass

    assert backend.get(PATH, session["access_token"]).json()["code"] == "token_expired"


def test_there_are_a_few_at_a_time_and_a_place_comes_free_when_one_has_ended(start_backend: StartBackend) -> None:
    backend = start_backend()
    session = backend.sign_up()
    with ExitStack() as open_now:
        streams = [open_now.enter_context(stream(backend, session)) for _ in range(MOST_STREAMS)]
        refused = backend.get(PATH, session["access_token"])
        backend.post("/auth/logout/", {"refresh_token": session["refresh_token"]})
        for each in streams:
            assert "id: 0" in list(each.lines())

    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    with stream(backend, backend.sign_up()) as after:
        assert after.status == 200


def test_a_server_that_is_to_end_does_not_wait_for_it(start_backend: StartBackend) -> None:
    backend = start_backend()

    with stream(backend, backend.sign_up(), is_last=False) as opened:
        assert next(opened.lines()) == "id: 0"
        asked = time.monotonic()
        backend.stop()

    assert time.monotonic() - asked < 4
