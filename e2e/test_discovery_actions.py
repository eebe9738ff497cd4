"""Discovery finds what makes API requests each time that it is used, and uses nothing that may do harm."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2e.discovery_apps import Discovers, small_app

# A whole visit in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)


@pytest.fixture
def discovers(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discovers:
    return Discovers(browser, tmp_path, monkeypatch)


LINKS_ON_THE_SECOND_PAGE = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/orders">Orders</a> <a href="/orders/delete">Delete it all</a> ${OUT}</nav>
    <main></main>`);
  const seen = {};
  follow(async function page() {
    const box = new URLSearchParams(location.search).get("state") ?? "some";
    put(location.pathname === "/orders"
      ? "<a href='/orders?state=open'>Open ones</a> <a href='/orders?state=closed'>Closed ones</a>" : "",
      document.querySelector("main"));
    on("main a", (link) => { history.pushState(null, "", link.getAttribute("href")); page(); });
    if (location.pathname === "/orders") said(await get(`/api/orders?state=${box}`));
    else said(seen.home ??= await get("/api/summary"));
  }, "nav a");
}
"""


def test_links_in_turn_that_only_the_second_page_has(discovers: Discovers) -> None:
    with small_app(LINKS_ON_THE_SECOND_PAGE) as app:
        found = discovers.sound_target(app.origin)

    calls = found.pages.calls
    assert calls is not None
    assert calls.path == "/orders"
    assert [str(control) for control in calls.in_turn] == ['link "Orders"', 'link "Open ones"']
    assert 'link "Orders" one API request, link "Open ones" one API request' in discovers.text
    assert "Left alone, because their names say that they may change something: “Delete it all”." in discovers.text
    assert found.pages.deep is not None
    assert found.pages.deep.path == "/orders?state=open"
    assert app.harm == []


