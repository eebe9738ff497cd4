"""Strangers: from the URL of an awkward product to a true verdict, with nothing edited.

Discovery visits each of them and writes its file, by which the sound product breaks no rule, and each of its faults is
caught in its words. Beside a stranger lies a file by somebody who knows it (``target.toml``): it shows that the product
itself is sound, and stands in where discovery finds nothing yet.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from e2e.discovered import write_what_is_found
from e2e.once import folder_of_run, once
from e2e.only_elsewhere import is_only_elsewhere
from fixtures.apps.builds.strangers import FOLDER
from fixtures.apps.servers import RunningApp
from fixtures.apps.strangers import STRANGERS, serve
from fixtures.discovery.discover import Discovery
from fixtures.discovery.problems import NothingFound
from fixtures.discovery.writing import PASSWORD, USER
from fixtures.doctor import examine, take_health
from fixtures.ends import DoesNotApply, RuleBroken
from fixtures.observed.health import Health
from fixtures.page.accounts import Account, sign_up
from fixtures.spa import Spa
from fixtures.strangers.faults import Fault, faults
from fixtures.target import Target, TargetError, needs_of, read_target
from scenarios.catalogue import Rule, rules

# The first test of a stranger makes a whole visit: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

FIRST_CASES = [next(cases) for _, cases in groupby(rules(), key=lambda rule: rule.function)]
OTHER_USER, OTHER_PASSWORD = "AFRESH_OTHER_USER", "AFRESH_OTHER_PASSWORD"
ADDRESS = "AFRESH_STRANGER"

APPLY_AT_LEAST = {"clinic": 100, "library": 80, "gazette": 100, "warehouse": 100}
"""So many rules of all there are: the more a stranger's tokens can be seen, the more there is to ask."""

NOT_YET_DISCOVERED: dict[str, str] = {}
"""Why discovery writes no file of a stranger: what it says instead. The file by hand is judged for that long."""

NOT_YET: dict[str, dict[str, str]] = {}
"""Verdicts that are not true yet, by stranger and rule, with the reason. An entry whose rule is kept is a mistake."""


NOT_ASKED: dict[str, dict[str, str]] = {
    "gazette": {
        "several-tabs/shares-one-refresh": (
            "a cookie that one tab's reply sets may be read by the other tab a moment later: which is first is chance"
        ),
        "several-tabs/shares-one-refresh-between-processes": "the same, in two processes",
    },
}
"""Rules whose verdict on a stranger depends on more than the stranger."""


BY_HAND = {
    "warehouse": (
        "near-expiry-refresh/does-not-refresh-a-fresh-token",
        "near-expiry-refresh/does-not-refresh-again-after-a-refresh",
    )
}
"""Rules that are asked by a stranger's own file, too: it names another control than discovery does. What that has asked
for waits in a queue, and is aborted by its next use."""


class Strangers:
    """The strangers that this process serves, each as often as it is asked for: sound, or with one of its faults."""

    def __init__(self) -> None:
        self._serving = ExitStack()
        self.app = cache(self._serve)

    def _serve(self, name: str, fault: str | None = None) -> RunningApp:
        return self._serving.enter_context(serve(name, fault))

    def close(self) -> None:
        self._serving.close()


@pytest.fixture(scope="session")
def strangers() -> Iterator[Strangers]:
    served = Strangers()
    yield served
    served.close()


def account_at(app: RunningApp) -> Account:
    assert app.sign_up_url is not None
    return sign_up(app.base_url, app.sign_up_url)


class NoFile(Exception):
    """Discovery has written no file that could be used. The text says why."""


@dataclass(frozen=True)
class Written:
    """A file that discovery has written, and what it says."""

    file: Path
    target: Target


