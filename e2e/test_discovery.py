"""Discovery writes a target file that describes the app, as somebody who knows it would have."""

import json
import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from e2e.discovered import write_what_is_found
from e2e.discovery_apps import small_app
from fixtures.apps import builds, forms
from fixtures.apps.servers import RunningApp, serve_bundled_app
from fixtures.discovery.discover import Discovery
from fixtures.discovery.tokens.early_renewal import round_number
from fixtures.discovery.writing import PASSWORD as PASSWORD_VARIABLE
from fixtures.discovery.writing import USER as USER_VARIABLE
from fixtures.page.accounts import Account, sign_up
from fixtures.target import IN_PLACE, TARGETS, Find, Target, found_beside, read_target

# A whole visit in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

USAGE_ERROR = 4
USER = "robin@example.com"
PASSWORD = "correct horse battery"
SAY_WHO = "Say who is to sign in, in the shell that runs this:"
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
COMMAND = [sys.executable, "-m", "fixtures.discovery"]


def discover(browser: Browser, url: str, account: Account, file: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Visit an app, write the file, and read it again."""
    visit = Discovery(browser, url, account, may_type_at=lambda url: None, is_remote=False, say=lambda words: None)
    text = write_what_is_found(visit, file)
    assert account.user not in text
    monkeypatch.setenv(USER_VARIABLE, account.user)
    monkeypatch.setenv(PASSWORD_VARIABLE, account.password)
    return read_target(file)


# The bundled app


@pytest.fixture(scope="module")
def bundled() -> Iterator[RunningApp]:
    builds.make([builds.SOUND])
    with serve_bundled_app(builds.SOUND.folder, {}) as app:
        yield app


def test_bundled_app_is_described_as_its_own_file_does(
    bundled: RunningApp, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sign_up(bundled.base_url, "/auth/register/")

    found = discover(browser, bundled.base_url, account, tmp_path / "found.toml", monkeypatch)

    known = read_target(TARGETS / "reference.toml")
    assert found.app.base_url == bundled.base_url
    assert found.sign_in == known.sign_in
    assert found.sign_out == known.sign_out
    assert found.sent_to == known.sent_to
    assert (found.marks.signed_in, found.marks.signed_out) == (known.marks.signed_in, known.marks.signed_out)
    assert found.refresh == known.refresh.model_copy(update={"retry_grace": None})  # nobody can see it from outside
    assert found.api == known.api
    assert found.tokens.storage == known.tokens.storage
    assert found.tokens.places == known.tokens.places
    assert (found.tokens.lifetime, found.tokens.expiry_from) == (known.tokens.lifetime, "reply")
    assert found.policy.early_renewal == known.policy.early_renewal
    assert (found.policy.renews_on_401, found.policy.renews_on_load) == (True, False)
    assert found.pages.home.path == known.pages.home.path
    assert found.busy.path == known.busy.path
    assert found.busy.control == known.busy.control
    assert found.pages.calls is not None
    assert known.pages.calls is not None
    assert (found.pages.calls.path, found.pages.calls.in_turn) == (known.pages.calls.path, known.pages.calls.in_turn)
    assert found.pages.account == known.pages.account
    assert found.pages.forbidden is not None
    assert known.pages.forbidden is not None
    assert found.pages.forbidden.path == known.pages.forbidden.path


# An app that is made as differently as can be


PAGE = """<!doctype html><title>Awkward</title><body><script>
const MODE = "%(mode)s";
const kept = () => { const key = Object.keys(sessionStorage).find((key) => key.startsWith("session:")); return key
  ? [key, JSON.parse(sessionStorage.getItem(key))] : [null, null]; };
const keep = (user, tokens) => sessionStorage.setItem(`session:${user}`, JSON.stringify({ tokens,
  ends: new Date(Date.now() + tokens.expiresIn * 1000).toISOString() }));
const ask = (path, body, headers = {}, method = "POST") => fetch(path, { method, body: body && JSON.stringify(body),
  headers: { "Content-Type": "application/json", ...headers } });
const graphql = async (operationName, variables) => (await ask("/graphql", { operationName, variables },
  kept()[1] ? { "X-Session": kept()[1].tokens.access } : {})).json();
const ways = {
  graphql: {
    isSignedIn: () => kept()[0] !== null,
    signIn: async (user, password) => keep(user, (await graphql("SignIn", { user, password })).data.signIn),
    items: async (box) => {
      let reply = await graphql("Items", { box });
      if (reply.errors) {
        const [key, session] = kept();
        keep(key.slice(8), (await graphql("Renew", { old: session.tokens.refresh })).data.renew);
        reply = await graphql("Items", { box });
      }
      return reply.data.items;
    },
    signOut: async () => sessionStorage.clear(),
  },
  cookie: {
    isSignedIn: () => document.cookie.includes("is_in=1"),
    signIn: (user, password) => ask("/session", { user, password }),
    items: async (box) => {
      let reply = await ask(`/api/items/${box}`, undefined, {}, "GET");
      if (reply.status === 401 && (await ask("/session/renewal")).ok)
        reply = await ask(`/api/items/${box}`, undefined, {}, "GET");
      return reply.json();
    },
    signOut: () => ask("/session/end"),
  },
}[MODE];
const put = (html) => { document.body.innerHTML = html; };
const on = (selector, action) => document.querySelector(selector).addEventListener("click", (event) => {
  event.preventDefault(); action(event); });
function signInForm() {
  put(`<h1>Welcome</h1><form><input name="user" placeholder="Your address"><button>Next</button></form>`);
  on("button", () => {
    const user = document.querySelector("input").value;
    put(`<form><label>Password <input type="password"></label>
      <button type="button" aria-label="Show password"></button> <button>Enter</button></form>`);
    on("form button:last-child", async () => {
      await ways.signIn(user, document.querySelector("input").value); app(); });
  });
}
async function app() {
  if (!ways.isSignedIn()) return signInForm();
  put(`<nav><a href="/inbox">Inbox</a> <a href="/later">Later</a> <a href="/delete-everything">Delete everything</a>
    <button aria-haspopup="menu">Robin</button><div hidden><button id="out">Log out</button></div></nav><main></main>`);
  on("[aria-haspopup]", () => { document.querySelector("nav div").hidden ^= true; });
  on("#out", async () => { await ways.signOut(); app(); });
  for (const link of document.querySelectorAll("a")) link.addEventListener("click", (event) => {
    event.preventDefault(); history.pushState(null, "", link.getAttribute("href")); show(); });
  show();
}
async function show() {
  const box = location.pathname === "/later" ? "later" : "inbox";
  const items = await ways.items(box);
  document.querySelector("main").textContent = items.length ? "" : `Nothing in the ${box}`;
}
onpopstate = show;
app();
</script>"""


class AwkwardApp(ThreadingHTTPServer):
    """A server and a page for it.

    It asks for the user first and the password then, shows the form in place, signs out behind a menu, has no button
    that reloads, and either does everything at one address, or keeps all tokens in cookies.
    """

    def __init__(self, mode: str) -> None:
        super().__init__(("127.0.0.1", 0), AwkwardHandler)
        self.page = PAGE % {"mode": mode}
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.access = self.refresh = ""
        self.was_harmed = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def issue(self) -> dict[str, Any]:
        self.access, self.refresh = secrets.token_hex(16), secrets.token_hex(16)
        return {"access": self.access, "refresh": self.refresh, "expiresIn": 600}

    def operate(self, said: dict[str, Any], token: str | None) -> dict[str, Any]:
        match said["operationName"]:
            case "SignIn" if said["variables"]["password"] == PASSWORD:
                return {"data": {"signIn": self.issue()}}
            case "Renew" if said["variables"]["old"] == self.refresh:
                return {"data": {"renew": self.issue()}}
            case "Items" if token == self.access:
                return {"data": {"items": []}}
            case _:
                return {"errors": [{"message": "Sign in first", "extensions": {"code": "UNAUTHENTICATED"}}]}

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class AwkwardHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AwkwardApp

    def do_GET(self) -> None:
        if self.path.startswith("/api/"):
            is_good = self._has_cookie("session", self.server.access)
            self._answer(200 if is_good else 401, json.dumps([] if is_good else {"error": "expired"}))
        else:
            self.server.was_harmed |= "delete" in self.path
            self._answer(200, self.server.page, kind="text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/graphql":
            self._answer(200, json.dumps(self.server.operate(json.loads(body), self.headers.get("X-Session"))))
        elif self.path == "/session/end":
            self._answer(200, "{}", "session=; Max-Age=0; Path=/", "is_in=; Max-Age=0; Path=/")
        elif self.path == "/session" or self._has_cookie("renewal", self.server.refresh):
            tokens = self.server.issue()
            self._answer(
                200,
                "{}",
                f"session={tokens['access']}; Max-Age=600; Path=/; HttpOnly",
                f"renewal={tokens['refresh']}; Max-Age=9000; Path=/session; HttpOnly",
                "is_in=1; Path=/",
            )
        else:
            self._answer(401, '{"error": "ended"}')

    def _has_cookie(self, name: str, value: str) -> bool:
        return f"{name}={value};" in f"{self.headers.get('Cookie', '')};"

    def _answer(self, status: int, text: str, *cookies: str, kind: str = "application/json") -> None:
        self.send_response(status)
        for cookie in cookies:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def graphql() -> Iterator[AwkwardApp]:
    with closing(AwkwardApp("graphql")) as app:
        yield app


def test_an_address_that_rejects_strangers_needs_the_token(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cookie goes out with every request. This app asks for its session before anybody has signed in."""
    with forms.serve("httponly-cookie") as app:
        account = sign_up(app.base_url, "/register")
        found = discover(browser, app.base_url, account, tmp_path / "found.toml", monkeypatch)

    assert (found.api.paths, found.api.carries) == (("/api/",), "cookie access_token")
    assert str(found.refresh.request) == "POST /auth/refresh"
    assert found.refresh_token_carrier == "cookie refresh_token"
    assert found.policy.asks_without_tokens


@pytest.fixture
def cookies() -> Iterator[AwkwardApp]:
    with closing(AwkwardApp("cookie")) as app:
        yield app


def test_two_steps_a_menu_one_address_for_all_and_tokens_within_json(
    graphql: AwkwardApp, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = discover(browser, graphql.origin, Account(USER, PASSWORD), tmp_path / "found.toml", monkeypatch)

    assert (found.sign_in.page, found.sent_to) == ("/", IN_PLACE)
    assert str(found.sign_in.user) == 'textbox "Your address"'
    assert str(found.sign_in.next) == 'button "Next"'
    assert str(found.sign_in.submit) == 'button "Enter"'
    assert str(found.sign_in.request) == "POST /graphql with /operationName = SignIn"
    assert found.sign_out is not None
    assert [str(step) for step in found.sign_out.steps] == ['button "Robin"', 'button "Log out"']
    assert str(found.refresh.request) == "POST /graphql with /operationName = Renew"
    assert found.refresh.sends == "/variables/old"
    assert found.refresh.access_token == "/data/renew/access"
    assert found.refresh.refresh_token == "/data/renew/refresh"
    assert (found.refresh.expires_in, found.refresh.succeeds_by) == ("/data/renew/expiresIn", "body")
    assert (found.api.paths, found.api.carries) == (("/graphql",), "header x-session")
    assert found.api.rejection is not None
    assert found.api.rejection.status == 200
    assert found.tokens.storage == "sessionStorage"
    assert {part: str(place) for part, place in found.tokens.places.items()} == {
        "access_token": "session:* at /tokens/access",
        "refresh_token": "session:* at /tokens/refresh",
        "expiry": "session:* at /ends",
    }
    assert found.tokens.lifetime == 600
    assert found.policy.early_renewal == 0
    assert found.pages.home.shows == Find(text="Nothing in the inbox")
    assert found.pages.calls is not None
    assert [str(control) for control in found.pages.calls.in_turn] == ['link "Inbox"', 'link "Later"']
    assert not graphql.was_harmed


def test_tokens_in_cookies(
    cookies: AwkwardApp, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = discover(browser, cookies.origin, Account(USER, PASSWORD), tmp_path / "found.toml", monkeypatch)

    assert str(found.sign_in.request) == "POST /session"
    assert str(found.refresh.request) == "POST /session/renewal"
    assert (found.api.paths, found.api.carries) == (("/api/",), "cookie session")
    assert found.refresh.access_token is None
    assert found.refresh_token_carrier == "cookie renewal"
    assert {part: str(place) for part, place in found.tokens.places.items()} == {
        "access_token": "cookie session",
        "refresh_token": "cookie renewal",
    }
    assert found.tokens.lifetime == pytest.approx(600, abs=2)
    assert "# unsure: no header had a token" in found_beside(tmp_path / "found.toml").read_text(encoding="utf-8")
    assert not cookies.was_harmed


@pytest.mark.parametrize(
    ("at_least", "at_most", "seconds"), [(58.2, 59.4, 60), (297.0, 301.0, 300), (104.8, 110.1, 105), (6.1, 7.9, 10)]
)
def test_measured_time_is_the_round_number_that_somebody_wrote(at_least: float, at_most: float, seconds: int) -> None:
    assert round_number(at_least, at_most) == seconds


# Bad input


def run(*arguments: str, user: str | None = USER, password: str | None = PASSWORD) -> subprocess.CompletedProcess[str]:
    known = {USER_VARIABLE: user, PASSWORD_VARIABLE: password}
    environment = {name: value for name, value in os.environ.items() if name not in (*known, *DISPLAYS)}
    return subprocess.run(
        COMMAND + list(arguments),
        cwd=builds.ROOT,
        env={**environment, **{name: value for name, value in known.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["localhost:3000"], r'localhost:3000: should begin with "http://" or "https://"'),
        (["http://127.0.0.1:9/"], r"http://127\.0\.0\.1:9/: no answer \(\[Errno 111\] Connection refused\)"),
        (["https://app.example.com"], r"app\.example\.com is not this machine\. .* say --allow-host app\.example\.com"),
        (
            ["http://127.0.0.1:9/", "--out", "README.md"],
            r"README\.md is there already.* Name another file with --out\.",
        ),
        (["http://127.0.0.1:9/", "--out", "none/a.toml"], r"none/a\.toml: there is no folder none"),
        ([], r"one of URL and --target is required\nusage: .*"),
    ],
    ids=["no-scheme", "unreachable", "not-this-machine", "file-is-there", "no-folder", "no-url"],
)
def test_bad_input_ends_in_one_message(arguments: list[str], message: str) -> None:
    ended = run(*arguments)

    assert ended.returncode == USAGE_ERROR
    assert re.fullmatch(message, (ended.stdout + ended.stderr).strip(), re.DOTALL), ended.stderr


def test_missing_credentials_are_asked_for_at_once() -> None:
    ended = run("http://127.0.0.1:9/", user=None, password=None)

    assert ended.returncode == USAGE_ERROR
    assert (ended.stdout + ended.stderr).splitlines()[:2] == [
        f"The environment has no {USER_VARIABLE} and no {PASSWORD_VARIABLE}. {SAY_WHO}",
        "  export AFRESH_USER=… AFRESH_PASSWORD=…",
    ]


def test_wrong_password_is_said_and_nothing_is_written(bundled: RunningApp, tmp_path: Path) -> None:
    out = tmp_path / "found.toml"

    ended = run(bundled.base_url, "--out", str(out), password="not the password")

    assert ended.returncode == 1
    assert ended.stderr.startswith("Nothing was written. Signing in did not work: the page says “")
    assert "Traceback" not in ended.stderr
    assert not out.exists()


BUSY_FOR_GOOD = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/charts">Charts</a> ${OUT}</nav><main></main>`);
  said(await get("/api/summary"));
  while (location.pathname === "/charts") { /* draws, and never comes to an end */ }
}
"""


def test_a_page_that_is_busy_for_good_is_said_and_ends_the_visit(tmp_path: Path) -> None:
    out = tmp_path / "found.toml"

    with small_app(BUSY_FOR_GOOD) as app:
        ended = run(app.origin, "--out", str(out))

    assert ended.returncode == 1
    message = "The page stopped responding: its main thread was busy for N s after /charts was loaded."
    assert re.sub(r"\d+", "N", ended.stderr.strip()) == f"Nothing was written. {message}"
    assert not out.exists()
