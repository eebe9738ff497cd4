"""What the bundled backend tells of its refreshes and its 401s: lines of JSON, counters, and rules for alerts."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from e2e.test_backend import (
    BACKEND,
    PASSWORD,
    Backend,
    Reply,
    StartBackend,
    altered,
    at_once,
    backends,
    bearer,
    said_by,
    unused_email,
)

ALERTS: Final = BACKEND / "monitoring" / "alerts.yml"
EVENT: Final = ["at", "level", "event", "endpoint", "status", "reason", "user", "session", "client", "user_agent"]
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")
def start_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBackend]:
    """Start backends."""
    with backends(tmp_path_factory) as start:
        yield start


@pytest.fixture
def backend(start_backend: StartBackend) -> Backend:
    """Return a backend that nobody has asked anything yet."""
    return start_backend()


def written(backend: Backend) -> str:
    """Return all that it has written down."""
    file = Path(backend.environment["APP_AUTH_LOG"])
    return file.read_text(encoding="utf-8") if file.exists() else ""


def events(backend: Backend) -> list[dict[str, Any]]:
    """Return each event that it has written down."""
    return [json.loads(line) for line in written(backend).splitlines()]


def counted(backend: Backend) -> dict[str, float]:
    """Return every counter that has counted something, by its name and its reason."""
    families = text_string_to_metric_families(backend.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {
        " ".join([sample.name.removeprefix("field_notes_"), *sample.labels.values()]): sample.value
        for sample in samples
        if sample.value
    }


def ask_with_agent(backend: Backend, agent: str, token: str = "") -> Reply:
    return backend.send("GET", "/auth/me/", headers={"User-Agent": agent, "Authorization": f"Bearer {token}"})


# Lines


def test_what_goes_well_is_no_event_but_for_a_refresh(backend: Backend) -> None:
    """A sign-in and the use of the API are not written down; a refresh is, with whose it was."""
    session = backend.sign_up()
    backend.get("/auth/me/", session["access_token"])
    assert events(backend) == []

    assert backend.refresh(session["refresh_token"]).status == 200

    [event] = events(backend)
    assert list(event) == EVENT
    assert (event["level"], event["event"], event["endpoint"]) == ("info", "refresh", "POST /auth/refresh/")
    assert (event["status"], event["reason"]) == (200, None)
    said = said_by(session["refresh_token"])
    assert (event["user"], event["session"]) == (str(session["user"]["id"]), said["sid"]) == (said["sub"], said["sid"])
    assert event["client"] == "127.0.0.1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", event["at"])


def test_each_401_is_one_event_with_its_reason(start_backend: StartBackend) -> None:
    """Whatever the client is told, the line says why; and whose token it was, where a good signature says it."""
    backend = start_backend(APP_ROTATE_REFRESH_TOKENS="1", APP_ROTATION_GRACE_SECONDS="0")
    gone, away, left, spent, disabled = (backend.sign_up() for _ in range(5))
    earlier = int(time.time()) - 1
    backend.post("/auth/logout/", {"refresh_token": left["refresh_token"]})
    assert backend.send("DELETE", "/auth/me/", headers=bearer(gone["access_token"])).status == 204
    assert backend.refresh(spent["refresh_token"]).status == 200
    backend.shell(
        "from apps.accounts.models import User\n"
        f"User.objects.filter(pk={disabled['user']['id']}).update(is_active=False)"
    )
    before = len(events(backend))
    replies = [
        backend.refresh(gone["refresh_token"]),
        backend.refresh(altered(away["refresh_token"], exp=earlier)),
        backend.refresh(left["refresh_token"]),
        backend.refresh(spent["refresh_token"]),
        backend.refresh(disabled["refresh_token"]),
        backend.refresh("no-token"),
        backend.refresh(None),
        backend.get("/api/notes/"),
        backend.get("/api/notes/?access_token=pasted", "no-token"),
        backend.get("/api/notes/", altered(away["access_token"], exp=earlier)),
        backend.get("/api/notes/", left["access_token"]),
        backend.get("/api/notes/", disabled["access_token"]),
        backend.login(unused_email()),
    ]

    seen = events(backend)[before:]
    assert [reply.status for reply in replies] == [event["status"] for event in seen] == [401] * len(replies)
    assert [event["reason"] for event in seen] == [
        "token_unknown",
        "token_expired",
        "session_ended",
        "token_reused",
        "user_inactive",
        "token_invalid",
        "unreadable",
        "token_missing",
        "token_invalid",
        "token_expired",
        "session_ended",
        "user_inactive",
        "sign_in_refused",
    ]
    users = [str(session["user"]["id"]) for session in (gone, away, left, spent, disabled)]
    nobody = None
    assert [event["user"] for event in seen] == [
        *users, nobody, nobody, nobody, nobody, users[1], users[2], users[4], nobody
    ]  # fmt: skip
    assert {event["event"] for event in seen[:7]} == {"refresh"}
    assert {event["event"] for event in seen[7:]} == {"unauthorized"}
    assert {event["level"] for event in seen} == {"warning"}
    assert {event["endpoint"] for event in seen[8:12]} == {"GET /api/notes/"}, "the query has no place there"


@pytest.mark.parametrize("session_in", ["body", "cookie"])
def test_no_secret_is_written_down(start_backend: StartBackend, session_in: str) -> None:
    """Neither a token nor a password nor a cookie nor an e-mail address gets into a line, nor among the counters."""
    backend = start_backend(APP_SESSION_IN=session_in, APP_ROTATE_REFRESH_TOKENS="1")
    email = unused_email()
    signed_up = backend.post("/auth/register/", {"email": email, "password": PASSWORD, "name": "Ann"})
    cookies = [line.partition(";")[0] for line in signed_up.headers.get_all("Set-Cookie") or []]
    shown = {cookie.partition("=")[0]: cookie.partition("=")[2] for cookie in cookies}
    token = shown.get("refresh_token") or signed_up.json()["refresh_token"]
    proof = {"Cookie": "; ".join(cookies), "X-CSRF-Token": shown.get("csrf_token", "")}
    said = json.dumps({"refresh_token": token}).encode()
    for headers, body in [(proof, said), (proof, said[:-1]), ({}, said), ({"Cookie": proof["Cookie"]}, said)]:
        backend.send("POST", "/auth/refresh/", body, {"Content-Type": "application/json", **headers})
    backend.get("/auth/me/", signed_up.json()["access_token"][:-2])
    backend.login(email, f"{PASSWORD}-mistyped")

    told = written(backend) + backend.get("/metrics").text
    assert len(events(backend)) == 6
    for secret in (email, PASSWORD, token, signed_up.json()["access_token"][:-2], *shown.values()):
        assert secret
        assert secret not in told
        assert secret.rpartition(".")[2] not in told, "nor the part that signs it"


def test_a_client_cannot_write_lines_of_its_own(backend: Backend) -> None:
    """What a client says of itself is cut, and kept within its line and its quotes."""
    ask_with_agent(backend, AGENT)
    ask_with_agent(backend, 'x", "user": "1"}\x85{' + "y" * 500)

    first, second = written(backend).splitlines()
    assert json.loads(first)["user_agent"] == AGENT[:80]
    assert json.loads(second)["user"] is None
    assert len(json.loads(second)["user_agent"]) == 80
    assert second.isascii()


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 2001:db8::7", "2001:db8::7"),
        ("unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_behind_a_proxy_the_client_is_whom_the_proxy_has_seen(backend: Backend, forwarded: str, client: str) -> None:
    """What the nearest proxy has added counts, and what a client may have written before it does not."""
    backend.send("GET", "/auth/me/", headers={"X-Forwarded-For": forwarded})
    assert events(backend)[0]["client"] == client


def test_without_a_file_the_lines_go_to_standard_error(start_backend: StartBackend) -> None:
    """As servers do that run in a container."""
    backend = start_backend(APP_AUTH_LOG="")
    backend.get("/auth/me/")
    assert json.loads(backend.last_words())["reason"] == "token_missing"


# Counters


def test_every_refresh_is_counted_once(start_backend: StartBackend) -> None:
    """An attempt is a success or a failure, by its reason; other 401s are counted apart."""
    backend = start_backend(APP_ROTATE_REFRESH_TOKENS="1", APP_ROTATION_GRACE_SECONDS="0")
    assert counted(backend) == {}
    session = backend.sign_up()
    for token in (session["refresh_token"], session["refresh_token"], "no-token", "no-token"):
        backend.refresh(token)
    backend.send("GET", "/auth/refresh/")
    backend.get("/auth/me/")

    assert counted(backend) == {
        "refresh_attempts_total": 4,
        "refresh_successes_total": 1,
        "refresh_failures_total token_reused": 1,
        "refresh_failures_total token_invalid": 2,
        "unauthorized_total token_missing": 1,
    }


def test_refreshes_at_the_same_moment_are_all_counted(backend: Backend) -> None:
    """The server's threads share the counters."""
    token = backend.sign_up()["refresh_token"]
    replies = at_once(lambda: backend.refresh(token))
    assert counted(backend) == {"refresh_attempts_total": len(replies), "refresh_successes_total": len(replies)}


