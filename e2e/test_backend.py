"""The bundled backend keeps its contract, over real HTTP and against its real server process."""

import base64
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import jwt
import pytest

BACKEND: Final = Path(__file__).parents[1] / "fixtures" / "app" / "backend"
SECRET_KEY: Final = "a key that signs nothing but these tests"
PASSWORD: Final = "correct-horse-battery"
REFUSED_REFRESH: Final = '{"error":"Invalid refresh token","details":"Refresh token is invalid or expired"}'
AT_ONCE: Final = 4


@dataclass(frozen=True)
class Reply:
    """What the backend answered."""

    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        """Return the body, whose shape is for the test to judge."""
        return json.loads(self.text)


class Backend:
    """A `manage.py serve` process, and a client for it that follows, retries and hides nothing."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.environment = environment(**settings)
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", "0"],
            cwd=BACKEND,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        if not self.address:
            pytest.fail(f"the backend did not start:\n{self._process.communicate()[1]}")

    @property
    def port(self) -> int:
        """The port that it took."""
        port = urlsplit(self.address).port
        assert port is not None
        return port

    @property
    def is_running(self) -> bool:
        """Whether it has yet to be stopped."""
        return self._process.returncode is None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and require that it had nothing to say: a fault of its own would have left a traceback."""
        assert self.last_words(how) == ""

    def last_words(self, how: signal.Signals = signal.SIGTERM) -> str:
        """End it, and return what it has complained about."""
        self._process.send_signal(how)
        output, complaints = self._process.communicate(timeout=10)
        assert (output, self._process.returncode) == ("", 0)
        return complaints

    def shell(self, code: str) -> str:
        """Run code in the backend's own shell, and return what it prints."""
        return manage(self.environment, "shell", "-c", code).stdout

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request as it is."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read().decode())

    def get(self, path: str, token: str | None = None) -> Reply:
        """Ask for something."""
        return self.send("GET", path, headers=bearer(token))

    def post(self, path: str, body: object, token: str | None = None, key: str | None = None) -> Reply:
        """Send JSON."""
        headers = {**bearer(token), "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.send("POST", path, json.dumps(body).encode(), headers)

    def upload(self, name: str, content: bytes, token: str, field: str = "file") -> Reply:
        """Send a form with one file."""
        opening = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        form = opening.encode() + content + b"\r\n--edge--\r\n"
        headers = {**bearer(token), "Content-Type": "multipart/form-data; boundary=edge"}
        return self.send("POST", "/api/attachments/", form, headers)

    def refresh(self, token: object) -> Reply:
        """Show a refresh token."""
        return self.post("/auth/refresh/", {"refresh_token": token})

    def login(self, email: str, password: str = PASSWORD) -> Reply:
        """Sign in."""
        return self.post("/auth/login/", {"email": email, "password": password})

    def sign_up(self) -> Any:
        """Make an account that no other test knows of, and return its tokens and its user."""
        reply = self.post("/auth/register/", {"email": unused_email(), "password": PASSWORD, "name": "Ann Field"})
        assert reply.status == 201, reply.text
        return reply.json()


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with these settings of the backend and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    return {**inherited, "APP_SECRET_KEY": SECRET_KEY, "APP_PASSWORD_ITERATIONS": "1", **settings}


def manage(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a management command that has to succeed."""
    finished = run_manage(variables, *arguments)
    assert finished.returncode == 0, finished.stderr
    return finished


def run_manage(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a management command."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BACKEND,
        env=variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def bearer(token: str | None) -> dict[str, str]:
    """Return the header that shows an access token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def unused_email() -> str:
    """Return an address that no other test uses."""
    return f"{uuid.uuid4().hex}@example.com"


def at_once(deed: Callable[[], Reply]) -> list[Reply]:
    """Do the same thing several times at the same moment."""
    start = Barrier(AT_ONCE)

    def wait_and_do() -> Reply:
        start.wait()
        return deed()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(wait_and_do) for _ in range(AT_ONCE)]]


def forged(changes: Mapping[str, object], *, key: str = SECRET_KEY, algorithm: str = "HS256") -> str:
    """Return a refresh token with a good form, apart from the changes; None leaves a claim out."""
    now = int(time.time())
    claims: dict[str, object] = {
        "jti": str(uuid.uuid4()),
        "sub": "1",
        "sid": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 600,
        "typ": "refresh",
        **changes,
    }
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm)


def said_by(token: str) -> dict[str, object]:
    """Return the claims of a token."""
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


def altered(token: str, **changes: object) -> str:
    """Return a token of the backend's own with other claims and a signature that fits them."""
    return forged({**said_by(token), **changes})


class StartBackend(Protocol):
    """Starts a backend on a copy of the migrated database."""

    def __call__(self, **settings: str) -> Backend:
        """Start it with these settings."""


@contextmanager
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBackend]:
    """Start backends with every table and only the demonstration user, and stop those that are left at the end."""
    migrated_database = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    variables = environment(APP_DATABASE=str(migrated_database))
    manage(variables, "migrate")
    manage(variables, "load_demo")
    with ExitStack() as running:

        def start(**settings: str) -> Backend:
            if "APP_DATABASE" not in settings:
                database = tmp_path_factory.mktemp("backend") / "db.sqlite3"
                with closing(sqlite3.connect(migrated_database)) as source, closing(sqlite3.connect(database)) as copy:
                    source.backup(copy)
                settings["APP_DATABASE"] = str(database)
            # What is written to a pipe that nobody reads makes the server wait, in the end.
            settings.setdefault("APP_AUTH_LOG", str(Path(settings["APP_DATABASE"]).with_name("auth.log")))
            backend = Backend(settings)
            running.callback(lambda: backend.stop() if backend.is_running else None)
            return backend

        yield start


