"""Discovery finds the form that signs in, whatever stands beside it, over it or in its way."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2e.discovery_apps import Discovers, small_app
from fixtures.target import IN_PLACE

# A whole visit in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)


@pytest.fixture
def discovers(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discovers:
    return Discovers(browser, tmp_path, monkeypatch)


BESIDE_A_FORM_THAT_SIGNS_UP = """
const over = (name, words, buttons) => {
  if (localStorage.getItem(name)) return;
  const layer = document.createElement("div");
  layer.style = "position: fixed; inset: 0; background: #fffd; z-index: 9";
  layer.innerHTML = `<p>${words}</p>` + buttons.map((each) => `<button>${each}</button>`).join(" ");
  for (const button of layer.querySelectorAll("button"))
    button.onclick = () => { localStorage.setItem(name, "seen"); layer.remove(); };
  document.body.append(layer);
};
const home = async () => {
  put(`<header>${OUT} <a href="#main">Skip to content</a></header><main id="main"></main>`);
  said(await get("/api/summary"));
  over("tour", "Welcome to a tour of what there is to see", ["Next", "Skip the tour"]);
};
async function start() {
  if (session()) return home();
  form(`<form class="up"><label>Email <input name="new"></label> <label>Password <input type="password"></label>
    <label>Once more <input type="password"></label> <button>Create account</button></form>
    <form class="in"><label>Email <input name="email"></label> <label>Password <input type="password"></label>
    <button type="button">Sign in with Google</button> <button>Forgot password?</button>
    <button>Sign in</button></form>`);
  over("consent", "We should like to keep cookies", ["Accept all", "Reject all"]);
}
"""


def test_a_form_that_signs_up_beside_it_a_consent_banner_and_a_tour(discovers: Discovers) -> None:
    with small_app(BESIDE_A_FORM_THAT_SIGNS_UP) as app:
        found = discovers.sound_target(app.origin)

    assert [str(button) for button in found.app.dismiss] == ['button "Reject all"', 'button "Skip the tour"']
    assert str(found.sign_in.user) == 'css input[name="email"]'
    assert str(found.sign_in.password) == 'css form:has(button:text-is("Sign in")) input[type="password"]'
    assert str(found.sign_in.submit) == 'css button:text-is("Sign in")'
    assert str(found.pages.home.shows) == 'text "nothing among summary"'
    assert "cookies" not in discovers.text
    assert app.harm == []


IN_A_TAB_AND_NOT_FOR_LONG = """
const home = async () => { put(`<header>${OUT}</header><main></main>`); said(await get("/api/summary")); };
let memory = null;
async function start() {
  keeper = { getItem: (name) => memory ?? localStorage.getItem(name), removeItem: (name) => {
    memory = null; localStorage.removeItem(name); }, setItem: (name, text) => {
    memory = text; if (lasts || localStorage.getItem(name)) localStorage.setItem(name, text); } };
  if (session()) return home();
  tab("Sign up");
}
let lasts = false;
function tab(name) {
  form(`<div role="tablist"><button role="tab">Sign up</button> <button role="tab">Sign in</button></div>
    <form><label>Email <input name="email"></label> <label>Password <input type="password"></label> ${name === "Sign up"
      ? "" : "<label>Keep me signed in <input type='checkbox'></label>"}
    <button>${name === "Sign up" ? "Register" : "Sign in"}</button></form>`);
  on("[role=tab]", (each) => tab(each.textContent));
  on("[type=checkbox]", (box) => { lasts = box.checked; }, "change");
}
"""


def test_a_form_in_a_tab_that_has_to_be_told_to_remember(discovers: Discovers) -> None:
    with small_app(IN_A_TAB_AND_NOT_FOR_LONG) as app:
        found = discovers.sound_target(app.origin)

    assert str(found.sign_in.start) == 'tab "Sign in"'
    assert str(found.sign_in.check) == 'field "Keep me signed in"'
    assert str(found.sign_in.submit) == 'button "Sign in"'
    assert found.sent_to == IN_PLACE
    assert app.harm == []


IN_A_DIALOG_THAT_STAYS = """
const home = async () => {
  put(`<header>${OUT}</header><main></main>`, document.querySelector("#app"));
  said(await get("/api/summary"));
};
async function start() {
  document.querySelector("dialog")?.close();
  if (!document.querySelector("dialog"))
    put(`<div id="app"></div><dialog>${FORM}</dialog>`);
  on("form", async (form) => {
    if (!await signIn(form[0].value, form[1].value)) return;
    document.querySelector("dialog").close();
    put("<h1>One moment</h1><button>Continue as Robin</button>", document.querySelector("#app"));
    on("#app button", home);
  }, "submit");
  if (session()) return home();
  put(`<h1>A fine thing</h1><button>Log in</button> <button>Get started</button>`, document.querySelector("#app"));
  on("#app button", () => document.querySelector("dialog").showModal());
}
"""


def test_a_form_in_a_dialog_and_a_page_that_asks_who_it_is(discovers: Discovers) -> None:
    with small_app(IN_A_DIALOG_THAT_STAYS) as app:
        found = discovers.sound_target(app.origin)

    assert (str(found.sign_in.start), str(found.sign_in.submit)) == ('button "Log in"', 'button "Sign in"')
    assert [str(button) for button in found.app.dismiss] == ['button "Continue as"']
    assert str(found.marks.signed_out) == 'button "Log in"'


NOTHING_FOR_STRANGERS_ON_THE_FIRST_PAGE = """
async function start() {
  if (location.pathname === "/login" && !session()) return form();
  if (location.pathname === "/login") history.replaceState(null, "", "/profile");
  if (location.pathname === "/profile" && session().access_token === "") throw new Error("a stranger never gets here");
  put(session() ? `<nav><a href="/letters">Letters</a> ${OUT}</nav><main></main>`
    : `<nav><a href="/login">Log in</a></nav><main></main>`);
  if (location.pathname === "/letters") said(session() ? await get("/api/letters") : "Not for you");
}
"""


def test_a_stranger_is_looked_at_on_the_page_that_rules_open_and_not_on_the_first(discovers: Discovers) -> None:
    with small_app(NOTHING_FOR_STRANGERS_ON_THE_FIRST_PAGE) as app:
        found = discovers.sound_target(app.origin)

    assert found.pages.home.path == "/letters"
    assert (found.sent_to, str(found.marks.signed_out)) == (IN_PLACE, 'link "Log in"')
    assert str(found.sign_in.start) == 'link "Log in"'
