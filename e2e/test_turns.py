"""At an account that rules share they are asked side by side, and one after the other once they disturb each other."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import NamedTuple, Protocol, Self

import pytest

from e2e.test_survival import run_pytest
from fixtures.apps.builds import SOUND, make
from fixtures.apps.servers import serve_bundled_app
from fixtures.page.accounts import sign_up
from fixtures.page.turns import Turns, turns_of
from fixtures.target import TARGETS, Target, read_target

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

PATIENCE_SECONDS = 30

# Each of them opens pages, and none is about a sign-out.
SEVERAL_RULES = "expired-on-load and not strict and not returns and not leads-to"

# One of its rules may meet no other.
WITH_ONE_ALONE = "refresh-rejected and (elsewhere or refreshes-in or typed or 401)"


def test_rules_share_an_account_as_long_as_they_do_not_disturb_each_other(tmp_path: Path) -> None:
    with Turns(tmp_path / "turns", "a run").taken() as first, Turns(tmp_path / "turns", "a run").taken() as second:
        assert (first, second) == (False, False)


def test_a_rule_that_comes_after_a_disturbed_one_waits_until_nobody_else_uses_the_account(tmp_path: Path) -> None:
    one, other = (Turns(tmp_path / "turns", "a run") for _ in range(2))
    has_begun = Event()

    def begin() -> bool:
        with other.taken() as is_alone:
            has_begun.set()
            return is_alone

    with ThreadPoolExecutor() as pool:
        with one.taken():
            one.note_disturbed()
            begun = pool.submit(begin)
            assert not has_begun.wait(0.5)
        assert begun.result(PATIENCE_SECONDS) is True


def test_a_rule_that_may_meet_no_other_waits_for_those_under_way(tmp_path: Path) -> None:
    one, other = (Turns(tmp_path / "turns", "a run") for _ in range(2))
    has_begun = Event()

    def begin() -> bool:
        with other.taken(alone=True) as is_alone:
            has_begun.set()
            return is_alone

    with ThreadPoolExecutor() as pool:
        with one.taken() as is_alone:
            assert is_alone is False
            begun = pool.submit(begin)
            assert not has_begun.wait(0.5)
        assert begun.result(PATIENCE_SECONDS) is True


def test_what_disturbed_another_run_is_no_matter_of_this_one(tmp_path: Path) -> None:
    Turns(tmp_path / "turns", "a run").note_disturbed()

    with Turns(tmp_path / "turns", "another run").taken() as is_alone:
        assert is_alone is False


def test_where_each_rule_has_an_account_of_its_own_nobody_waits(target: Target) -> None:
    turns = turns_of(target, "a run")
    turns.note_disturbed()

    with turns.taken() as first, turns.taken() as second:
        assert (first, second) == (False, False)


# Its first rule finds its session ended, as by another browser; and each writes down when it used the account.
DISTURBED = """
import json, os, time
from pathlib import Path

import pytest

from fixtures.spa.sessions import Sessions

really_begin = Sessions.begin
disturbed = []


def begin(self):
    really_begin(self)
    if not disturbed and "AFRESH_TEST_UNDISTURBED" not in os.environ:
        disturbed.append(self)
        world, held = self._world, self._storage.browser.values()
        logout = f"{world.server_url}/auth/logout/"
        assert world.context.request.post(logout, data={"refresh_token": held["refresh_token"]}).ok


Sessions.begin = begin


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    begun = time.monotonic()
    try:
        return (yield)
    finally:
        with Path(os.environ["AFRESH_TEST_TIMES"]).open("a") as file:
            file.write(json.dumps([begun, time.monotonic(), dict(item.user_properties)["verdict"], item.name]) + "\\n")
"""


class Use(NamedTuple):
    """How long a rule used the account, in seconds of one clock, and what came of it."""

    begun: float
    ended: float
    verdict: str
    test: str

    def meets(self, other: Self) -> bool:
        return self is not other and self.begun < other.ended and other.begun < self.ended


class Judge(Protocol):
    """Judges with these further lines in the target's file, by these rules."""

    def __call__(self, lines: str, rules: str = ...) -> tuple[str, list[Use]]: ...


@pytest.fixture
def judged_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], tuple[str, list[Use]]]]:
    """Judges with two processes that share an account. Gives what is told, and when each rule used the account."""
    (tmp_path / "disturbed.py").write_text(DISTURBED, encoding="utf-8")
    times = tmp_path / "times"
    monkeypatch.setenv("AFRESH_TEST_TIMES", str(times))
    make([SOUND])
    with serve_bundled_app(SOUND.folder, {}) as app:
        account = sign_up(app.base_url, "/auth/register/")
        monkeypatch.setenv("AFRESH_USER", account.user)
        monkeypatch.setenv("AFRESH_PASSWORD", account.password)

        def judged(lines: str, rules: str = SEVERAL_RULES) -> tuple[str, list[Use]]:
            file = tmp_path / "target.toml"
            file.write_text(
                f"""extends = "{TARGETS / "reference.toml"}"
                name = "one-account"
                app = {{ bundled = false, strict_mode_build = false, base_url = "{app.base_url}" }}
                [account]
                sign_up = false
                user = "${{AFRESH_USER}}"
                password = "${{AFRESH_PASSWORD}}"
                {lines}
                """,
                encoding="utf-8",
            )
            asked = ["-n", "2", f"--target={file}", "e2e/test_scenarios.py", "-k", rules]
            told = run_pytest("-q", "-p", "disturbed", *asked, plugins=tmp_path).stdout
            return told, [Use(*json.loads(line)) for line in times.read_text().splitlines()]

        yield judged


def test_the_rules_that_come_after_a_disturbed_one_take_turns(
    judged_with_two: Judge,
) -> None:
    told, uses = judged_with_two("")

    assert "2 browsers use this account at once" in told
    assert "The rules that come after this one take turns" in told
    since = min(each.ended for each in uses if each.verdict == "could not be asked")
    later = [each for each in uses if each.begun > since]
    assert len(later) >= 3, told
    assert not any(each.meets(other) for each in later for other in uses), told


def test_where_the_file_says_so_no_rule_meets_another_and_what_ends_a_session_is_the_app(
    judged_with_two: Judge,
) -> None:
    told, uses = judged_with_two("one_at_a_time = true")

    assert not any(each.meets(other) for each in uses for other in uses), told
    assert re.search(r"[12] broken, 0 could not be asked", told), told


def test_the_rule_about_a_session_elsewhere_meets_no_other(
    judged_with_two: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFRESH_TEST_UNDISTURBED", "1")

    told, uses = judged_with_two("", WITH_ONE_ALONE)

    (alone,) = [each for each in uses if "ends-no-session-elsewhere" in each.test]
    assert alone.verdict == "kept", told
    assert len(uses) >= 5, told
    assert not any(alone.meets(other) for other in uses), told


def test_one_at_a_time_is_about_an_account_that_was_there_before(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(f'extends = "{TARGETS / "reference.toml"}"\naccount = {{ one_at_a_time = true }}\n')

    with pytest.raises(Exception, match="one_at_a_time only with user: with sign_up each rule has an account"):
        read_target(file)
