"""Small apps for discovery: a page of its own for each, an API that all of them have, and what their pages share."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from e2e.discovered import write_what_is_found
from fixtures.discovery.discover import Discovery
from fixtures.discovery.writing import PASSWORD as PASSWORD_VARIABLE
from fixtures.discovery.writing import USER as USER_VARIABLE
from fixtures.doctor import examine
from fixtures.page.accounts import Account
from fixtures.spa import Spa
from fixtures.target import Target, found_beside, read_target

USER = "robin@example.com"
PASSWORD = "correct horse battery"
ROBIN = Account(USER, PASSWORD)

KIT = """<!doctype html><title>Small</title><body><script>
let keeper = localStorage;
const session = () => JSON.parse(keeper.getItem("session"));
const put = (html, into = document.body) => { into.innerHTML = html; };
const on = (selector, action, event = "click") => document.querySelectorAll(selector).forEach((element) =>
  element.addEventListener(event, (happened) => { happened.preventDefault(); action(element); }));
const begin = async (path, said) => {
  const reply = await fetch(path, { method: "POST", body: JSON.stringify(said) });
  if (reply.ok) keeper.setItem("session", JSON.stringify(await reply.json()));
  return reply.ok;
};
const signIn = (user, password) => begin("/auth/login", { user, password });
const signOut = () => { fetch("/auth/logout", { method: "POST" }); keeper.removeItem("session"); };
const get = async (path) => {
  const ask = () => fetch(path, { headers: session() ? { Authorization: `Bearer ${session().access_token}` } : {} });
  let reply = await ask();
  if (reply.status === 401 && await begin("/auth/refresh", { refresh_token: session().refresh_token }))
    reply = await ask();
  if (reply.status === 401) { keeper.removeItem("session"); start(); }
  return (await reply.json()).words;
};
const FORM = `<form><label>Email <input name="email"></label>
  <label>Password <input type="password"></label> <button>Sign in</button></form>`;
const form = (html = FORM, into = document.body) => {
  put(html, into);
  on("form", async (form) => {
    if (await signIn(form.querySelector("[name=email]").value, form.querySelector("[type=password]").value)) start();
  }, "submit");
};
// A router: it shows `page()` in main when an address of the app's own is followed, and when the app begins.
const follow = (page, links = "a[href^='/']") => {
  on(links, (link) => { history.pushState(null, "", link.getAttribute("href")); page(); });
  onpopstate = page;
  return page();
};
const OUT = `<button onclick="signOut(); start()">Sign out</button>`;
const said = (words) => { document.querySelector("main").append(Object.assign(document.createElement("p"),
  { textContent: words })); };
