"""Discovery tells requests of the API from what fails in health, from files, and from what everybody is told."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2e.discovery_apps import Discovers, small_app
from fixtures.target import TargetError

# A whole visit in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)


@pytest.fixture
def discovers(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discovers:
    return Discovers(browser, tmp_path, monkeypatch)


FAILING_IN_HEALTH = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/plans">Plans</a> <a href="/staff">For the staff</a> ${OUT}</nav>
    <main></main>`);
  get("/locales/en.json");
  follow(async () => {
    put("", document.querySelector("main"));
    const what = location.pathname.slice(1) || "summary";
    get("/api/offers");
    said(await get(`/api/${what}`));
  });
}
"""


def test_what_is_denied_to_everybody_is_not_of_the_api_and_a_page_that_is_denied_to_this_user_is_told(
    discovers: Discovers,
) -> None:
    with small_app(FAILING_IN_HEALTH, {"/api/offers": 404, "/api/staff": 403}) as app:
        found = discovers.sound_target(app.origin)

    assert found.api.paths == ("/api/plans", "/api/staff", "/api/summary")
    assert "Left out, since they are answered with an error in health: /api/offers." in discovers.text
    assert found.pages.forbidden is not None
    assert (found.pages.forbidden.path, str(found.pages.forbidden.shows)) == (
        "/staff",
        'text "Sorry, nothing among staff"',
    )
    assert found.pages.home.path == "/"


TOLD_BY_A_COOKIE = """
keeper = { getItem: () => null, setItem: () => null, removeItem: () => null };
const ask = async (path) => {
  let reply = await fetch(path);
  if (reply.status === 401 && (await fetch("/auth/refresh", { method: "POST" })).ok) reply = await fetch(path);
  return (await reply.json()).words;
};
async function start() {
  await fetch("/config");
  if (await ask("/who") === "nobody") return form();
  put("<header><button>Sign out</button></header><main></main>");
  on("button", async () => { await fetch("/auth/logout", { method: "POST" }); start(); });
  await fetch("/locales/en.json");
  said(await ask("/api/summary"));
}
"""


def test_what_says_with_a_200_who_is_signed_in_needs_the_token_and_what_says_the_same_to_all_does_not(
    discovers: Discovers,
) -> None:
    with small_app(TOLD_BY_A_COOKIE, by_cookie=True) as app:
        found = discovers.target(app.origin)

    assert sorted(found.api.paths) == ["/api/", "/who"]
    assert found.api.carries == "cookie sid"


SHELL = """
async function start() {
  if (!session()) return form();
  await get("/api/me");
  put(`<a href="#main">Skip to the content</a><header>A fine thing ${OUT}</header>
    <nav><a href="/">Home</a> <a href="/letters">Letters</a></nav>
    <main id="main"></main><aside>We keep cookies</aside>`);
  follow(async () => {
    put("<h1>What there is</h1>", document.querySelector("main"));
    said(await get(location.pathname === "/letters" ? "/api/letters" : "/api/summary"));
    said("Everything else is elsewhere");
  }, "nav a");
}
"""


def test_a_page_is_told_by_its_own_data_and_not_by_what_stands_on_every_page(discovers: Discovers) -> None:
    with small_app(SHELL) as app:
        found = discovers.sound_target(app.origin)

    assert str(found.pages.home.shows) == 'text "nothing among summary"'
    assert found.pages.deep is not None
    assert str(found.pages.deep.shows) == 'text "nothing among letters"'


NOTHING_AT_HOME = """
let memory = null;
keeper = { getItem: () => memory, setItem: (name, text) => { memory = text; localStorage.setItem("kept",
  JSON.parse(text).refresh_token); }, removeItem: () => { memory = null; localStorage.removeItem("kept"); } };
async function start() {
  const kept = localStorage.getItem("kept");
  if (!session() && kept) await begin("/auth/refresh", { refresh_token: kept });
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/letters">Letters</a> <a href="/parcels">Parcels</a> ${OUT}</nav>
    <main></main>`);
  follow(async () => {
    put("", document.querySelector("main"));
    if (location.pathname !== "/") said(await get(`/api${location.pathname}`));
  });
}
"""