@pytest.fixture(scope="module")
def start_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBackend]:
    """Start backends."""
    with backends(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def backend(start_backend: StartBackend) -> Backend:
    """Return a backend as it is by default."""
    return start_backend()


@pytest.fixture(scope="module")
def rotating(start_backend: StartBackend) -> Backend:
    """Return a backend that rotates refresh tokens, with a grace period that no test outlasts."""
    return start_backend(APP_ROTATE_REFRESH_TOKENS="1", APP_ROTATION_GRACE_SECONDS="3600")


@pytest.fixture(scope="module")
def strict(start_backend: StartBackend) -> Backend:
    """Return a backend that rotates refresh tokens and grants no grace."""
    return start_backend(APP_ROTATE_REFRESH_TOKENS="1", APP_ROTATION_GRACE_SECONDS="0")


@pytest.fixture(scope="module")
def with_frontend(start_backend: StartBackend, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """Return a backend that serves a built frontend too."""
    folder = tmp_path_factory.mktemp("dist")
    (folder / "index.html").write_text("<!doctype html><title>Field Notes</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets").mkdir()
    (folder / "assets" / "index-B7dQ1x2y.js").write_text("export {}")
    return start_backend(APP_FRONTEND=str(folder))


# Renewal


def test_refresh_answers_with_an_access_token_and_nothing_else(backend: Backend) -> None:
    """Without rotation, a reply holds the access token and its lifetime, and the refresh token stays good."""
    session = backend.sign_up()
    for _ in range(2):
        reply = backend.refresh(session["refresh_token"])
        assert reply.status == 200
        assert re.fullmatch(r'\{"access_token":"[\w-]+\.[\w-]+\.[\w-]+","expires_in":900\}', reply.text, re.ASCII)
        assert backend.get("/auth/me/", reply.json()["access_token"]).json() == session["user"]


ODD_BODIES: Final = {
    "nothing": b"",
    "not JSON": b"refresh_token=invalid_token",
    "not UTF-8": b'{"refresh_token":"\xff\xfe"}',
    "null": b"null",
    "a list": b'["refresh_token"]',
    "a number": b"7",
    "a text": b'"refresh_token"',
    "brackets beyond the parser's stack": b"[" * 100_000,
    "a number beyond any integer": b'{"refresh_token":' + b"9" * 5000 + b"}",
    "no token": b"{}",
    "token null": b'{"refresh_token":null}',
    "token a number": b'{"refresh_token":42}',
    "token a list": b'{"refresh_token":["a"]}',
    "token an object": b'{"refresh_token":{}}',
    "token empty": b'{"refresh_token":""}',
    "token blank": b'{"refresh_token":"   "}',
    "token undefined": b'{"refresh_token":"undefined"}',
    "token made up": b'{"refresh_token":"invalid_token"}',
    "token of dots": b'{"refresh_token":".."}',
    "token not ASCII": '{"refresh_token":"añb.ñ.ñ"}'.encode(),
    "token with NUL": b'{"refresh_token":"a\\u0000b"}',
    "token with half a surrogate pair": b'{"refresh_token":"\\ud800"}',
    "token with a nested header": b'{"refresh_token":"' + base64.urlsafe_b64encode(b"[" * 1200) + b'.e30.e30"}',
    "token huge": b'{"refresh_token":"' + b"a" * 1_000_000 + b'"}',
    "body larger than the server reads": b'{"refresh_token":"' + b"a" * 3_000_000 + b'"}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
def test_refresh_refuses_an_odd_body(backend: Backend, body: bytes) -> None:
    """Whatever stands in the body, the answer is the one 401."""
    reply = backend.send("POST", "/auth/refresh/", body, {"Content-Type": "application/json"})
    assert (reply.status, reply.text) == (401, REFUSED_REFRESH)


ODD_TOKENS: Final[dict[str, Callable[[str], str]]] = {
    "of nobody's": lambda _: forged({}),
    "signed with another key": lambda token: forged(said_by(token), key="another key, long enough for HMAC-SHA256"),
    "signed in another way": lambda token: forged(
        said_by(token),
        key="another key, so long that even HMAC-SHA512 has nothing to say about it",
        algorithm="HS512",
    ),
    "not signed": lambda token: forged(said_by(token), key="", algorithm="none"),
    "cut short": lambda token: token[:-1],
    "expired": lambda token: altered(token, exp=int(time.time()) - 1),
    "issued in the future": lambda token: altered(token, iat=int(time.time()) + 600),
    "of type access": lambda token: altered(token, typ="access"),
    "of a foreign type": lambda token: altered(token, typ="id"),
    "of no type": lambda token: altered(token, typ=None),
    "of a type that is a list": lambda token: altered(token, typ=["refresh"]),
    "without an id": lambda token: altered(token, jti=None),
    "with an id that is no UUID": lambda token: altered(token, jti="1 OR 1=1"),
    "without a user": lambda token: altered(token, sub=None),
    "without a session": lambda token: altered(token, sid=None),
    "with a session that is no UUID": lambda token: altered(token, sid="0"),
    "with a session that is a list": lambda token: altered(token, sid=["0"]),
    "without an expiry": lambda token: altered(token, exp=None),
    "with an expiry that is a list": lambda token: altered(token, exp=[]),
    "with an endless expiry": lambda token: altered(token, exp=float("inf")),
    "with an expiry that is a word": lambda token: altered(token, exp="never"),
}


@pytest.mark.parametrize("spoil", ODD_TOKENS.values(), ids=ODD_TOKENS.keys())
def test_refresh_refuses_an_odd_token(backend: Backend, spoil: Callable[[str], str]) -> None:
    """A token that differs from a good one in one respect gets the one 401, and does the good one no harm."""
    good = backend.sign_up()["refresh_token"]
    reply = backend.refresh(spoil(good))
    assert (reply.status, reply.text) == (401, REFUSED_REFRESH)
    assert reply.headers["WWW-Authenticate"] == (
        'Bearer realm="field-notes", error="invalid_token", error_description="Refresh token is invalid or expired"'
    )
    assert backend.refresh(good).status == 200


def test_refresh_ignores_the_authorization_header(backend: Backend) -> None:
    """An expired access token beside a good refresh token does not spoil it."""
    session = backend.sign_up()
    expired = altered(session["access_token"], exp=int(time.time()) - 1)
    assert backend.post("/auth/refresh/", {"refresh_token": session["refresh_token"]}, expired).status == 200


def test_refresh_survives_a_restart(start_backend: StartBackend) -> None:
    """A session outlives the server process that began it."""
    first = start_backend()
    session = first.sign_up()
    first.stop()
    second = start_backend(APP_DATABASE=first.environment["APP_DATABASE"])
    assert second.refresh(session["refresh_token"]).status == 200
    assert second.get("/auth/me/", session["access_token"]).json() == session["user"]


def test_a_disabled_or_deleted_user_is_signed_out(backend: Backend) -> None:
    """Neither token of a disabled or a deleted user is good for anything any more."""
    disabled, deleted = backend.sign_up(), backend.sign_up()
    backend.shell(
        "from apps.accounts.models import User\n"
        f"User.objects.filter(pk={disabled['user']['id']}).update(is_active=False)\n"
        f"User.objects.get(pk={deleted['user']['id']}).delete()"
    )
    for session, code in ((disabled, "user_inactive"), (deleted, "token_invalid")):
        reply = backend.refresh(session["refresh_token"])
        assert (reply.status, reply.text) == (401, REFUSED_REFRESH)
        reply = backend.get("/auth/me/", session["access_token"])
        assert (reply.status, reply.json()["code"]) == (401, code)
        assert backend.login(session["user"]["email"]).status == 401


def test_simultaneous_refreshes_all_succeed(backend: Backend) -> None:
    """Requests that show one token at the same moment wait for each other instead of failing."""
    token = backend.sign_up()["refresh_token"]
    assert [reply.status for reply in at_once(lambda: backend.refresh(token))] == [200] * AT_ONCE


# Rotation


def test_rotation_hands_out_the_next_token(rotating: Backend) -> None:
    """With rotation, each reply carries another refresh token, which is good in turn."""
    tokens = [rotating.sign_up()["refresh_token"]]
    for _ in range(3):
        reply = rotating.refresh(tokens[-1])
        assert (reply.status, list(reply.json())) == (200, ["access_token", "refresh_token", "expires_in"])
        tokens.append(reply.json()["refresh_token"])
    assert len(set(tokens)) == len(tokens)


def test_a_retry_within_the_grace_period_gets_a_fresh_successor(rotating: Backend) -> None:
    """A client whose reply was lost may show its token again, and both successors are good."""
    token = rotating.sign_up()["refresh_token"]
    lost, retried = rotating.refresh(token).json(), rotating.refresh(token).json()
    assert lost["refresh_token"] != retried["refresh_token"]
    assert rotating.refresh(retried["refresh_token"]).status == 200
    assert rotating.refresh(lost["refresh_token"]).status == 200


def test_reuse_after_the_grace_period_ends_the_family(strict: Backend) -> None:
    """A spent token that turns up late ends every token of its session, and no other session."""
    session = strict.sign_up()
    elsewhere = strict.login(session["user"]["email"]).json()
    successor = strict.refresh(session["refresh_token"]).json()

    reply = strict.refresh(session["refresh_token"])
    assert (reply.status, reply.text) == (401, REFUSED_REFRESH)

    assert strict.refresh(successor["refresh_token"]).text == REFUSED_REFRESH
    assert strict.get("/auth/me/", successor["access_token"]).json()["code"] == "token_invalid"
    assert strict.refresh(elsewhere["refresh_token"]).status == 200


def test_simultaneous_rotations_within_the_grace_period_all_succeed(rotating: Backend) -> None:
    """Two tabs that show one token at the same moment both stay signed in."""
    token = rotating.sign_up()["refresh_token"]
    replies = at_once(lambda: rotating.refresh(token))
    assert [reply.status for reply in replies] == [200] * AT_ONCE
    assert len({reply.json()["refresh_token"] for reply in replies}) == AT_ONCE


def test_simultaneous_rotations_without_grace_succeed_once(strict: Backend) -> None:
    """Of several requests that show one token at the same moment, exactly one is served."""
    token = strict.sign_up()["refresh_token"]
    statuses = sorted(reply.status for reply in at_once(lambda: strict.refresh(token)))
    assert statuses == [200] + [401] * (AT_ONCE - 1)


def test_a_spent_token_stays_spent_when_rotation_is_switched_off(strict: Backend, start_backend: StartBackend) -> None:
    """Switching rotation off brings no spent token back."""
    token = strict.sign_up()["refresh_token"]
    strict.refresh(token)
    plain = start_backend(APP_DATABASE=strict.environment["APP_DATABASE"], APP_ROTATION_GRACE_SECONDS="0")
    assert plain.refresh(token).text == REFUSED_REFRESH


# Sign-up, sign-in, sign-out


def test_cookies_are_neither_set_nor_looked_at(backend: Backend) -> None:
    """By default the client has both tokens and shows them by itself, whatever its browser sends along."""
    session = backend.sign_up()
    cookies = {"Cookie": f"refresh_token={session['refresh_token']}; csrf_token=c", "X-CSRF-Token": "c"}
    replies = [
        backend.login(session["user"]["email"]),
        backend.refresh(session["refresh_token"]),
        backend.send("POST", "/auth/refresh/", b"{}", cookies),
        backend.send("POST", "/auth/logout/", b"{}", cookies),
        backend.refresh(session["refresh_token"]),
    ]
    assert [reply.status for reply in replies] == [200, 200, 401, 204, 200]
    assert [reply.headers["Set-Cookie"] for reply in replies] == [None] * 5


def test_register_signs_in(backend: Backend) -> None:
    """A new account is signed in at once, under its address in lower case."""
    email = unused_email()
    body = {"email": f" {email.upper()}", "password": PASSWORD, "name": "Ann Field"}
    reply = backend.post("/auth/register/", body)
    assert (reply.status, list(reply.json())) == (201, ["access_token", "refresh_token", "expires_in", "user"])
    user = reply.json()["user"]
    assert user == {"id": user["id"], "email": email, "name": "Ann Field"}
    assert backend.post("/auth/register/", body).status == 400


ODD_REGISTRATIONS: Final[dict[str, object]] = {
    "not an object": [],
    "no e-mail address": {"password": PASSWORD, "name": "Ann"},
    "no real e-mail address": {"email": "ann", "password": PASSWORD, "name": "Ann"},
    "no password": {"email": "ann@example.com", "name": "Ann"},
    "short password": {"email": "ann@example.com", "password": "horse", "name": "Ann"},
    "common password": {"email": "ann@example.com", "password": "password123", "name": "Ann"},
    "no name": {"email": "ann@example.com", "password": PASSWORD},
    "blank name": {"email": "ann@example.com", "password": PASSWORD, "name": " "},
    "name that cannot be stored": {"email": "ann@example.com", "password": PASSWORD, "name": "\ud800"},
}


@pytest.mark.parametrize("body", ODD_REGISTRATIONS.values(), ids=ODD_REGISTRATIONS.keys())
def test_register_refuses_an_odd_account(backend: Backend, body: object) -> None:
    """An account that is not as the contract has it is refused with a reason."""
    reply = backend.post("/auth/register/", body)
    assert (reply.status, list(reply.json())) == (400, ["error", "details"])


def test_login_begins_a_session(backend: Backend) -> None:
    """The right password begins a session, in whatever case the address is written."""
    session = backend.sign_up()
    reply = backend.login(session["user"]["email"].upper())
    assert (reply.status, list(reply.json())) == (200, ["access_token", "refresh_token", "expires_in", "user"])
    assert reply.json()["user"] == session["user"]
    assert reply.json()["expires_in"] == 900
    assert backend.get("/auth/me/", reply.json()["access_token"]).json() == session["user"]


def test_login_does_not_tell_whether_an_account_exists(backend: Backend) -> None:
    """A wrong password and an unknown address get the same answer."""
    wrong = backend.login(backend.sign_up()["user"]["email"], "wrong")
    unknown = backend.login(unused_email(), "wrong")
    assert (wrong.status, wrong.text) == (unknown.status, unknown.text)
    assert (wrong.status, wrong.headers["WWW-Authenticate"]) == (401, 'Bearer realm="field-notes"')


def test_login_refuses_an_odd_body(backend: Backend) -> None:
    """A sign-in without a password is a mistake of the client, not a wrong password."""
    assert backend.post("/auth/login/", {"email": unused_email()}).status == 400
    assert backend.post("/auth/login/", None).status == 400


def test_login_limiter_counts_failures_of_one_address(backend: Backend) -> None:
    """After five failures even the right password has to wait, while sessions and other addresses go on."""
    session = backend.sign_up()
    email = session["user"]["email"]
    assert [backend.login(spelling, "wrong").status for spelling in (email, email.upper()) * 2 + (email,)] == [401] * 5

    reply = backend.login(email)
    assert (reply.status, list(reply.json())) == (429, ["error", "details"])
    assert 1 <= int(reply.headers["Retry-After"]) <= 300
    assert backend.refresh(session["refresh_token"]).status == 200
    assert backend.login(backend.sign_up()["user"]["email"]).status == 200


def test_login_limiter_starts_again_after_a_success(backend: Backend) -> None:
    """A right password forgives the wrong ones before it."""
    email = backend.sign_up()["user"]["email"]
    for _ in range(2):
        assert [backend.login(email, "wrong").status for _ in range(4)] == [401] * 4
        assert backend.login(email).status == 200


def test_login_limiter_does_not_count_refreshes(backend: Backend) -> None:
    """Refused refreshes do not lock anybody out."""
    session = backend.sign_up()
    for _ in range(10):
        assert backend.refresh(session["access_token"]).status == 401
    assert backend.login(session["user"]["email"]).status == 200


def test_logout_ends_the_session_and_no_other(backend: Backend) -> None:
    """Signing out ends both tokens at once on this device, and leaves the other devices alone."""
    here = backend.sign_up()
    elsewhere = backend.login(here["user"]["email"]).json()
    for _ in range(2):
        reply = backend.post("/auth/logout/", {"refresh_token": here["refresh_token"]})
        assert (reply.status, reply.text) == (204, "")
    assert backend.refresh(here["refresh_token"]).text == REFUSED_REFRESH
    assert backend.get("/auth/me/", here["access_token"]).json()["code"] == "token_invalid"
    assert backend.refresh(elsewhere["refresh_token"]).status == 200


def test_logout_ends_the_whole_family(rotating: Backend) -> None:
    """Signing out with a token that has been rotated ends its successors too."""
    first = rotating.sign_up()["refresh_token"]
    second = rotating.refresh(first).json()["refresh_token"]
    rotating.post("/auth/logout/", {"refresh_token": first})
    assert rotating.refresh(second).text == REFUSED_REFRESH


def test_logout_with_an_expired_token_still_ends_the_session(backend: Backend) -> None:
    """A refresh token that has expired still says which session is to end."""
    session = backend.sign_up()
    expired = altered(session["refresh_token"], exp=int(time.time()) - 1)
    assert backend.post("/auth/logout/", {"refresh_token": expired}).status == 204
    assert backend.refresh(session["refresh_token"]).text == REFUSED_REFRESH


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": 7}, {"refresh_token": "invalid_token"}])
def test_logout_never_refuses(backend: Backend, body: object) -> None:
    """There is nothing to end, and so nothing to complain about."""
    assert backend.post("/auth/logout/", body).status == 204


# Access


@pytest.mark.parametrize(
    "path",
    [
        "/auth/me/",
        "/api/summary/",
        "/api/notes/",
        "/api/activity/",
        "/api/attachments/",
        "/api/refresh-history/",
        "/api/audit/",
    ],
)
def test_a_missing_token_gets_a_bare_challenge(backend: Backend, path: str) -> None:
    """Without a token there is nothing wrong with it, so the challenge names no error."""
    reply = backend.get(path)
    assert (reply.status, reply.json()["code"]) == (401, "token_missing")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="field-notes"'


ODD_ACCESS: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "made up": ("token_invalid", lambda _: "invalid_token"),
    "undefined": ("token_invalid", lambda _: "undefined"),
    "not ASCII": ("token_invalid", lambda _: "ñ"),
    "a refresh token": ("token_invalid", lambda session: session["refresh_token"]),
    "of no session": ("token_invalid", lambda session: altered(session["access_token"], sid=str(uuid.uuid4()))),
    "expired": ("token_expired", lambda session: altered(session["access_token"], exp=int(time.time()) - 1)),
    "expiring now": ("token_expired", lambda session: altered(session["access_token"], exp=int(time.time()))),
}


@pytest.mark.parametrize(("code", "token"), ODD_ACCESS.values(), ids=ODD_ACCESS.keys())
def test_a_bad_token_is_refused_with_its_reason(backend: Backend, code: str, token: Callable[[Any], str]) -> None:
    """A 401 says twice why, in the body and in the header, for machines to read."""
    reply = backend.get("/api/notes/", token(backend.sign_up()))
    assert (reply.status, list(reply.json()), reply.json()["code"]) == (401, ["error", "details", "code"], code)
    details = reply.json()["details"]
    assert reply.headers["WWW-Authenticate"] == (
        f'Bearer realm="field-notes", error="invalid_token", error_description="{details}"'
    )


def test_the_audit_is_for_staff(backend: Backend) -> None:
    """A good token of somebody who is not staff gets 403, which says nothing about the token.

    Who may is looked up each time. The token says it too, from the next one on, for the page to show.
    """
    session = backend.sign_up()
    reply = backend.get("/api/audit/", session["access_token"])
    assert (reply.status, reply.json()["code"]) == (403, "permission_denied")
    assert "WWW-Authenticate" not in reply.headers

    backend.shell(
        f"from apps.accounts.models import User\nUser.objects.filter(pk={session['user']['id']}).update(is_staff=True)"
    )
    renewed = backend.post("/auth/refresh/", {"refresh_token": session["refresh_token"]}).json()
    assert [said_by(token)["staff"] for token in (session["access_token"], renewed["access_token"])] == [False, True]
    assert "staff" not in said_by(session["refresh_token"])
    reply = backend.get("/api/audit/", session["access_token"])
    assert reply.status == 200
    assert session["user"]["email"] in {row["email"] for row in reply.json()["results"]}


# Notes


def test_notes_are_listed_newest_first(backend: Backend) -> None:
    """The list is the user's own, newest first, cut and searched as asked."""
    token = backend.sign_up()["access_token"]
    for title in ("Oak", "Pond", "Swift"):
        assert backend.post("/api/notes/", {"title": title, "body": f"About the {title}"}, token).status == 201

    def titles(query: str) -> list[str]:
        return [note["title"] for note in backend.get(f"/api/notes/{query}", token).json()["results"]]

    assert titles("") == ["Swift", "Pond", "Oak"]
    assert titles("?limit=2") == ["Swift", "Pond"]
    assert titles("?q=the%20oak") == ["Oak"]
    assert titles("?q=%25") == []
    assert backend.get("/api/notes/", backend.sign_up()["access_token"]).json() == {"results": []}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=ten", "limit=", "limit=9e9", "q=%00", f"q={'a' * 201}"]
)
def test_notes_refuse_an_odd_query(backend: Backend, query: str) -> None:
    """A query that is not as the contract has it is refused, and never half understood."""
    assert backend.get(f"/api/notes/?{query}", backend.sign_up()["access_token"]).status == 400


def test_a_note_is_described_in_full(backend: Backend) -> None:
    """A note comes back as it was written, with its id and its time in UTC."""
    token = backend.sign_up()["access_token"]
    note = backend.post("/api/notes/", {"title": "Öland", "body": "Grått hav 🌊"}, token).json()
    assert list(note) == ["id", "title", "body", "created_at"]
    assert (note["title"], note["body"]) == ("Öland", "Grått hav 🌊")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", note["created_at"])
    assert backend.get("/api/notes/", token).json() == {"results": [note]}


@pytest.mark.parametrize(
    "body", [None, {}, {"title": "", "body": "b"}, {"title": "t"}, {"title": "t" * 201, "body": "b"}]
)
def test_an_odd_note_is_refused(backend: Backend, body: object) -> None:
    """A note without a title or a body is refused with a reason."""
    reply = backend.post("/api/notes/", body, backend.sign_up()["access_token"])
    assert (reply.status, list(reply.json())) == (400, ["error", "details"])


def test_one_idempotency_key_writes_one_note(backend: Backend) -> None:
    """The same key again gives the same note, while another key or another user gives another."""
    token, key = backend.sign_up()["access_token"], str(uuid.uuid4())
    body = {"title": "Oak", "body": "Two nuthatches"}
    first, again = backend.post("/api/notes/", body, token, key), backend.post("/api/notes/", body, token, key)
    assert (first.status, first.text) == (again.status, again.text)
    assert first.status == 201

    somebody_else = backend.sign_up()["access_token"]
    others = [
        backend.post("/api/notes/", body, token, str(uuid.uuid4())),
        backend.post("/api/notes/", body, token),
        backend.post("/api/notes/", body, token),
        backend.post("/api/notes/", body, somebody_else, key),
    ]
    assert len({reply.json()["id"] for reply in [first, *others]}) == 5


def test_simultaneous_posts_with_one_key_write_one_note(backend: Backend) -> None:
    """The same note sent several times at the same moment is written once, and everybody gets it."""
    token = backend.sign_up()["access_token"]
    written = []
    for number in range(20):  # one round alone seldom meets the moment between looking for a note and writing it
        body = {"title": f"Note {number}", "body": "Two nuthatches"}
        replies = at_once(partial(backend.post, "/api/notes/", body, token, body["title"]))
        assert {(reply.status, reply.text) for reply in replies} == {(201, replies[0].text)}
        written.append(replies[0].json())
    assert backend.get("/api/notes/", token).json() == {"results": written[::-1]}


# Attachments, and what is counted


def test_an_attachment_is_kept_and_listed(backend: Backend) -> None:
    """An upload comes back with its name and size, and stands in its owner's list only."""
    token = backend.sign_up()["access_token"]
    reply = backend.upload("oak.jpg", b"x" * 2 * 1024 * 1024, token)
    attachment = reply.json()
    assert (reply.status, list(attachment)) == (201, ["id", "name", "size", "created_at"])
    assert (attachment["name"], attachment["size"]) == ("oak.jpg", 2 * 1024 * 1024)
    assert backend.get("/api/attachments/", token).json() == {"results": [attachment]}
    assert backend.get("/api/attachments/", backend.sign_up()["access_token"]).json() == {"results": []}


def test_a_large_attachment_is_refused(backend: Backend) -> None:
    """One byte above two megabytes is too much."""
    reply = backend.upload("oak.jpg", b"x" * (2 * 1024 * 1024 + 1), backend.sign_up()["access_token"])
    assert (reply.status, list(reply.json())) == (413, ["error", "details"])


def test_a_form_without_a_file_is_refused(backend: Backend) -> None:
    """A form with another field, and a body that is no form, are refused with a reason."""
    token = backend.sign_up()["access_token"]
    assert backend.upload("oak.jpg", b"x", token, field="picture").status == 400
    assert backend.post("/api/attachments/", {}, token).status == 400
    headers = {**bearer(token), "Content-Type": "multipart/form-data"}
    assert backend.send("POST", "/api/attachments/", b"no boundary", headers).status == 400


def test_summary_and_activity_tell_what_there_is(backend: Backend) -> None:
    """The summary counts, and the activity lists at most ten events, newest first."""
    token = backend.sign_up()["access_token"]
    assert backend.get("/api/summary/", token).json() == {"notes": 0, "attachments": 0, "words": 0}
    for number in range(10):
        backend.post("/api/notes/", {"title": f"Note {number}", "body": "three small words"}, token)
    backend.upload("oak.jpg", b"x", token)

    assert backend.get("/api/summary/", token).json() == {"notes": 10, "attachments": 1, "words": 30}
    events = backend.get("/api/activity/", token).json()["results"]
    assert len(events) == 10
    assert [list(event) for event in events] == [["id", "kind", "text", "at"]] * 10
    assert [event["kind"] for event in events] == ["attachment"] + ["note"] * 9
    assert events[1]["text"] == "Wrote “Note 9”"


def test_refresh_history_lists_renewals(backend: Backend) -> None:
    """Every renewal of the account's sessions is listed, newest first, and no refused one is."""
    session = backend.sign_up()
    assert backend.get("/api/refresh-history/", session["access_token"]).json() == {"results": []}
    for _ in range(2):
        backend.refresh(session["refresh_token"])
    backend.refresh("invalid_token")
    rows = backend.get("/api/refresh-history/", session["access_token"]).json()["results"]
    assert [list(row) for row in rows] == [["id", "renewed_at"]] * 2
    assert rows[0]["id"] > rows[1]["id"]


# The server


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/nothing/", "/api/notes", "/api", "/auth", "/api/nothing/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(with_frontend: Backend, method: str, path: str) -> None:
    """A mistyped endpoint gets 404 in JSON: no redirect that loses a POST, and no page that looks like success."""
    reply = with_frontend.send(method, path, b"{}")
    assert (reply.status, list(reply.json())) == (404, ["error", "details"])
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_is_refused(backend: Backend) -> None:
    """An endpoint names the methods that it has."""
    reply = backend.get("/auth/refresh/")
    assert (reply.status, list(reply.json())) == (405, ["error", "details"])
    assert "POST" in reply.headers["Allow"]
    assert "GET" not in reply.headers["Allow"]


def test_no_answer_is_stored(backend: Backend) -> None:
    """Every answer of /auth/ and /api/, good or bad, forbids to be kept."""
    session = backend.sign_up()
    replies = [
        backend.login(session["user"]["email"]),
        backend.login(unused_email()),
        backend.post("/auth/register/", {}),
        backend.refresh(session["refresh_token"]),
        backend.refresh("invalid_token"),
        backend.get("/auth/me/", session["access_token"]),
        backend.get("/auth/me/"),
        backend.get("/auth/refresh/"),
        backend.get("/api/notes/", session["access_token"]),
        backend.post("/auth/logout/", {"refresh_token": session["refresh_token"]}),
    ]
    assert [reply.status for reply in replies] == [200, 401, 400, 200, 401, 200, 401, 405, 200, 204]
    assert {reply.headers["Cache-Control"] for reply in replies} == {"no-store"}


@pytest.mark.parametrize("path", ["/", "/index.html", "/login", "/notes/7?tab=all", "/apiary", "/authors/"])
def test_a_path_of_the_frontend_gets_its_page(with_frontend: Backend, path: str) -> None:
    """Every path that is the frontend's business gets the page, asked for anew each time."""
    reply = with_frontend.get(path)
    assert (reply.status, reply.text) == (200, "<!doctype html><title>Field Notes</title>")
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers["Content-Type"].startswith("text/html")


def test_assets_are_kept_for_ever(with_frontend: Backend) -> None:
    """What has a hash in its name never changes; what has none is asked for anew; what is gone is no page."""
    hashed = with_frontend.get("/assets/index-B7dQ1x2y.js")
    assert (hashed.status, hashed.text) == (200, "export {}")
    assert "immutable" in hashed.headers["Cache-Control"]
    assert with_frontend.get("/icon.svg").headers["Cache-Control"] == "no-cache"
    assert with_frontend.get("/assets/index-gone.js").status == 404
    assert with_frontend.send("POST", "/login", b"{}").status == 405


def test_a_foreign_host_name_is_refused(backend: Backend) -> None:
    """A page of another site cannot reach the backend by pointing its own name at this machine."""
    reply = backend.send("GET", "/auth/me/", headers={"Host": "evil.example"})
    assert (reply.status, list(reply.json())) == (400, ["error", "details"])


def test_the_server_listens_on_one_loopback_address(backend: Backend) -> None:
    """Nobody but this machine can reach it, and on no other address."""
    assert backend.address == f"http://127.0.0.1:{backend.port}"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", backend.port), timeout=5)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_quietly(start_backend: StartBackend, how: signal.Signals) -> None:
    """Either way of stopping it ends it with code 0 and without a word."""
    start_backend().stop(how)


def test_a_fault_of_the_server_shows_no_secret(start_backend: StartBackend, tmp_path: Path) -> None:
    """What goes wrong on the server is logged and answered without the password that was sent."""
    without_tables = start_backend(APP_DATABASE=str(tmp_path / "db.sqlite3"))
    reply = without_tables.login("ann@example.com")
    assert (reply.status, list(reply.json())) == (500, ["error", "details"])
    logged = without_tables.last_words()
    assert "no such table" in logged
    for secret in (PASSWORD, "ann@example.com"):
        assert secret not in logged + reply.text


def test_a_taken_port_is_one_sentence(backend: Backend) -> None:
    """Starting it where something listens already says so, without a traceback."""
    finished = run_manage(backend.environment, "serve", "--port", str(backend.port))
    assert finished.returncode == 1
    assert re.fullmatch(rf"CommandError: cannot listen on 127\.0\.0\.1:{backend.port}: .*\n", finished.stderr)


def test_the_shell_prints_a_token_and_nothing_else(backend: Backend) -> None:
    """The investigation's command prints a refresh token that the endpoint takes."""
    printed = backend.shell("""
from apps.accounts.models import User
from apps.core.auth import jwt_manager
user = User.objects.get(email='test@example.com')
auth_result = jwt_manager.generate_tokens(user)
print(auth_result.refresh_token)
""")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", printed, re.ASCII)
    assert backend.refresh(printed.strip()).status == 200


def test_a_deleted_account_leaves_nothing_behind(backend: Backend) -> None:
    """Whoever deletes an account ends its sessions on every device, and nobody else's; the address is free again."""
    body = {"email": unused_email(), "password": PASSWORD, "name": "Ann Field"}
    here = backend.post("/auth/register/", body).json()
    elsewhere, stranger = backend.login(body["email"]).json(), backend.sign_up()
    assert backend.send("DELETE", "/auth/me/").json()["code"] == "token_missing"

    reply = backend.send("DELETE", "/auth/me/", headers=bearer(here["access_token"]))

    assert (reply.status, reply.text) == (204, "")
    for gone in (here, elsewhere):
        assert backend.get("/auth/me/", gone["access_token"]).json()["code"] == "token_invalid"
        assert backend.refresh(gone["refresh_token"]).text == REFUSED_REFRESH
    assert backend.login(body["email"]).status == 401
    assert backend.refresh(stranger["refresh_token"]).status == 200
    assert backend.post("/auth/register/", body).status == 201


def test_expired_sessions_are_cleared(start_backend: StartBackend) -> None:
    """Housekeeping deletes the sessions of which every token has expired, and no other."""
    tidied = start_backend(APP_ACCESS_TOKEN_SECONDS="60")
    expired, recent, alive = tidied.sign_up(), tidied.sign_up(), tidied.sign_up()
    counted = tidied.shell(
        "from datetime import timedelta\n"
        "from django.core.management import call_command\n"
        "from django.utils import timezone\n"
        "from apps.accounts.models import RefreshToken, TokenFamily\n"
        "def expire(user, seconds_ago):\n"
        "    moment = timezone.now() - timedelta(seconds=seconds_ago)\n"
        "    RefreshToken.objects.filter(family__user_id=user).update(expires_at=moment)\n"
        f"expire({expired['user']['id']}, 61)\n"
        f"expire({recent['user']['id']}, 1)\n"
        "call_command('clear_expired_sessions')\n"
        "print(TokenFamily.objects.count())"
    )
    assert counted == "2\n"
    assert tidied.get("/auth/me/", expired["access_token"]).json()["code"] == "token_invalid"
    assert tidied.get("/auth/me/", recent["access_token"]).status == 200
    assert tidied.refresh(recent["refresh_token"]).text == REFUSED_REFRESH
    assert tidied.refresh(alive["refresh_token"]).status == 200


def test_loading_the_demonstration_again_changes_nothing(start_backend: StartBackend) -> None:
    """The demonstration user signs in with the published password and has the same notes after a second load."""
    demo = start_backend()
    manage(demo.environment, "load_demo")
    session = demo.login("test@example.com").json()
    assert session["user"]["email"] == "test@example.com"
    assert demo.get("/api/summary/", session["access_token"]).json()["notes"] == 3


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("APP_SECRET_KEY", "short", "APP_SECRET_KEY holds 5 bytes, but must hold at least 32."),
        ("APP_DATABASE", "/nowhere/db", "APP_DATABASE='/nowhere/db' must be a file in a folder that exists."),
        ("APP_FRONTEND", "/nowhere", "APP_FRONTEND='/nowhere' must be a folder that holds index.html."),
        (
            "APP_ACCESS_TOKEN_SECONDS",
            "15m",
            "APP_ACCESS_TOKEN_SECONDS='15m' must be a whole number of at least 1 and at most nine digits.",
        ),
        (
            "APP_REFRESH_TOKEN_SECONDS",
            "0",
            "APP_REFRESH_TOKEN_SECONDS='0' must be a whole number of at least 1 and at most nine digits.",
        ),
        ("APP_ROTATE_REFRESH_TOKENS", "yes", "APP_ROTATE_REFRESH_TOKENS='yes' must be 0 or 1."),
        ("APP_METRICS", "yes", "APP_METRICS='yes' must be 0 or 1."),
        ("APP_AUTH_LOG", "/nowhere/log", "APP_AUTH_LOG='/nowhere/log' must be a file in a folder that exists."),
        ("APP_SESSION_IN", "cookies", "APP_SESSION_IN='cookies' must be body or cookie."),
        (
            "APP_ROTATION_GRACE_SECONDS",
            "-1",
            "APP_ROTATION_GRACE_SECONDS='-1' must be a whole number of at least 0 and at most nine digits.",
        ),
        (
            "APP_PASSWORD_ITERATIONS",
            "1e5",
            "APP_PASSWORD_ITERATIONS='1e5' must be a whole number of at least 1 and at most nine digits.",
        ),
        (
            "APP_LOGIN_FAILURES",
            "1" * 10,
            "APP_LOGIN_FAILURES='1111111111' must be a whole number of at least 1 and at most nine digits.",
        ),
    ],
)
def test_a_malformed_setting_is_one_sentence(name: str, value: str, complaint: str) -> None:
    """A setting that cannot be used is named with its value and what was wanted, without a traceback."""
    finished = run_manage(environment(**{name: value}), "serve", "--port", "0")
    assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", f"manage.py: {complaint}\n")


def test_lifetimes_are_settings(start_backend: StartBackend) -> None:
    """The lifetimes in the tokens are those of the settings."""
    quick = start_backend(APP_ACCESS_TOKEN_SECONDS="60", APP_REFRESH_TOKEN_SECONDS="120")
    session = quick.sign_up()
    assert session["expires_in"] == 60
    for token, seconds, kind in (("access_token", 60, "access"), ("refresh_token", 120, "refresh")):
        claims = jwt.decode(session[token], SECRET_KEY, algorithms=["HS256"])
        assert (claims["exp"] - claims["iat"], claims["typ"]) == (seconds, kind)
        assert {"jti", "sub"} <= claims.keys()
