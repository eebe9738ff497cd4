"""The bundled backend in its other configuration: the refresh token in a cookie that no script can read."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.cookies import Morsel, SimpleCookie
from typing import Any, Final

import jwt
import pytest

from e2e.test_backend import (
    AT_ONCE,
    ODD_TOKENS,
    PASSWORD,
    REFUSED_REFRESH,
    SECRET_KEY,
    Backend,
    Reply,
    StartBackend,
    altered,
    at_once,
    backends,
    bearer,
    unused_email,
)

REFUSED_USE: Final = (
    '{"error":"Request refused","details":"The header X-CSRF-Token must repeat the cookie csrf_token",'
    '"code":"csrf_failed"}'
)
ENDPOINTS: Final = ("/auth/refresh/", "/auth/logout/")
COOKIE_PATHS: Final = {"refresh_token": "/auth/", "csrf_token": "/"}
JSON: Final = {"Content-Type": "application/json"}


def cookies_set(reply: Reply) -> dict[str, Morsel[str]]:
    """Return the cookies that a reply sets, or deletes, with their attributes."""
    lines = reply.headers.get_all("Set-Cookie") or []
    found = [morsel for line in lines for morsel in SimpleCookie(line).values()]
    assert len(found) == len(lines)
    return {morsel.key: morsel for morsel in found}


def is_deleted(cookie: Morsel[str]) -> bool:
    """Whether a browser drops the cookie, which it does only where the path is that of the one it has."""
    return (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", COOKIE_PATHS[cookie.key])


class Browser:
    """One session as a browser has it: it keeps what it is told to keep, and its page repeats what it can read."""

    def __init__(self, backend: Backend, cookies: Mapping[str, str] | None = None) -> None:
        self.backend = backend
        self.cookies = dict(cookies or {})

    def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request of the app's own page."""
        sent = {"X-CSRF-Token": self.cookies.get("csrf_token", ""), **(headers or {})}
        if body is not None:
            sent = {**JSON, **sent}
        return self.send(path, None if body is None else json.dumps(body).encode(), sent)

    def send(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send a request of whatever page, with the cookies that go with every request."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = self.backend.send("POST", path, body, {**({"Cookie": cookies} if cookies else {}), **headers})
        for name, cookie in cookies_set(reply).items():
            if is_deleted(cookie):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
        return reply

    def refresh(self) -> Reply:
        """Renew the access token."""
        return self.post("/auth/refresh/")

    def sign_out(self) -> Reply:
        """Sign out."""
        return self.post("/auth/logout/")

    def sign_up(self) -> Any:
        """Make an account that no other test knows of, and return its access token and its user."""
        reply = self.post("/auth/register/", account())
        assert reply.status == 201, reply.text
        return reply.json()

    def copy(self, **cookies: str) -> "Browser":
        """Return a browser with the same cookies, apart from these."""
        return Browser(self.backend, {**self.cookies, **cookies})


def account() -> dict[str, str]:
    """Return what makes an account that no other test uses."""
    return {"email": unused_email(), "password": PASSWORD, "name": "Ann Field"}


def signed_up(backend: Backend) -> Browser:
    """Return a browser in which a new user is signed in."""
    browser = Browser(backend)
    browser.sign_up()
    return browser


@pytest.fixture(scope="module")
def start_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartBackend]:
    """Start backends that keep their sessions in cookies."""
    with backends(tmp_path_factory) as start:
        yield partial(start, APP_SESSION_IN="cookie")


@pytest.fixture(scope="module")
def backend(start_backend: StartBackend) -> Backend:
    """Return a backend that keeps its sessions in cookies, and is as it is by default in all else."""
    return start_backend()


@pytest.fixture(scope="module")
def rotating(start_backend: StartBackend) -> Backend:
    """Return a backend that rotates refresh tokens, with a grace period that no test outlasts."""
    return start_backend(APP_ROTATE_REFRESH_TOKENS="1", APP_ROTATION_GRACE_SECONDS="3600")