def test_where_home_asks_for_nothing_the_tokens_are_found_on_other_pages(discovers: Discovers) -> None:
    with small_app(NOTHING_AT_HOME) as app:
        found = discovers.target(app.origin)

    assert found.api.carries == "header Authorization"
    assert str(found.sign_in.request) == "POST /auth/login"
    assert found.pages.home.path == "/letters"
    assert found.pages.calls is not None
    assert [str(control) for control in found.pages.calls.in_turn] == ['link "Letters"', 'link "Parcels"']


RENDERED_ON_THE_SERVER = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/letters">Letters</a> ${OUT}</nav><main></main>`);
  follow(async () => {
    put("<p>A little of everything</p>", document.querySelector("main"));
    if (location.pathname !== "/") put("<p>Three letters are here</p>", document.querySelector("main"));
    await get("/api/counted");
  });
}
"""


def test_where_no_text_waits_for_the_api_home_is_told_by_what_no_other_page_shows(discovers: Discovers) -> None:
    with small_app(RENDERED_ON_THE_SERVER) as app:
        found = discovers.sound_target(app.origin)

    assert str(found.pages.home.shows) == 'text "A little of everything"'
    assert "a server may have rendered it" in discovers.text
    assert found.pages.calls is not None


OPEN_TO_ALL = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/letters">Letters</a> <a href="/news">News</a>
    <a href="/parcels">Parcels</a> ${OUT}</nav><main></main>`);
  follow(async () => {
    put("", document.querySelector("main"));
    const isOpen = ["/", "/news"].includes(location.pathname);
    said(await get(isOpen ? `/open/${location.pathname.slice(1) || "greeting"}` : `/api${location.pathname}`));
  });
}
"""


def test_what_serves_any_token_is_not_of_the_api_although_the_app_sends_it_one(discovers: Discovers) -> None:
    with small_app(OPEN_TO_ALL) as app:
        found = discovers.sound_target(app.origin)

    assert found.api.paths == ("/api/",)
    assert "Left out, since they serve any token: /open/greeting, /open/news." in discovers.text
    assert found.pages.home.path == "/letters"
    assert found.pages.calls is not None
    assert [str(control) for control in found.pages.calls.in_turn] == ['link "Letters"', 'link "Parcels"']
    assert found.policy.renews_on_401 is True


RENEWS_AFTER_USE = """
async function start() {
  if (!session()) return form();
  put(`<header>${OUT}</header><main></main>`);
  const words = get("/api/summary");
  await begin("/auth/refresh", { refresh_token: session().refresh_token });
  said(await words);
}
"""


def test_a_token_is_found_where_it_is_kept_although_nothing_has_used_it_yet(discovers: Discovers) -> None:
    with small_app(RENEWS_AFTER_USE) as app:
        found = discovers.sound_target(app.origin)

    assert str(found.tokens.access_token) == "session at /access_token"
    assert found.policy.renews_on_load is True


RENEWED_BY_EACH_LOAD = """
async function start() {
  await fetch("/auth/refresh", { method: "POST" });
  const reply = await fetch("/api/summary");
  if (!reply.ok) return form();
  put(`<header>${OUT}</header><main></main>`);
  said((await reply.json()).words);
}
"""


def test_of_a_session_that_only_slides_is_said_that_it_has_no_refresh_to_be_judged(discovers: Discovers) -> None:
    with small_app(RENEWED_BY_EACH_LOAD, by_cookie=True, slides=True) as app, pytest.raises(TargetError) as unusable:
        discovers.target(app.origin)

    assert str(unusable.value).endswith("refresh: missing")
    assert "POST /auth/refresh renewed the cookie while it lived, and was answered 401 when it had ended" in (
        discovers.text
    )
