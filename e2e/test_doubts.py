"""A failure that something else than the app would explain as well says so, or is none, and what is to be done then."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.test_command_line import run_pytest
from e2e.test_survival import run_pytest as run_with_plugins
from fixtures.apps.builds import SOUND, make
from fixtures.apps.servers import serve_bundled_app
from fixtures.page.accounts import sign_up
from fixtures.report.doubts import ended_elsewhere
from fixtures.spa import Spa
from fixtures.target import TARGETS, Target

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

RULE = "near-expiry-refresh/does-not-refresh-again-after-a-refresh"
WITHOUT_A_PAGE_LOAD = "near-expiry-refresh/refreshes-in-the-background"


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[str], str]:
    """Judges, by one rule, a build of the bundled app that goes by exp; with these lines added to its target file."""

    def judged(lines: str) -> str:
        file = tmp_path / "target.toml"
        file.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "goes-by-exp"\n{lines}\n')
        rule = f"e2e/test_scenarios.py::test_rule[chromium-{RULE}]"
        return run_pytest("--defect", "goes-by-exp", "--target", str(file), rule).stdout

    return judged


def test_an_app_that_goes_by_exp_is_suspected_where_its_file_does_not_say_it(judge: Callable[[str], str]) -> None:
    told = judge("")

    assert "refreshes were sent; expected none." in told
    assert re.search(r"perhaps   the target file is wrong: by the page's clock, which the suite has moved \d+ s", told)
    assert 'tokens.expiry_from = "token"' in told


def test_where_the_file_says_it_the_app_keeps_the_rule(judge: Callable[[str], str]) -> None:
    assert "1 rule kept, 0 broken" in judge('[tokens]\nexpiry_from = "token"')


def test_where_the_file_denies_it_nothing_is_suspected(judge: Callable[[str], str]) -> None:
    told = judge('[tokens]\nexpiry_from = "reply"')

    assert "refreshes were sent; expected none." in told
    assert "perhaps" not in told


def test_a_new_token_that_is_rejected_may_be_the_doing_of_another_browser_with_the_same_account(spa: Spa) -> None:
    _let_a_refresh_be_rejected(spa)
    spa.target = _with_one_account(spa.target)

    doubt = ended_elsewhere(spa, browsers=2)

    assert doubt is not None
    assert doubt.startswith("The server rejected a refresh token that was new: 2 browsers use this account at once")
    assert ended_elsewhere(spa, browsers=1) is None


def test_where_each_rule_has_an_account_of_its_own_no_other_browser_is_suspected(spa: Spa) -> None:
    _let_a_refresh_be_rejected(spa)

    assert ended_elsewhere(spa, browsers=2) is None


def test_what_the_suite_has_brought_about_itself_is_laid_to_no_other_browser(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.reject_refresh_token()
    spa.clock.let_access_token_expire()
    spa.keep_calling_api(1)
    spa.target = _with_one_account(spa.target)

    assert ended_elsewhere(spa, browsers=2) is None


ENDING = """
from fixtures.spa.sessions import Sessions

really_begin = Sessions.begin


def begin(self):
    really_begin(self)
    world, held = self._world, self._storage.browser.values()
    logout = f"{world.server_url}/auth/logout/"
    assert world.context.request.post(logout, data={"refresh_token": held["refresh_token"]}).ok


Sessions.begin = begin
"""


@pytest.mark.parametrize(("workers", "verdict"), [("0", "1 broken, 0 could"), ("2", "0 broken, 1 could")])
def test_a_rule_whose_session_another_browser_may_have_ended_could_not_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str, verdict: str
) -> None:
    (tmp_path / "ending.py").write_text(ENDING, encoding="utf-8")
    make([SOUND])
    with serve_bundled_app(SOUND.folder, {}) as app:
        account = sign_up(app.base_url, "/auth/register/")
        monkeypatch.setenv("AFRESH_USER", account.user)
        monkeypatch.setenv("AFRESH_PASSWORD", account.password)
        file = tmp_path / "target.toml"
        file.write_text(
            f"""extends = "{TARGETS / "reference.toml"}"
            name = "one-account"
            app = {{ bundled = false, strict_mode_build = false, base_url = "{app.base_url}" }}
            account = {{ sign_up = false, user = "${{AFRESH_USER}}", password = "${{AFRESH_PASSWORD}}" }}
            """,
            encoding="utf-8",
        )
        rule = f"e2e/test_scenarios.py::test_rule[chromium-{WITHOUT_A_PAGE_LOAD}]"
        told = run_with_plugins("-q", "-p", "ending", "-n", workers, f"--target={file}", rule, plugins=tmp_path).stdout

    assert f"{verdict} not be asked" in told, told
    assert ("2 browsers use this account at once" in told) is (workers == "2")


def _let_a_refresh_be_rejected(spa: Spa) -> None:
    """Sign in, have the session ended from elsewhere, and let its access token expire on a page in use."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    ended = spa.world.context.request.post(
        f"{spa.world.server_url}/auth/logout/", data={"refresh_token": spa.refresh_token}
    )
    assert ended.ok
    spa.clock.let_access_token_expire()
    spa.keep_calling_api(1)


def _with_one_account(target: Target) -> Target:
    return target.model_copy(update={"account": target.account.model_copy(update={"sign_up": None})})
