"""The bundled app with its tokens encrypted: what it keeps, what it makes of tabs, and its own defects."""

from collections.abc import Iterator

import pytest

from fixtures.apps.running import serve
from fixtures.apps.servers import RunningApp
from fixtures.spa import Spa
from fixtures.target import TARGETS, Target, read_target

DELETE_KEY = """() => new Promise((resolve, reject) => {
  const deleting = indexedDB.deleteDatabase("field-notes");
  deleting.onsuccess = () => resolve();
  deleting.onerror = deleting.onblocked = () => reject(new Error("The key could not be deleted."));
})"""
EXPORT_KEY = """async () => {
  const opening = indexedDB.open("field-notes");
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const reading = opening.result.transaction("keys").objectStore("keys").get("session");
  await new Promise((resolve) => { reading.onsuccess = resolve; });
  opening.result.close();
  return crypto.subtle.exportKey("raw", reading.result).then(() => "exported", (error) => error.name);
}"""
NO_DATABASE = 'IDBFactory.prototype.open = () => { throw new DOMException("No database here.", "SecurityError"); };'
ENCRYPTING_TAKES_FOREVER = "() => { SubtleCrypto.prototype.encrypt = () => new Promise(() => {}); }"
ENCRYPTING_WAITS = """() => {
  const encrypt = SubtleCrypto.prototype.encrypt;
  const { promise, resolve } = Promise.withResolvers();
  window.go = resolve;
  SubtleCrypto.prototype.encrypt = (...given) => promise.then(() => encrypt.apply(crypto.subtle, given));
}"""


@pytest.fixture(scope="session")
def target() -> Target:
    """The encrypted configuration, in place of the target of the run."""
    return read_target(TARGETS / "reference-encrypted.toml")


@pytest.fixture(scope="session")
def app(target: Target) -> Iterator[RunningApp]:
    with serve(target) as served:
        yield served


def refreshes_of(spa: Spa) -> int:
    return len(spa.recorder.log().refreshes)


def test_storage_holds_no_token_in_plain(spa: Spa) -> None:
    spa.sign_in()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.busy)

    assert refreshes_of(spa) == 1
    assert spa.storage.session.missing == ()
    assert spa.storage.copies_of_tokens.held == ()
    assert not any("ey" in text and text.count(".") == 2 for text in spa.storage.browser.texts().values() if text)


def test_each_write_has_an_iv_of_its_own(spa: Spa) -> None:
    spa.sign_in()
    first = spa.storage.browser.texts()["refresh_token"]
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.busy)

    # Without rotation the token is the same one.
    assert first
    assert spa.storage.browser.texts()["refresh_token"] != first


def test_no_script_gets_the_key_itself(spa: Spa) -> None:
    spa.sign_in()

    assert spa.page.evaluate(EXPORT_KEY) == "InvalidAccessError"


def test_a_session_whose_key_is_gone_ends_in_the_sign_in_form(spa: Spa) -> None:
    spa.sign_in()
    spa.leave()
    spa.page.evaluate(DELETE_KEY)
    spa.page.goto(spa.world.url(spa.pages.busy.path))
    spa.world.settle()

    assert spa.marks.sign_in_form.is_visible()
    assert spa.storage.session.held == ()
    assert spa.recorder.log().exceptions == ()
    spa.sign_in_again()
    spa.open(spa.pages.busy)
    assert spa.marks.content_of(spa.pages.busy).is_visible()


def test_without_a_database_the_session_lasts_as_long_as_the_page(spa: Spa) -> None:
    spa.page.context.add_init_script(NO_DATABASE)
    spa.page.goto(spa.world.url(spa.target.sign_in.page))
    spa.sign_in_as(spa.account)

    assert spa.marks.signed_in.is_visible()
    assert spa.storage.session.held == ()
    spa.clock.let_access_token_expire()
    assert spa.marks.signed_in.is_visible()
    assert refreshes_of(spa) == 1


def test_a_page_that_is_left_before_its_write_has_landed_leaves_the_last_one_whole(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.busy)
    before = spa.storage.browser.texts()
    spa.page.evaluate(ENCRYPTING_TAKES_FOREVER)
    spa.clock.let_access_token_expire()

    assert refreshes_of(spa) == 1
    spa.leave()
    assert spa.storage.browser.texts() == before
    spa.open(spa.pages.busy)
    assert spa.marks.content_of(spa.pages.busy).is_visible()
    assert refreshes_of(spa) == 2


def test_a_sign_out_in_another_tab_is_not_undone_by_a_write_under_way(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.busy)
    other = spa.open_tab(spa.pages.busy)
    spa.page.evaluate(ENCRYPTING_WAITS)
    spa.clock.let_access_token_expire()
    other.sign_out()
    spa.page.evaluate("() => go()")
    spa.world.settle()

    assert spa.marks.sign_in_form.is_visible()
    assert spa.storage.session.held == ()


def test_what_another_tab_has_stored_is_not_written_over_by_a_write_under_way(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.busy)
    other = spa.open_tab(spa.pages.busy)
    spa.page.evaluate(ENCRYPTING_WAITS)
    spa.clock.let_access_token_expire()
    other.sign_out()
    other.sign_in_again()
    of_the_next_session = spa.storage.browser.texts()["refresh_token"]
    spa.page.evaluate("() => go()")
    spa.world.settle()

    assert refreshes_of(spa) == 1
    assert of_the_next_session is not None
    assert spa.storage.browser.texts()["refresh_token"] == of_the_next_session