def test_a_refresh_without_its_proof_is_a_failure_of_its_own_kind(start_backend: StartBackend) -> None:
    """A 403 brings no token either."""
    backend = start_backend(APP_SESSION_IN="cookie")
    assert backend.post("/auth/refresh/", {}).status == 403
    assert counted(backend) == {"refresh_attempts_total": 1, "refresh_failures_total csrf_failed": 1}
    assert events(backend)[0]["reason"] == "csrf_failed"


def test_a_fault_of_the_server_is_counted_as_such(start_backend: StartBackend, tmp_path: Path) -> None:
    """A refresh that ends in a 500 is one that failed."""
    backend = start_backend(APP_DATABASE=str(tmp_path / "db.sqlite3"))
    good_but_for_the_tables = altered("eyJhbGciOiJIUzI1NiJ9.e30.LlvgK1K3s5pMlFtmQvjzwCFRt5b8oq9e4o8RLs7KZjU")
    assert backend.refresh(good_but_for_the_tables).status == 500
    assert counted(backend) == {"refresh_attempts_total": 1, "refresh_failures_total server_error": 1}
    assert "no such table" in backend.last_words()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via"])
def test_the_counters_are_not_shown_to_who_comes_by_a_proxy(backend: Backend, header: str) -> None:
    """A proxy that passes everything on publishes nothing of them."""
    assert backend.send("GET", "/metrics").status == 200
    assert backend.send("GET", "/metrics", headers={header: "192.0.2.1"}).status == 404


def test_the_counters_can_be_switched_off(start_backend: StartBackend) -> None:
    """Then the page is as any that there is not."""
    backend = start_backend(APP_METRICS="0")
    assert backend.get("/metrics").status == backend.get("/nowhere").status == 404


# Alerts


def test_every_counter_of_the_alert_rules_is_one_that_there_is(backend: Backend) -> None:
    """A rule about a counter of another name would never fire, and nobody would notice."""
    [group] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    families = list(text_string_to_metric_families(backend.get("/metrics").text))
    names = {sample.name for family in families for sample in family.samples}
    reasons = {label for family in families for sample in family.samples for label in sample.labels.values()}
    recorded = {rule["record"] for rule in group["rules"] if "record" in rule}
    expressions = " ".join(rule["expr"] for rule in group["rules"])

    assert set(re.findall(r"field_notes_\w+", expressions)) <= names
    assert set(re.findall(r"field_notes:[\w:]+", expressions)) == recorded
    assert set(re.findall(r'reason!?="(\w+)"', expressions)) <= reasons
    alerts = [rule for rule in group["rules"] if "alert" in rule]
    assert alerts
    for rule in alerts:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