class Files:
    """The file that discovery has written of each stranger, or why it is none."""

    def __init__(self, folder: Path, strangers: Strangers) -> None:
        self._folder = folder
        self._strangers = strangers

    def discovered(self, name: str, browser: Browser) -> Written | NoFile:
        file = self._folder / f"{name}.toml"
        with pytest.MonkeyPatch.context() as patch:
            # Whoever comes first: what is written hangs on which accounts are known.
            for variable in (USER, PASSWORD, OTHER_USER, OTHER_PASSWORD):
                patch.setenv(variable, "of-somebody")
            if why_not := once(self._folder / f"{name}.why-not", lambda: self._discover(name, file, browser)):
                return NoFile(why_not)
            try:
                return Written(file, read_target(file))
            except TargetError as problem:
                return NoFile(str(problem))

    def health(self, name: str, target: Target, browser: Browser) -> Health:
        """What the healthy pass by one target file has seen of the sound product; the file by hand has its own."""
        pages = hashlib.sha256(str(target.pages).encode()).hexdigest()[:10]
        file = self._folder / f"{name}-{pages}.health"
        return Health.from_json(once(file, lambda: self._take_health(name, target, browser)))

    def _discover(self, name: str, file: Path, browser: Browser) -> str:
        """Why there is no file; nothing where there is one."""
        app = self._strangers.app(name)
        account = account_at(app)
        visit = Discovery(
            browser, app.base_url, account, may_type_at=lambda url: None, is_remote=False, say=lambda words: None
        )
        try:
            write_what_is_found(visit, file)
        except NothingFound as problem:
            return str(problem)
        return ""

    def _take_health(self, name: str, target: Target, browser: Browser) -> str:
        with closing(browser.new_context()) as context:
            sound = self._strangers.app(name)
            spa = Spa(context, target, account_at(sound), base_url=origin_of(sound))
            return take_health(spa).to_json()


@pytest.fixture(scope="session")
def files(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, strangers: Strangers) -> Files:
    return Files(folder_of_run(pytestconfig, tmp_path_factory), strangers)


@pytest.fixture
def stranger(request: pytest.FixtureRequest) -> str:
    """Which one is judged."""
    return str(request.param)


@pytest.fixture
def fault(request: pytest.FixtureRequest) -> Fault | None:
    """The fault of it, if any."""
    param: Fault | None = getattr(request, "param", None)
    return param


@pytest.fixture
def by_hand(request: pytest.FixtureRequest) -> bool:
    """Whether the file by hand is asked for."""
    return bool(getattr(request, "param", False))


@pytest.fixture
def served(stranger: str, fault: Fault | None, strangers: Strangers) -> RunningApp:
    """That stranger, running; its address has the path under which it lies."""
    return strangers.app(stranger, fault.name) if fault else strangers.app(stranger)