@pytest.fixture(scope="module")
def strict(start_backend: StartBackend) -> Backend:
    """Return a backend that rotates refresh tokens and grants no grace."""
    return start_backend(APP_ROTATE_REFRESH_TOKENS="1", APP_ROTATION_GRACE_SECONDS="0")


# Sign-up and sign-in


@pytest.mark.parametrize(("path", "status"), [("/auth/register/", 201), ("/auth/login/", 200)])
def test_a_sign_in_gives_the_refresh_token_to_the_browser_only(backend: Backend, path: str, status: int) -> None:
    """The body has the access token, and the two cookies have exactly the attributes that they should."""
    body = account()
    if path == "/auth/login/":
        Browser(backend).post("/auth/register/", body)
    reply = Browser(backend).post(path, body)
    assert (reply.status, list(reply.json())) == (status, ["access_token", "expires_in", "user"])
    assert backend.get("/auth/me/", reply.json()["access_token"]).json() == reply.json()["user"]

    refresh, csrf = reply.headers.get_all("Set-Cookie") or []
    expires = r"expires=\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
    assert re.fullmatch(
        rf"refresh_token=[\w-]+\.[\w-]+\.[\w-]+; {expires}; HttpOnly; Max-Age=604800; Path=/auth/; SameSite=Strict",
        refresh,
        re.ASCII,
    )
    assert re.fullmatch(
        rf"csrf_token=[\w-]{{43}}; {expires}; Max-Age=34560000; Path=/; SameSite=Strict", csrf, re.ASCII
    )


def test_each_sign_in_has_a_csrf_token_of_its_own(backend: Backend) -> None:
    """Two sessions of one user differ in both cookies."""
    body = account()
    here, elsewhere = Browser(backend), Browser(backend)
    here.post("/auth/register/", body)
    elsewhere.post("/auth/login/", body)
    assert here.cookies.keys() == elsewhere.cookies.keys() == COOKIE_PATHS.keys()
    assert not set(here.cookies.values()) & set(elsewhere.cookies.values())


def test_the_life_of_the_cookie_is_that_of_the_token(start_backend: StartBackend) -> None:
    """A browser forgets the token when it expires."""
    quick = start_backend(APP_REFRESH_TOKEN_SECONDS="120")
    cookie = cookies_set(Browser(quick).post("/auth/register/", account()))["refresh_token"]
    claims = jwt.decode(cookie.value, SECRET_KEY, algorithms=["HS256"])
    assert (cookie["max-age"], claims["exp"] - claims["iat"]) == ("120", 120)


def test_cookies_are_secure_where_the_request_came_over_https(rotating: Backend) -> None:
    """Behind a proxy that speaks https the cookies never go over plain http."""
    for scheme, secure in (("https", True), ("http", "")):
        browser, proxied = Browser(rotating), {"X-Forwarded-Proto": scheme}
        signed_in = cookies_set(browser.post("/auth/register/", account(), proxied))
        renewed = cookies_set(browser.post("/auth/refresh/", headers=proxied))
        cookies = [signed_in["refresh_token"], signed_in["csrf_token"], renewed["refresh_token"]]
        assert [cookie["secure"] for cookie in cookies] == [secure] * 3


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("path", ["/auth/register/", "/auth/login/"])
def test_nobody_is_signed_in_by_a_form(backend: Backend, path: str, content_type: str | None) -> None:
    """Whatever a form of another site can send begins no session, though its text may be JSON."""
    body = account()
    if path == "/auth/login/":
        Browser(backend).post("/auth/register/", body)
    headers = {} if content_type is None else {"Content-Type": content_type}
    reply = Browser(backend).send(path, json.dumps(body).encode(), headers)
    assert (reply.status, list(reply.json()), cookies_set(reply)) == (415, ["error", "details"], {})
    assert Browser(backend).post(path, body, {"Content-Type": "application/json; charset=utf-8"}).status in {200, 201}