%s
start();
</script>"""


class SmallApp(ThreadingHTTPServer):
    """One page, and the server behind it. Any address under /api/ says something of itself to who has signed in,
    and any under /open/ to everybody."""

    def __init__(self, script: str, answers: Mapping[str, int], *, by_cookie: bool, slides: bool) -> None:
        super().__init__(("127.0.0.1", 0), SmallHandler)
        self.page = KIT % script
        self.answers = answers
        """Statuses other than 200, by how the path begins."""
        self.by_cookie = by_cookie
        self.cookies_live = {"sid": 600, "renewal": 600 if slides else 90_000}
        """How many seconds."""
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.harm: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def issue(self) -> dict[str, object]:
        access, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.access.add(access)
        self.refresh.add(refresh)
        return {"access_token": access, "refresh_token": refresh, "expires_in": 600}


class SmallHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SmallApp

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        status = next((code for begin, code in self.server.answers.items() if path.startswith(begin)), 200)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or self._cookie("sid")
        if path == "/who":
            self._answer(200, json.dumps({"words": USER if token in self.server.access else "nobody"}))
        elif path in ("/config", "/locales/en.json"):
            self._answer(200, json.dumps({"words": "much the same for everybody"}))
        elif path.startswith("/open/"):
            self._answer(200, json.dumps({"words": f"{path.removeprefix('/open/')} for everybody"}))
        elif not path.startswith("/api/"):
            self._answer(200, self.server.page, "text/html")
        elif token not in self.server.access:
            self._answer(401, json.dumps({"words": "Who is it?"}))
        else:
            self._answer(status, json.dumps({"words": self._words() if status == 200 else f"Sorry, {self._words()}"}))

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        is_robin = self.path == "/auth/login" and (said["user"], said["password"]) == (USER, PASSWORD)
        refresh_token = said.get("refresh_token") or self._cookie("renewal")
        if is_robin or (self.path == "/auth/refresh" and refresh_token in self.server.refresh):
            tokens = self.server.issue()
            text = json.dumps({} if self.server.by_cookie else tokens)
            self._answer(200, text, cookies={"sid": tokens["access_token"], "renewal": tokens["refresh_token"]})
        elif self.path == "/auth/logout":
            self._answer(200, "{}", cookies={"sid": "", "renewal": ""})
        else:
            self.server.harm += [] if self.path.startswith("/auth/") else [self.path]
            self._answer(401, "{}")

    def _cookie(self, name: str) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get(name)
        return found.value if found and self.server.by_cookie else ""

    def _words(self) -> str:
        """Of a request for /api/orders?state=open: "nothing among orders, state open"."""
        parts = urlsplit(self.path)
        what = parts.path.removeprefix("/api/").replace("/", " ")
        return USER if what == "me" else f"nothing among {what} {parts.query.replace('=', ' ')}".strip()

    def _answer(
        self, status: int, text: str, kind: str = "application/json", cookies: Mapping[str, object] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (cookies or {}).items() if self.server.by_cookie else ():
            seconds = self.server.cookies_live[name] if value else 0
            self.send_header("Set-Cookie", f"{name}={value}; Path=/; HttpOnly; Max-Age={seconds}")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def small_app(
    script: str, answers: Mapping[str, int] | None = None, *, by_cookie: bool = False, slides: bool = False
) -> Iterator[SmallApp]:
    """An app whose page runs this script, which must have a function ``start``.

    Its tokens may be in cookies alone, and may all end at once: then a session lives as long as it is renewed in time.
    """
    app = SmallApp(script, answers or {}, by_cookie=by_cookie, slides=slides)
    try:
        yield app
    finally:
        app.shutdown()
        app.server_close()


class Discovers:
    """Discovery in a test's own browser and folder."""

    def __init__(self, browser: Browser, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._browser = browser
        self.file = folder / "found.toml"
        self._monkeypatch = monkeypatch

    @property
    def text(self) -> str:
        """What was written of the findings, in one line."""
        return " ".join(found_beside(self.file).read_text(encoding="utf-8").replace("\n# ", " ").split())

    def target(self, url: str, account: Account = ROBIN) -> Target:
        """Visit an app, write the file, and read it again."""
        visit = Discovery(
            self._browser, url, account, may_type_at=lambda url: None, is_remote=False, say=lambda words: None
        )
        text = write_what_is_found(visit, self.file)
        assert account.user not in text
        self._monkeypatch.setenv(USER_VARIABLE, account.user)
        self._monkeypatch.setenv(PASSWORD_VARIABLE, account.password)
        return read_target(self.file)

    def sound_target(self, url: str) -> Target:
        """The same; and the doctor finds that the app is as the file says, unedited."""
        target = self.target(url)
        with self.driven(target) as spa:
            wrong = [(each.key, each.seen) for each in examine(spa) if not each.is_well]
        assert wrong == []
        return target

    @contextmanager
    def driven(self, target: Target) -> Iterator[Spa]:
        """The app that was found, in a browser of its own."""
        spa = Spa(self._browser.new_context(), target, ROBIN, base_url=str(target.app.base_url), signing_key=None)
        try:
            yield spa
        finally:
            spa.end()