@pytest.fixture
def target(
    *,
    stranger: str,
    served: RunningApp,
    files: Files,
    browser: Browser,
    by_hand: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> Target:
    """What is known of it, unedited, with two new accounts in the environment."""
    for account, user, password in (
        (account_at(served), USER, PASSWORD),
        (account_at(served), OTHER_USER, OTHER_PASSWORD),
    ):
        monkeypatch.setenv(user, account.user)
        monkeypatch.setenv(password, account.password)
    monkeypatch.setenv(ADDRESS, origin_of(served))
    if by_hand or stranger in NOT_YET_DISCOVERED:
        return read_target(FOLDER / stranger / "target.toml")
    found = files.discovered(stranger, browser)
    assert isinstance(found, Written), str(found)
    return read_target(found.file)


@pytest.fixture
def health(stranger: str, target: Target, files: Files, browser: Browser) -> Health:
    """How the sound product is when nothing is disturbed."""
    return files.health(stranger, target, browser)


@pytest.fixture
def app(served: RunningApp) -> RunningApp:
    """The stranger, for the judgement: paths of the file begin at its origin."""
    return RunningApp(origin_of(served), sign_up_url=served.sign_up_url, has_ended=served.has_ended)


def origin_of(app: RunningApp) -> str:
    parts = urlsplit(app.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def those_that_apply(target: Target) -> int:
    lacking = needs_of(target)
    return len([rule for rule in rules() if not any(lacking[need] for need in rule.needs)])


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
def test_by_the_file_that_discovery_writes_most_rules_apply(stranger: str, files: Files, browser: Browser) -> None:
    found = files.discovered(stranger, browser)
    apply = 0 if isinstance(found, NoFile) else those_that_apply(found.target)
    said = str(found) if isinstance(found, NoFile) else f"{apply} rules apply"

    if stranger in NOT_YET_DISCOVERED:
        assert apply < APPLY_AT_LEAST[stranger], f"{said}: take {stranger} out of NOT_YET_DISCOVERED"
        assert re.search(NOT_YET_DISCOVERED[stranger], said), said
    else:
        assert apply >= APPLY_AT_LEAST[stranger], said


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
@pytest.mark.parametrize("by_hand", [True], indirect=True)
def test_the_doctor_finds_it_as_its_own_file_says(spa: Spa) -> None:
    assert [finding for finding in examine(spa) if not finding.is_well] == []


@pytest.mark.parametrize("stranger", STRANGERS, indirect=True)
@pytest.mark.parametrize("by_hand", [True], indirect=True)
def test_by_its_own_file_most_rules_apply(stranger: str, target: Target) -> None:
    assert those_that_apply(target) >= APPLY_AT_LEAST[stranger]


@pytest.mark.sessions_go_on
@pytest.mark.shared_out("stranger", "rule", among=STRANGERS, each=1, always=is_only_elsewhere)
@pytest.mark.parametrize(
    ("stranger", "rule"), [(name, rule) for name in STRANGERS for rule in FIRST_CASES], indirect=["stranger"], ids=str
)
def test_sound(stranger: str, rule: Rule, spa: Spa) -> None:
    name = f"{rule.scenario}/{rule.name}"
    if not_asked := NOT_ASKED.get(stranger, {}).get(name):
        pytest.skip(f"not asked: {not_asked}")
    not_yet = NOT_YET.get(stranger, {}).get(name)
    try:
        rule.apply(spa)
    except DoesNotApply as reason:
        if not_yet is None:
            pytest.skip(f"does not apply: {reason}")
    except Exception:
        if not_yet is None:
            raise
        pytest.xfail(not_yet)
    finally:
        assert spa.broken_besides == {}
    assert not_yet is None, "it is kept, or does not apply: take it out of NOT_YET"


@pytest.mark.parametrize("by_hand", [True], indirect=True)
@pytest.mark.parametrize(
    ("stranger", "kept"),
    [pytest.param(name, kept, id=f"{name}-{kept}") for name, those in BY_HAND.items() for kept in those],
    indirect=["stranger"],
)
def test_sound_by_its_own_file(kept: str, spa: Spa) -> None:
    rule_named(kept).apply(spa)


def test_each_entry_names_a_rule() -> None:
    ids = {f"{rule.scenario}/{rule.name}" for rule in FIRST_CASES}

    assert {name for entries in (*NOT_YET.values(), *NOT_ASKED.values()) for name in entries} <= ids
    assert {name for each in faults() for name, _ in each.caught_by} <= {rule.id for rule in rules()} | ids


def test_each_stranger_has_two_faults_at_least() -> None:
    assert {name for name in STRANGERS if len([each for each in faults() if each.stranger == name]) < 2} == set()


def rule_named(name: str) -> Rule:
    return next(rule for rule in rules() if name in (rule.id, rule.id.partition("[")[0]))


@pytest.mark.parametrize(
    ("stranger", "fault", "caught_by", "words"),
    [
        pytest.param(each.stranger, each, name, words, id=f"{each}-{name}")
        for each in faults()
        for name, words in each.caught_by
    ],
    indirect=["stranger", "fault"],
)
def test_fault_is_caught_in_its_words(caught_by: str, words: str, spa: Spa) -> None:
    with pytest.raises(RuleBroken) as caught:
        rule_named(caught_by).apply(spa)

    assert re.search(words, caught.value.fact), caught.value.fact
