"""Discovery signs out in as many steps as it takes, and wherever that leads is signed out."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2e.discovery_apps import Discovers, small_app
from fixtures.doctor import take_health
from fixtures.target import IN_PLACE

# A whole visit in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)


@pytest.fixture
def discovers(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discovers:
    return Discovers(browser, tmp_path, monkeypatch)


BY_HOVERING_AND_A_QUESTION = """
const goTo = (path) => { history.pushState(null, "", path); start(); };
async function start() {
  if (location.pathname === "/goodbye") return put("<h1>Goodbye, come again</h1><a href='/login'>To the entrance</a>");
  if (!session()) { if (location.pathname !== "/login") history.replaceState(null, "", "/login"); return form(); }
  if (location.pathname === "/login") history.replaceState(null, "", "/");
  put(`<header><button aria-haspopup="menu">You</button><div hidden><button aria-haspopup="menu">More</button>
    <div hidden><button class="out">Log out</button></div></div></header><main></main><dialog><p>Are you sure?</p>
    <button>Cancel</button> <button>Log out</button></dialog>`);
  const [you, more] = document.querySelectorAll("[aria-haspopup]");
  document.querySelector("header").onmouseenter = () => { you.nextElementSibling.hidden = false; };
  you.onclick = () => { you.nextElementSibling.hidden = true; };
  more.onclick = () => { more.nextElementSibling.hidden = false; };
  on(".out", () => document.querySelector("dialog").showModal());
  const [no, yes] = document.querySelectorAll("dialog button");
  no.onclick = () => document.querySelector("dialog").close();
  yes.onclick = () => { signOut(); goTo("/goodbye"); };
  said(await get("/api/summary"));
}
"""


def test_a_menu_that_opens_by_hovering_one_within_it_a_question_and_a_page_that_says_goodbye(
    discovers: Discovers,
) -> None:
    with small_app(BY_HOVERING_AND_A_QUESTION) as app:
        found = discovers.sound_target(app.origin)

    way = found.sign_out
    assert way is not None
    assert [str(step) for step in way.before] == ['button "You"', 'button "More"']
    assert str(way.control) == 'button "Log out"'
    assert str(way.confirm) == 'css dialog button:text-is("Log out")'
    assert way.leads_to == "/goodbye"
    assert found.sent_to == "/login"


A_LANDING_PAGE = """
async function start() {
  if (location.pathname === "/login" && !session()) return form();
  if (!session()) return put(`<h1>A fine thing</h1><p>It is very fine.</p><a href="/login">Sign in</a>`);
  if (location.pathname === "/login") history.replaceState(null, "", "/");
  put(`<nav><a href="/">Home</a> <a href="/settings">Settings</a></nav><main></main>`);
  follow(async () => {
    const isHome = location.pathname === "/";
    put(isHome ? "" : "<button>Sign out</button>", document.querySelector("main"));
    on("main button", () => { if (confirm("Really?")) { signOut(); history.pushState(null, "", "/"); start(); } });
    said(await get(isHome ? "/api/summary" : "/api/settings"));
  });
}
"""


def test_a_landing_page_in_place_of_home_and_a_sign_out_among_the_settings(discovers: Discovers) -> None:
    with small_app(A_LANDING_PAGE) as app:
        found = discovers.sound_target(app.origin)

    assert (found.sign_in.page, str(found.sign_in.start)) == ("/", 'link "Sign in"')
    assert (str(found.marks.signed_out), found.sent_to) == ('link "Sign in"', IN_PLACE)
    assert found.sign_out is not None
    assert [str(step) for step in found.sign_out.before] == ['link "Settings"']
    assert "using it led back to the sign-in form" in discovers.text
    assert str(found.marks.signed_in) == 'link "Settings"'


SIGNS_OUT_ON_THE_FIRST_PAGE_ONLY = """
async function start() {
  if (!session()) {
    if (location.pathname !== "/login") history.replaceState({ from: location.pathname }, "", "/login");
    return form();
  }
  if (location.pathname === "/login") history.replaceState(null, "", history.state?.from ?? "/");
  put("<main></main>");
  follow(async function page() {
    const main = document.querySelector("main"), isFirst = location.pathname === "/";
    put(isFirst ? `<p>You are in</p> <a href="/letters">Letters</a> ${OUT}` : `<a href="/">Back</a>`, main);
    on("main a", (link) => { history.pushState(null, "", link.getAttribute("href")); page(); });
    if (!isFirst) said(await get("/api/letters"));
  }, "nav a");
}
"""


def test_from_a_home_that_has_no_sign_out_a_link_to_the_first_page_leads_there(
    discovers: Discovers,
) -> None:
    with small_app(SIGNS_OUT_ON_THE_FIRST_PAGE_ONLY) as app:
        found = discovers.sound_target(app.origin)

        with discovers.driven(found) as spa:
            health = take_health(spa)  # which begins at home, from where the sign-in form leads back to home

    assert health.lines() == ["no API request fails"]
    assert found.pages.home.path == "/letters"
    assert found.sign_out is not None
    assert [str(step) for step in found.sign_out.before] == ['link "Back"']
    assert str(found.marks.signed_in) == 'button "Sign out"'


A_PARAGRAPH_SIGNS_OUT = """
async function start() {
  if (!session()) return form();
  put("<p>About how to log out of it all</p><p class=out>Logout</p><main></main>");
  on(".out", () => { signOut(); start(); });
  said(await get("/api/summary"));
}
"""


def test_a_paragraph_that_signs_out(discovers: Discovers) -> None:
    with small_app(A_PARAGRAPH_SIGNS_OUT) as app:
        found = discovers.sound_target(app.origin)

    assert found.sign_out is not None
    assert str(found.sign_out.control) == 'css p:text-is("Logout")'
    assert "using it led back to the sign-in form" in discovers.text
    assert str(found.marks.signed_in) == str(found.sign_out.control)


NO_WAY_OUT = """
async function start() {
  if (!session()) return form();
  put("<main></main>");
  said(await get("/api/summary"));
}
"""


def test_without_a_sign_out_and_a_heading_what_home_shows_tells_that_somebody_is_signed_in(
    discovers: Discovers,
) -> None:
    with small_app(NO_WAY_OUT) as app:
        found = discovers.sound_target(app.origin)

    assert found.sign_out is None
    assert found.marks.signed_in == found.pages.home.shows