def test_a_failed_sign_in_sets_nothing(backend: Backend) -> None:
    """A wrong password leaves the browser as it was, also where somebody is signed in."""
    browser = Browser(backend)
    email = browser.sign_up()["user"]["email"]
    reply = browser.post("/auth/login/", {"email": email, "password": "wrong"})
    assert (reply.status, cookies_set(reply)) == (401, {})
    assert browser.refresh().status == 200


# Who may act on the cookie


ODD_PROOFS: Final[dict[str, tuple[dict[str, str], dict[str, str]]]] = {
    "no header": ({}, {}),
    "an empty header": ({"X-CSRF-Token": ""}, {}),
    "a made-up header": ({"X-CSRF-Token": "made-up"}, {}),
    "a header that is not ASCII": ({"X-CSRF-Token": "\xf1"}, {}),
    "another header": ({"X-Requested-With": "XMLHttpRequest"}, {}),
    "no cookie and an empty header": ({"X-CSRF-Token": ""}, {"csrf_token": ""}),
    "the token in the address": ({}, {"csrf_token": "known"}),
}


@pytest.mark.parametrize(("headers", "cookies"), ODD_PROOFS.values(), ids=ODD_PROOFS.keys())
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_request_without_the_proof_is_refused(
    backend: Backend, path: str, headers: dict[str, str], cookies: dict[str, str]
) -> None:
    """A request that a page of another origin may have sent is refused with a code, and costs nobody the session."""
    browser = signed_up(backend)
    reply = browser.copy(**cookies).send(f"{path}?csrf_token=known", b"csrf_token=known", headers)
    assert (reply.status, reply.text, cookies_set(reply)) == (403, REFUSED_USE, {})
    assert browser.refresh().status == 200


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_proof_of_another_session_is_none(backend: Backend, path: str) -> None:
    """A page that has not noticed yet that another tab has signed in acts on no session but its own."""
    browser, other = signed_up(backend), signed_up(backend)
    assert browser.post(path, headers={"X-CSRF-Token": other.cookies["csrf_token"]}).text == REFUSED_USE
    assert browser.refresh().status == 200


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_cookies_at_all_are_refused(backend: Backend, path: str) -> None:
    """There is no session to act on, and so no proof of being its page."""
    assert (Browser(backend).post(path).status, Browser(backend).post(path).text) == (403, REFUSED_USE)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_other_origin_is_allowed_to_send_the_header(backend: Backend, path: str) -> None:
    """A browser that asks on behalf of a sibling origin gets no leave."""
    asked = {
        "Origin": "http://sibling.localhost",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-csrf-token",
    }
    reply = backend.send("OPTIONS", path, headers=asked)
    assert [name for name in reply.headers if name.lower().startswith("access-control-")] == []


# Renewal


def test_refresh_answers_with_an_access_token_and_nothing_else(backend: Backend) -> None:
    """Without rotation, a reply holds the access token and its lifetime, and the cookies stay as they are."""
    browser = Browser(backend)
    user = browser.sign_up()["user"]
    for _ in range(2):
        reply = browser.refresh()
        assert (reply.status, cookies_set(reply)) == (200, {})
        assert re.fullmatch(r'\{"access_token":"[\w-]+\.[\w-]+\.[\w-]+","expires_in":900\}', reply.text, re.ASCII)
        assert backend.get("/auth/me/", reply.json()["access_token"]).json() == user


