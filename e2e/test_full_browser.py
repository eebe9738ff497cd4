"""Which browser a rule is asked in that takes a full one, and what it says where there is none."""

from pathlib import Path

import pytest

from fixtures.ends import CouldNotAsk, DoesNotApply
from fixtures.judging import expect
from fixtures.page.browser import HEADLESS_SHELLS
from fixtures.page.full_browser import WITHOUT_IT, launched_full
from fixtures.spa import Spa
from scenarios.catalogue.rules import rules_of
from scenarios.sign_out import shows_nothing_of_the_user_in_a_kept_page

SHELL = {"executable_path": Path(HEADLESS_SHELLS[0]), "args": ["--one"]}
NOWHERE = "/nowhere/chrome"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A full browser, the only one of this machine."""
    made = tmp_path / "chromium"
    made.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return made


@pytest.mark.parametrize("usual", [{}, SHELL], ids=["playwrights-own", "shell"])
def test_a_full_browser_takes_the_place_of_the_headless_shell(usual: dict[str, object], program: Path) -> None:
    kept = {**usual, "ignore_default_args": [WITHOUT_IT], "executable_path": str(program)}
    assert launched_full(usual, NOWHERE) == kept


def test_playwrights_own_goes_before_the_machines(program: Path, tmp_path: Path) -> None:
    own = tmp_path / "chrome"
    own.touch(mode=0o755)

    launched = launched_full({}, str(own))

    assert launched is not None
    assert launched["executable_path"] == str(own) != str(program)


@pytest.mark.parametrize("chosen", [{"channel": "msedge"}, {"executable_path": "/opt/brave"}], ids=str)
def test_what_somebody_has_chosen_stays_chosen(chosen: dict[str, object], program: Path) -> None:
    assert program.exists()
    assert launched_full(chosen, NOWHERE) == {**chosen, "ignore_default_args": [WITHOUT_IT]}


def test_where_there_is_no_full_browser_nothing_is_launched(program: Path) -> None:
    program.unlink()
    assert launched_full(SHELL, NOWHERE) is None


def test_the_rule_says_why_there_is_no_such_browser(spa: Spa) -> None:
    [rule] = rules_of(shows_nothing_of_the_user_in_a_kept_page)
    spa.why_no_full_browser = "this machine has none"

    with pytest.raises(DoesNotApply, match=r"^this machine has none$"):
        rule.apply(spa)

    assert list(spa.recorder.log().all) == []


def test_an_app_that_has_filled_its_storage_has_no_room_for_what_delays_its_writes(spa: Spa) -> None:
    spa.sign_in()
    spa.page.evaluate("""() => {
        for (let length = 2 ** 22; length >= 1; length /= 2) {
            try { localStorage.setItem(`full ${length}`, 'x'.repeat(length)); } catch { /* half of it then */ }
        }
    }""")
    kept = spa.storage.browser.areas()

    with pytest.raises(CouldNotAsk, match=r"^The browser has no room for another 1000000 characters"):
        spa.storage.delay_writes()

    assert spa.storage.browser.areas() == kept


def test_nothing_of_what_delays_writes_stays(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    kept = spa.storage.browser.areas()["localStorage"].keys()
    spa.storage.delay_writes()

    spa.network.reject_access_token()
    spa.call_api()
    assert spa.storage.browser.areas()["localStorage"].keys() > kept
    spa.storage.let_writes_arrive()

    assert spa.storage.browser.areas()["localStorage"].keys() == kept


def test_nobody_goes_back_to_before_the_app(spa: Spa) -> None:
    spa.open_sign_in_page()

    with pytest.raises(DoesNotApply, match=r"^the tab has no page to go back to"):
        spa.go_back_to(spa.mark_place())

    expect(spa.marks.sign_in_form).to_be_shown()