HASH_ROUTER_BELOW_A_BASE_PATH = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/shop/#/">Overview</a> <a href="/shop/#/news">News</a> ${OUT}</nav><main></main>`);
  onhashchange = page;
  page();
}
async function page() {
  const at = location.hash.slice(2) || "overview";
  put("", document.querySelector("main"));
  const about = await Promise.all([get(`/api/${at}`), get("/api/ticker")]);
  if (at === (location.hash.slice(2) || "overview")) about.forEach(said);
}
if (!location.hash) history.replaceState(null, "", "/shop/#/");
"""


def test_two_pages_of_a_hash_router_below_a_base_path(discovers: Discovers) -> None:
    with small_app(HASH_ROUTER_BELOW_A_BASE_PATH) as app:
        found = discovers.sound_target(f"{app.origin}/shop/")

    calls = found.pages.calls
    assert calls is not None
    assert calls.path == "/shop/#/"
    assert [str(control) for control in calls.in_turn] == ['link "News"', 'link "Overview"']
    assert 'link "News" 2 API requests' in discovers.text
    assert found.pages.busy is not None
    assert str(found.pages.busy.control) == 'link "News"'
    assert found.pages.deep is not None
    assert found.pages.deep.path == "/shop/#/news"


TABS = """
async function start() {
  if (!session()) return form();
  put(`<header>${OUT}</header><div role="tablist"><button role="tab">Today</button> <button role="tab">Tomorrow</button>
    <button role="tab">Export</button></div><main></main>`);
  on("[role=tab]", (tab) => page(tab.textContent));
  page("Today");
}
let chosen;
async function page(day) {
  if (day === chosen) return;
  chosen = day;
  put("", document.querySelector("main"));
  said(await get(`/api/${day.toLowerCase()}`));
}
"""


def test_tabs_in_turn_of_which_one_is_chosen_already(discovers: Discovers) -> None:
    with small_app(TABS) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.calls is not None
    assert [str(control) for control in found.pages.calls.in_turn] == ['tab "Tomorrow"', 'tab "Today"']


SEARCH = """
async function start() {
  if (!session()) return form();
  put(`<header>${OUT}</header><main><form><input placeholder="Find a customer"></form>
    <label>Note <input name="note"></label><ul></ul></main>`);
  const search = async (query) => {
    document.querySelector("ul").innerHTML = "";
    const found = await Promise.all(["people", "firms"].map((kind) => get(`/api/${kind}?q=${query}`)));
    if (query === "zebra" || query === "quartz") return;
    found.forEach(said);
  };
  let last = "";
  on("form", (form) => { const query = form[0].value; if (query !== last) search(last = query); }, "submit");
  search("");
}
"""


def test_a_search_field_that_asks_only_for_what_is_new(discovers: Discovers) -> None:
    with small_app(SEARCH) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.calls is not None
    assert str(found.pages.calls.control) == 'textbox "Find a customer"'
    assert found.pages.busy is not None
    assert found.pages.busy.control == found.pages.calls.control
    assert "Using the control made 2 API requests each time." in discovers.text
    assert found.pages.form is not None
    assert (str(found.pages.form.field), found.pages.form.submit) == ('field "Note"', None)


A_FORM_BEHIND_A_LINK = """
async function start() {
  if (!session()) return form();
  put(`<nav><a href="/">Home</a> <a href="/orders/new">New order</a> <a href="/archive">Archive</a>
    <a href="/orders/7/archive">Archive order 7</a> ${OUT}</nav><main></main>`);
  follow(async function page() {
    const main = document.querySelector("main");
    put("", main);
    const words = await get(`/api/${location.pathname.slice(1) || "home"}`);
    if (location.pathname.endsWith("new")) put("<label>What <input name=what></label> <button>Place it</button>", main);
    said(words);
  }, "nav a");
}
"""


def test_a_link_that_opens_a_form_or_a_list_is_followed(discovers: Discovers) -> None:
    with small_app(A_FORM_BEHIND_A_LINK) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.form is not None
    assert (found.pages.form.path, str(found.pages.form.field)) == ("/orders/new", 'field "What"')
    assert "“Archive order 7”" in discovers.text
    assert app.harm == []


THE_NAME_ON_EVERY_PAGE = """
async function start() {
  if (!session()) return form();
  put(`<nav><a class="plain" href="/brand">A fine thing</a> <a href="/">Home</a> <a href="/letters">Letters</a>
    <a href="/me">You</a> robin@example.com ${OUT}</nav><main></main>`);
  follow(async () => {
    put("", document.querySelector("main"));
    said(await get(`/api/${location.pathname.slice(1) || "summary"}`));
  }, "nav a:not(.plain)");
}
"""


def test_of_pages_that_all_have_the_users_name_the_one_that_has_it_once_more_and_loads_no_document(
    discovers: Discovers,
) -> None:
    with small_app(THE_NAME_ON_EVERY_PAGE) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.account is not None
    assert (found.pages.account.path, str(found.pages.account.link)) == ("/me", 'link "You"')


A_FILTER_AMONG_LISTS_OF_OPTIONS = """
async function start() {
  if (!session()) return form();
  put(`<header>${OUT} <label>Language <select class="harm"><option>English<option>Deutsch</select></label></header>
    <label>Order 7 <select class="harm"><option>open<option>closed</select></label>
    <label>State <select class="good"><option value="">All states<option>open<option>closed</select></label>
    <main></main>`);
  on(".harm", () => fetch("/harm", { method: "POST", body: "{}" }), "change");
  const show = async (state) => { put("", document.querySelector("main")); said(await get(`/api/orders${state}`)); };
  on(".good", (list) => list.value && show(`?state=${list.value}`), "change");
  show("");
}
"""


def test_a_list_of_options_that_chooses_what_is_shown_and_none_that_may_save(discovers: Discovers) -> None:
    with small_app(A_FILTER_AMONG_LISTS_OF_OPTIONS) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.calls is not None
    assert str(found.pages.calls.control) == 'field "State"'
    assert "Using the control made one API request each time." in discovers.text
    assert app.harm == []


A_HUB_AND_ITS_PAGES = """
async function start() {
  if (!session()) return form();
  put("<main></main>");
  follow(async function page() {
    const main = document.querySelector("main"), isHub = location.pathname === "/";
    put(isHub ? `<p>You are in</p> <a href="/letters">To the letters</a> ${OUT}` : `<a href="/">Back</a>`, main);
    on("main a", (link) => { history.pushState(null, "", link.getAttribute("href")); page(); });
    if (!isHub) said(await get("/api/letters"));
  }, "nav a");
}
"""


def test_a_page_that_is_left_for_one_that_asks_nothing_and_come_back_to(discovers: Discovers) -> None:
    with small_app(A_HUB_AND_ITS_PAGES) as app:
        found = discovers.sound_target(app.origin)
        with discovers.driven(found) as spa:
            spa.sign_in()
            spa.open(spa.pages.calls)
            with spa.watched() as log:
                spa.keep_calling_api(3)

    calls = found.pages.calls
    assert calls is not None
    assert (calls.path, str(calls.before), str(calls.control)) == ("/letters", 'link "Back"', 'link "To the letters"')
    assert "Using the control made one API request each time that one had gone to it." in discovers.text
    assert len(log.api) == 3
    assert found.policy.renews_on_401 is True


OPENS_A_WINDOW = """
async function start() {
  if (location.pathname === "/help") return put("<p>Nobody knows</p>");
  if (!session()) return form();
  put(`<header>${OUT}</header><button aria-haspopup="true">Help</button> <button id="more">Reload</button>
    <main></main>`);
  on("[aria-haspopup]", () => open("/help"));
  const show = async () => { put("", document.querySelector("main")); said(await get("/api/summary")); };
  on("#more", () => { open("/help"); show(); });
  show();
}
"""


def test_a_control_that_opens_a_window_as_well(discovers: Discovers) -> None:
    with small_app(OPENS_A_WINDOW) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.calls is not None
    assert str(found.pages.calls.control) == 'button "Reload"'