@pytest.mark.parametrize("spoil", ODD_TOKENS.values(), ids=ODD_TOKENS.keys())
def test_refresh_refuses_an_odd_token_and_deletes_it(backend: Backend, spoil: Callable[[str], str]) -> None:
    """Whatever is wrong with the token, the answer is the one 401, and the browser keeps neither cookie."""
    browser = signed_up(backend)
    spoilt = browser.copy(refresh_token=spoil(browser.cookies["refresh_token"]))
    reply = spoilt.refresh()
    assert (reply.status, reply.text) == (401, REFUSED_REFRESH)
    assert reply.headers["WWW-Authenticate"] == (
        'Bearer realm="field-notes", error="invalid_token", error_description="Refresh token is invalid or expired"'
    )
    assert spoilt.cookies == {}
    assert browser.refresh().status == 200


@pytest.mark.parametrize("token", ["", "undefined", '"', "a" * 5000])
def test_refresh_refuses_what_is_no_token(backend: Backend, token: str) -> None:
    """A cookie that holds something else, or nothing, is a session that has ended."""
    browser = signed_up(backend).copy(refresh_token=token)
    assert browser.refresh().text == REFUSED_REFRESH
    assert browser.cookies == {}


def test_refresh_refuses_a_missing_cookie(backend: Backend) -> None:
    """The one cookie outlives the other when the session has expired, and goes with the refusal."""
    browser = Browser(backend, {"csrf_token": "left-over"})
    assert browser.refresh().text == REFUSED_REFRESH
    assert browser.cookies == {}


def test_refresh_takes_no_token_from_the_body(backend: Backend) -> None:
    """A token that a script can show is not what this configuration is for."""
    browser = signed_up(backend)
    shown = Browser(backend, {"csrf_token": browser.cookies["csrf_token"]})
    reply = shown.post("/auth/refresh/", {"refresh_token": browser.cookies["refresh_token"]})
    assert (reply.status, reply.text) == (401, REFUSED_REFRESH)


def test_refresh_ignores_body_and_authorization_header(backend: Backend) -> None:
    """Nothing beside a good cookie spoils it."""
    browser = Browser(backend)
    expired = altered(browser.sign_up()["access_token"], exp=int(time.time()) - 1)
    assert browser.post("/auth/refresh/", {"refresh_token": "invalid_token"}, bearer(expired)).status == 200


def test_refresh_survives_a_restart(start_backend: StartBackend) -> None:
    """A session outlives the server process that began it."""
    first = start_backend()
    browser = signed_up(first)
    first.stop()
    second = start_backend(APP_DATABASE=first.environment["APP_DATABASE"])
    assert Browser(second, browser.cookies).refresh().status == 200


def test_simultaneous_refreshes_all_succeed(backend: Backend) -> None:
    """Tabs that renew at the same moment wait for each other instead of failing."""
    browser = signed_up(backend)
    assert [reply.status for reply in at_once(lambda: browser.copy().refresh())] == [200] * AT_ONCE


# Rotation


def test_rotation_replaces_the_cookie(rotating: Backend) -> None:
    """Each reply sets another refresh token with the same attributes; its body has none, and the other cookie stays."""
    browser = Browser(rotating)
    first = cookies_set(browser.post("/auth/register/", account()))
    csrf_token, tokens = browser.cookies["csrf_token"], [browser.cookies["refresh_token"]]
    for _ in range(3):
        reply = browser.refresh()
        assert (reply.status, list(reply.json()), list(cookies_set(reply))) == (
            200,
            ["access_token", "expires_in"],
            ["refresh_token"],
        )
        for attribute in ("path", "httponly", "samesite", "max-age", "domain"):
            assert cookies_set(reply)["refresh_token"][attribute] == first["refresh_token"][attribute]
        tokens.append(browser.cookies["refresh_token"])
    assert len(set(tokens)) == len(tokens)
    assert browser.cookies["csrf_token"] == csrf_token


def test_a_retry_within_the_grace_period_gets_a_fresh_successor(rotating: Backend) -> None:
    """A browser whose reply was lost shows its cookie again, and goes on."""
    browser = signed_up(rotating)
    lost = browser.copy()
    assert lost.refresh().status == 200
    assert [browser.refresh().status for _ in range(2)] == [200, 200]
    assert lost.refresh().status == 200


