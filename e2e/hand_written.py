"""Apps of one page, written by hand for the one habit that a test needs of them, each with a real server behind it."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from fixtures.observed.health import HEALTHY, Health
from fixtures.page.accounts import account_of
from fixtures.spa import Spa
from fixtures.target import read_target

LIFETIME_SECONDS = 600
POLL_SECONDS = 0.02
"""A server that is told to end notices within this time."""

# What they have in common. A script says what a user sees (`begin`), and may say otherwise how things are done.
KIT = """<!doctype html><title>Written by hand</title><body><main></main><p role="status"></p><script>
let storage = localStorage;
let tokens = null;
let renewsOn = [401];
const keep = (given) => {
  tokens = given;
  if (given) storage?.setItem("session", JSON.stringify(given)); else storage?.removeItem("session");
};
const post = (path, said) => fetch(path, { method: "POST", body: JSON.stringify(said) });
let renewal = null;
let renew = () => {
  renewal ??= post("/auth/refresh", { refresh: tokens.refresh })
    .then(async (reply) => { if (!reply.ok) throw new Error("not renewed"); keep(await reply.json()); })
    .finally(() => { renewal = null; });
  return renewal;
};
const ask = (path, { access } = tokens) => fetch(path, { headers: { Authorization: `Bearer ${access}` } });
let get = async (path) => {
  let reply = await ask(path);
  if (renewsOn.includes(reply.status)) { await renew(); reply = await ask(path); }
  return reply.json();
};
const show = (path) => get(path).then(({ words }) => say(words), () => say("Sorry."));
const say = (words) => { document.querySelector("[role=status]").textContent = words; };
const button = (name, action) => {
  const made = Object.assign(document.createElement("button"), { textContent: name, onclick: action });
  document.querySelector("main").append(made);
};
const start = () => {
  const kept = storage?.getItem("session");
  if (kept) tokens = JSON.parse(kept);
  if (tokens) { enter(); return; }
  document.querySelector("main").innerHTML = `<form><label>Email <input></label>
    <label>Password <input type="password"></label> <button>Sign in</button></form>`;
  document.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const [email, password] = [...document.querySelectorAll("input")].map(({ value }) => value);
    const reply = await post("/auth/login", { email, password });
    if (reply.ok) { keep(await reply.json()); enter(); }
  });
};
const enter = () => {
  document.querySelector("main").replaceChildren();
  button("Sign out", () => keep(null));
  begin();
};
%s
start();
</script>"""

FILE = """
name = "written by hand"
app = {{ base_url = "{origin}" }}
account = {{ sign_up = "/register" }}
api = {{ paths = ["/api/"] }}

[sign_in]
page = "/"
user = {{ label = "Email" }}
password = {{ label = "Password" }}
submit = {{ role = "button", name = "Sign in" }}
request = "POST /auth/login"

[marks]
signed_in = {{ role = "button", name = "Sign out" }}
signed_out = {{ role = "button", name = "Sign in" }}
sent_to = "in place"

[refresh]
request = "POST /auth/refresh"
sends = "/refresh"
access_token = "/access"
refresh_token = "/refresh"

[tokens]
lifetime = {lifetime}
{more}
"""


class HandWritten(ThreadingHTTPServer):
    """One page, and what lies under /api/ for whoever has signed in. Tokens say nothing by themselves.

    ``says`` is the status for a token that it does not know; where it is 200, the API is open to everybody.
    """

    def __init__(self, script: str, *, says: int = 401) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = KIT % script
        self.says = says
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.passwords: dict[str, str] = {}
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        threading.Thread(target=self.serve_forever, args=[POLL_SECONDS], daemon=True).start()

    def issue(self) -> dict[str, str]:
        access, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.access.add(access)
        self.refresh.add(refresh)
        return {"access": access, "refresh": refresh}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HandWritten

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if not path.startswith("/api/"):
            self._answer(200, self.server.page, "text/html")
            return
        is_known = self.headers.get("Authorization", "").removeprefix("Bearer ") in self.server.access
        status = 200 if is_known else self.server.says
        self._answer(status, json.dumps({"words": f"Here is {path}" if status == 200 else "Who is it?"}))

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        match self.path:
            case "/register":
                self.server.passwords[said["email"]] = said["password"]
                self._answer(201, "{}")
            case "/auth/login" if self.server.passwords.get(said["email"]) == said["password"]:
                self._answer(200, json.dumps(self.server.issue()))
            case "/auth/refresh" if said["refresh"] in self.server.refresh:
                self._answer(200, json.dumps(self.server.issue()))
            case _:
                self._answer(401, "{}")

    def _answer(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None: ...


class Makes:
    """Makes such apps, each with a server, a browser context and a user of its own."""

    def __init__(self, new_context: Callable[[], BrowserContext], folder: Path) -> None:
        self._new_context = new_context
        self._file = folder / "target.toml"
        self._made = ExitStack()

    def __call__(self, script: str, tables: str, *, says: int = 401, health: Health = HEALTHY) -> Spa:
        """An app whose page runs this script, which has a function ``begin`` for what a user sees who has signed in.

        ``tables`` is the rest of its target's file, from within ``[tokens]`` on.
        """
        app = HandWritten(script, says=says)
        self._made.callback(app.server_close)
        self._made.callback(app.shutdown)
        text = FILE.format(origin=app.origin, lifetime=LIFETIME_SECONDS, more=tables)
        self._file.write_text(text, encoding="utf-8")
        target = read_target(self._file)
        spa = Spa(self._new_context(), target, account_of(target, app.origin), base_url=app.origin, health=health)
        self._made.callback(spa.end)
        return spa

    def close(self) -> None:
        self._made.close()