def test_reuse_after_the_grace_period_ends_the_family(strict: Backend) -> None:
    """A spent token that turns up late ends its session, and both browsers lose their cookies when they hear of it."""
    browser = signed_up(strict)
    stolen = browser.copy()
    assert browser.refresh().status == 200
    for loser in (stolen, browser):
        assert loser.refresh().text == REFUSED_REFRESH
        assert loser.cookies == {}


def test_simultaneous_rotations_within_the_grace_period_all_succeed(rotating: Backend) -> None:
    """Two tabs that renew at the same moment both stay signed in, whichever cookie is kept."""
    browser = signed_up(rotating)
    replies = at_once(lambda: browser.copy().refresh())
    assert [reply.status for reply in replies] == [200] * AT_ONCE
    for reply in replies:
        kept = browser.copy(refresh_token=cookies_set(reply)["refresh_token"].value)
        assert kept.refresh().status == 200


# Sign-out


def test_sign_out_ends_the_session_and_no_other(backend: Backend) -> None:
    """Signing out deletes both cookies, ends both tokens at once, and leaves the other devices alone."""
    body = account()
    here, elsewhere = Browser(backend), Browser(backend)
    access_token = here.post("/auth/register/", body).json()["access_token"]
    elsewhere.post("/auth/login/", body)
    left = here.copy()

    reply = here.sign_out()
    assert (reply.status, reply.text, here.cookies) == (204, "", {})
    assert backend.get("/auth/me/", access_token).json()["code"] == "token_invalid"
    assert left.copy().sign_out().status == 204
    assert left.refresh().text == REFUSED_REFRESH
    assert elsewhere.refresh().status == 200


@pytest.mark.parametrize("token", ["", "invalid_token", "undefined"])
def test_sign_out_never_refuses_its_own_page(backend: Backend, token: str) -> None:
    """There is nothing to end, and so nothing to complain about, but the cookies go."""
    browser = signed_up(backend).copy(refresh_token=token)
    assert (browser.sign_out().status, browser.cookies) == (204, {})


def test_sign_out_ends_the_whole_family(rotating: Backend) -> None:
    """Signing out with a token that has been rotated ends its successors too."""
    browser = signed_up(rotating)
    before = browser.copy()
    browser.refresh()
    before.sign_out()
    assert browser.refresh().text == REFUSED_REFRESH


def test_sign_out_with_an_expired_token_still_ends_the_session(backend: Backend) -> None:
    """A refresh token that has expired still says which session is to end."""
    browser = signed_up(backend)
    expired = altered(browser.cookies["refresh_token"], exp=int(time.time()) - 1)
    assert browser.copy(refresh_token=expired).sign_out().status == 204
    assert browser.refresh().text == REFUSED_REFRESH


# The rest of the contract


def test_a_cookie_opens_no_other_door(backend: Backend) -> None:
    """The API knows its users by the access token and by nothing else."""
    browser = signed_up(backend)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for path in ("/auth/me/", "/api/notes/"):
        reply = backend.send("GET", path, headers={"Cookie": cookies, "X-CSRF-Token": browser.cookies["csrf_token"]})
        assert (reply.status, reply.json()["code"]) == (401, "token_missing")


def test_no_answer_is_stored(backend: Backend) -> None:
    """Every answer about a session, good or bad, forbids to be kept."""
    browser = signed_up(backend)
    replies = [
        browser.post("/auth/login/", {}),
        browser.send("/auth/login/", b"{}", {}),
        browser.send("/auth/refresh/", None, {}),
        browser.refresh(),
        browser.copy(refresh_token="invalid_token").refresh(),
        browser.sign_out(),
    ]
    assert [reply.status for reply in replies] == [400, 415, 403, 200, 401, 204]
    assert {reply.headers["Cache-Control"] for reply in replies} == {"no-store"}
